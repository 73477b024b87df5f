"""How many public requests one address may make of this process: 429 beyond, and never a reason to fail."""

import time
from collections.abc import Callable, Hashable
from typing import TypeVar

from flask import Flask, Response, request
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from xiejiao.errors import OperatorError
from xiejiao.http.problems import problem

V = TypeVar("V", bound=Callable[..., object])

_EXEMPT = "budget_exempt"


def exempt(view: V) -> V:
    """Requests of this route are not counted: it is cheap, and its callers sit behind one carrier's address."""
    setattr(view, _EXEMPT, True)
    return view


def budget(text: str) -> RateLimitItem | None:
    """The budget that the setting RATE_PUBLIC says, as `600/minute`; None for `0`."""
    if text == "0":
        return None
    try:
        return parse(text)
    except ValueError as error:
        message = f"RATE_PUBLIC is {text!r}; write it as 600/minute, or 0 for no limit."
        raise OperatorError(message) from error


def register(app: Flask, allowed: RateLimitItem | None) -> None:
    """Count the requests to `app` by address; carrier-grade NAT puts a city behind one, so `allowed` is generous."""
    if allowed is None:
        return
    limiter = FixedWindowRateLimiter(MemoryStorage())

    @app.before_request
    def _spend() -> Response | None:
        view = app.view_functions.get(request.endpoint or "")
        if view is None or getattr(view, _EXEMPT, False):
            return None
        key: Hashable = request.remote_addr or ""
        if limiter.hit(allowed, str(key)):
            return None
        wait_s = max(1, round(limiter.get_window_stats(allowed, str(key)).reset_time - time.time()))
        return problem(429, headers={"Retry-After": str(wait_s)})
