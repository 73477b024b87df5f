"""Reads the documented subset of the OSM opening_hours grammar and refuses the rest at its place."""

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

from xiejiao.hours.faults import Fault, FaultCode
from xiejiao.hours.rules import (
    DAYS_A_WEEK,
    EVERY_WEEKDAY,
    LATEST_END,
    MINUTES_A_DAY,
    MONTHS,
    PLACE_IN_YEAR,
    WEEKDAYS,
    WHOLE_DAY,
    Rule,
    Rules,
    State,
    Stretch,
    TimeRange,
    month_end,
)

LONGEST_TEXT = 1000
DIGITS = 2
"""How many digits an hour, a minute or a day of the month has at most."""
MINUTES_AN_HOUR = 60
YEAR = re.compile(r"(?:19|20)\d\d")

STATES = {"open": State.OPEN, "off": State.CLOSED, "closed": State.CLOSED, "unknown": State.UNKNOWN}
WEEKDAY_NUMBERS = {name.lower(): number for number, name in enumerate(WEEKDAYS)}
MONTH_NUMBERS = {name.lower(): number for number, name in enumerate(MONTHS, start=1)}
UNSUPPORTED = {
    "sh": FaultCode.UNSUPPORTED_SCHOOL_HOLIDAYS,
    "sunrise": FaultCode.UNSUPPORTED_SUN,
    "sunset": FaultCode.UNSUPPORTED_SUN,
    "dawn": FaultCode.UNSUPPORTED_SUN,
    "dusk": FaultCode.UNSUPPORTED_SUN,
    "easter": FaultCode.UNSUPPORTED_EASTER,
    "week": FaultCode.UNSUPPORTED_WEEK,
    "||": FaultCode.UNSUPPORTED_FALLBACK,
    "[": FaultCode.UNSUPPORTED_NTH_WEEKDAY,
    "+": FaultCode.UNSUPPORTED_OPEN_END,
}

WORD = re.compile(r'24/7|\d+:\d+|\d+|[A-Za-z]+|"[^"]*"|\|\||\S')


class Kind(Enum):
    """What a word of a text is."""

    ALWAYS = auto()
    TIME = auto()
    NUMBER = auto()
    MONTH = auto()
    WEEKDAY = auto()
    HOLIDAY = auto()
    STATE = auto()
    COMMENT = auto()
    SIGN = auto()
    END = auto()
    FOREIGN = auto()


class Token(NamedTuple):
    """A word of a text and where it stands."""

    kind: Kind
    text: str
    at: int


def parse(text: str) -> Rules:
    """The rules that a text of the subset says; Fault at the first place that is outside of it."""
    if len(text) > LONGEST_TEXT:
        raise Fault(FaultCode.TOO_LONG, LONGEST_TEXT)
    if not text.strip():
        raise Fault(FaultCode.EMPTY, 0)
    rules = _Reader(text).rules()
    if len(str(rules)) > LONGEST_TEXT:
        # The canonical text must be readable again, and it can be longer than what was written.
        raise Fault(FaultCode.TOO_LONG, len(text))
    return rules


def _kind(word: str) -> Kind:
    lower = word.lower()
    if word == "24/7":
        return Kind.ALWAYS
    if word.isdigit():
        return Kind.NUMBER
    if ":" in word and len(word) > 1 and word[0] != '"':
        return Kind.TIME
    if word.startswith('"') and len(word) > 1:
        return Kind.COMMENT
    for kind, words in (
        (Kind.MONTH, MONTH_NUMBERS),
        (Kind.WEEKDAY, WEEKDAY_NUMBERS),
        (Kind.STATE, STATES),
        (Kind.HOLIDAY, ("ph",)),
        (Kind.SIGN, ("-", ",", ";")),
    ):
        if lower in words:
            return kind
    return Kind.FOREIGN


def _tokens(text: str) -> Iterator[Token]:
    for match in WORD.finditer(text):
        yield Token(_kind(match[0]), match[0], match.start())
    yield Token(Kind.END, "", len(text))


def _fault(token: Token) -> Fault:
    """Why a word cannot stand where it stands."""
    lower = token.text.lower()
    if lower in UNSUPPORTED:
        return Fault(UNSUPPORTED[lower], token.at, token.text)
    if token.kind is Kind.COMMENT:
        return Fault(FaultCode.BARE_COMMENT, token.at, token.text)
    if token.text == '"':
        return Fault(FaultCode.COMMENT_NOT_CLOSED, token.at)
    if token.kind is Kind.NUMBER:
        year = YEAR.fullmatch(token.text)
        return Fault(FaultCode.UNSUPPORTED_YEAR if year else FaultCode.MINUTES_MISSING, token.at, token.text)
    if token.kind is Kind.END or token.text == ";":
        return Fault(FaultCode.TIMES_MISSING, token.at)
    return Fault(FaultCode.NOT_UNDERSTOOD, token.at, token.text)


