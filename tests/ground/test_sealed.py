"""Sealed fields: they open in their place with their key, and nowhere else."""

import datetime as dt
import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiejiao import sealed
from xiejiao.errors import OperatorError
from xiejiao.sealed import KEY_BYTES, NONCE_BYTES, Keys, Place, UnreadableError

KEY, OTHER_KEY = bytes(range(KEY_BYTES)), bytes(range(1, KEY_BYTES + 1))
NONCE = bytes(NONCE_BYTES)
HERE = Place("account", "phone", "1")


def keys() -> Keys:
    return sealed.fresh(bytes(range(2 * KEY_BYTES)))


@given(st.text(st.characters(exclude_categories=["Cs"])), st.binary(min_size=NONCE_BYTES, max_size=NONCE_BYTES))
def test_what_is_sealed_opens_in_its_place(text: str, nonce: bytes) -> None:
    assert sealed.opened(KEY, sealed.seal(KEY, text, HERE, nonce=nonce), HERE) == text


def test_no_byte_of_a_sealed_field_can_be_altered() -> None:
    whole = sealed.seal(KEY, "13800000000", HERE, nonce=NONCE)
    assert b"138" not in whole
    for at in range(len(whole)):
        altered = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        with pytest.raises(UnreadableError):
            sealed.opened(KEY, altered, HERE)
    for end in range(len(whole)):
        with pytest.raises(UnreadableError):
            sealed.opened(KEY, whole[:end], HERE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        Place("account", "phone", "2"),
        Place("account", "name", "1"),
        Place("member", "phone", "1"),
        Place("a", "ccount", "phone1"),
    ],
)
def test_a_field_moved_elsewhere_does_not_open(elsewhere: Place) -> None:
    whole = sealed.seal(KEY, "13800000000", HERE, nonce=NONCE)
    with pytest.raises(UnreadableError):
        sealed.opened(KEY, whole, elsewhere)
    with pytest.raises(UnreadableError):
        sealed.opened(OTHER_KEY, whole, HERE)


def test_a_persons_key_opens_for_that_person_and_after_a_change_of_keys() -> None:
    wrapped = keys().wrap(KEY, "person 1", nonce=NONCE)
    later = sealed.with_new(keys(), OTHER_KEY)
    assert later.unwrap(wrapped, "person 1") == KEY
    assert keys().is_current(wrapped)
    assert not later.is_current(wrapped)
    assert later.is_current(later.wrap(KEY, "person 1", nonce=NONCE))
    with pytest.raises(UnreadableError):
        later.unwrap(wrapped, "person 2")
    with pytest.raises(UnreadableError):
        sealed.fresh(bytes(range(7, 7 + 2 * KEY_BYTES))).unwrap(wrapped, "person 1")


def test_a_digest_finds_the_same_text_for_the_same_purpose_only() -> None:
    found = keys().digest("phone", "13800000000")
    assert found == keys().digest("phone", "１３８０００００００0")  # full-width digits are the same number
    assert found != keys().digest("identity number", "13800000000")
    assert found != sealed.fresh(bytes(range(7, 7 + 2 * KEY_BYTES))).digest("phone", "13800000000")


def test_keys_are_written_for_their_owner_alone_and_read_back(tmp_path: Path) -> None:
    file = tmp_path / "apart" / "keys.json"
    sealed.save(sealed.with_new(keys(), OTHER_KEY), file)
    assert sealed.load(file) == sealed.with_new(keys(), OTHER_KEY)
    assert stat.S_IMODE(file.stat().st_mode) == 0o400
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert "lookup=" not in repr(keys())


def test_a_file_from_before_there_were_cards_has_a_key_for_them_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    sealed.save(keys(), file)
    said = json.loads(file.read_text("ascii"))
    del said["cards"]
    file.unlink()
    file.write_text(json.dumps(said))
    assert sealed.load(file) == keys()
    assert file.read_text() == json.dumps(said)
    (first,) = keys().cards
    assert first.seed not in {keys().lookup, *keys().wrapping.values()}


def test_a_later_key_for_cards_stands_beside_the_first(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    later = sealed.with_new_card_key(keys(), OTHER_KEY, dt.date(2026, 12, 1))
    sealed.save(sealed.with_new(later, OTHER_KEY), file)
    assert sealed.load(file).cards == (*keys().cards, sealed.CardKey(OTHER_KEY, dt.date(2026, 12, 1)))
    assert "seed" not in repr(later)


@pytest.mark.parametrize(
    "text", [None, "", "{}", "[]", '{"wrapping": [], "lookup": ""}', '{"wrapping": ["AAAA"], "lookup": "AAAA"}']
)
def test_keys_that_are_gone_or_broken_are_said_and_never_made_anew(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "keys.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(OperatorError, match=r"put (it|the file) back"):
        sealed.load(file)
    assert file.exists() is (text is not None)
