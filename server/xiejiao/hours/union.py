"""One text for several windows of access: open wherever any of them is."""

from collections.abc import Iterable, Sequence

from xiejiao.hours.calendar import DAY_CLASSES
from xiejiao.hours.compiling import NEW_YEAR, Compiled, Day, Season, Span, carved, compiled, joined, round_the_year
from xiejiao.hours.faults import Fault, FaultCode
from xiejiao.hours.grammar import parse
from xiejiao.hours.rules import (
    MINUTES_A_DAY,
    Rule,
    Rules,
    State,
    TimeRange,
)
from xiejiao.hours.writing import STRENGTH, written

ALWAYS = Rules((Rule(),))
CLASSES = range(DAY_CLASSES)


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
    rules = written(wanted)
    if rules is None:
        raise Fault(FaultCode.INEXPRESSIBLE, 0)
    return parse(str(rules))


def _united(windows: Sequence[Compiled]) -> Compiled:
    starts = sorted({season.first for window in windows for season in window.seasons} | {NEW_YEAR})
    return round_the_year(
        Season(first, tuple(_united_day([window.spans(first, number) for window in windows]) for number in CLASSES))
        for first in starts
    )


def _united_day(days: Sequence[Day]) -> Day:
    """Stronger states painted over weaker ones, earlier windows over later ones."""
    painted: list[Span] = []
    for state in sorted(State, key=STRENGTH.__getitem__):
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
