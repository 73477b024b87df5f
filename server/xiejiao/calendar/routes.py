"""The address of the calendar."""

from flask import Blueprint, Response

from xiejiao.calendar import queries, schemas
from xiejiao.calendar.rules import FIRST_YEAR, LAST_YEAR
from xiejiao.database import reading
from xiejiao.errors import FieldFault, InputError
from xiejiao.http import json
from xiejiao.http.access import public
from xiejiao.http.openapi import operation
from xiejiao.language import Words

bp = Blueprint("calendar", __name__, url_prefix="/api/v1")


@bp.get("/calendar/<int:year>")
@public
@operation(
    answer=schemas.CalendarYear, example="/api/v1/calendar/2026", problems=(400, 429, 503), year="The year, as 2026"
)
def announced(year: int) -> Response:
    """Days off and make-up workdays of a year.

    A year that the State Council has not announced is answered too, with `announced` false and no days.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        words = Words(f"年份应在 {FIRST_YEAR} 到 {LAST_YEAR} 之间", f"must lie between {FIRST_YEAR} and {LAST_YEAR}")
        raise InputError(FieldFault("year", words))
    with reading() as connection:
        found = queries.year(connection, year)
    return json.answer(schemas.as_json(year, found), max_age_s=300)
