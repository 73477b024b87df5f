"""Personal data sealed field by field, and found again by a keyed digest; the keys lie outside the database.

A sealed field is `version | algorithm | key id | nonce | ciphertext and tag`. It opens only in the table, column and
row for which it was sealed. Each person has a data key of their own, which lies in the database wrapped by the
installation's key: destroying one person's key makes all that was sealed with it unreadable, in every backup too.
"""

import base64
import datetime as dt
import hmac
import json
import os
import unicodedata
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from xiejiao.errors import OperatorError, XiejiaoError

_VERSION = 1
_AES_256_GCM = 1
_HEAD = bytes((_VERSION, _AES_256_GCM))
_KEY_ID_BYTES = 4
HEAD_BYTES = len(_HEAD) + _KEY_ID_BYTES
"""Bytes at the front of a sealed field that say how and with which key it was sealed."""
KEY_BYTES = 32
NONCE_BYTES = 12
_NO_KEY = bytes(_KEY_ID_BYTES)
"""Stands where a field is sealed with a person's own key, which the row beside it names."""


class UnreadableError(XiejiaoError):
    """A sealed field does not open: another key, another place, or it was altered."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed field stands; moved elsewhere it does not open."""

    table: str
    column: str
    row: str

    def as_bytes(self) -> bytes:
        """The place as what the seal covers beside the field."""
        return f"{self.table}\x1f{self.column}\x1f{self.row}".encode()


def seal(key: bytes, text: str, place: Place, *, nonce: bytes) -> bytes:
    """`text` sealed with a person's data key for `place`; a `nonce` of NONCE_BYTES is never used twice with one key."""
    return _sealed(key, _NO_KEY, text.encode(), place, nonce)


def opened(key: bytes, sealed: bytes, place: Place) -> str:
    """What was sealed for `place`; UnreadableError when it does not open."""
    return _opened(key, sealed, place).decode()


def _sealed(key: bytes, key_id: bytes, content: bytes, place: Place, nonce: bytes) -> bytes:
    head = _HEAD + key_id
    return head + nonce + AESGCM(key).encrypt(nonce, content, head + place.as_bytes())


def _opened(key: bytes, sealed: bytes, place: Place) -> bytes:
    ends = HEAD_BYTES + NONCE_BYTES
    head, nonce, content = sealed[:HEAD_BYTES], sealed[HEAD_BYTES:ends], sealed[ends:]
    if not head.startswith(_HEAD) or len(nonce) < NONCE_BYTES:
        raise UnreadableError
    try:
        return AESGCM(key).decrypt(nonce, content, head + place.as_bytes())
    except InvalidTag:
        raise UnreadableError from None


@dataclass(frozen=True, slots=True)
class CardKey:
    """The seed of an Ed25519 key that signs members' cards from a day on; until then it is only made known."""

    seed: bytes = field(repr=False)
    begins_on: dt.date


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of an installation: those that wrap the keys of persons, newest last; one to look up; those of cards."""

    wrapping: dict[bytes, bytes] = field(repr=False)
    lookup: bytes = field(repr=False)
    cards: tuple[CardKey, ...]

    @property
    def newest(self) -> bytes:
        """The id of the key that wraps from now on."""
        return next(reversed(self.wrapping))

    def wrap(self, key: bytes, person: str, *, nonce: bytes) -> bytes:
        """A person's data key, as it lies in the database."""
        return _sealed(self.wrapping[self.newest], self.newest, key, _key_of(person), nonce)

    def unwrap(self, wrapped: bytes, person: str) -> bytes:
        """A person's data key; UnreadableError when none of the installation's keys opens it."""
        if not self.has_wrapped(wrapped):
            raise UnreadableError
        return _opened(self.wrapping[wrapped[len(_HEAD) : HEAD_BYTES]], wrapped, _key_of(person))

    def is_current(self, wrapped: bytes) -> bool:
        """Whether `wrapped` was wrapped with the newest key."""
        return wrapped[len(_HEAD) : HEAD_BYTES] == self.newest

    def has_wrapped(self, wrapped: bytes) -> bool:
        """Whether `wrapped`, of which the first HEAD_BYTES are enough, was wrapped with one of these keys."""
        return wrapped[len(_HEAD) : HEAD_BYTES] in self.wrapping

    def digest(self, purpose: str, text: str) -> bytes:
        """Finds `text` again without saying it: equal for equal text and purpose, of no use without the key."""
        return hmac.digest(self.lookup, f"{purpose}\x1f{unicodedata.normalize('NFKC', text)}".encode(), "sha256")


