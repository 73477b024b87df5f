"""The calendar as JSON: the same shape is served and imported."""

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from xiejiao.calendar.rules import FIRST_YEAR, LAST_YEAR, DayKind, SpecialDay, Year, checked
from xiejiao.errors import FieldFault, InputError
from xiejiao.language import Words


class Day(BaseModel):
    """A day off or a make-up workday."""

    model_config = ConfigDict(extra="forbid")

    on: dt.date
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


def year_to_import(document: CalendarYear) -> Year:
    """The year that a file announces; InputError that names every fault."""
    faults = []
    if not document.announced:
        faults.append(FieldFault("announced", Words("只能导入已公布的年份", "only an announced year can be imported")))
    if not document.source:
        faults.append(FieldFault("source", Words("请写明国务院办公厅的通知", "name the notice of the State Council")))
    year = Year(
        document.year, document.source or "", tuple(SpecialDay(day.on, day.kind, day.name) for day in document.days)
    )
    try:
        year = checked(year)
    except InputError as error:
        faults.extend(error.faults)
    for index, day in enumerate(document.days):
        expected = SpecialDay(day.on, day.kind, day.name).as_
        if day.as_ is not None and day.as_ != expected:
            words = Words(f"{day.on} 应为 {expected or 'null'}", f"{day.on} takes {expected or 'null'}")
            faults.append(FieldFault(f"days[{index}].as", words))
    if faults:
        raise InputError(*faults)
    return year
