"""The calendar as JSON: the same shape is served and imported."""

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from xiejiao.calendar.rules import FIRST_YEAR, LAST_YEAR, DayKind, SpecialDay, Year, faults_of, too_few
from xiejiao.errors import FieldFault, InputError
from xiejiao.http.query_string import faults
from xiejiao.language import Words, is_plain


class Day(BaseModel):
    """A day off or a make-up workday."""

    model_config = ConfigDict(extra="forbid")

    on: Annotated[dt.date, Field(strict=True)]
    kind: DayKind
    as_: Literal["Fr", "Mo"] | None = Field(
        default=None, alias="as", description="OSM weekday whose hours a make-up workday takes; null for a day off"
    )
    name: str = Field(min_length=1, max_length=100, description="The holiday, as 春节")


class CalendarYear(BaseModel):
    """A year of days off and make-up workdays; of a year not announced, no days."""

    model_config = ConfigDict(extra="forbid")

    year: int = Field(ge=FIRST_YEAR, le=LAST_YEAR)
    announced: bool
    source: str | None = Field(max_length=500, description="The notice of the State Council; null when not announced")
    days: list[Day] = Field(max_length=366)


def as_json(number: int, year: Year | None) -> dict[str, object]:
    """The year as it is served; `year` is None when it is not announced."""
    return {
        "year": number,
        "announced": year is not None,
        "source": year.source if year else None,
        "days": [
            {"on": day.on.isoformat(), "kind": day.kind, "as": day.as_, "name": day.name}
            for day in (year.days if year else ())
        ],
    }


def year_to_import(text: bytes) -> Year:
    """The year that the JSON `text` announces; InputError that names every fault."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        words = Words("不是有效的 JSON", "is not valid JSON")
        raise InputError(FieldFault("file", words)) from error
    found: list[FieldFault] = []
    try:
        CalendarYear.model_validate_json(text)
    except ValidationError as error:
        found += faults(error)
    return _judged(document if isinstance(document, dict) else {}, found)


def _judged(document: dict[str, Any], found: list[FieldFault]) -> Year:
    """What the document announces, judged as far as its parts can be read; InputError with `found` and what is more."""
    if document.get("announced") is False:
        found.append(FieldFault("announced", Words("只能导入已公布的年份", "only an announced year can be imported")))
    source = document.get("source")
    if not isinstance(source, str) or not source.strip() or not is_plain(source):
        found.append(FieldFault("source", Words("请写明国务院办公厅的通知", "name the notice of the State Council")))
    number = document.get("year")
    rows = document.get("days")
    days: dict[int, Day] = {}
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        with suppress(ValidationError):
            days[index] = Day.model_validate_json(json.dumps(row))
    found += [fault for index, day in days.items() for fault in _odd(index, day)]
    listed = [SpecialDay(day.on, day.kind, day.name) for day in days.values()]
    if isinstance(number, int) and FIRST_YEAR <= number <= LAST_YEAR:
        found += [FieldFault(f"days[{list(days)[place]}].on", words) for place, words in faults_of(number, listed)]
    # Days that could not be read are not there to be counted.
    if not found and (few := too_few(listed)):
        found.append(FieldFault("days", few))
    if found:
        raise InputError(*dict.fromkeys(found))
    return Year(int(number or 0), str(source), tuple(sorted(listed, key=lambda day: day.on)))


def _odd(index: int, day: Day) -> Iterator[FieldFault]:
    expected = SpecialDay(day.on, day.kind, day.name).as_
    if day.as_ is not None and day.as_ != expected:
        words = Words(f"{day.on} 应为 {expected or 'null'}", f"{day.on} takes {expected or 'null'}")
        yield FieldFault(f"days[{index}].as", words)
    if not is_plain(day.name):
        yield FieldFault(f"days[{index}].name", Words("不能有控制字符", "may hold no control characters"))
