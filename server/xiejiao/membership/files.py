"""The sealed file of an application or a membership: what is in it, where each part stands, and its digests."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from xiejiao.identity_number import IdentityNumber, Sex
from xiejiao.membership.rules import Form, Personal, Signature
from xiejiao.messages.rules import masked
from xiejiao.sealed import KEY_BYTES, NONCE_BYTES, Keys, Place, opened, seal

Draw = Callable[[int], bytes]
_TAIL = 4
_LIKENESS_BYTES = 8


@dataclass(frozen=True, slots=True)
class Digests:
    """By what a person is found again."""

    id_number: bytes
    id_tail: bytes
    phone: bytes | None
    phone_tail: bytes | None
    person: bytes
    likeness: list[bytes]

    def columns(self) -> dict[str, object]:
        """The digests by the names of their columns."""
        return {
            "id_digest": self.id_number,
            "id_tail_digest": self.id_tail,
            "phone_digest": self.phone,
            "phone_tail_digest": self.phone_tail,
            "person_digest": self.person,
            "likeness": self.likeness,
        }


def digests(keys: Keys, name: str, number: IdentityNumber, phone: str | None) -> Digests:
    """The digests of a person; without a phone the one of all three together is like no other's."""
    return Digests(
        keys.digest("identity number", number.text),
        tail(keys, "identity number", number.tail),
        keys.digest("phone", phone) if phone else None,
        tail(keys, "phone", phone[-_TAIL:]) if phone else None,
        keys.digest("person", f"{name}\x1f{number.text}\x1f{phone or ''}"),
        _likeness(keys, name, number.born_on),
    )


def tail(keys: Keys, of: str, last_four: str) -> bytes:
    """The digest of the last four characters of a number."""
    return keys.digest(f"last four of {of}", last_four)


def _likeness(keys: Keys, name: str, born_on: dt.date) -> list[bytes]:
    """Digests of which two people share one if they were born on one day and one character of their names differs."""
    return [
        keys.digest("likeness", f"{born_on}\x1f{name[:place]}\x1f{name[place + 1 :]}")[:_LIKENESS_BYTES]
        for place in range(len(name))
    ]


def new_key(keys: Keys, file: UUID, *, draw: Draw) -> tuple[bytes, bytes]:
    """A data key for a file, and the key as it lies in the database."""
    key = draw(KEY_BYTES)
    return key, keys.wrap(key, owner(file), nonce=draw(NONCE_BYTES))


def owner(file: UUID) -> str:
    """To what a wrapped key of a file is bound."""
    return f"file {file}"


def _place(table: str, column: str, row: object) -> Place:
    return Place(table, column, str(row))


def sealed_form(key: bytes, table: str, file: UUID, form: Form, phone: str | None, *, draw: Draw) -> dict[str, object]:
    """What a form says, sealed for the columns of its row."""
    said = {
        "name": form.name,
        "phone": phone,
        "id_number_masked": form.id_number.masked(),
        "sex": form.id_number.sex,
        "born_on": form.id_number.born_on.isoformat(),
        "employer": form.employer,
        "workplace": form.workplace,
        "more": form.more,
    }
    return sealed_parts(key, table, file, json.dumps(said, ensure_ascii=False), form.id_number.text, draw=draw)


def sealed_parts(key: bytes, table: str, file: UUID, form: str, id_number: str, *, draw: Draw) -> dict[str, object]:
    """A form as JSON and an ID number, sealed for the columns of a row."""
    parts = {"form": form, "id_number": id_number}
    return {
        column: seal(key, said, _place(table, column, file), nonce=draw(NONCE_BYTES)) for column, said in parts.items()
    }


def sealed_signature(key: bytes, file: UUID, signature: Signature, *, draw: Draw) -> bytes:
    """A signature, sealed for its row; coordinates to a thousandth of the pad."""
    rounded = [[[round(x, 3), round(y, 3)] for x, y in stroke] for stroke in signature]
    return seal(key, json.dumps(rounded), _place("application", "signature", file), nonce=draw(NONCE_BYTES))


def opened_signature(key: bytes, file: UUID, sealed: bytes) -> Signature:
    """The signature in a row."""
    return [
        [(x, y) for x, y in stroke]
        for stroke in json.loads(opened(key, sealed, _place("application", "signature", file)))
    ]


def form_text(key: bytes, table: str, file: UUID, sealed: bytes) -> str:
    """The form in a row, as JSON."""
    return opened(key, sealed, _place(table, "form", file))


def personal(key: bytes, table: str, file: UUID, sealed: bytes) -> Personal:
    """The form in a row as it may be shown."""
    said = json.loads(form_text(key, table, file, sealed))
    return Personal(
        said["name"],
        said["id_number_masked"],
        masked(said["phone"]) if said["phone"] else None,
        Sex(said["sex"]),
        dt.date.fromisoformat(said["born_on"]),
        said["employer"],
        said["workplace"],
        said["more"],
    )


def phone(key: bytes, table: str, file: UUID, sealed: bytes) -> str | None:
    """The number in a form."""
    found: str | None = json.loads(form_text(key, table, file, sealed))["phone"]
    return found


def id_number(key: bytes, table: str, file: UUID, sealed: bytes) -> str:
    """The whole ID number in a row."""
    return opened(key, sealed, _place(table, "id_number", file))


def sealed_words(key: bytes, event: int, words: str, *, draw: Draw) -> bytes:
    """The words of an event, sealed for its row."""
    return seal(key, words, _place("membership_event", "words", event), nonce=draw(NONCE_BYTES))


def words(key: bytes, event: int, sealed: bytes) -> str:
    """The words of an event."""
    return opened(key, sealed, _place("membership_event", "words", event))
