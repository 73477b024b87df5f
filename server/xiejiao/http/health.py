"""Whether the process lives, and whether it can answer."""

from flask import Blueprint, Response

from xiejiao import database
from xiejiao.http import json
from xiejiao.http.access import public
from xiejiao.http.budget import exempt
from xiejiao.http.problems import problem

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
@exempt
def alive() -> Response:
    """The process answers."""
    return json.answer({"status": "alive"})


@bp.get("/readyz")
@public
@exempt
def ready() -> Response:
    """The database answers and its schema is the one that this version runs on."""
    with database.reading_once() as connection:
        current = database.current(connection)
    if current != database.head():
        return problem(503, headers={"Retry-After": "5"})
    return json.answer({"status": "ready", "schema": current})
