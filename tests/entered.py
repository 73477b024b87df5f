"""A small application behind the entrance, for a web server of its own to serve: it tells what it was told."""

import json
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse

from xiejiao.http.entrance import TURNED_AWAY, Entrance

LARGEST = 100_000
ROOM = 150_000
PATIENCE_S = 1.5


def echo(environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
    """The environment and the length of the body as JSON; what was turned away, with its status."""
    turned_away = environ.get(TURNED_AWAY)
    if turned_away:
        start(f"{turned_away} -", [("Content-Length", "0")])
        return []
    if environ["PATH_INFO"] == "/nothing":
        start("204 No Content", [])
        return []
    told: dict[str, str | int] = {name: value for name, value in environ.items() if isinstance(value, str)}
    told["body"] = len(environ["wsgi.input"].read())
    start("200 OK", [("Content-Type", "application/json"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    return [json.dumps(told).encode()]


def entrance() -> Entrance:
    """The application as this project serves it."""
    return Entrance(echo, LARGEST, PATIENCE_S, ROOM)


def reading(environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
    """The application without the entrance: it reads the body itself, as far as that comes."""
    return echo(environ, start)