class _Reader:
    """Walks over the words of one text, one word ahead."""

    def __init__(self, text: str) -> None:
        self.tokens = tuple(_tokens(text))
        self.place = 0

    @property
    def ahead(self) -> Token:
        return self.tokens[self.place]

    @property
    def after_ahead(self) -> Token:
        return self.tokens[min(self.place + 1, len(self.tokens) - 1)]

    def take(self) -> Token:
        token = self.ahead
        self.place += 1
        return token

    def took(self, kind: Kind, text: str | None = None) -> Token | None:
        if self.ahead.kind is kind and text in (None, self.ahead.text):
            return self.take()
        return None

    def expect(self, kind: Kind) -> Token:
        token = self.took(kind)
        if token is None:
            raise _fault(self.ahead)
        return token

    def took_comma_before(self, *kinds: Kind) -> bool:
        """Take a comma if it goes on with the same list; else it begins another rule."""
        if self.ahead.text == "," and self.after_ahead.kind in kinds:
            self.take()
            return True
        return False

    def rules(self) -> Rules:
        rules = [self.rule(added=False)]
        while self.ahead.kind is not Kind.END:
            if self.ahead.text not in (",", ";"):
                raise _fault(self.ahead)
            rules.append(self.rule(added=self.take().text == ","))
        return Rules(tuple(rules))

    def rule(self, *, added: bool) -> Rule:
        if self.ahead.kind is Kind.END or self.ahead.text in (",", ";"):
            raise Fault(FaultCode.RULE_MISSING, self.ahead.at)
        always = self.took(Kind.ALWAYS)
        season = () if always else self.season()
        weekdays, holidays = (EVERY_WEEKDAY, False) if always else self.days()
        times = WHOLE_DAY if always else self.times()
        word = self.took(Kind.STATE)
        state = STATES[word.text.lower()] if word else State.OPEN
        if not times and state is State.OPEN:
            raise _fault(word._replace(kind=Kind.END) if word else self.ahead)
        return Rule(
            season=season,
            weekdays=weekdays,
            holidays=holidays,
            times=times,
            state=state,
            comment=self.comment() if word else "",
            added=added,
        )

    def season(self) -> tuple[Stretch, ...]:
        stretches = []
        while self.ahead.kind is Kind.MONTH:
            stretches.append(self.stretch())
            if not self.took_comma_before(Kind.MONTH):
                break
        return tuple(stretches)

    def stretch(self) -> Stretch:
        first, first_day = self.date()
        if not self.took(Kind.SIGN, "-"):
            return Stretch(first * 100 + first_day, first * 100 + first_day) if first_day else _months(first, first)
        last_token = self.ahead
        if first_day and last_token.kind is Kind.NUMBER:
            last, last_day = first, self.day(first)
        else:
            last, last_day = self.date()
        if bool(first_day) != bool(last_day):
            raise Fault(FaultCode.MIXED_SEASON, last_token.at, last_token.text)
        if not first_day:
            return _months(first, last)
        return Stretch(first * 100 + first_day, last * 100 + last_day)

    def date(self) -> tuple[int, int]:
        """A month and its day, 0 when the text names the month alone."""
        month = MONTH_NUMBERS[self.expect(Kind.MONTH).text.lower()]
        return month, self.day(month) if self.ahead.kind is Kind.NUMBER else 0

    def day(self, month: int) -> int:
        token = self.ahead
        if len(token.text) > DIGITS:
            raise _fault(token)
        self.take()
        if month * 100 + int(token.text) not in PLACE_IN_YEAR:
            raise Fault(FaultCode.NO_SUCH_DATE, token.at, f"{MONTHS[month - 1]} {token.text}")
        return int(token.text)

    def days(self) -> tuple[frozenset[int], bool]:
        """The weekdays of the selector and whether it names days off; all seven when there is none."""
        if self.ahead.kind not in (Kind.WEEKDAY, Kind.HOLIDAY):
            return EVERY_WEEKDAY, False
        weekdays: set[int] = set()
        holidays = False
        while True:
            if self.took(Kind.HOLIDAY):
                holidays = True
            else:
                weekdays.update(self.weekday_range())
            if not self.took_comma_before(Kind.WEEKDAY, Kind.HOLIDAY):
                return frozenset(weekdays), holidays

    def weekday_range(self) -> Iterator[int]:
        first = last = WEEKDAY_NUMBERS[self.expect(Kind.WEEKDAY).text.lower()]
        if self.took(Kind.SIGN, "-"):
            last = WEEKDAY_NUMBERS[self.expect(Kind.WEEKDAY).text.lower()]
        return ((first + step) % DAYS_A_WEEK for step in range((last - first) % DAYS_A_WEEK + 1))

    def times(self) -> tuple[TimeRange, ...]:
        ranges = []
        while self.ahead.kind is Kind.TIME:
            ranges.append(self.time_range())
            if not self.took_comma_before(Kind.TIME):
                break
        return tuple(ranges)

    def time_range(self) -> TimeRange:
        begin = self.take()
        start = _minutes(begin)
        if start >= MINUTES_A_DAY:
            raise Fault(FaultCode.BEGINS_AFTER_MIDNIGHT, begin.at, begin.text)
        if not self.took(Kind.SIGN, "-"):
            raise _fault(self.ahead) if self.ahead.text == "+" else Fault(FaultCode.END_MISSING, begin.at, begin.text)
        finish = self.expect(Kind.TIME)
        end = _minutes(finish)
        if start == end:
            raise Fault(FaultCode.EMPTY_RANGE, begin.at, f"{begin.text}-{finish.text}")
        return TimeRange(start, end if end > start else end + MINUTES_A_DAY)

    def comment(self) -> str:
        token = self.took(Kind.COMMENT)
        if token is None:
            return ""
        comment = token.text.strip('"').strip()
        if not comment:
            raise Fault(FaultCode.EMPTY_COMMENT, token.at)
        if not comment.isprintable():
            raise Fault(FaultCode.NOT_UNDERSTOOD, token.at, token.text)
        return comment


def _months(first: int, last: int) -> Stretch:
    return Stretch(first * 100 + 1, month_end(last))


def _minutes(token: Token) -> int:
    hours, minutes = token.text.split(":")
    if len(hours) > DIGITS or len(minutes) != DIGITS or int(minutes) >= MINUTES_AN_HOUR:
        raise Fault(FaultCode.NO_SUCH_TIME, token.at, token.text)
    total = int(hours) * MINUTES_AN_HOUR + int(minutes)
    if total > LATEST_END:
        raise Fault(FaultCode.NO_SUCH_TIME, token.at, token.text)
    return total
