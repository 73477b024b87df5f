"""Opening hours in the words of people: the whole week for a poster, one day for a phone."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from xiejiao.hours.calendar import DAY_OFF, MAKE_UP_SATURDAY, Calendar
from xiejiao.hours.compiling import Compiled, Day, Season, Span, compiled
from xiejiao.hours.rules import (
    MINUTES_A_DAY,
    SATURDAY,
    WHOLE_DAY,
    Rules,
    State,
    Stretch,
    runs,
)
from xiejiao.hours.wording import Lang

OPEN_ALL_DAY = (Span(*WHOLE_DAY[0], State.OPEN),)
UNKNOWN_ALL_DAY = (Span(*WHOLE_DAY[0], State.UNKNOWN),)


class Vocabulary(NamedTuple):
    """The words of one language, and how it joins them."""

    always: str
    never: str
    daily: str
    whole_day: str
    closed: str
    unknown: str
    hours_unknown: str
    holiday: str
    holidays: str
    holidays_on: str
    holidays_closed: str
    holidays_unknown: str
    make_up_day: str
    not_announced: str
    otherwise_closed: str
    next_day: str
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    run: str
    over_new_year: str
    date: str
    comment: str
    also: str
    clause: str
    season: str
    gap: str


ZH = Vocabulary(
    always="24小时开放",
    never="不开放",
    daily="每天",
    whole_day="24小时",
    closed="休息",
    unknown="不详",
    hours_unknown="时间不详",
    holiday="节假日",
    holidays="节假日",
    holidays_on="{}逢节假日",
    holidays_closed="法定节假日休息",
    holidays_unknown="节假日不详",
    make_up_day="调休上班日",
    not_announced="当年放假安排未公布",
    otherwise_closed="其余时间不开放",
    next_day="次日 {}",
    weekdays=tuple(f"周{name}" for name in "一二三四五六日"),
    months=tuple(f"{month}月" for month in range(1, 13)),
    run="{}至{}",
    over_new_year="{}至次年{}",
    date="{month}{day}日",
    comment="{}（{}）",
    also="、",
    clause="，",
    season="；",
    gap="",
)
EN = Vocabulary(
    always="open 24 hours",
    never="closed",
    daily="daily",
    whole_day="24 hours",
    closed="closed",
    unknown="unknown",
    hours_unknown="hours unknown",
    holiday="public holiday:",
    holidays="public holidays:",
    holidays_on="public holidays on {}:",
    holidays_closed="closed on public holidays",
    holidays_unknown="public holidays unknown",
    make_up_day="make-up workday:",
    not_announced="holidays of that year not yet announced",
    otherwise_closed="otherwise closed",
    next_day="{} next day",
    weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    run="{}–{}",
    over_new_year="{}–{}",
    date="{day} {month}",
    comment="{} ({})",
    also=", ",
    clause=", ",
    season="; ",
    gap=" ",
)
VOCABULARIES: dict[Lang, Vocabulary] = {"zh": ZH, "en": EN}


def words(hours: Compiled | Rules, lang: Lang) -> str:
    """The week, season by season; closed weekdays go without saying, days off are named where they differ."""
    return VOCABULARIES[lang].season.join(season_lines(hours, lang))


def season_lines(hours: Compiled | Rules, lang: Lang) -> tuple[str, ...]:
    """What `words` says, a line for each season."""
    say = VOCABULARIES[lang]
    hours = compiled(hours) if isinstance(hours, Rules) else hours
    if len(hours.seasons) == 1:
        return (_season(hours.seasons[0].days, say),)
    weeks = hours.stretches()
    said = tuple(
        _beside(season_name(stretches, lang), _season(days, say), say) for days, stretches in weeks.items() if any(days)
    )
    return said if all(map(any, weeks)) else (*said, say.otherwise_closed)


def season_name(stretches: Iterable[Stretch], lang: Lang) -> str:
    """Parts of the year by their first and last months or days."""
    say = VOCABULARIES[lang]
    return say.also.join(_stretch(stretch, say) for stretch in stretches)


def day_words(hours: Compiled, on: date, calendar: Calendar, lang: Lang) -> str:
    """What begins on one date; names a day off or make-up day on which that differs from the natural weekday.

    In a year that is not announced it says so, if the hours of that weekday depend on the notice.
    """
    say = VOCABULARIES[lang]
    month_day, weekday, day_class = on.month * 100 + on.day, on.weekday(), calendar.day_class(on)
    natural, day = hours.spans(month_day, weekday), hours.spans(month_day, day_class)
    said = _day(day, say)
    if day != natural:
        return _beside(say.make_up_day if day_class >= MAKE_UP_SATURDAY else say.holiday, said, say)
    possible = [DAY_OFF + weekday, *([MAKE_UP_SATURDAY + weekday - SATURDAY] if weekday >= SATURDAY else [])]
    if not calendar.announced(on.year) and any(hours.spans(month_day, other) != natural for other in possible):
        return say.comment.format(said, say.not_announced)
    return said


def _season(days: Sequence[Day], say: Vocabulary) -> str:
    if set(days) == {OPEN_ALL_DAY}:
        return say.always
    season = Season(0, tuple(days))
    return say.clause.join([*_week(season.week, say), *_holidays(season, say)]) or say.never


def _week(week: Sequence[Day], say: Vocabulary) -> list[str]:
    if len(set(week)) == 1 and week[0]:
        return [_beside(say.daily, _day(week[0], say), say)]
    return [_beside(_weekdays(alike, say), _day(day, say), say) for day, alike in _by_day(enumerate(week)) if day]


def _holidays(season: Season, say: Vocabulary) -> list[str]:
    pairs = enumerate(zip(season.week, season.days_off, strict=True))
    differing = [(weekday, off) for weekday, (natural, off) in pairs if natural != off]
    if differing and len(set(season.days_off)) == 1:
        return [_every_holiday(season.days_off[0], say)]
    return [
        _beside(say.holidays_on.format(_weekdays(alike, say)), _day(day, say), say) for day, alike in _by_day(differing)
    ]


def _every_holiday(day: Day, say: Vocabulary) -> str:
    if not day:
        return say.holidays_closed
    if day == UNKNOWN_ALL_DAY:
        return say.holidays_unknown
    return _beside(say.holidays, _day(day, say), say)


def _by_day(week: Iterable[tuple[int, Day]]) -> Iterable[tuple[Day, list[int]]]:
    """The weekdays that are alike, by what holds on them."""
    alike: dict[Day, list[int]] = {}
    for weekday, day in week:
        alike.setdefault(day, []).append(weekday)
    return alike.items()


def _weekdays(weekdays: Iterable[int], say: Vocabulary) -> str:
    names = []
    for first, last in runs(weekdays):
        ends = say.weekdays[first], say.weekdays[last]
        names.append(say.run.format(*ends) if last - first > 1 else say.also.join(dict.fromkeys(ends)))
    return say.also.join(names)


def _day(day: Day, say: Vocabulary) -> str:
    return say.also.join(_span(span, say) for span in day) or say.closed


def _span(span: Span, say: Vocabulary) -> str:
    whole = span[:2] == WHOLE_DAY[0]
    times = say.whole_day if whole else _times(span, say)
    if span.state is State.UNKNOWN:
        times = say.hours_unknown if whole else _beside(times, say.unknown, say)
    elif span.state is State.CLOSED:
        times = say.closed if whole else _beside(times, say.closed, say)
    return say.comment.format(times, span.comment) if span.comment else times


def _times(span: Span, say: Vocabulary) -> str:
    return f"{_clock(span.start, say, midnight=0)}–{_clock(span.end, say, midnight=MINUTES_A_DAY)}"


def _clock(minutes: int, say: Vocabulary, *, midnight: int) -> str:
    """A time of the day or of the next; `midnight` is what 24:00 is: an end of this day, a start of the next."""
    past_midnight = minutes >= MINUTES_A_DAY if midnight == 0 else minutes > MINUTES_A_DAY
    hour, minute = divmod(minutes - MINUTES_A_DAY if past_midnight else minutes, 60)
    return say.next_day.format(f"{hour}:{minute:02}") if past_midnight else f"{hour}:{minute:02}"


def _stretch(stretch: Stretch, say: Vocabulary) -> str:
    (first_month, first_day), (last_month, last_day) = divmod(stretch.first, 100), divmod(stretch.last, 100)
    first, last = say.months[first_month - 1], say.months[last_month - 1]
    if not stretch.whole_months:
        first, last = say.date.format(month=first, day=first_day), say.date.format(month=last, day=last_day)
    if first == last:
        return first
    return (say.run if stretch.first <= stretch.last else say.over_new_year).format(first, last)


def _beside(left: str, right: str, say: Vocabulary) -> str:
    """Two words side by side: Chinese sets a space before figures only."""
    return f"{left}{' ' if right[0].isdigit() else say.gap}{right}"
