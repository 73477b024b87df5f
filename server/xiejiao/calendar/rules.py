"""What a year of the calendar is, and what must hold before it is believed."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from xiejiao.errors import FieldFault, InputError
from xiejiao.language import Words

FIRST_YEAR, LAST_YEAR = 2000, 2100
_SATURDAY, _SUNDAY = 5, 6


class DayKind(StrEnum):
    """What the notice makes of a day."""

    OFF = "off"
    WORK = "work"


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """One day that the notice names; `name` is the holiday it belongs to, as 春节."""

    on: dt.date
    kind: DayKind
    name: str

    @property
    def as_(self) -> str | None:
        """The OSM weekday whose hours a make-up workday takes: Friday on a Saturday, Monday on a Sunday."""
        if self.kind is DayKind.OFF:
            return None
        return "Fr" if self.on.weekday() == _SATURDAY else "Mo"


@dataclass(frozen=True, slots=True)
class Year:
    """One announced year: its notice and its special days in order of date."""

    year: int
    source: str
    days: tuple[SpecialDay, ...]


def checked(year: Year) -> Year:
    """`year` with its days in order of date; InputError that names every day which cannot be."""
    faults = []
    if not FIRST_YEAR <= year.year <= LAST_YEAR:
        faults.append(FieldFault("year", Words("年份应在 2000 到 2100 之间", "must lie between 2000 and 2100")))
    twice = {on for on, times in Counter(day.on for day in year.days).items() if times > 1}
    for index, day in enumerate(year.days):
        field = f"days[{index}].on"
        if day.on.year != year.year:
            faults.append(FieldFault(field, Words(f"{day.on} 不在 {year.year} 年", f"{day.on} is not in {year.year}")))
        if day.on in twice:
            faults.append(FieldFault(field, Words(f"{day.on} 出现了不止一次", f"{day.on} is given more than once")))
        if day.kind is DayKind.WORK and day.on.weekday() not in {_SATURDAY, _SUNDAY}:
            faults.append(
                FieldFault(
                    field,
                    Words(
                        f"{day.on} 不是周末,不能是调休上班日",
                        f"{day.on} is no weekend day, so it cannot be a make-up workday",
                    ),
                )
            )
    if faults:
        raise InputError(*faults)
    return Year(year.year, year.source, tuple(sorted(year.days, key=lambda day: day.on)))
