"""Cuts a Chinese text about opening hours into phrases: parts of the year, days, times and what is said of them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from xiejiao.hours.rules import (
    DAYS_A_WEEK,
    EVERY_WEEKDAY,
    LATEST_END,
    MINUTES_A_DAY,
    PLACE_IN_YEAR,
    SATURDAY,
    SUNDAY,
    WHOLE_DAY,
    Stretch,
    TimeRange,
    month_end,
)

HALF_DAY = 12
"""The hours that a clock face has."""
EVENING = 17 * 60
MINUTES_AN_HOUR = 60
LAST_MINUTE = MINUTES_A_DAY - 1
LAST_OF_FEBRUARY = 228

WORKWEEK = frozenset(range(SATURDAY))
WEEKEND = frozenset((SATURDAY, SUNDAY))


class Kind(Enum):
    """What a phrase says."""

    SEASON = auto()
    SEASON_NAME = auto()
    DAYS = auto()
    TIMES = auto()
    BREAK = auto()
    OPEN = auto()
    CLOSED = auto()
    AS_POSTED = auto()
    NO_REST = auto()
    UNKNOWN = auto()
    EXCEPTED = auto()
    EXCEPT = auto()
    WITHOUT = auto()
    WITH = auto()
    BRACKET = auto()
    UNCLEAR = auto()


@dataclass(frozen=True, slots=True)
class Days:
    """Which days a phrase names; `every` and `workdays` keep the words 每天 and 工作日, which say more than a list."""

    weekdays: frozenset[int] = frozenset()
    holidays: bool = False
    every: bool = False
    workdays: bool = False

    def __or__(self, other: "Days") -> "Days":
        return Days(
            self.weekdays | other.weekdays,
            self.holidays or other.holidays,
            self.every or other.every,
            self.workdays or other.workdays,
        )


EVERY_DAY = Days(EVERY_WEEKDAY, every=True)


class Phrase(NamedTuple):
    """A phrase, where it stands in the text as given, and the part of the year, days or times that it names, if any."""

    kind: Kind
    at: int
    text: str
    meaning: Stretch | Days | TimeRange | None = None


@dataclass(frozen=True, slots=True)
class Hard:
    """What was left over and not understood, and its 0-based offset in the text as given."""

    leftover: str
    at: int


class _Misread(ValueError):  # noqa: N818 - stays in this module: a phrase has the right form and no clear meaning
    """A phrase of the right form that says nothing certain, such as 8:00-5:00 or 2月30日."""


SAME_LENGTH = str.maketrans(
    {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    | dict.fromkeys("—–―‐‑‒−－﹣~～〜∼ー", "-")
    | dict.fromkeys("【〔［「『〈《“‘", "(")
    | dict.fromkeys("】〕］」』〉》”’", ")")
    | dict.fromkeys("∶﹕", ":")
    | {"　": " ", "週": "周", "點": "点", "時": "时", "兩": "两"}
)
"""Full-width signs, the many dashes and brackets, letter for letter, so that offsets stay those of the text."""

NUMERALS = {name: number for number, name in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
NUMBER = r"(?:\d{1,2}|[零〇一二两三四五六七八九十]{1,3})"
TO = r"\s*(?:-+|至|到)\s*"

PERIODS = {
    "凌晨": "early",
    "清晨": "morning",
    "早晨": "morning",
    "早上": "morning",
    "早": "morning",
    "上午": "morning",
    "中午": "noon",
    "午间": "noon",
    "下午": "afternoon",
    "午后": "afternoon",
    "傍晚": "evening",
    "晚上": "evening",
    "晚间": "evening",
    "夜晚": "evening",
    "夜间": "evening",
    "晚": "evening",
}
PERIOD = "|".join(sorted(PERIODS, key=len, reverse=True))
NEXT_DAY = "次日|翌日|隔日|隔天|第二天"


def _time(mark: str) -> str:
    return (
        rf"(?P<next_{mark}>{NEXT_DAY})?(?:当日|当天)?(?P<period_{mark}>{PERIOD})?\s*"
        rf"(?:(?P<hour_{mark}>\d{{1,2}})\s*:\s*(?P<minute_{mark}>\d{{2}})(?!\d)"
        rf"|(?P<oclock_{mark}>{NUMBER})\s*[点时](?!间|段)钟?(?:(?P<part_{mark}>半|一刻|三刻|整)|(?P<past_{mark}>{NUMBER})分?(?![\d点时:]))?"
        rf"|(?P<bare_{mark}>{NUMBER})(?![\d:点时月日号年.]))"
    )


TIME_RANGE = re.compile(rf"{_time('start')}{TO}{_time('end')}")
MORNING_TO_EVENING = re.compile(rf"[早朝](?P<start>{NUMBER})晚(?P<end>{NUMBER})(?![点时:\d])")


def _date_pattern(mark: str) -> str:
    return rf"(?P<month_{mark}>{NUMBER})月份?(?:(?P<day_{mark}>{NUMBER})[日号]|底)?"


SEASON = re.compile(
    rf"(?:每年)?{_date_pattern('first')}起?(?:{TO}(?:次年|翌年|来年|第二年)?{_date_pattern('last')}止?)?"
)
MONTHS = re.compile(rf"(?:每年)?(?P<month_first>{NUMBER}){TO}(?P<month_last>{NUMBER})月份?(?!{NUMBER}[日号])")

WEEKDAY_NUMBERS = {name: number for number, name in enumerate("一二三四五六日")} | {"天": SUNDAY, "七": SUNDAY}
WEEKDAY_NUMBERS |= {str(number + 1): number for number in range(DAYS_A_WEEK)}
WEEK = r"每?(?:星期|礼拜|周)"
WEEKDAY = re.compile(rf"{WEEK}(?P<day>[一二三四五六日天七]|[1-7](?![\d:点时]))")
WEEKDAY_RANGE = re.compile(rf"{TO}(?:{WEEK})?(?P<day>[一二三四五六日天七1-7])(?!(?<=\d)[\d:]|[点时月号十])")
WEEKDAY_MORE = re.compile(r"\s*[、,/]?\s*(?P<day>[一二三四五六日天])(?![一二三四五六七八九十]?[点时月号十])")

DAY_WORDS = {
    r"非工作日": Days(WEEKEND, holidays=True),
    r"(?:法定)?工作日": Days(WORKWEEK, workdays=True),
    r"双休日?|周末": Days(WEEKEND),
    r"(?:全年|一年)?365天|全年|每天|每日|天天|全周|整周|每?一?周(?:七|7)天": EVERY_DAY,
    r"(?:国家)?法定(?:节假日|假日|节日|假期)|国定假日|节假日|公[共众](?:假期|假日)|假日|节日|假期": Days(holidays=True),
}
VERDICTS = {
    r"中午不(?:休息?|打烊|闭馆)|午间不(?:休息?|打烊|闭馆)": None,
    r"午休(?:时间)?|午间休息(?:时间)?|中午休息(?:时间)?": Kind.BREAK,
    r"除外": Kind.EXCEPTED,
    r"除[了去开]?": Kind.EXCEPT,
    r"[以之]?外(?![卖面地围来])": Kind.EXCEPTED,
    r"不(?:包含|包括|含)": Kind.WITHOUT,
    r"包含|包括|含": Kind.WITH,
    r"另行(?:通知|公告)|另定|待定|不定|不详|以公告为准": Kind.UNKNOWN,
    r"不(?:休息?|闭馆|关门|放假)|照常|正常": Kind.AS_POSTED,
    r"无休|不打烊": Kind.NO_REST,
    r"(?:对外)?(?:开放|营业|服务|开馆|工作|办公|运营)时间|时间": None,
    r"不(?:对外)?(?:开放|营业)|停止(?:开放|服务)|暂停(?:开放|服务)|停业|歇业": Kind.CLOSED,
    r"闭馆日?|休馆日?|关闭|关门|闭站|放假|休息(?![日室区])|休(?![息闲])": Kind.CLOSED,
    r"(?:对外)?(?:开放|营业|服务|运营)|开门|开馆|上班": Kind.OPEN,
}
SEASON_NAMES = r"夏令时间?|冬令时间?|夏时制|冬时制|[夏冬春秋]季|[夏冬]天|春秋季?|[旺淡]季"
SEPARATOR = re.compile(r"[\s,;、。/|]+")
BETWEEN = re.compile(
    rf"{SEPARATOR.pattern}|[:·]+|以及|[和及与或的为是均都也逢]|[从自](?=[\d早上下每周星礼])|每逢|期间|时段"
)
WHOLE = re.compile(r"7\s*天?\s*[*x×X]?\s*24\s*(?:小时|[hH])?|(?:24|二十四)\s*(?:个?小时|[hH])|全天候?|昼夜|全时段?")


def phrases(text: str) -> list[Phrase] | Hard:
    """The phrases of a text in order, or the first piece that is none."""
    written = text.translate(SAME_LENGTH)
    found: list[Phrase] = []
    at = 0
    while at < len(written):
        step = _step(written, at, found)
        if step is None:
            return Hard(text[at : _next_known(written, at, found)].strip(), at)
        end, phrase = step
        if phrase is not None:
            if phrase.kind is Kind.UNCLEAR:
                return Hard(text[at:end].strip(), at)
            found.append(phrase._replace(text=text[at:end].strip()))
        at = end
    return found


def _next_known(written: str, at: int, found: list[Phrase]) -> int:
    """Where a piece that is no phrase ends: at a separator or a phrase, but not inside of a figure."""
    for end in range(at + 1, len(written)):
        step = _step(written, end, found)
        inside = written[end - 1].isdigit() and written[end].isdigit()
        if SEPARATOR.match(written, end) or (step and step[1] and not inside):
            return end
    return len(written)


def _step(written: str, at: int, found: list[Phrase]) -> tuple[int, Phrase | None] | None:
    """Where what begins here ends, and its phrase unless it only stands between phrases; None if it is nothing."""
    if between := BETWEEN.match(written, at):
        return between.end(), None
    steps = (reading(written, at, found) for reading in READINGS)
    return next((step for step in steps if step is not None), None)


Step = tuple[int, Phrase | None]
Reading = Callable[[str, int, list[Phrase]], Step | None]
"""Reads a phrase that begins at a place, knowing the phrases before it."""


def _season(written: str, at: int, _found: list[Phrase]) -> Step | None:
    match = MONTHS.match(written, at) or SEASON.match(written, at)
    if match is None:
        return None
    try:
        return match.end(), Phrase(Kind.SEASON, at, "", _stretch(match.groupdict()))
    except _Misread:
        return match.end(), Phrase(Kind.UNCLEAR, at, "")


def _stretch(said: dict[str, str | None]) -> Stretch:
    first_month = _number(said["month_first"] or "")
    first_day, last_month = said.get("day_first"), said.get("month_last")
    first = _date(first_month, first_day, 1)
    if first_day and not last_month:
        return Stretch(first, first)
    return Stretch(first, _date(_number(last_month) if last_month else first_month, said.get("day_last"), None))


def _date(month: int, day: str | None, unsaid: int | None) -> int:
    """Month * 100 + day; an unsaid day is `unsaid` or else the month's last, and so is 28 February as an end."""
    month_day = month * 100 + (_number(day) if day else 1)
    if month_day not in PLACE_IN_YEAR:
        raise _Misread
    if day is None:
        return month * 100 + unsaid if unsaid else month_end(month)
    # Whoever writes 2月28日 as an end means the end of February, also in a leap year.
    return month_end(month) if unsaid is None and month_day == LAST_OF_FEBRUARY else month_day


