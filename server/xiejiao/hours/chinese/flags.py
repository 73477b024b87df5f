"""What a person should check in a reading of a Chinese text."""

from enum import StrEnum
from typing import NamedTuple

from xiejiao.hours.wording import Lang, Wording


class FlagCode(StrEnum):
    """Why a person should look at a reading."""

    EXCEPTION = "exception"
    DAYS_ASSUMED = "days_assumed"
    TIMES_UNKNOWN = "times_unknown"
    SEASON_GAP = "season_gap"
    SEASON_ASSUMED = "season_assumed"


WORDS = {
    FlagCode.EXCEPTION: Wording(
        "“{text}”有两种读法，请核对节假日是开还是休", "{text} can be read in two ways; check it"
    ),
    FlagCode.DAYS_ASSUMED: Wording("没有写星期几，按每天理解", "no days are named: read as every day"),
    FlagCode.TIMES_UNKNOWN: Wording("没有写几点到几点", "no times are given"),
    FlagCode.SEASON_GAP: Wording(
        "几个季节之间有空缺，空缺的日期按不详", "the seasons leave dates out; these are unknown"
    ),
    FlagCode.SEASON_ASSUMED: Wording(
        "“{text}”写在最后一个季节之后，按全年理解", "{text} follows the last season: read as holding all year"
    ),
}


class Flag(NamedTuple):
    """Something in a reading that a person should check, and the words of the text it is about."""

    code: FlagCode
    text: str = ""

    def message(self, lang: Lang) -> str:
        """One sentence for the person who wrote or imports the text."""
        return WORDS[self.code].said(lang, text=self.text)
