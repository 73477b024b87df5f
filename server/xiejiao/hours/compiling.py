"""Compiles a text once into spans of minutes by season and class of day, so that asking never needs the grammar."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from xiejiao.hours.calendar import DAY_CLASSES, DAY_OFF
from xiejiao.hours.rules import (
    DAYS_A_WEEK,
    FRIDAY,
    LEAP_YEAR,
    PLACE_IN_YEAR,
    SATURDAY,
    SUNDAY,
    WHOLE_DAY,
    Rule,
    Rules,
    State,
    Stretch,
    TimeRange,
    day_after,
)

NEW_YEAR = 101
MONDAY = 0


class Span(NamedTuple):
    """Minutes from the midnight of the day on which the span begins, end excluded, at most 2880.

    A closed span stands only for its comment; minutes in no span are closed. Only what a carved-out night leaves over
    can begin at 1440 or later.
    """

    start: int
    end: int
    state: State
    comment: str = ""


Day = tuple[Span, ...]
"""What begins on one day: in order, without overlaps."""


class Season(NamedTuple):
    """The part of the year that begins on `first` (month * 100 + day): a day for each of the sixteen classes."""

    first: int
    days: tuple[Day, ...]

    @property
    def week(self) -> tuple[Day, ...]:
        """The seven days of the ordinary week, from Monday."""
        return self.days[:DAYS_A_WEEK]

    @property
    def days_off(self) -> tuple[Day, ...]:
        """The seven weekdays as they are when they are days off, from Monday."""
        return self.days[DAY_OFF : DAY_OFF + DAYS_A_WEEK]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A text compiled: its seasons in order; days before the first belong to the last, across New Year."""

    seasons: tuple[Season, ...]

    @property
    def constant(self) -> bool:
        """Whether every minute of every day says the same, as 24/7 does."""
        days = {day for season in self.seasons for day in season.days}
        return len(days) == 1 and all(span[:2] == WHOLE_DAY[0] for day in days for span in day)

    def spans(self, month_day: int, day_class: int) -> Day:
        """What begins on a day, by its month * 100 + day and its class."""
        seasons = self.seasons
        if len(seasons) == 1:
            return seasons[0].days[day_class]
        return seasons[bisect_right(seasons, month_day, key=_first) - 1].days[day_class]

    def stretches(self) -> dict[tuple[Day, ...], list[Stretch]]:
        """The parts of the year in which the same days hold, by those days."""
        found: dict[tuple[Day, ...], list[Stretch]] = {}
        for season, following in zip(self.seasons, (*self.seasons[1:], self.seasons[0]), strict=True):
            last = LEAP_YEAR[PLACE_IN_YEAR[following.first] - 1]
            found.setdefault(season.days, []).append(Stretch(season.first, last))
        return found

    def as_json(self) -> list[list[Any]]:
        """By season [first day, a hex digit per class, the distinct days]; a span is [start, end(, state(, comment))].

        Open is left out unless a comment follows.
        """
        return [_season_json(season) for season in self.seasons]

    @classmethod
    def from_json(cls, value: Iterable[Sequence[Any]]) -> Self:
        """The value that `as_json` gave."""
        return cls(tuple(_season_from_json(*season) for season in value))


def compiled(rules: Rules) -> Compiled:
    """What a text says for every season and class of day.

    Later rules override (`;`) or paint over (`,`) what began earlier on the same day, never the night of the day
    before. A make-up Saturday is as Friday and a make-up Sunday as Monday if Monday to Friday are all open days, or
    all unknown; else the day keeps its natural weekday. PH rules do not touch make-up days.
    """
    return round_the_year(
        Season(first, _days([rule for rule in rules if rule.in_season(first)])) for first in _season_starts(rules)
    )


def round_the_year(seasons: Iterable[Season]) -> Compiled:
    """Seasons in the order of a year from 1 January, those that follow each other with the same days joined."""
    kept: list[Season] = []
    for season in seasons:
        if not kept or kept[-1].days != season.days:
            kept.append(season)
    if len(kept) > 1 and kept[0].days == kept[-1].days:
        # The same hours on both sides of New Year are one season.
        del kept[0]
    return Compiled(tuple(kept) if len(kept) > 1 else (Season(NEW_YEAR, kept[0].days),))


