"""A text of opening hours as a value: rules in their order, each normalised, and the canonical OSM text they give."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

MINUTES_A_DAY = 24 * 60
LATEST_END = 2 * MINUTES_A_DAY
DAYS_A_WEEK = 7
FRIDAY, SATURDAY, SUNDAY = 4, 5, 6

WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTH_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

EVERY_WEEKDAY = frozenset(range(DAYS_A_WEEK))
LEAP_YEAR = tuple(
    month * 100 + day for month, length in enumerate(MONTH_LENGTHS, start=1) for day in range(1, length + 1)
)
"""Every (month, day) that can occur, in order, as month * 100 + day; 29 February is one of them."""
PLACE_IN_YEAR = {month_day: place for place, month_day in enumerate(LEAP_YEAR)}


class State(StrEnum):
    """What a text says of one moment; unknown is neither open nor closed."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class TimeRange(NamedTuple):
    """Minutes from the midnight at which a day begins, end excluded; up to 2880, so that a night is one range."""

    start: int
    end: int

    def __str__(self) -> str:
        past_midnight = self.end - MINUTES_A_DAY
        return f"{clock(self.start)}-{clock(past_midnight if 0 < past_midnight < self.start else self.end)}"


WHOLE_DAY = (TimeRange(0, MINUTES_A_DAY),)


class Stretch(NamedTuple):
    """A part of every year, both ends included, as month * 100 + day; `first` after `last` crosses New Year."""

    first: int
    last: int

    def holds(self, month_day: int) -> bool:
        """Whether a date lies in it."""
        if self.first <= self.last:
            return self.first <= month_day <= self.last
        return month_day >= self.first or month_day <= self.last

    @property
    def whole_months(self) -> bool:
        """Whether it begins and ends with a month; February ends on the 29th."""
        return self.first % 100 == 1 and self.last == month_end(self.last // 100)

    def __str__(self) -> str:
        (first_month, first_day), (last_month, last_day) = divmod(self.first, 100), divmod(self.last, 100)
        first, last = MONTHS[first_month - 1], MONTHS[last_month - 1]
        if self.whole_months:
            return first if first == last and self.first < self.last else f"{first}-{last}"
        if self.first == self.last:
            return f"{first} {first_day:02}"
        if first == last and self.first < self.last:
            return f"{first} {first_day:02}-{last_day:02}"
        return f"{first} {first_day:02}-{last} {last_day:02}"


def clock(minutes: int) -> str:
    """Minutes from midnight as HH:MM, up to 48:00."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def month_end(month: int) -> int:
    """The last day of a month (1–12) as month * 100 + day; of February the 29th."""
    return month * 100 + MONTH_LENGTHS[month - 1]


def day_after(month_day: int) -> int:
    """The next date of a leap year."""
    return LEAP_YEAR[(PLACE_IN_YEAR[month_day] + 1) % len(LEAP_YEAR)]


def runs(members: Iterable[int]) -> list[tuple[int, int]]:
    """Sorted whole numbers as runs of neighbours, both ends included."""
    found: list[tuple[int, int]] = []
    for member in sorted(members):
        if found and found[-1][1] == member - 1:
            found[-1] = (found[-1][0], member)
        else:
            found.append((member, member))
    return found


def joined_times(times: Iterable[TimeRange]) -> tuple[TimeRange, ...]:
    """The ranges in order, those that touch or overlap made one."""
    joined: list[TimeRange] = []
    for start, end in sorted(times):
        if joined and start <= joined[-1].end:
            joined[-1] = TimeRange(joined[-1].start, max(end, joined[-1].end))
        else:
            joined.append(TimeRange(start, end))
    return tuple(joined)


def joined_stretches(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """The stretches in order, those that touch or overlap made one, also across New Year; empty for the whole year."""
    stretches = tuple(stretches)
    places = [place for place, day in enumerate(LEAP_YEAR) if any(stretch.holds(day) for stretch in stretches)]
    if len(places) == len(LEAP_YEAR):
        return ()
    found = runs(places)
    if len(found) > 1 and found[0][0] == 0 and found[-1][1] == len(LEAP_YEAR) - 1:
        found = [*found[1:-1], (found[-1][0], found[0][1])]
    return tuple(Stretch(LEAP_YEAR[first], LEAP_YEAR[last]) for first, last in found)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a text, normalised when made: on which days, at which times, in which state.

    No `season` is the whole year. No `times` is the whole day and stands for closed and unknown only; an open rule
    made without times gets 00:00-24:00. `added` says that a comma joins it to what came before, where `;` overrides.
    """

    season: tuple[Stretch, ...] = ()
    weekdays: frozenset[int] = EVERY_WEEKDAY
    holidays: bool = False
    times: tuple[TimeRange, ...] = ()
    state: State = State.OPEN
    comment: str = ""
    added: bool = False

    def __post_init__(self) -> None:
        times = joined_times(self.times)
        if self.state is State.OPEN:
            times = times or WHOLE_DAY
        elif self.state is State.UNKNOWN and times == WHOLE_DAY:
            times = ()
        object.__setattr__(self, "times", times)
        if self.season:
            object.__setattr__(self, "season", joined_stretches(self.season))
        if self.weekdays == EVERY_WEEKDAY:
            # Days off are days of the week too: naming them beside all seven says nothing more.
            object.__setattr__(self, "holidays", False)
        if self.state is State.CLOSED:
            # Closing takes hours away, however it is joined.
            object.__setattr__(self, "added", False)

    def in_season(self, month_day: int) -> bool:
        """Whether the rule is meant for that part of the year."""
        return not self.season or any(stretch.holds(month_day) for stretch in self.season)

    def __str__(self) -> str:
        if not self.season and self.weekdays == EVERY_WEEKDAY and self.times == WHOLE_DAY and self.state is State.OPEN:
            parts = ["24/7"]
        else:
            parts = [",".join(map(str, self.season)), self.days_text, ",".join(map(str, self.times))]
        if self.state is State.CLOSED:
            parts.append("off")
        elif self.state is State.UNKNOWN or self.comment:
            parts.append(self.state)
        if self.comment:
            parts.append(f'"{self.comment}"')
        return " ".join(filter(None, parts))

    @property
    def days_text(self) -> str:
        """The selector of days: runs of three and more with a hyphen, PH last."""
        names = []
        for first, last in runs(self.weekdays):
            joint = "-" if last - first > 1 else ","
            names.append(WEEKDAYS[first] if first == last else f"{WEEKDAYS[first]}{joint}{WEEKDAYS[last]}")
        return ",".join([*names, "PH"] if self.holidays else names)


@dataclass(frozen=True, slots=True)
class Rules:
    """A text of opening hours as a value; `str` gives its canonical OSM text, which parses to the same value."""

    rules: tuple[Rule, ...]

    def __post_init__(self) -> None:
        if self.rules and self.rules[0].added:
            object.__setattr__(self, "rules", (replace(self.rules[0], added=False), *self.rules[1:]))

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def __str__(self) -> str:
        return "".join((", " if rule.added else "; ") * bool(place) + str(rule) for place, rule in enumerate(self))
