"""Passes: what is signed is read, and nothing that is altered, moved to another phone or signed by another key."""

import base64
import datetime as dt
import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, derive_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ground import card_vectors
from ground.card_vectors import KEY, LATER_KEY, OTHER_PHONE, PASS, PHONE, STRANGER, phone_key
from xiejiao.cards import passes
from xiejiao.cards.passes import ForgedError
from xiejiao.errors import InputError
from xiejiao.sealed import CardKey

PUBLIC = {passes.key_id(each): each for each in (passes.public_key(key) for key in (KEY, LATER_KEY))}
WHOLE = passes.signed(PASS, KEY)


@pytest.mark.parametrize("key", [KEY, LATER_KEY])
def test_what_is_signed_is_read(key: CardKey) -> None:
    assert passes.read(passes.signed(PASS, key), PUBLIC) == PASS


def test_no_bit_of_a_pass_can_be_altered() -> None:
    for at in range(len(WHOLE) * 8):
        altered = bytearray(WHOLE)
        altered[at // 8] ^= 1 << at % 8
        with pytest.raises(ForgedError):
            passes.read(bytes(altered), PUBLIC)


def test_no_part_of_a_pass_is_one() -> None:
    for end in range(len(WHOLE)):
        with pytest.raises(ForgedError):
            passes.read(WHOLE[:end], PUBLIC)
    with pytest.raises(ForgedError):
        passes.read(WHOLE + b"\x00", PUBLIC)


def test_a_key_that_is_not_known_signs_nothing() -> None:
    with pytest.raises(ForgedError):
        passes.read(passes.signed(PASS, STRANGER), PUBLIC)
    # Nor one that goes by the name of another.
    known = passes.key_id(passes.public_key(KEY))
    with pytest.raises(ForgedError):
        passes.read(passes.signed(PASS, STRANGER)[:1] + known + passes.signed(PASS, STRANGER)[5:], PUBLIC)


def test_a_pass_cannot_be_made_over_to_another_phone() -> None:
    swapped = WHOLE.replace(PASS.phone_key, phone_key(OTHER_PHONE))
    assert swapped != WHOLE
    with pytest.raises(ForgedError):
        passes.read(swapped, PUBLIC)


def test_the_key_that_signs_is_the_last_that_has_begun() -> None:
    later = CardKey(LATER_KEY.seed, dt.date(2026, 12, 1))
    assert passes.signing_key((KEY, later), dt.date(2026, 11, 30)) == KEY
    assert passes.signing_key((KEY, later), dt.date(2026, 12, 1)) == later
    assert passes.signing_key((later, KEY), dt.date(2026, 12, 1)) == later


def test_a_name_is_masked_and_a_long_union_shortened() -> None:
    assert [passes.masked(name) for name in ("测试", "𠮷某", "阿·试")] == ["测*", "𠮷*", "阿*"]
    assert passes.shortened("示例市总工会") == "示例市总工会"
    assert passes.shortened("会" * 13) == "会" * 13
    assert passes.shortened("会" * 14) == "会" * 12 + "…"
    assert passes.shortened("x" * 41) == "x" * 37 + "…"


def test_only_a_point_of_the_curve_is_a_phones_key() -> None:
    raw = PHONE.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert passes.phone_key(raw) == raw[1:]
    compressed = PHONE.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    elsewhere = derive_private_key(7, SECP384R1()).public_key()
    for none in (
        b"",
        compressed,
        raw[:-1],
        raw[:-1] + bytes((raw[-1] ^ 1,)),
        bytes(65),
        elsewhere.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
    ):
        with pytest.raises(InputError, match="public_key"):
            passes.phone_key(none)


def test_the_longest_card_fits_a_code_that_a_cheap_phone_reads() -> None:
    longest = passes.signed(replace(PASS, name="𠮷*", union=passes.shortened("会" * 30)), KEY)
    digits = len(card_vectors.text(card_vectors.shown(longest, PHONE, card_vectors.NOON)))
    link = "https://xiejiao.a-union-with-a-long-name.org.cn/verify#"
    # ISO/IEC 18004: heads of 4 bits, counts of 16 for bytes and 12 for digits; 2,672 bits in version 13 at level M.
    assert (4 + 16 + 8 * len(link)) + (4 + 12 + -(-digits * 10 // 3)) <= 2_672


def test_the_vectors_are_those_that_this_code_writes() -> None:
    written = json.loads(card_vectors.FILE.read_text("utf-8"))
    assert written == card_vectors.vectors()
    assert passes.read(base64.urlsafe_b64decode(written["pass"] + "=="), PUBLIC) == PASS