def _whole_day(written: str, at: int, _found: list[Phrase]) -> Step | None:
    match = WHOLE.match(written, at)
    return (match.end(), Phrase(Kind.TIMES, at, "", WHOLE_DAY[0])) if match else None


def _times(written: str, at: int, found: list[Phrase]) -> Step | None:
    idiom = MORNING_TO_EVENING.match(written, at)
    if idiom:
        start, end = _clock("morning", idiom["start"]), _clock("evening", idiom["end"])
        return idiom.end(), Phrase(Kind.TIMES, at, "", TimeRange(start, end))
    match = TIME_RANGE.match(written, at)
    if match is None:
        return None
    said = match.groupdict()
    figures_alone = said["bare_start"] and said["bare_end"] and not said["period_start"] and not said["period_end"]
    if figures_alone and not (found and found[-1].kind in (Kind.DAYS, Kind.TIMES, Kind.OPEN)):
        # 8-20 by itself could be a date; after a day it is a time.
        return None
    try:
        return match.end(), Phrase(Kind.TIMES, at, "", _time_range(said))
    except _Misread:
        return match.end(), Phrase(Kind.UNCLEAR, at, "")


def _time_range(said: dict[str, str | None]) -> TimeRange:
    period = said["period_start"]
    start = _minutes(said, "start", PERIODS.get(period or ""))
    end = _minutes(said, "end", PERIODS.get(said["period_end"] or "") or _inherited(said, period))
    next_day = said["next_end"] is not None
    if said["next_start"] or start >= MINUTES_A_DAY or (start == end and not next_day):
        raise _Misread
    if end in (0, LAST_MINUTE) and not next_day:
        end = MINUTES_A_DAY
    if next_day or (end <= start and PERIODS.get(said["period_end"] or "") == "early"):
        end += MINUTES_A_DAY
    elif end <= start:
        if start < EVENING:
            # 8:00-5:00 may be a slip for 17:00; only an evening goes on past midnight by itself.
            raise _Misread
        end += MINUTES_A_DAY
    if end > LATEST_END or end - start > MINUTES_A_DAY:
        raise _Misread
    return TimeRange(start, end)


