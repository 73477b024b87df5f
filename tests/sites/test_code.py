"""The short code of a place: no two share one, and a slip of the finger finds none."""

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiejiao.sites.code import ALPHABET, DIGITS, NUMBERS, code_of, normalised

SAMPLES = [code_of(number) for number in Random(32).sample(range(NUMBERS), 60)]  # noqa: S311 - the same every time


def test_a_hundred_thousand_numbers_have_as_many_codes() -> None:
    assert len({code_of(number) for number in range(0, NUMBERS, NUMBERS // 100_000)}) >= 100_000


@given(st.integers(0, NUMBERS - 1), st.integers(0, NUMBERS - 1))
def test_different_numbers_have_different_codes(one: int, other: int) -> None:
    assert (code_of(one) == code_of(other)) == (one == other)


@pytest.mark.parametrize("number", [-1, NUMBERS])
def test_there_is_no_code_beyond_the_last_number(number: int) -> None:
    with pytest.raises(ValueError, match=str(number)):
        code_of(number)


def test_codes_of_neighbouring_numbers_look_nothing_alike() -> None:
    for one, other in pairwise(code_of(number) for number in range(1_000)):
        assert sum(a != b for a, b in zip(one, other, strict=True)) >= 3


@given(st.integers(0, NUMBERS - 1))
def test_a_code_is_its_own_normal_form(number: int) -> None:
    assert normalised(code_of(number)) == code_of(number)


@given(st.integers(0, NUMBERS - 1), st.data())
def test_what_a_person_types_for_a_code_is_the_code(number: int, data: st.DataObject) -> None:
    code = code_of(number)
    variants = {"0": "0Oo", "1": "1IiLl"}
    typed = "".join(data.draw(st.sampled_from(variants.get(digit, digit + digit.lower()))) for digit in code)
    gap = data.draw(st.integers(0, len(typed)))
    assert normalised(typed) == code
    assert normalised(f"{typed[:gap]}-{typed[gap:]}") == code


@pytest.mark.parametrize("code", SAMPLES)
def test_every_single_wrong_digit_is_found(code: str) -> None:
    for place in range(DIGITS + 1):
        for digit in set(ALPHABET) - {code[place]}:
            assert normalised(code[:place] + digit + code[place + 1 :]) is None


@pytest.mark.parametrize("code", SAMPLES)
def test_every_exchange_of_two_neighbours_is_found(code: str) -> None:
    for place in range(DIGITS):
        left, right = code[place], code[place + 1]
        if left != right:
            assert normalised(code[:place] + right + left + code[place + 2 :]) is None


@given(st.text(max_size=8))
def test_any_other_text_is_no_code_or_a_true_one(text: str) -> None:
    found = normalised(text)
    assert found is None or normalised(found) == found


@pytest.mark.parametrize("text", ["", "ABCDE", "ABCDEFG", "U00000", "梅江桥头驿站", "ABC EF"])
def test_what_has_not_the_form_of_a_code_is_none(text: str) -> None:
    assert normalised(text) is None
