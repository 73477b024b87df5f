"""Reads Chinese opening hours into OSM text, writes out what they leave silent, and never guesses."""

from typing import NamedTuple

from xiejiao.hours.chinese.flags import Flag, FlagCode
from xiejiao.hours.chinese.phrases import Hard, phrases
from xiejiao.hours.chinese.statements import Composer, Contradiction
from xiejiao.hours.chinese.timetable import Timetable

__all__ = ["Flag", "FlagCode", "Hard", "Normalised", "normalise_zh"]


class Normalised(NamedTuple):
    """A Chinese text as canonical OSM text, and what a person should check in it."""

    osm: str
    flags: tuple[Flag, ...]


def normalise_zh(text: str) -> Normalised | Hard:
    """The OSM text that a Chinese text means, or the first piece that is not understood or contradicts the rest.

    Silence on holidays becomes `PH unknown`; 工作日 becomes Mo-Fr with `PH off`; all seven days named in one breath, or
    round the clock without days, hold on holidays as posted.
    """
    found = phrases(text)
    if isinstance(found, Hard):
        return found
    try:
        statements = Composer(text).statements(found)
        if not statements:
            return Hard(text.strip(), 0)
        rules, flags = Timetable(statements).reading()
        return Normalised(str(rules), flags)
    except Contradiction as contradiction:
        return Hard(contradiction.text, contradiction.at)