def carved(spans: Iterable[Span], hole: TimeRange) -> list[Span]:
    """The spans without the minutes of the hole."""
    left: list[Span] = []
    for span in spans:
        if span.start < hole.start:
            left.append(span._replace(end=min(span.end, hole.start)))
        if span.end > hole.end:
            left.append(span._replace(start=max(span.start, hole.end)))
    return left


def joined(spans: Iterable[Span]) -> Day:
    """The spans in order, neighbours that say the same made one."""
    whole: list[Span] = []
    for span in sorted(spans):
        if whole and whole[-1].end == span.start and whole[-1][2:] == span[2:]:
            whole[-1] = whole[-1]._replace(end=span.end)
        else:
            whole.append(span)
    return tuple(whole)


def _first(season: Season) -> int:
    return season.first


def _season_starts(rules: Rules) -> list[int]:
    starts = {NEW_YEAR}
    for rule in rules:
        for first, last in rule.season:
            starts |= {first, day_after(last)}
    return sorted(starts)


def _days(rules: Sequence[Rule]) -> tuple[Day, ...]:
    """A day for each of the sixteen classes, by the rules that are in season."""
    known: dict[tuple[bool, ...], Day] = {}

    def day(weekday: int, *, off: bool) -> Day:
        held = tuple(weekday in rule.weekdays or (off and rule.holidays) for rule in rules)
        if held not in known:
            known[held] = _day([rule for rule, holds in zip(rules, held, strict=True) if holds])
        return known[held]

    natural = [day(weekday, off=False) for weekday in range(DAYS_A_WEEK)]
    days_off = [day(weekday, off=True) for weekday in range(DAYS_A_WEEK)]
    shifts = _make_up_follows_the_week(natural)
    make_up = [natural[FRIDAY if shifts else SATURDAY], natural[MONDAY if shifts else SUNDAY]]
    return (*natural, *days_off, *make_up)


def _make_up_follows_the_week(natural: Sequence[Day]) -> bool:
    workdays = [{span.state for span in day} for day in natural[:SATURDAY]]
    all_open = all(State.OPEN in states for states in workdays)
    all_unknown = all(State.UNKNOWN in states and State.OPEN not in states for states in workdays)
    return all_open or all_unknown


def _day(rules: Iterable[Rule]) -> Day:
    """What begins on a day for which all these rules are meant."""
    spans: list[Span] = []
    for rule in rules:
        closed = rule.state is State.CLOSED
        if not rule.times if closed else not rule.added:
            spans = []
        for times in rule.times or WHOLE_DAY:
            spans = carved(spans, times)
            if not closed or rule.comment:
                spans.append(Span(*times, rule.state, rule.comment))
    return joined(spans)


def _season_json(season: Season) -> list[Any]:
    distinct = list(dict.fromkeys(season.days))
    digits = "".join(f"{distinct.index(day):x}" for day in season.days)
    return [season.first, digits, [[_span_json(span) for span in day] for day in distinct]]


def _span_json(span: Span) -> list[int | str]:
    said = [span.start, span.end, span.state.value, span.comment]
    if span.comment:
        return said
    return said[:2] if span.state is State.OPEN else said[:3]


def _season_from_json(first: int, digits: str, days: Sequence[Sequence[Sequence[Any]]]) -> Season:
    distinct = [tuple(_span_from_json(*span) for span in day) for day in days]
    if len(digits) != DAY_CLASSES:
        message = f"a season has {DAY_CLASSES} classes of days, not {len(digits)}"
        raise ValueError(message)
    return Season(first, tuple(distinct[int(digit, base=16)] for digit in digits))


def _span_from_json(start: int, end: int, state: str = State.OPEN, comment: str = "") -> Span:
    return Span(start, end, State(state), comment)
