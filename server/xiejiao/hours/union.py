"""One text for several windows of access: open wherever any of them is."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from xiejiao.hours.calendar import DAY_CLASSES
from xiejiao.hours.compiling import NEW_YEAR, Compiled, Day, Season, Span, carved, compiled, joined, round_the_year
from xiejiao.hours.faults import Fault, FaultCode
from xiejiao.hours.grammar import parse
from xiejiao.hours.rules import (
    DAYS_A_WEEK,
    MINUTES_A_DAY,
    WHOLE_DAY,
    Rule,
    Rules,
    State,
    Stretch,
    TimeRange,
)

ALWAYS = Rules((Rule(),))
CLASSES = range(DAY_CLASSES)
WEAKEST_FIRST = (State.CLOSED, State.UNKNOWN, State.OPEN)


def union(windows: Sequence[Rules]) -> Rules:
    """One text that is open wherever any of the windows is, else unknown wherever any is.

    Where two say the same of a minute with different comments, the earlier window's comment stays. Fault
    `inexpressible` when no text of the subset says it for all seasons and classes of days; ValueError without windows.
    """
    if not windows:
        message = "a union needs at least one window"
        raise ValueError(message)
    if len(set(windows)) == 1:
        return windows[0]
    wanted = _united([compiled(window) for window in windows])
    if _always_open(wanted):
        return ALWAYS
    written = _written(wanted)
    if written is None or compiled(written) != wanted:
        raise Fault(FaultCode.INEXPRESSIBLE, 0)
    return parse(str(written))


def _united(windows: Sequence[Compiled]) -> Compiled:
    starts = sorted({season.first for window in windows for season in window.seasons} | {NEW_YEAR})
    return round_the_year(
        Season(first, tuple(_united_day([window.spans(first, number) for window in windows]) for number in CLASSES))
        for first in starts
    )


def _united_day(days: Sequence[Day]) -> Day:
    """Stronger states painted over weaker ones, earlier windows over later ones."""
    painted: list[Span] = []
    for state in WEAKEST_FIRST:
        for day in reversed(days):
            for span in day:
                if span.state is state:
                    painted = [*carved(painted, TimeRange(span.start, span.end)), span]
    return joined(painted)


def _always_open(hours: Compiled) -> bool:
    """Whether every minute is open without a comment, whatever the days that meet at midnight."""
    days = [
        [span for span in day if span.state is State.OPEN and not span.comment]
        for season in hours.seasons
        for day in season.days
    ]
    own = _covered_by_all([[(span.start, span.end) for span in day] for day in days])
    night = _covered_by_all([[(span.start - MINUTES_A_DAY, span.end - MINUTES_A_DAY) for span in day] for day in days])
    return own | night == set(range(MINUTES_A_DAY))


def _covered_by_all(days: Iterable[list[tuple[int, int]]]) -> set[int]:
    covered = set(range(MINUTES_A_DAY))
    for day in days:
        covered &= {minute for start, end in day for minute in range(max(start, 0), min(end, MINUTES_A_DAY))}
    return covered


def _written(hours: Compiled) -> Rules | None:
    """Rules that say compiled hours; None when days off differ among themselves or a span begins after midnight."""
    rules: list[Rule] = []
    for days, stretches in hours.stretches().items():
        season_rules = _season_rules(Season(stretches[0].first, days), tuple(stretches))
        if season_rules is None:
            return None
        rules += season_rules
    return Rules(tuple(rules))


def _season_rules(season: Season, stretches: tuple[Stretch, ...]) -> list[Rule] | None:
    """The week first, then PH, then the weekdays that stay as they are on days off."""
    special = [weekday for weekday in range(DAYS_A_WEEK) if season.week[weekday] != season.days_off[weekday]]
    holiday = {season.days_off[weekday] for weekday in special}
    if len(holiday) > 1 or any(span.start >= MINUTES_A_DAY for day in season.days for span in day):
        return None
    kept = [weekday for weekday in range(DAYS_A_WEEK) if weekday not in special and season.week[weekday] not in holiday]
    before = [weekday for weekday in range(DAYS_A_WEEK) if weekday not in kept] if holiday else kept
    rules = _week_rules(season, before, stretches)
    for day in holiday:
        rules += _day_rules(day, Rule(season=stretches, weekdays=frozenset(), holidays=True), even_closed=True)
        rules += _week_rules(season, kept, stretches, even_closed=True)
    return rules


def _week_rules(
    season: Season, weekdays: Sequence[int], stretches: tuple[Stretch, ...], *, even_closed: bool = False
) -> list[Rule]:
    by_day: dict[Day, list[int]] = {}
    for weekday in weekdays:
        by_day.setdefault(season.week[weekday], []).append(weekday)
    return [
        rule
        for day, alike in by_day.items()
        for rule in _day_rules(day, Rule(season=stretches, weekdays=frozenset(alike)), even_closed=even_closed)
    ]


def _day_rules(day: Day, on: Rule, *, even_closed: bool) -> list[Rule]:
    """The rules of one day: a rule for each state and comment, the later ones added to the first."""
    if not day:
        return [_with(on, (), State.CLOSED, "", added=False)] if even_closed else []
    by_words = groupby(sorted(day, key=_words), key=_words)
    rules: list[Rule] = []
    for (state, comment), spans in by_words:
        times = tuple(TimeRange(span.start, span.end) for span in spans)
        whole = state is State.CLOSED and times == WHOLE_DAY
        rules.append(_with(on, () if whole else times, state, comment, added=bool(rules)))
    return rules


def _words(span: Span) -> tuple[State, str]:
    return span.state, span.comment


def _with(on: Rule, times: tuple[TimeRange, ...], state: State, comment: str, *, added: bool) -> Rule:
    return Rule(on.season, on.weekdays, on.holidays, times, state, comment, added)
