"""Answers what compiled hours say of an instant and when that changes next."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple, Self

from xiejiao.hours.calendar import CHINA, Calendar
from xiejiao.hours.compiling import Compiled
from xiejiao.hours.dated import UNDATED, Dated, holds
from xiejiao.hours.rules import MINUTES_A_DAY, State

ONE_DAY = timedelta(days=1)
LONGEST_LOOK_AHEAD = 400
"""Days that `next_change` walks: more than any year with its seasons and holidays."""


class Answer(NamedTuple):
    """What holds at an instant, and the comment that the text gives with it."""

    state: State
    comment: str = ""


OPEN, CLOSED, UNKNOWN = Answer(State.OPEN), Answer(State.CLOSED), Answer(State.UNKNOWN)


class Moment(NamedTuple):
    """An instant as every text sees it: minute of the day, and date and class of that day and of the day before.

    Dates are month * 100 + day. Made once and asked of many texts.
    """

    minute: int
    today: int
    today_class: int
    yesterday: int
    yesterday_class: int

    @classmethod
    def of(cls, at: datetime, calendar: Calendar) -> Self:
        """The moment of an aware instant; ValueError for a naive one."""
        here = in_china(at)
        today = here.date()
        yesterday = today - ONE_DAY
        return cls(
            here.hour * 60 + here.minute,
            today.month * 100 + today.day,
            calendar.day_class(today),
            yesterday.month * 100 + yesterday.day,
            calendar.day_class(yesterday),
        )


def in_china(at: datetime) -> datetime:
    """An aware instant in China's zone; ValueError for a naive one."""
    if at.tzinfo is None:
        message = "an instant needs a zone"
        raise ValueError(message)
    return at.astimezone(CHINA)


def regular(hours: Compiled, moment: Moment) -> Answer:
    """What a text alone says of a moment: of all spans that hold it, open beats unknown beats closed."""
    best = CLOSED
    minute = moment.minute
    for spans, now in (
        (hours.spans(moment.today, moment.today_class), minute),
        (hours.spans(moment.yesterday, moment.yesterday_class), minute + MINUTES_A_DAY),
    ):
        for start, end, state, comment in spans:
            if start <= now < end:
                if state is State.OPEN:
                    return Answer(state, comment)
                if best is CLOSED or (state is State.UNKNOWN and best.state is State.CLOSED):
                    best = Answer(state, comment)
    return best


def state(hours: Compiled | None, at: datetime, calendar: Calendar, dated: Dated = UNDATED) -> Answer:
    """What holds at an aware instant; no hours are unknown, where no dated event says more. ValueError for a naive one.

    Open is ((regular and not mask) or extra) and not shut; under a mask without extra a place is closed.
    """
    if holds(dated.shut, at):
        return CLOSED
    if holds(dated.extra, at):
        return OPEN
    if holds(dated.mask, at):
        return CLOSED
    moment = Moment.of(at, calendar)
    return UNKNOWN if hours is None else regular(hours, moment)


def next_change(hours: Compiled | None, at: datetime, calendar: Calendar, dated: Dated = UNDATED) -> datetime | None:
    """The first instant after `at` at which state or comment differ from those at `at`, in China's zone.

    None when nothing changes within 400 days. ValueError for a naive instant.
    """
    now = state(hours, at, calendar, dated)
    edges = _edges(hours, in_china(at), calendar, dated)
    return next((edge for edge in edges if state(hours, edge, calendar, dated) != now), None)


def _edges(hours: Compiled | None, at: datetime, calendar: Calendar, dated: Dated) -> Iterator[datetime]:
    """The instants after `at` at which something can change, in order."""
    bounds = [in_china(bound) for bound in dated.bounds() if bound > at]
    shut_until = next((period.end for period in dated.shut if period.holds(at)), at)
    if shut_until is None:
        return
    days = [at.date() + ONE_DAY * step for step in range(LONGEST_LOOK_AHEAD + 1)]
    if hours is None or hours.constant:
        yield from (bound for bound in bounds if bound.date() <= days[-1])
        return
    for today in days[(in_china(shut_until).date() - days[0]).days :]:
        midnight = datetime.combine(today, time.min, CHINA)
        edges = {midnight + timedelta(minutes=minute) for minute in _edge_minutes(hours, today, calendar)}
        edges |= {bound for bound in bounds if bound.date() == today}
        yield from sorted(edge for edge in edges if edge > at)


def _edge_minutes(hours: Compiled, today: date, calendar: Calendar) -> set[int]:
    """The minutes of a day at which a span begins or ends: its own, the night's before, and 48:00 of the day before."""
    minutes = set()
    for back in range(3):
        day = today - ONE_DAY * back
        spans = hours.spans(day.month * 100 + day.day, calendar.day_class(day))
        minutes |= {minute - MINUTES_A_DAY * back for span in spans for minute in span[:2]}
    return {minute for minute in minutes if 0 <= minute < MINUTES_A_DAY}
