"""Writes compiled hours as rules again, where the subset has words for them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from xiejiao.hours.compiling import Compiled, Day, Season, Span, compiled
from xiejiao.hours.rules import DAYS_A_WEEK, MINUTES_A_DAY, WHOLE_DAY, Rule, Rules, State, TimeRange, joined_times

NEVER = (Rule(state=State.CLOSED),)
STRENGTH = {State.CLOSED: 0, State.UNKNOWN: 1, State.OPEN: 2}
"""Of two states at one minute the stronger holds."""


def written(hours: Compiled) -> Rules | None:
    """Rules that compile to just these hours; None when no text of the subset gives them for every class of day."""
    found = [
        replace(rule, season=tuple(stretches))
        for days, stretches in hours.stretches().items()
        for rule in _season_rules(Season(stretches[0].first, days))
    ]
    rules = Rules(tuple(found) or NEVER)
    sayable = all(times.start < MINUTES_A_DAY for rule in rules for times in rule.times)
    return rules if sayable and compiled(rules) == hours else None


def _season_rules(season: Season) -> list[Rule]:
    """First the weekdays that are otherwise on days off, then PH, then the weekdays that are as always."""
    pairs = list(zip(season.week, season.days_off, strict=True))
    holiday = next((off for natural, off in pairs if natural != off), None)
    if holiday is None:
        return _week_rules(season, range(DAYS_A_WEEK))
    same = frozenset(weekday for weekday, natural in enumerate(season.week) if natural == holiday)
    as_always = [weekday for weekday, (natural, off) in enumerate(pairs) if natural == off != holiday]
    otherwise = [weekday for weekday in range(DAYS_A_WEEK) if weekday not in same and weekday not in as_always]
    return [
        *_week_rules(season, otherwise),
        *(_day_rules(holiday, Rule(weekdays=same if holiday else frozenset(), holidays=True)) or [_off(holidays=True)]),
        *_week_rules(season, as_always),
        *([_off(weekday) for weekday in as_always if not season.week[weekday]]),
    ]


def _off(*weekdays: int, holidays: bool = False) -> Rule:
    return Rule(weekdays=frozenset(weekdays), holidays=holidays, state=State.CLOSED)


def _week_rules(season: Season, weekdays: Iterable[int]) -> list[Rule]:
    """Rules for weekdays, those that are alike together; a weekday without hours needs none."""
    alike: dict[Day, set[int]] = {}
    for weekday in weekdays:
        alike.setdefault(season.week[weekday], set()).add(weekday)
    return [rule for day, same in alike.items() for rule in _day_rules(day, Rule(weekdays=frozenset(same)))]


def _day_rules(day: Day, on: Rule) -> list[Rule]:
    """A rule for each state and comment of a day, the weaker first and each later one painted over it."""
    spans = sorted(day, key=_strength)
    rules: list[Rule] = []
    for (_, state, comment), same in groupby(spans, key=_strength):
        own = list(same)
        times = tuple(_beneath(own, [span for span in spans if _strength(span) > _strength(own[0])]))
        whole = state is State.CLOSED and times == WHOLE_DAY
        rules.append(replace(on, times=() if whole else times, state=state, comment=comment, added=bool(rules)))
    return rules


def _beneath(own: Iterable[Span], painted_later: Iterable[Span]) -> Iterator[TimeRange]:
    """The ranges of spans as they are before others are painted over them: without the holes these will make.

    A span that begins after midnight begins with what will cover it, for no range is written that begins there.
    """
    own = list(own)
    for start, end in joined_times(TimeRange(*span[:2]) for span in (*own, *painted_later)):
        inside = [span for span in own if start <= span.start < end]
        if inside:
            first = inside[0].start
            yield TimeRange(first if first < MINUTES_A_DAY else start, inside[-1].end)


def _strength(span: Span) -> tuple[int, State, str]:
    return STRENGTH[span.state], span.state, span.comment
