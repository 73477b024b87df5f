"""Access marks: every route says in one word who may call it, and a test reads all routes."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

MARK = "access_mark"


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Anybody may call the route; it must give away nothing personal."""
    setattr(view, MARK, "public")
    return view
