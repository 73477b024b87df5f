"""The State Council's calendar as a value, and the sixteen classes of days that opening hours tell apart."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from types import MappingProxyType
from typing import Self

from xiejiao.hours.rules import DAYS_A_WEEK, SATURDAY

CHINA = timezone(timedelta(hours=8))
"""The one zone of China, without summer time."""

DAY_OFF = DAYS_A_WEEK
"""The class of a day off that falls on a Monday; Tuesday's follows, and so on to Sunday's."""
MAKE_UP_SATURDAY = 14
MAKE_UP_SUNDAY = 15
DAY_CLASSES = 16


class Special(StrEnum):
    """What a notice of the State Council makes of a day: off, or work on what is otherwise a weekend (调休)."""

    OFF = "off"
    WORK = "work"


@dataclass(frozen=True)
class Calendar:
    """Special days of the years that have been announced; every other day is what its weekday says.

    A day that is listed in a year not announced counts as not listed.
    """

    special: Mapping[date, Special] = field(default_factory=dict, hash=False)
    years: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        kept = {on: Special(kind) for on, kind in sorted(self.special.items()) if on.year in self.years}
        object.__setattr__(self, "special", MappingProxyType(kept))

    def announced(self, year: int) -> bool:
        """Whether the notice for a year is known; if not, its holidays are not yet announced, never guessed."""
        return year in self.years

    def knows(self, *instants: datetime | None) -> bool:
        """Whether the years of all these aware instants are announced; else what is said of them may turn out wrong."""
        return all(self.announced(at.astimezone(CHINA).year) for at in instants if at is not None)

    def day_class(self, on: date) -> int:
        """0–6 natural weekday from Monday, 7–13 day off by weekday, 14 and 15 make-up Saturday and Sunday."""
        weekday = on.weekday()
        special = self.special.get(on)
        if special is Special.OFF:
            return DAY_OFF + weekday
        if special is Special.WORK and weekday >= SATURDAY:
            return MAKE_UP_SATURDAY + weekday - SATURDAY
        return weekday

    def is_workday(self, on: date) -> bool:
        """Whether offices work: Monday to Friday but for days off, and make-up weekend days."""
        day_class = self.day_class(on)
        return day_class < SATURDAY or day_class in {MAKE_UP_SATURDAY, MAKE_UP_SUNDAY}

    def workdays_after(self, on: date, count: int) -> date:
        """The `count`th workday after a day, make-up workdays among them; of years not announced, by weekday."""
        day = on
        while count > 0:
            day += timedelta(days=1)
            count -= self.is_workday(day)
        return day

    def as_json(self) -> dict[str, list[list[int]]]:
        """By announced year two lists: days off as month * 100 + day and length in turn, then make-up days."""
        return {
            str(year): [
                [number for on, length in self._blocks(year) for number in (_month_day(on), length)],
                [_month_day(on) for on in self._listed(year, Special.WORK)],
            ]
            for year in sorted(self.years)
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Iterable[Iterable[int]]]) -> Self:
        """The calendar that `as_json` gave."""
        special: dict[date, Special] = {}
        for year, (off, work) in value.items():
            numbers = iter(off)
            for month_day, length in zip(numbers, numbers, strict=True):
                first = _date(int(year), month_day)
                special |= {first + timedelta(days=step): Special.OFF for step in range(length)}
            special |= {_date(int(year), month_day): Special.WORK for month_day in work}
        return cls(special, frozenset(map(int, value)))

    def _listed(self, year: int, kind: Special) -> list[date]:
        return [on for on, special in self.special.items() if on.year == year and special is kind]

    def _blocks(self, year: int) -> list[tuple[date, int]]:
        blocks: list[tuple[date, int]] = []
        for on in self._listed(year, Special.OFF):
            first, length = blocks[-1] if blocks else (on, 0)
            if first + timedelta(days=length) == on:
                blocks[-1:] = [(first, length + 1)]
            else:
                blocks.append((on, 1))
        return blocks


def _month_day(on: date) -> int:
    return on.month * 100 + on.day


def _date(year: int, month_day: int) -> date:
    return date(year, month_day // 100, month_day % 100)
