"""What a key of a repeatable request may be, and what is answered again."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xiejiao.errors import FieldFault, InputError
from xiejiao.language import Words

HEADER = "Idempotency-Key"
KEPT_FOR = dt.timedelta(days=7)
"""A repetition that comes later is a new request."""
_KEY = re.compile(r"[!-~]{8,200}")

Json = Mapping[str, "Json"] | Sequence["Json"] | str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered; the body is JSON and holds nothing personal."""

    status: int
    body: Json


def check(key: str) -> None:
    """InputError for a key that is not 8 to 200 visible ASCII characters."""
    if not _KEY.fullmatch(key):
        message = Words("请给出 8 到 200 个可见的 ASCII 字符", "give 8 to 200 visible ASCII characters")
        raise InputError(FieldFault(HEADER, message))
