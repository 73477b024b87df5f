"""ID numbers: read as people type them, refused for a reason, and never said whole."""

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiejiao.identity_number import Fault, IdentityNumber, check_character, parse

FILE = json.loads((Path(__file__).parent / "cases" / "identity_number.json").read_text("utf-8"))
TODAY = dt.date.fromisoformat(FILE["today"])
CHARACTERS = "0123456789X"


def written(case: dict[str, Any]) -> str:
    """The number of a case, put together and written as the case says."""
    digits = case["area"] + case["date"] + case["sequence"]
    right = check_character(digits) if digits.isdecimal() else ""
    checks = {"right": right, "wrong": CHARACTERS[CHARACTERS.find(right) - 10], "zero": "0", "letter": "A", "none": ""}
    check = checks[case["check"]]
    whole = digits + check
    spellings: dict[str, str] = {
        "plain": whole,
        "full_width": "".join(chr(ord(each) + 0xFEE0) for each in whole),
        "spaced": f" {whole[:6]} {whole[6:14]}\u3000{whole[14:]} ",
        "lower_case": whole.lower(),
        "exchanged": whole[:15] + whole[16:17] + whole[15:16] + whole[17:],
        "fifteen": whole[:6] + whole[8:17],
        "without_last": whole[:-1],
        "twice_last": whole + whole[-1:],
        "arabic": "".join(chr(0x660 + int(each)) if each.isdecimal() else each for each in whole),
        "marked": f"\u202e{whole}",
    }
    return spellings[case["typed"]]


@pytest.mark.parametrize("case", FILE["cases"], ids=lambda case: case["says"])
def test_a_number_is_read_as_the_vectors_say(case: dict[str, Any]) -> None:
    found = parse(written(case), today=TODAY)
    if "fault" in case:
        assert found == Fault(case["fault"])
        return
    assert isinstance(found, IdentityNumber)
    assert (found.sex, found.born_on.isoformat()) == (case["sex"], case["born_on"])
    assert found.masked() == f"{found.text[:3]}***********{found.text[-4:]}"
    assert len(found.masked()) == 18


def test_the_vectors_hold_no_whole_number_and_every_fault() -> None:

    text = (Path(__file__).parent / "cases" / "identity_number.json").read_text("utf-8")
    assert not re.search(r"\d{15}", text)
    assert {case.get("fault") for case in FILE["cases"]} == {None, *map(str, Fault)}


def test_a_number_shows_in_no_trace() -> None:
    (case,) = (each for each in FILE["cases"] if each["says"] == "a county that is there")
    found = parse(written(case), today=TODAY)
    assert "1990" not in repr(found)


@given(st.text())
def test_whatever_is_typed_is_a_number_or_a_fault_with_words(typed: str) -> None:
    found = parse(typed, today=TODAY)
    assert isinstance(found, IdentityNumber) or (found.words.zh and found.words.en)


@given(st.integers(0, 10**17 - 1), st.integers(0, 16), st.integers(1, 9))
def test_no_single_digit_can_be_mistaken(number: int, place: int, by: int) -> None:
    digits = f"{number:017}"
    wrong = digits[:place] + str((int(digits[place]) + by) % 10) + digits[place + 1 :]
    assert check_character(wrong) != check_character(digits)
