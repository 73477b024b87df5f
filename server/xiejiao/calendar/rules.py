"""What a year of the calendar is, and what must hold before it is believed."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from xiejiao.language import Words

FIRST_YEAR, LAST_YEAR = 2000, 2100
FESTIVALS = 7
"""Holidays that every notice has."""
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


def faults_of(year: int, days: Sequence[SpecialDay]) -> Iterator[tuple[int, Words]]:
    """What cannot be in the special days of a year: the place of the day, and why."""
    twice = {on for on, times in Counter(day.on for day in days).items() if times > 1}
    for place, day in enumerate(days):
        if day.on.year != year:
            yield place, Words(f"{day.on} 不在 {year} 年", f"{day.on} is not in {year}")
        if day.on in twice:
            yield place, Words(f"{day.on} 出现了不止一次", f"{day.on} is given more than once")
        if day.kind is DayKind.WORK and day.on.weekday() not in {_SATURDAY, _SUNDAY}:
            yield (
                place,
                Words(
                    f"{day.on} 不是周末，不能是调休上班日",
                    f"{day.on} is no weekend day, so it cannot be a make-up workday",
                ),
            )


def too_few(days: Sequence[SpecialDay]) -> Words | None:
    """What speaks against a year whose days off are fewer than its festivals; None when nothing does."""
    if sum(day.kind is DayKind.OFF for day in days) >= FESTIVALS:
        return None
    return Words(
        f"放假日少于 {FESTIVALS} 天：元旦、春节、清明、劳动节、端午、中秋、国庆每年都放假",
        f"has fewer than {FESTIVALS} days off: New Year, Spring Festival, Qingming, Labour Day, Dragon Boat, "
        "Mid-Autumn and National Day come every year",
    )