def _inherited(said: dict[str, str | None], period: str | None) -> str | None:
    """下午2点-6点: the end goes on with the part of the day of a start in twelve hours, unless it lies before it."""
    part = PERIODS.get(period or "")
    if part not in ("noon", "afternoon", "evening") or said["next_end"]:
        return None
    start, end = _hour(said, "start"), _hour(said, "end")
    return part if start <= HALF_DAY and start % HALF_DAY < end <= HALF_DAY else None


def _minutes(said: dict[str, str | None], mark: str, part: str | None) -> int:
    minute = said[f"minute_{mark}"] or said[f"past_{mark}"]
    fraction = {"半": 30, "一刻": 15, "三刻": 45}.get(said[f"part_{mark}"] or "", 0)
    past = _number(minute) if minute else fraction
    if past >= MINUTES_AN_HOUR:
        raise _Misread
    total = _in_part(_hour(said, mark), part) * MINUTES_AN_HOUR + past
    if total > MINUTES_A_DAY:
        raise _Misread
    return total


def _clock(part: str, hour: str) -> int:
    return _in_part(_number(hour), part) * MINUTES_AN_HOUR


def _hour(said: dict[str, str | None], mark: str) -> int:
    return _number(said[f"hour_{mark}"] or said[f"oclock_{mark}"] or said[f"bare_{mark}"] or "")


