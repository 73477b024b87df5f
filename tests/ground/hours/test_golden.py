"""Opening hours against the golden vectors, which were reasoned from the specification and not printed by the code."""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import chinese_calendar  # type: ignore[import-untyped] # the package carries no types
import pytest

from xiejiao.hours import (
    CHINA,
    Answer,
    Calendar,
    Compiled,
    Dated,
    Fault,
    FaultCode,
    Period,
    Special,
    State,
    compiled,
    day_words,
    next_change,
    parse,
    state,
    words,
)


def cases(name: str) -> Any:  # noqa: ANN401 - plain data of many shapes, shared with the phone's tests
    return json.loads((Path(__file__).parents[1] / "cases" / f"hours_{name}.json").read_text("utf-8"))


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def dated(case: Mapping[str, Any]) -> Dated:
    return Dated(
        **{
            kind: tuple(Period(instant(start), instant(end) if end else None) for start, end in periods)
            for kind, periods in case.get("dated", {}).items()
        }
    )


def hours(case: Mapping[str, Any]) -> Compiled | None:
    return None if case["hours"] is None else compiled(parse(case["hours"]))


COMPILED = cases("compiled")


@pytest.mark.parametrize("text", COMPILED)
def test_text_compiles_to_its_vector(text: str) -> None:
    assert compiled(parse(text)).as_json() == COMPILED[text]


@pytest.mark.parametrize("text", COMPILED)
def test_the_vectors_text_is_canonical(text: str) -> None:
    assert str(parse(text)) == text


@pytest.mark.parametrize("text", COMPILED)
def test_compiled_hours_come_back_from_json(text: str) -> None:
    value = compiled(parse(text))
    assert Compiled.from_json(json.loads(json.dumps(value.as_json()))) == value


@pytest.mark.parametrize("name", ["state", "next_change"])
def test_every_text_of_the_vectors_has_a_compiled_form_for_the_phone(name: str) -> None:
    assert {case["hours"] for case in cases(name)} - {None} <= COMPILED.keys()


def answers() -> Iterator[tuple[str, Mapping[str, Any], str, Answer]]:
    for case in cases("state"):
        for at, holds, *comment in case["answers"]:
            yield case["about"], case, at, Answer(State(holds), *comment)


@pytest.mark.parametrize(("about", "case", "at", "answer"), list(answers()))
def test_state_is_as_in_the_vectors(
    about: str, case: Mapping[str, Any], at: str, answer: Answer, calendar: Calendar
) -> None:
    assert state(hours(case), instant(at), calendar, dated(case)) == answer, about


def changes() -> Iterator[tuple[str, Mapping[str, Any], str, str | None]]:
    for case in cases("next_change"):
        for at, change in case["changes"]:
            yield case["about"], case, at, change


@pytest.mark.parametrize(("about", "case", "at", "change"), list(changes()))
def test_next_change_is_as_in_the_vectors(
    about: str, case: Mapping[str, Any], at: str, change: str | None, calendar: Calendar
) -> None:
    found = next_change(hours(case), instant(at), calendar, dated(case))
    assert found == (instant(change) if change else None), about
    assert found is None or found.tzinfo is CHINA


@pytest.mark.parametrize("case", cases("words")["week"], ids=lambda case: case["hours"])
def test_week_is_said_in_both_languages(case: Mapping[str, str]) -> None:
    rules = parse(case["hours"])
    assert (words(rules, "zh"), words(compiled(rules), "en")) == (case["zh"], case["en"])


@pytest.mark.parametrize("case", cases("words")["day"], ids=lambda case: f"{case['hours']} {case['on']}")
def test_one_day_is_said_in_both_languages(case: Mapping[str, str], calendar: Calendar) -> None:
    value, on = compiled(parse(case["hours"])), date.fromisoformat(case["on"])
    assert day_words(value, on, calendar, "zh") == case["zh"]
    assert day_words(value, on, calendar, "en") == case["en"]


@pytest.mark.parametrize("case", cases("faults"), ids=lambda case: case["text"])
def test_fault_has_its_code_and_place(case: Mapping[str, Any]) -> None:
    with pytest.raises(Fault) as caught:
        parse(case["text"])
    assert (caught.value.code, caught.value.at) == (case["code"], case["at"])
    assert str(caught.value) == caught.value.message("en") != caught.value.message("zh")


@pytest.mark.parametrize("case", cases("calendar")["classes"], ids=lambda case: case["about"])
def test_day_has_its_class(case: Mapping[str, Any], calendar: Calendar) -> None:
    assert calendar.day_class(date.fromisoformat(case["on"])) == case["class"]


def test_calendar_is_small_json_and_comes_back(calendar: Calendar) -> None:
    assert calendar.as_json() == cases("calendar")["json"]
    assert Calendar.from_json(json.loads(json.dumps(calendar.as_json()))) == calendar


@pytest.mark.parametrize("year", [2025, 2026])
def test_notice_agrees_with_the_package_that_collects_them(year: int, calendar: Calendar) -> None:
    days = [date(year, 1, 1) + timedelta(days=step) for step in range(365)]
    wanted = {
        day: Special.OFF if chinese_calendar.is_holiday(day) else Special.WORK
        for day in days
        if day in chinese_calendar.holidays or day in chinese_calendar.workdays
    }
    assert {day: kind for day, kind in calendar.special.items() if day.year == year} == wanted


def test_every_fault_of_the_parser_stands_in_the_vectors() -> None:
    elsewhere = {FaultCode.TOO_LONG, FaultCode.INEXPRESSIBLE}
    assert {case["code"] for case in cases("faults")} == set(FaultCode) - elsewhere


def test_text_is_too_long_from_a_thousand_and_one_characters() -> None:
    longest = "; ".join(["Mo 08:00-09:00"] * 61) + "; Tu 08:00-09:00"
    padded = longest + " " * (1000 - len(longest))
    assert parse(padded)
    with pytest.raises(Fault) as caught:
        parse(padded + " ")
    assert (caught.value.code, caught.value.at) == (FaultCode.TOO_LONG, 1000)


def test_text_whose_canonical_form_is_too_long_is_refused() -> None:
    with pytest.raises(Fault) as caught:
        parse("; ".join(["8:00-9:00"] * 80))
    assert caught.value.code == FaultCode.TOO_LONG
