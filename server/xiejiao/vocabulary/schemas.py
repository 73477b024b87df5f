"""The vocabulary as JSON."""

from typing import Any

from pydantic import BaseModel, Field

from xiejiao.vocabulary.rules import Vocabulary


class KindWords(BaseModel):
    """A kind of place: its code and its words."""

    code: str
    zh: str
    en: str
    label: str = Field(description="Short Chinese, for a chip")


class AmenityWords(KindWords):
    """An amenity: its code, its words, and the kinds of place in which it is asked for."""

    groups: list[str]


class TradeWords(BaseModel):
    """A trade and the lists that name it."""

    code: str
    zh: str
    en: str
    tags: list[str]


class VocabularyWords(BaseModel):
    """The words of the field, in the order in which they are shown."""

    kinds: list[KindWords]
    amenities: list[AmenityWords]
    trades: list[TradeWords]


def as_json(words: Vocabulary) -> dict[str, Any]:
    """The vocabulary as it is served."""
    return {
        "kinds": [{"code": kind.code, "zh": kind.zh, "en": kind.en, "label": kind.label} for kind in words.kinds],
        "amenities": [
            {
                "code": amenity.code,
                "zh": amenity.zh,
                "en": amenity.en,
                "label": amenity.label,
                "groups": amenity.groups,
            }
            for amenity in words.amenities
        ],
        "trades": [{"code": trade.code, "zh": trade.zh, "en": trade.en, "tags": trade.tags} for trade in words.trades],
    }
