"""What can be wrong with a text of opening hours, each fault with a stable code and words for people."""

from enum import StrEnum

from xiejiao.errors import XiejiaoError
from xiejiao.hours.wording import Lang, Wording


class FaultCode(StrEnum):
    """What is wrong with a text; the values are stable."""

    BARE_COMMENT = "bare_comment"
    BEGINS_AFTER_MIDNIGHT = "begins_after_midnight"
    COMMENT_NOT_CLOSED = "comment_not_closed"
    EMPTY = "empty"
    EMPTY_COMMENT = "empty_comment"
    EMPTY_RANGE = "empty_range"
    END_MISSING = "end_missing"
    INEXPRESSIBLE = "inexpressible"
    MIXED_SEASON = "mixed_season"
    MINUTES_MISSING = "minutes_missing"
    NO_SUCH_DATE = "no_such_date"
    NO_SUCH_TIME = "no_such_time"
    NOT_UNDERSTOOD = "not_understood"
    RULE_MISSING = "rule_missing"
    TIMES_MISSING = "times_missing"
    TOO_LONG = "too_long"
    UNSUPPORTED_EASTER = "unsupported_easter"
    UNSUPPORTED_FALLBACK = "unsupported_fallback"
    UNSUPPORTED_NTH_WEEKDAY = "unsupported_nth_weekday"
    UNSUPPORTED_OPEN_END = "unsupported_open_end"
    UNSUPPORTED_SCHOOL_HOLIDAYS = "unsupported_school_holidays"
    UNSUPPORTED_SUN = "unsupported_sun"
    UNSUPPORTED_WEEK = "unsupported_week"
    UNSUPPORTED_YEAR = "unsupported_year"


WORDS: dict[FaultCode, Wording] = {
    FaultCode.BARE_COMMENT: Wording(
        "说明“{found}”前面要写 open、off 或 unknown", "write open, off or unknown before the comment {found}"
    ),
    FaultCode.BEGINS_AFTER_MIDNIGHT: Wording(
        "开始时间 {found} 应早于 24:00；过午夜的时段写在前一天", "a range begins before 24:00, not at {found}"
    ),
    FaultCode.COMMENT_NOT_CLOSED: Wording("说明缺少右引号", "the comment has no closing quotation mark"),
    FaultCode.EMPTY: Wording("没有内容", "the text is empty"),
    FaultCode.EMPTY_COMMENT: Wording("说明是空的", "the comment is empty"),
    FaultCode.EMPTY_RANGE: Wording(
        "{found} 的起止时间相同；全天请写 00:00-24:00", "{found} ends when it begins; write 00:00-24:00 for a whole day"
    ),
    FaultCode.END_MISSING: Wording("{found} 缺少结束时间", "{found} has no end"),
    FaultCode.INEXPRESSIBLE: Wording("这些时段不能合写成一条开放时间", "no single text can say these hours together"),
    FaultCode.MIXED_SEASON: Wording(
        "季节的起止要么都写到日，要么都只写月", "a season names a day at both ends or at neither, unlike {found}"
    ),
    FaultCode.MINUTES_MISSING: Wording(
        "时间要写到分钟，例如 09:00，而不是 {found}", "write minutes too, 09:00 rather than {found}"
    ),
    FaultCode.NO_SUCH_DATE: Wording("没有 {found} 这一天", "there is no {found}"),
    FaultCode.NO_SUCH_TIME: Wording("没有 {found} 这个时间", "there is no time {found}"),
    FaultCode.NOT_UNDERSTOOD: Wording("看不懂“{found}”", "{found} is not understood"),
    FaultCode.RULE_MISSING: Wording("这里缺少一条规则", "a rule is missing here"),
    FaultCode.TIMES_MISSING: Wording(
        "缺少时间；全天请写 00:00-24:00", "times are missing; write 00:00-24:00 for a whole day"
    ),
    FaultCode.TOO_LONG: Wording("超过 1000 个字符", "longer than 1,000 characters"),
    FaultCode.UNSUPPORTED_EASTER: Wording("不支持复活节", "easter is not supported"),
    FaultCode.UNSUPPORTED_FALLBACK: Wording("不支持 ||", "|| is not supported"),
    FaultCode.UNSUPPORTED_NTH_WEEKDAY: Wording(
        "不支持“每月第几个星期几”", "the nth weekday of a month is not supported"
    ),
    FaultCode.UNSUPPORTED_OPEN_END: Wording("不支持没有结束时间的 +", "an open end (+) is not supported"),
    FaultCode.UNSUPPORTED_SCHOOL_HOLIDAYS: Wording("不支持学校假期 SH", "school holidays (SH) are not supported"),
    FaultCode.UNSUPPORTED_SUN: Wording("不支持日出日落（{found}）", "times of the sun ({found}) are not supported"),
    FaultCode.UNSUPPORTED_WEEK: Wording("不支持周数", "week numbers are not supported"),
    FaultCode.UNSUPPORTED_YEAR: Wording("不支持年份 {found}；某一天的变动请另记", "years ({found}) are not supported"),
}


class Fault(XiejiaoError):  # noqa: N818 - the field's own word: a text has a fault at a place
    """What is wrong with a text: a stable `code` and `at`, the 0-based character offset where it stands."""

    def __init__(self, code: FaultCode, at: int, found: str = "") -> None:
        self.code = code
        self.at = at
        self.found = found
        super().__init__(self.message("en"))

    def message(self, lang: Lang) -> str:
        """One sentence for the person who wrote the text."""
        return WORDS[self.code].said(lang, found=self.found)
