"""Access marks: every route says in one word who may call it, and a test reads all routes.

Who calls is learned once a request, from the token in a cookie, through a loader that the composition root hands in. A
request that changes something must come from the app itself: another site's page can make a browser send the cookie,
but neither the app's own header nor its origin.
"""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from flask import Flask, Response, current_app, request
from flask_login import LoginManager, UserMixin, current_user
from werkzeug.exceptions import Forbidden

from xiejiao.errors import ForbiddenError, NotSignedInError
from xiejiao.roles import Caller, Permission

P = ParamSpec("P")
R = TypeVar("R")

MARK = "access_mark"
OWN_HEADER = "Xiejiao-App"
"""Sent by the app with every request that changes something; a form of another site cannot set it."""
_SAFE = {"GET", "HEAD", "OPTIONS"}


class _User(UserMixin):  # type: ignore[misc]  # flask-login says no types
    """A caller as Flask-Login carries it through a request."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Anybody may call the route; it must give away nothing personal."""
    setattr(view, MARK, "public")
    return view


def signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """Whoever has signed in may call the route, for what is theirs."""

    @functools.wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        caller()
        return view(*args, **kwargs)

    setattr(guarded, MARK, "signed_in")
    return guarded


def requires(permission: Permission) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Who may do `permission` anywhere may call the route; where exactly, its query narrows."""

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            who = caller()
            if who.first_step:
                raise ForbiddenError(who.first_step)
            if not who.may(permission):
                raise ForbiddenError
            return view(*args, **kwargs)

        setattr(guarded, MARK, f"requires {permission}")
        return guarded

    return mark


def mark_of(view: object) -> str | None:
    """Who may call `view`, in the words of the mark; None when it does not say."""
    return getattr(view, MARK, None)


def caller() -> Caller:
    """Who makes this request; NotSignedInError when nobody has signed in."""
    found = present()
    if found is None:
        raise NotSignedInError
    return found


def present() -> Caller | None:
    """Who makes this request, if anybody has signed in."""
    return current_user.caller if current_user.is_authenticated else None


def is_open_data() -> bool:
    """Whether the request reads what any program of any origin may read."""
    view = current_app.view_functions.get(request.endpoint or "")
    known = view is None or mark_of(view) == "public"
    return known and request.method in _SAFE and request.path.startswith("/api/")


# ── the cookie ──


def _cookie_name() -> str:
    # Browsers take a name with this prefix only over https, for this host and the whole of it: no other host under the
    # same domain can set one. On plain http they would refuse it.
    return "__Host-xiejiao" if _is_secure() else "xiejiao"


def _is_secure() -> bool:
    return str(current_app.config["ORIGIN"]).startswith("https:")


def token() -> str | None:
    """The token that the request carries."""
    return request.cookies.get(_cookie_name())


def carry(response: Response, fresh: str | None, *, seconds: int = 0) -> Response:
    """`response`, which gives the browser the token `fresh` for so many seconds; None takes away what it has."""
    response.set_cookie(
        _cookie_name(),
        fresh or "",
        max_age=seconds if fresh else 0,
        path="/",
        secure=_is_secure(),
        httponly=True,
        samesite="Lax",
    )
    if fresh is None:
        # What the browser keeps of pages seen while signed in goes too; the app wipes what it keeps itself.
        response.headers["Clear-Site-Data"] = '"cache"'
    return response


# ── registering ──


def register(app: Flask, load: Callable[[str], Caller | None]) -> None:
    """Learn who calls `app` by `load`, which is given a token; refuse changes that another site asks for."""
    manager = LoginManager()
    manager.session_protection = None
    manager.init_app(app)

    @manager.request_loader  # type: ignore[untyped-decorator]
    def _load(_request: object) -> _User | None:
        carried = token()
        found = load(carried) if carried else None
        return _User(found) if found else None

    @app.before_request
    def _from_here() -> None:
        if request.method not in _SAFE and not _is_from_the_app():
            raise Forbidden

    @app.after_request
    def _kept_by_nobody(response: Response) -> Response:
        view: Any = app.view_functions.get(request.endpoint or "")
        if request.method not in _SAFE or (view is not None and mark_of(view) not in {None, "public"}):
            response.headers["Cache-Control"] = "no-store"
        return response


def _is_from_the_app() -> bool:
    """Whether a request that changes something was asked for by the app, or by a program without a cookie."""
    said, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if said is not None and said != _origin():
        return False
    if site is not None and site != "same-origin":
        return False
    if token() is None:
        return True
    return OWN_HEADER in request.headers and (said is not None or site is not None)


def _origin() -> str:
    # Without PUBLIC_URL the server is reached on loopback under whichever name and port somebody typed or forwarded.
    return cast("str", current_app.config["PUBLIC_URL"]) or request.host_url.rstrip("/")
