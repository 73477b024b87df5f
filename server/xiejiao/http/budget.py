"""How many public requests one address may make of this process: 429 beyond, and never a reason to fail."""

import math
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from flask import Flask, Response, request

from xiejiao.errors import OperatorError
from xiejiao.http.network import one_line
from xiejiao.http.problems import problem

V = TypeVar("V", bound=Callable[..., object])

_EXEMPT = "budget_exempt"
_WINDOWS_S = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}


def exempt(view: V) -> V:
    """Requests of this route are not counted: it is cheap, and its callers sit behind one carrier's address."""
    setattr(view, _EXEMPT, True)
    return view


@dataclass(frozen=True, slots=True)
class Budget:
    """So many requests in each window of so many seconds."""

    requests: int
    window_s: int


def budget(text: str) -> Budget | None:
    """The budget that the setting RATE_PUBLIC says, as `600/minute`; None for `0`."""
    if text == "0":
        return None
    said = re.fullmatch(rf"([1-9]\d{{0,8}})/({'|'.join(_WINDOWS_S)})", text, re.ASCII)
    if said is None:
        message = f"RATE_PUBLIC is {text!r}; write it as 600/minute, or 0 for no limit."
        raise OperatorError(message)
    return Budget(int(said[1]), _WINDOWS_S[said[2]])


class Spending:
    """What each address has spent in the present window; forgotten as a whole when the next one begins.

    A library for this starts a thread whenever none is waiting to clear up, which a request pays for with more time
    than all else that it does outside the database.
    """

    def __init__(self, allowed: Budget, seconds: Callable[[], float]) -> None:
        """`seconds` is a clock that never goes back."""
        self._allowed = allowed
        self._seconds = seconds
        self._window = 0
        self._spent: Counter[str] = Counter()

    def wait_s(self, address: str) -> int:
        """Count a request from `address`: 0 when it is within the budget, else the seconds until the next window."""
        window, elapsed_s = divmod(self._seconds(), self._allowed.window_s)
        if window != self._window:
            self._window = int(window)
            self._spent.clear()
        self._spent[address] += 1
        if self._spent[address] <= self._allowed.requests:
            return 0
        return math.ceil(self._allowed.window_s - elapsed_s)


def register(app: Flask, allowed: Budget | None, *, seconds: Callable[[], float]) -> None:
    """Count the requests to `app` by address; carrier-grade NAT puts a city behind one, so `allowed` is generous."""
    if allowed is None:
        return
    spending = Spending(allowed, seconds)

    @app.before_request
    def _spend() -> Response | None:
        view = app.view_functions.get(request.endpoint or "")
        if view is None or getattr(view, _EXEMPT, False):
            return None
        wait_s = spending.wait_s(one_line())
        return problem(429, headers={"Retry-After": str(wait_s)}) if wait_s else None
