"""Problem documents (RFC 9457): the one shape in which anything that went wrong is said."""

import logging
import math
from typing import Any

from flask import Flask, Response, abort, request
from sqlalchemy.exc import DBAPIError, IntegrityError
from werkzeug.exceptions import HTTPException

from xiejiao.encodings import as_json
from xiejiao.errors import (
    BusyError,
    ConflictError,
    ForbiddenError,
    InputError,
    MismatchError,
    NotFoundError,
    NotSignedInError,
    TooManyError,
)
from xiejiao.http import language
from xiejiao.http.entrance import TURNED_AWAY
from xiejiao.language import Words

log = logging.getLogger("xiejiao.http")

TITLES: dict[int, tuple[str, Words]] = {
    400: ("bad-input", Words("请求里有不对的地方", "Something in the request is wrong")),
    401: ("sign-in-needed", Words("请先登录", "Please sign in first")),
    403: ("forbidden", Words("您没有这项权限", "You may not do this")),
    404: ("not-found", Words("没有找到", "Not found")),
    405: ("method-not-allowed", Words("这个地址不支持该方法", "This address does not take that method")),
    406: ("not-acceptable", Words("没有您要的格式", "Not to be had in that form")),
    408: (
        "too-slow",
        Words("请求没有及时传完，请重试", "The request did not arrive whole in time, please send it again"),
    ),
    409: ("conflict", Words("与现状冲突", "In conflict with the present state")),
    413: ("too-large", Words("内容太大", "The content is too large")),
    414: ("address-too-long", Words("地址太长", "The address is too long")),
    415: ("unsupported-media-type", Words("不支持这种内容格式", "That kind of content is not supported")),
    422: ("key-used-otherwise", Words("这个幂等键已用于另一个请求", "The key was used for another request")),
    429: ("too-many-requests", Words("请求太多，请稍后再试", "Too many requests, please try again later")),
    500: ("internal", Words("服务器出了错，已经记录", "The server failed; it has been recorded")),
    503: ("unavailable", Words("暂时不可用，请稍后再试", "Not available just now, please try again later")),
}
"""Status → stable name of the problem and its title. The `type` of a problem is `/api/docs#` and the name."""


def problem(status: int, *, headers: dict[str, str] | None = None, **members: object) -> Response:
    """A problem document with `members` beside the standard ones."""
    name, title = TITLES[status]
    body = {"type": f"/api/docs#{name}", "title": title.in_(language.wanted()), "status": status, **members}
    response = Response(as_json(body), status, content_type="application/problem+json")
    response.headers.update(headers or {})
    response.headers["Cache-Control"] = "no-store"
    return response


def _input(error: InputError) -> Response:
    wanted = language.wanted()
    return problem(400, errors=[{"field": fault.field, "message": fault.message.in_(wanted)} for fault in error.faults])


def _forbidden(error: ForbiddenError) -> Response:
    return problem(403, needs=error.needs) if error.needs else problem(403)


def _conflict(error: ConflictError) -> Response:
    return problem(409, now=error.now) if error.now else problem(409)


def _too_many(error: TooManyError) -> Response:
    return problem(429, headers={"Retry-After": str(math.ceil(error.wait.total_seconds()))})


def _http(error: HTTPException) -> Response:
    status = error.code if error.code in TITLES else 400 if (error.code or 500) < 500 else 500  # noqa: PLR2004 - the border between the two classes of status
    kept = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    return problem(status or 500, headers=kept)


def _database(error: DBAPIError) -> Response:
    # The statement and its values may be personal; what PostgreSQL calls the fault is enough to find it.
    log.error("database fault %s %s", type(error.orig).__name__, getattr(error.orig, "sqlstate", None))
    return problem(503, headers={"Retry-After": "5"})


def _contradicts(error: IntegrityError) -> Response:
    # Somebody else was faster than what was looked at before writing; asked again, the route says what stands now.
    log.warning("constraint %s", getattr(getattr(error.orig, "diag", None), "constraint_name", None))
    return problem(409)


def _unexpected(error: Exception) -> Response:
    log.error("unexpected fault", exc_info=(type(error), type(error)(), error.__traceback__))
    return problem(500)


def register(app: Flask) -> None:
    """Answer every fault of `app` with a problem document."""
    handlers: dict[Any, Any] = {
        InputError: _input,
        NotFoundError: lambda _: problem(404),
        NotSignedInError: lambda _: problem(401),
        ForbiddenError: _forbidden,
        TooManyError: _too_many,
        ConflictError: _conflict,
        MismatchError: lambda _: problem(422),
        BusyError: lambda _: problem(409, headers={"Retry-After": "1"}),
        HTTPException: _http,
        IntegrityError: _contradicts,
        DBAPIError: _database,
        Exception: _unexpected,
    }
    for kind, handler in handlers.items():
        app.register_error_handler(kind, handler)

    @app.before_request
    def _refuse_what_did_not_arrive() -> None:
        status = request.environ.get(TURNED_AWAY)
        if status:
            abort(status)
