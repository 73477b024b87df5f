"""Setting lines of Chinese and Latin text: how wide they are, where they break, how large they may be."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import NamedTuple

from fpdf.fonts import CORE_FONTS_CHARWIDTHS

LATIN = "helvetica"
"""The face of all that Windows-1252 holds; a PDF reader has it, and Arial has its widths. The rest is Chinese."""
LINE = 1.3
"""From one line of several to the next, in sizes of their type."""
ABOVE, BELOW = 0.83, 0.12
"""How far Chinese characters reach from the line on which they stand, in sizes."""
_ELLIPSIS = "…"
_NAMES = "户外劳动者|新就业形态|劳动者|服务站点|服务站|服务中心|驿站|母婴室|职工|书屋|工会"
"""Words of which names of places are made, longest first; Chinese sets no spaces where a line may break."""
_CLAUSES = re.compile(r"[^，；。]+[，；。]*\s*|[，；。]+\s*")
# A figure or a word stays whole, a closing sign stays with what it closes, an opening one with what it opens.
_WORDS = re.compile(rf"[（《“‘「【]*(?:[!-~–]+|{_NAMES}|\S)[，。、；：！？）》”’」】·]*\s*|\s+")
_STEPS = re.compile(r"[^/]*/+|[^/]+")
_CHARACTERS = re.compile(r".", re.DOTALL)
_PIECES = (_CLAUSES, _WORDS, _STEPS, _CHARACTERS)
"""What is kept together as long as it fits: a clause, then a word, a step of an address, a character."""


class Lines(NamedTuple):
    """A text broken into lines, and the size of its type in millimetres."""

    texts: tuple[str, ...]
    size: float

    @property
    def height(self) -> float:
        """Millimetres from the top of the first line to the bottom of the last."""
        return self.size * (ABOVE + BELOW + LINE * (len(self.texts) - 1))


@cache
def is_latin(character: str) -> bool:
    """Whether a character is set in the Latin face."""
    return character == " " or (character.isprintable() and bool(character.encode("cp1252", "ignore")))


def runs(text: str) -> Iterator[tuple[bool, str]]:
    """The text in parts of one face, with whether that is the Latin one."""
    for latin, characters in groupby(text, is_latin):
        yield latin, "".join(characters)


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Millimetres that a line takes; a Chinese character is as wide as it is high."""
    advances = CORE_FONTS_CHARWIDTHS[f"{LATIN}{'B' if bold else ''}"]
    return size * sum(
        sum(advances[chr(byte)] for byte in run.encode("cp1252")) / 1000 if latin else len(run)
        for latin, run in runs(text)
    )


def broken(text: str, size: float, room: float, *, bold: bool = False) -> Lines:
    """The text in lines no wider than `room`, broken where a reader would break it."""

    def fits(line: str) -> bool:
        return width(line.rstrip(), size, bold=bold) <= room

    def packed(piece: str, finer: Sequence[re.Pattern[str]]) -> Iterator[str]:
        line = ""
        for part in finer[0].findall(piece):
            if fits(line + part):
                line += part
                continue
            if line:
                yield line
            *whole, line = [part] if fits(part) or len(finer) == 1 else packed(part, finer[1:])
            yield from whole
        yield line

    return Lines(tuple(line.strip() for line in packed(text, _PIECES)), size)


def is_whole(lines: Lines) -> bool:
    """Whether every line but the last ends with a clause."""
    return all(line.endswith(("，", "；", "。")) for line in lines.texts[:-1])


def balanced(text: str, size: float, room: float, *, bold: bool = False) -> Lines:
    """The text in as few lines as `broken` needs, and these of like length."""
    lines = best = broken(text, size, room, bold=bold)
    narrower = room
    while len(lines.texts) == len(best.texts) and narrower > size:
        best, narrower = lines, narrower - size / 2
        lines = broken(text, size, narrower, bold=bold)
    return best


def shortened(text: str, size: float, room: float, most_lines: int) -> Lines:
    """The text in at most so many lines; what does not fit gives way to an ellipsis."""
    lines = broken(text, size, room)
    if len(lines.texts) <= most_lines:
        return lines
    *kept, last = lines.texts[:most_lines]
    while width(last + _ELLIPSIS, size) > room:
        last = last[:-1]
    return Lines((*kept, last + _ELLIPSIS), size)
