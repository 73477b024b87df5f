"""What docs/hours.md promises, example by example."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from xiejiao.hours import CHINA, Calendar, Fault, FaultCode, FlagCode, Hard, compiled, normalise_zh, parse, state, words

PAGE = (Path(__file__).parents[3] / "docs" / "hours.md").read_text("utf-8")
COLUMNS = {"Wednesday": (9, 30), "Thursday off": (10, 1), "make-up Saturday": (10, 10), "Saturday": (10, 17)}


def examples(kind: str) -> list[tuple[str, str]]:
    """The left and right sides of the arrows in the fenced blocks of a kind."""
    lines = [line for block in re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
    return [(left.strip(), right.strip()) for left, right in (line.split("→") for line in lines)]


def special_days() -> Iterator[tuple[str, str, str]]:
    header, _, *rows = re.findall(r"^\|(.*)\|$", PAGE, re.MULTILINE)
    names = [name.strip() for name in header.split("|")][1:]
    for row in rows:
        text, *holds = (cell.strip().strip("`") for cell in row.split("|"))
        yield from ((text, name, said) for name, said in zip(names, holds, strict=True))


@pytest.mark.parametrize(("text", "canonical"), examples("canonical"))
def test_canonical_text_is_as_promised(text: str, canonical: str) -> None:
    assert str(parse(text)) == canonical


@pytest.mark.parametrize(("text", "refusal"), examples("refused"))
def test_refusal_is_as_promised(text: str, refusal: str) -> None:
    with pytest.raises(Fault) as caught:
        parse(text)
    assert f"{caught.value.code} at {caught.value.at}" == refusal


@pytest.mark.parametrize(("text", "column", "said"), list(special_days()))
def test_special_day_is_as_promised(text: str, column: str, said: str, calendar: Calendar) -> None:
    month, day = COLUMNS[column]
    assert state(compiled(parse(text)), datetime(2026, month, day, 10, tzinfo=CHINA), calendar).state == said


@pytest.mark.parametrize(("text", "reading"), examples("chinese"))
def test_chinese_reading_is_as_promised(text: str, reading: str) -> None:
    found = normalise_zh(text)
    if isinstance(found, Hard):
        assert f"{found.leftover} is not understood" == reading
    else:
        flags = ", ".join(flag.code for flag in found.flags)
        assert found.osm + (f" ({flags})" if flags else "") == reading


@pytest.mark.parametrize(("text", "said"), examples("words"))
def test_words_are_as_promised(text: str, said: str) -> None:
    assert words(parse(text), "zh") == said


def test_page_names_every_kind_of_unsupported_text_and_every_flag() -> None:
    refused = {refusal.split(" ")[0] for _, refusal in examples("refused")}
    assert {code for code in FaultCode if code.startswith("unsupported_")} <= refused
    assert all(flag in PAGE for flag in FlagCode)
