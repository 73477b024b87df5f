"""The Chinese reading: a corpus of texts as ledgers and doors have them, and what holds of every text."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiejiao.hours import FaultCode, FlagCode, Hard, normalise_zh, parse, read

CORPUS: list[Mapping[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "cases" / "hours_zh.json").read_text("utf-8"),
)
UNDERSTOOD = [case for case in CORPUS if "osm" in case]
NOT_UNDERSTOOD = [case for case in CORPUS if "leftover" in case]


def test_corpus_is_large_and_holds_each_text_once() -> None:
    assert len(UNDERSTOOD) >= 150
    assert len({case["text"] for case in CORPUS}) == len(CORPUS)


@pytest.mark.parametrize("case", UNDERSTOOD, ids=lambda case: case["text"])
def test_text_is_understood(case: Mapping[str, Any]) -> None:
    reading = normalise_zh(case["text"])
    assert not isinstance(reading, Hard), reading
    assert reading.osm == case["osm"]
    assert sorted(flag.code for flag in reading.flags) == sorted(case["flags"])


@pytest.mark.parametrize("case", UNDERSTOOD, ids=lambda case: case["text"])
def test_what_was_understood_is_canonical_osm(case: Mapping[str, Any]) -> None:
    assert str(parse(case["osm"])) == case["osm"]


@pytest.mark.parametrize("case", NOT_UNDERSTOOD, ids=lambda case: case["text"])
def test_what_is_not_understood_is_handed_back(case: Mapping[str, Any]) -> None:
    assert normalise_zh(case["text"]) == Hard(case["leftover"], case["at"])
    assert case["text"][case["at"] :].startswith(case["leftover"])


@pytest.mark.parametrize("case", [case for case in CORPUS if "除" in case["text"] and "osm" in case])
def test_every_exception_is_flagged_for_a_person(case: Mapping[str, Any]) -> None:
    assert "exception" in case["flags"]


def test_flags_say_what_they_are_about() -> None:
    (flag,) = read("周一至周五 9:00-17:00（法定节假日除外）").flags
    assert flag.code is FlagCode.EXCEPTION
    assert "法定节假日除外" in flag.message("zh")
    assert "法定节假日除外" in flag.message("en")


pieces = st.sampled_from(
    [
        "周一至周五",
        "周六日",
        "每天",
        "工作日",
        "双休日",
        "节假日",
        "法定节假日",
        "周一",
        "9:00-17:00",
        "8点半至20点",
        "22:00-次日6:00",
        "12:00-14:00",
        "全天",
        "24小时",
        "除外",
        "除",
        "外",
        "闭馆",
        "休息",
        "照常",
        "开放",
        "午休",
        "含",
        "不含",
        "夏季",
        "5月-9月",
        "10月-4月",
        "（",
        "）",
        "，",
        "；",
        "上午",
        "下午2点-6点",
        "无休",
        "另行通知",
        "预约",
        "2月30日",
        "10-16",
        "每",
        "周",
        "三",
    ]
)
NAME_HOLIDAYS_OR_ALL_DAYS = ("节假日", "每天", "24小时", "全天", "照常", "无休", "含", "周六日", "双休日")


@given(st.lists(pieces, max_size=12).map("".join))
def test_any_order_of_phrases_is_read_or_handed_back(text: str) -> None:
    reading = normalise_zh(text)
    if isinstance(reading, Hard):
        assert text[reading.at :].startswith(reading.leftover)
    else:
        assert str(parse(reading.osm)) == reading.osm


@given(st.lists(pieces, max_size=12).map("".join))
def test_without_a_word_of_holidays_weekday_hours_leave_them_unknown_or_closed(text: str) -> None:
    reading = normalise_zh(text + "周一至周五9:00-17:00")
    if not isinstance(reading, Hard) and not any(word in text for word in NAME_HOLIDAYS_OR_ALL_DAYS):
        assert "PH" in reading.osm or "unknown" in reading.osm


@given(st.text(max_size=40))
def test_any_text_at_all_is_read_or_has_a_problem(text: str) -> None:
    reading = read(text)
    assert (reading.rules is None) != (reading.problem is None)
    if reading.problem:
        assert 0 <= reading.problem.at <= len(text)
        assert reading.problem.message("zh")


@pytest.mark.parametrize(
    ("text", "osm"),
    [
        ("Mo-Fr 09:00-17:00", "Mo-Fr 09:00-17:00"),
        ("mo-fr 9:00-17:00; ph OFF", "Mo-Fr 09:00-17:00; PH off"),
        ('24/7 open "扫码"', '24/7 open "扫码"'),
        ("24/7", "24/7"),
        ("08:00-20:00", "Mo-Su 08:00-20:00; PH unknown"),
        ("周一至周五 9:00-17:00", "Mo-Fr 09:00-17:00; PH unknown"),
        ("24H", "24/7"),
    ],
)
def test_both_languages_are_read(text: str, osm: str) -> None:
    assert str(read(text).rules) == osm


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("Mo-Fr 9-17", FaultCode.MINUTES_MISSING, 6),
        ("Mo-Fr 09:00-17:00 周末休息", FaultCode.NOT_UNDERSTOOD, 0),
        ('Mo-Fr 09:00+ open "扫码"', FaultCode.UNSUPPORTED_OPEN_END, 11),
        ("周一至周五 9:00-17:00 请预约", FaultCode.NOT_UNDERSTOOD, 17),
        ("", FaultCode.EMPTY, 0),
        ("　", FaultCode.EMPTY, 0),
        ("每天8:00-20:00" + "，" * 1000, FaultCode.TOO_LONG, 1000),
    ],
)
def test_problem_has_its_code_and_place(text: str, code: FaultCode, at: int) -> None:
    problem = read(text).problem
    assert problem is not None
    assert (problem.code, problem.at) == (code, at)