def _key_of(person: str) -> Place:
    return Place("person_key", "wrapped", person)


def head_of(key_id: bytes) -> bytes:
    """How everything begins that was sealed with the key of this id."""
    return _HEAD + key_id


def fresh(draw_bytes: bytes) -> Keys:
    """The first keys of an installation, from 2 × KEY_BYTES random bytes."""
    wrapping, lookup = draw_bytes[:KEY_BYTES], draw_bytes[KEY_BYTES:]
    return Keys({_id_of(wrapping): wrapping}, lookup, _first_cards(lookup))


def with_new(keys: Keys, wrapping: bytes) -> Keys:
    """`keys` and one more that wraps from now on; the old ones still open what they wrapped."""
    return replace(keys, wrapping={**keys.wrapping, _id_of(wrapping): wrapping})


def with_new_card_key(keys: Keys, seed: bytes, begins_on: dt.date) -> Keys:
    """`keys` and one more for cards; by the day on which it begins those who verify cards should have brought it."""
    return replace(keys, cards=(*keys.cards, CardKey(seed, begins_on)))


def _first_cards(lookup: bytes) -> tuple[CardKey, ...]:
    """The key for cards of a file that names none, as those from before there were cards.

    It is derived, not drawn: such a file may be one that a server can read and not write.
    """
    return (CardKey(hmac.digest(lookup, b"card key", "sha256"), dt.date(1970, 1, 1)),)


def _id_of(key: bytes) -> bytes:
    return sha256(b"key id\x1f" + key).digest()[:_KEY_ID_BYTES]


def load(file: Path) -> Keys:
    """The keys in `file`; OperatorError when they are not there or not as they were written."""
    try:
        said = json.loads(file.read_text("ascii"))
        wrapping = [base64.b64decode(each, validate=True) for each in said["wrapping"]]
        lookup = base64.b64decode(said["lookup"], validate=True)
        cards = tuple(
            CardKey(base64.b64decode(each["seed"], validate=True), dt.date.fromisoformat(each["begins_on"]))
            for each in said.get("cards", ())
        )
    except FileNotFoundError:
        message = (
            f"The keys that open personal data are not in {file}; put the file back from where it was kept apart, "
            "or set KEY_FILE to where it is. A new file would not open what is there."
        )
        raise OperatorError(message) from None
    except (OSError, ValueError, KeyError, TypeError):
        message = f"{file} cannot be read as a file of keys; put it back from where it was kept apart."
        raise OperatorError(message) from None
    if not wrapping or any(len(key) != KEY_BYTES for key in (*wrapping, lookup, *(each.seed for each in cards))):
        message = f"{file} holds keys of the wrong length; put it back from where it was kept apart."
        raise OperatorError(message)
    return Keys({_id_of(key): key for key in wrapping}, lookup, cards or _first_cards(lookup))


def save(keys: Keys, file: Path) -> None:
    """Write `keys` to `file`, which only its owner may read: whole or not at all."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = json.dumps(
        {
            "wrapping": [base64.b64encode(key).decode() for key in keys.wrapping.values()],
            "lookup": base64.b64encode(keys.lookup).decode(),
            "cards": [
                {"seed": base64.b64encode(each.seed).decode(), "begins_on": each.begins_on.isoformat()}
                for each in keys.cards
            ],
        }
    )
    draft = file.with_name(f"{file.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "w") as written:
        written.write(text)
        written.flush()
        _give_to_its_owner(written.fileno(), file)
        os.fsync(written.fileno())
    draft.replace(file)


def _give_to_its_owner(descriptor: int, file: Path) -> None:
    """Whoever serves goes on reading the file when root has written it anew."""
    if file.exists() and file.stat().st_uid != os.geteuid():
        os.fchown(descriptor, file.stat().st_uid, file.stat().st_gid)
