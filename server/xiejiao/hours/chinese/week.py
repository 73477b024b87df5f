"""The ordinary week and the days off that statements give, with what they leave silent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from xiejiao.hours.chinese.flags import Flag, FlagCode
from xiejiao.hours.chinese.phrases import WEEKEND, Days, Kind
from xiejiao.hours.chinese.statements import Contradiction, Statement
from xiejiao.hours.rules import DAYS_A_WEEK, EVERY_WEEKDAY, WHOLE_DAY, Rule, State, Stretch, TimeRange, joined_times


@dataclass(slots=True)
class Opening:
    """Weekdays with the same times; no times are times unknown."""

    weekdays: frozenset[int]
    times: tuple[TimeRange, ...]
    named: Days | None
    seasonal: bool

    def rule(self, season: tuple[Stretch, ...]) -> Rule:
        """The rule for a part of the year."""
        state = State.OPEN if self.times else State.UNKNOWN
        return Rule(season=season, weekdays=self.weekdays, times=self.times, state=state)


class Holidays(NamedTuple):
    """What a text says of days off: as their weekday, or this state with these times."""

    as_weekday: bool = False
    state: State = State.UNKNOWN
    times: tuple[TimeRange, ...] = ()

    def rule(self, season: tuple[Stretch, ...]) -> Rule | None:
        """The PH rule for a part of the year; None where days off need none."""
        if self.as_weekday:
            return None
        return Rule(season=season, weekdays=frozenset(), holidays=True, times=self.times, state=self.state)


AS_WEEKDAY = Holidays(as_weekday=True)
CLOSED_ON_HOLIDAYS = Holidays(state=State.CLOSED)
UNKNOWN_ON_HOLIDAYS = Holidays(state=State.UNKNOWN)
OPEN_ON_HOLIDAYS = Holidays(state=State.OPEN)
"""Open at times that the text leaves to the week."""


class Week:
    """The ordinary week and the days off that the statements of one season give."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.openings: list[Opening] = []
        self.closed: frozenset[int] = frozenset()
        self.said_of_holidays: Holidays | None = None
        self.every = False
        self.flags: list[Flag] = []
        self.before: Statement | None = None
        for statement in statements:
            self._take(statement)
            self.before = statement
        self._settle(statements)

    def _take(self, statement: Statement) -> None:
        days = statement.days or Days()
        match statement.verdict:
            case None:
                self._open(statement)
            case Kind.BREAK:
                self._interrupt(statement)
            case Kind.EXCEPTED:
                self.flags.append(Flag(FlagCode.EXCEPTION, statement.text))
                self._except_days(statement, days)
            case Kind.AS_POSTED | Kind.WITH:
                self._keep(statement, days)
            case Kind.UNKNOWN:
                self._unsay(statement, days)
            case _:
                self._close(statement, days)

    def _open(self, statement: Statement) -> None:
        days, times = statement.days or self._days_of_the_year(statement), _joined(statement, statement.times)
        if days is None:
            self._add(statement, Opening(EVERY_WEEKDAY, times, None, bool(statement.season)))
            return
        if days.holidays:
            known = self.said_of_holidays
            if known and known.times and times:
                self.said_of_holidays = known._replace(times=_joined(statement, (*known.times, *times)))
            else:
                self._say_of_holidays(statement, Holidays(state=State.OPEN, times=times))
        if days.weekdays:
            self._add(statement, Opening(days.weekdays, times, days, bool(statement.season)))

    def _days_of_the_year(self, statement: Statement) -> Days | None:
        """周一至周五8:30-17:30，7-8月8:00-17:00: the times of a season are for the days of the rest of the year."""
        all_year = [opening for opening in self.openings if not opening.seasonal]
        if not statement.season or not all_year:
            return None
        if len(all_year) > 1:
            raise Contradiction(statement.text, statement.at)
        return all_year[0].named

    def _add(self, statement: Statement, opening: Opening) -> None:
        """Add hours; for some of the days of earlier hours they replace those, for other days they stand beside."""
        for other in self.openings:
            common = other.weekdays & opening.weekdays
            if opening.seasonal and not other.seasonal:
                other.weekdays -= common
                continue
            if common and other.weekdays == opening.weekdays:
                other.times = _joined(statement, (*other.times, *opening.times))
                other.named = other.named or opening.named
                return
            exception = opening.weekdays < other.weekdays and (other.named or opening.weekdays <= WEEKEND)
            if common and not exception:
                raise Contradiction(statement.text, statement.at)
            other.weekdays -= opening.weekdays
        self.openings.append(opening)
        self.every = self.every or bool(opening.named and opening.named.every)

    def _interrupt(self, statement: Statement) -> None:
        """A break, in the hours told so far that hold it, or in those of the days it names."""
        (hole,) = statement.times
        days = statement.days.weekdays if statement.days else EVERY_WEEKDAY
        changed = False
        for opening in tuple(self.openings):
            left = tuple(part for times in opening.times for part in _without(times, hole))
            common = opening.weekdays & days
            if left == opening.times or not common:
                continue
            changed = True
            if common != opening.weekdays:
                self.openings.append(replace(opening, weekdays=opening.weekdays - common))
            opening.weekdays, opening.times = common, left
        if not changed or (statement.days and statement.days.holidays):
            raise Contradiction(statement.text, statement.at)

    def _close(self, statement: Statement, days: Days) -> None:
        self.closed |= days.weekdays
        if days.holidays:
            self._say_of_holidays(statement, CLOSED_ON_HOLIDAYS)

    def _except_days(self, statement: Statement, days: Days) -> None:
        """除外: from the opening, or, right after a closing day (周一闭馆，法定节假日除外), from the closing."""
        before = self.before
        if before is None or before.verdict is not Kind.CLOSED or before.days is None:
            self._close(statement, days)
        elif days.weekdays or before.days.holidays:
            raise Contradiction(statement.text, statement.at)
        else:
            # 双休日休息，节假日除外 may as well mean that holidays are off too.
            museum = not before.days.weekdays & WEEKEND
            self._say_of_holidays(statement, OPEN_ON_HOLIDAYS if museum else UNKNOWN_ON_HOLIDAYS)

    def _keep(self, statement: Statement, days: Days) -> None:
        if days.holidays or days.every:
            self._say_of_holidays(statement, AS_WEEKDAY)
        self.every = self.every or days.every
        missing = days.weekdays.difference(*(opening.weekdays for opening in self.openings))
        if missing and not days.every:
            if len(self.openings) != 1:
                raise Contradiction(statement.text, statement.at)
            self.openings[0].weekdays |= missing

    def _unsay(self, statement: Statement, days: Days) -> None:
        if days.holidays:
            self._say_of_holidays(statement, UNKNOWN_ON_HOLIDAYS)
        if days.weekdays:
            self._add(statement, Opening(days.weekdays, (), days, bool(statement.season)))

    def _say_of_holidays(self, statement: Statement, holidays: Holidays) -> None:
        if self.said_of_holidays not in (None, holidays):
            raise Contradiction(statement.text, statement.at)
        self.said_of_holidays = holidays

    def _settle(self, statements: Sequence[Statement]) -> None:
        """Take closed days out, and flag what the text left to the reader."""
        for opening in self.openings:
            opening.weekdays -= self.closed
        named_away = self.openings and not any(opening.weekdays for opening in self.openings)
        if named_away or self.closed == EVERY_WEEKDAY:
            raise Contradiction(statements[-1].text, statements[-1].at)
        only_holidays = self.said_of_holidays is not None and bool(self.said_of_holidays.times)
        if not self.openings and not only_holidays:
            self.openings = [Opening(EVERY_WEEKDAY - self.closed, (), None, seasonal=False)]
        self.openings = sorted((opening for opening in self.openings if opening.weekdays), key=_first_weekday)
        if any(not opening.times for opening in self.openings):
            self.flags.append(Flag(FlagCode.TIMES_UNKNOWN))
        assumed = any(opening.named is None and opening.times not in ((), WHOLE_DAY) for opening in self.openings)
        if assumed and not self.closed and not self.every:
            self.flags.append(Flag(FlagCode.DAYS_ASSUMED))

    def holidays(self) -> Holidays:
        """What holds on days off: what the text says, or what its silence means."""
        said = self.said_of_holidays
        if said == OPEN_ON_HOLIDAYS:
            times = {opening.times for opening in self.openings}
            known = len(times) == 1 and () not in times
            return OPEN_ON_HOLIDAYS._replace(times=times.pop()) if known else UNKNOWN_ON_HOLIDAYS
        if said is not None:
            return said
        if self._names_all_days():
            return AS_WEEKDAY
        weekend = any(opening.weekdays & WEEKEND for opening in self.openings)
        workdays = any(opening.named and opening.named.workdays for opening in self.openings)
        return CLOSED_ON_HOLIDAYS if workdays and not weekend else UNKNOWN_ON_HOLIDAYS

    def _names_all_days(self) -> bool:
        """Whether all seven days are named in one breath or with the same hours, or it is round the clock."""
        if self.closed:
            return False
        if self.every:
            return True
        whole_week = len(self.openings) > 0 and sum(len(opening.weekdays) for opening in self.openings) == DAYS_A_WEEK
        alike = len({opening.times for opening in self.openings}) == 1
        named = all(opening.named for opening in self.openings)
        return whole_week and alike and (named or self.openings[0].times == WHOLE_DAY)


def _first_weekday(opening: Opening) -> int:
    return min(opening.weekdays)


def _joined(statement: Statement, times: Iterable[TimeRange]) -> tuple[TimeRange, ...]:
    """Ranges in order; two that overlap without being the same contradict each other."""
    distinct = sorted(set(times))
    if any(first.end > second.start for first, second in pairwise(distinct)):
        raise Contradiction(statement.text, statement.at)
    return joined_times(distinct)


def _without(times: TimeRange, hole: TimeRange) -> list[TimeRange]:
    """What a break inside of a range leaves of it; the range itself when the break is not inside."""
    if not (times.start < hole.start and hole.end < times.end):
        return [times]
    return [TimeRange(times.start, hole.start), TimeRange(hole.end, times.end)]