TWELVE_HOURS = {
    "early": {hour: hour for hour in range(7)} | {12: 0},
    "morning": {hour: hour for hour in range(13)},
    "noon": {11: 11, 12: 12, 13: 13, 14: 14, 1: 13, 2: 14},
    "afternoon": {hour: hour for hour in range(12, 25)} | {hour: hour + 12 for hour in range(1, 12)},
    "evening": {hour: hour for hour in range(17, 25)} | {hour: hour + 12 for hour in range(5, 13)},
}
"""The hour that a figure means in a part of the day; a figure that is missing contradicts it (上午 14:00, 晚 1点)."""


def _in_part(hour: int, part: str | None) -> int:
    if part is None:
        return hour
    meant = TWELVE_HOURS[part].get(hour)
    if meant is None:
        raise _Misread
    return meant


def _number(text: str) -> int:
    """Figures or Chinese numerals up to 99."""
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.partition("十")
    if any(part not in NUMERALS for part in (tens, ones) if part):
        raise _Misread
    if not ten:
        return NUMERALS[tens]
    return (NUMERALS[tens] if tens else 1) * 10 + (NUMERALS[ones] if ones else 0)


def _weekdays(written: str, at: int, _found: list[Phrase]) -> Step | None:
    match = WEEKDAY.match(written, at)
    if match is None:
        return None
    last = WEEKDAY_NUMBERS[match["day"]]
    named = {last}
    while True:
        end = match.end()
        if match := WEEKDAY_RANGE.match(written, end):
            first, last = last, WEEKDAY_NUMBERS[match["day"]]
            named |= {(first + step) % DAYS_A_WEEK for step in range((last - first) % DAYS_A_WEEK + 1)}
        elif match := WEEKDAY_MORE.match(written, end):
            last = WEEKDAY_NUMBERS[match["day"]]
            named.add(last)
        else:
            every = len(named) == DAYS_A_WEEK
            return end, Phrase(Kind.DAYS, at, "", Days(frozenset(named), every=every))


def _word(
    pattern: str, kind: Kind | None, meaning: Days | None = None
) -> Callable[[str, int, list[Phrase]], Step | None]:
    compiled = re.compile(pattern)

    def reading(written: str, at: int, _found: list[Phrase]) -> Step | None:
        match = compiled.match(written, at)
        if match is None:
            return None
        return match.end(), Phrase(kind, at, "", meaning) if kind else None

    return reading


def _readings() -> Iterator[Reading]:
    yield from (_word(r"[()]", Kind.BRACKET), _season, _whole_day)
    for pattern, days in DAY_WORDS.items():
        yield _word(pattern, Kind.DAYS, days)
    yield _weekdays
    for pattern, kind in VERDICTS.items():
        yield _word(pattern, kind)
    yield _word(SEASON_NAMES, Kind.SEASON_NAME)
    yield _times


READINGS = tuple(_readings())
