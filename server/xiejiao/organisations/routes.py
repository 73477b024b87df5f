"""The address where unions are looked up by name."""

from flask import Blueprint, Response

from xiejiao.database import reading
from xiejiao.hours import CHINA
from xiejiao.http import json, query_string
from xiejiao.http.access import public
from xiejiao.http.openapi import operation
from xiejiao.http.surroundings import surroundings
from xiejiao.organisations import queries, schemas

bp = Blueprint("organisations", __name__, url_prefix="/api/v1")


@bp.get("/organisations")
@public
@operation(
    query=schemas.OrganisationsQuery,
    answer=schemas.Organisations,
    example="/api/v1/organisations?q=梅州&accepts=true",
    problems=(400, 429, 503),
)
def search() -> Response:
    """Unions by a part of their name, at most twenty."""
    asked = query_string.parsed(schemas.OrganisationsQuery)
    today = surroundings().now().astimezone(CHINA).date()
    with reading() as connection:
        found = queries.named(connection, asked.q, accepting=asked.accepts, today=today)
    return json.answer(schemas.organisations(found), max_age_s=60)
