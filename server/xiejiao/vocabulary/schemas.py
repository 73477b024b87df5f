"""The vocabulary as JSON."""

from typing import Any

from pydantic import BaseModel

from xiejiao.vocabulary.rules import Vocabulary


class TermWords(BaseModel):
    """A kind or an amenity: its code and its labels."""

    code: str
    zh: str
    en: str


class TradeWords(TermWords):
    """A trade and the lists that name it."""

    tags: list[str]


class VocabularyWords(BaseModel):
    """The words of the field, in the order in which they are shown."""

    kinds: list[TermWords]
    amenities: list[TermWords]
    trades: list[TradeWords]


def as_json(words: Vocabulary) -> dict[str, Any]:
    """The vocabulary as it is served."""
    return {
        "kinds": [{"code": term.code, "zh": term.zh, "en": term.en} for term in words.kinds],
        "amenities": [{"code": term.code, "zh": term.zh, "en": term.en} for term in words.amenities],
        "trades": [
            {"code": trade.code, "zh": trade.zh, "en": trade.en, "tags": trade.tags} for trade in words.trades
        ],
    }
