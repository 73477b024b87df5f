"""Numbers of resident identity cards and residence permits after GB 11643: read as people type them, and masked."""

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum

from xiejiao.language import Words

LENGTH = 18
_OLD_LENGTH = 15
_SHAPE = re.compile(r"\d{17}[\dX]", re.ASCII)
_PROVINCES = frozenset(
    {*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 81, 82, 83}
)
"""First two digits of an area: provinces, and 81, 82, 83 of the permits for residents of Hong Kong, Macao and Taiwan.

What follows them is not looked up: counties are merged and renamed, and the number of a card stays what it was.
"""
_FIRST_YEAR = 1900
_HEAD, _TAIL = 3, 4


class Sex(StrEnum):
    """What the seventeenth digit says."""

    MALE = "male"
    FEMALE = "female"


class Fault(StrEnum):
    """Why something is no such number."""

    EMPTY = "empty"
    OLD = "old"
    LENGTH = "length"
    CHARACTERS = "characters"
    AREA = "area"
    BIRTH_DATE = "birth_date"
    CHECK = "check"

    @property
    def words(self) -> Words:
        """The fault in words that do not repeat the number."""
        return _WORDS[self]


_WORDS = {
    Fault.EMPTY: Words("请填写身份证号", "must not be empty"),
    Fault.OLD: Words(
        "15 位的旧号已停用，请填写现在的 18 位号码", "has the old 15 digits, which no longer hold: use the number of 18"
    ),
    Fault.LENGTH: Words("身份证号应为 18 位", "must have 18 characters"),
    Fault.CHARACTERS: Words(
        "前 17 位应为数字，最后一位为数字或 X", "must be 17 digits followed by a digit or the letter X"
    ),
    Fault.AREA: Words("没有这个地区代码，请核对前两位", "begins with no area that exists: see its first two digits"),
    Fault.BIRTH_DATE: Words(
        "第 7 到 14 位不是可能的出生日期，请核对", "holds no possible date of birth: see digits 7 to 14"
    ),
    Fault.CHECK: Words("最后一位校验不符，请逐位核对", "does not fit its last character: see each digit again"),
}


@dataclass(frozen=True, slots=True)
class IdentityNumber:
    """A number that can be one, in its one spelling; whose it is, only the card shows."""

    text: str = field(repr=False)

    @property
    def born_on(self) -> dt.date:
        """The date of birth in it."""
        return _date(self.text)

    @property
    def sex(self) -> Sex:
        """The sex in it."""
        return Sex.MALE if int(self.text[16]) % 2 else Sex.FEMALE

    @property
    def tail(self) -> str:
        """The last four characters, by which people name a number that is masked."""
        return self.text[-_TAIL:]

    def masked(self) -> str:
        """The number as it may be shown: its first three and last four characters."""
        return f"{self.text[:_HEAD]}{'*' * (LENGTH - _HEAD - _TAIL)}{self.tail}"


def normalised(typed: str) -> str:
    """What was typed in one spelling: full-width characters as plain ones, no spaces, a capital X."""
    return "".join(unicodedata.normalize("NFKC", typed).split()).upper()


def check_character(digits: str) -> str:
    """The character that follows seventeen digits (ISO 7064, MOD 11-2)."""
    total = sum(int(digit) * pow(2, LENGTH - 1 - place, 11) for place, digit in enumerate(digits))
    return "0123456789X"[(1 - total) % 11]


def parse(typed: str, *, today: dt.date) -> IdentityNumber | Fault:
    """The number that was typed, or the first thing that speaks against it; `today` bounds the date of birth."""
    text = normalised(typed)
    fault = _fault(text, today)
    return IdentityNumber(text) if fault is None else fault


def _fault(text: str, today: dt.date) -> Fault | None:
    if not text:
        return Fault.EMPTY
    if len(text) != LENGTH:
        return Fault.OLD if len(text) == _OLD_LENGTH and text.isascii() and text.isdecimal() else Fault.LENGTH
    if not _SHAPE.fullmatch(text):
        return Fault.CHARACTERS
    if int(text[:2]) not in _PROVINCES:
        return Fault.AREA
    if not _is_birth_date(text, today):
        return Fault.BIRTH_DATE
    return None if check_character(text[:-1]) == text[-1] else Fault.CHECK


def _is_birth_date(text: str, today: dt.date) -> bool:
    try:
        born_on = _date(text)
    except ValueError:
        return False
    return born_on.year >= _FIRST_YEAR and born_on <= today


def _date(text: str) -> dt.date:
    return dt.date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
