"""The pass that makes a phone a member's card for fourteen days: its bytes, signed and read."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from xiejiao.errors import FieldFault, InputError, XiejiaoError
from xiejiao.language import Words
from xiejiao.sealed import CardKey

LASTS_DAYS = 14
REFERENCE_BYTES = 16
PHONE_KEY_BYTES = 64
LONGEST_UNION = 40
"""Bytes of a union's name on a card; what is longer is shortened."""
_VERSION = 1
_KEY_ID_BYTES = 4
_DAY_BYTES = 2
_SIGNATURE_BYTES = 64
_EPOCH = dt.date(1970, 1, 1)
_POINT = b"\x04"
"""Stands before x and y of a point that is written whole (SEC 1, 2.3.3)."""


class ForgedError(XiejiaoError):
    """A pass that none of these keys has signed as it is."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What is signed for a phone; `reference` is drawn anew for each and says nothing about the member."""

    reference: bytes
    from_on: dt.date
    until_on: dt.date
    phone_key: bytes
    name: str
    union: str


def masked(name: str) -> str:
    """A name as a card shows it: `张*`."""
    return f"{name[:1]}*"


def shortened(union: str) -> str:
    """A union's name in at most LONGEST_UNION bytes; what is cut off is marked by an ellipsis."""
    if len(union.encode()) <= LONGEST_UNION:
        return union
    kept = union.encode()[: LONGEST_UNION - len("…".encode())]
    return kept.decode(errors="ignore") + "…"


def phone_key(raw: bytes) -> bytes:
    """Both coordinates of a phone's P-256 key, from its 65 bytes as browsers export it; InputError when it is none."""
    if not _is_point(raw):
        not_one = Words("不是一把 P-256 公钥", "is no public key of P-256, uncompressed")
        raise InputError(FieldFault("public_key", not_one))
    return raw.removeprefix(_POINT)


def _is_point(raw: bytes) -> bool:
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), raw)
    except ValueError:
        return False
    return raw.startswith(_POINT)


def public_key(key: CardKey) -> bytes:
    """The 32 bytes by which everybody reads what the key has signed."""
    made = Ed25519PrivateKey.from_private_bytes(key.seed).public_key()
    return made.public_bytes(Encoding.Raw, PublicFormat.Raw)


def key_id(public: bytes) -> bytes:
    """By what a pass names the key that signed it."""
    return sha256(public).digest()[:_KEY_ID_BYTES]


def signing_key(keys: Iterable[CardKey], today: dt.date) -> CardKey:
    """The key that signs on a day: of those that have begun, the last."""
    return max((key for key in keys if key.begins_on <= today), key=lambda key: key.begins_on)


def signed(fresh: Pass, key: CardKey) -> bytes:
    """The pass as it lies on a phone."""
    name, union = fresh.name.encode(), fresh.union.encode()
    told = b"".join(
        (
            bytes((_VERSION,)),
            key_id(public_key(key)),
            fresh.reference,
            _day(fresh.from_on),
            _day(fresh.until_on),
            fresh.phone_key,
            bytes((len(name),)),
            name,
            bytes((len(union),)),
            union,
        )
    )
    return told + Ed25519PrivateKey.from_private_bytes(key.seed).sign(told)


def read(whole: bytes, public_keys: Mapping[bytes, bytes]) -> Pass:
    """What a pass says, by public keys and their ids; ForgedError when none of them signed it as it is."""
    told, signature = whole[:-_SIGNATURE_BYTES], whole[-_SIGNATURE_BYTES:]
    public = public_keys.get(told[1 : 1 + _KEY_ID_BYTES])
    if public is None or told[:1] != bytes((_VERSION,)):
        raise ForgedError
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, told)
    except InvalidSignature:
        raise ForgedError from None
    rest = told[1 + _KEY_ID_BYTES :]
    parts = []
    for length in (REFERENCE_BYTES, _DAY_BYTES, _DAY_BYTES, PHONE_KEY_BYTES):
        parts.append(rest[:length])
        rest = rest[length:]
    name, union = rest[1 : 1 + rest[0]], rest[2 + rest[0] :]
    reference, from_on, until_on, phone = parts
    return Pass(reference, _date(from_on), _date(until_on), phone, name.decode(), union.decode())


def _day(day: dt.date) -> bytes:
    return (day - _EPOCH).days.to_bytes(_DAY_BYTES)


def _date(day: bytes) -> dt.date:
    return _EPOCH + dt.timedelta(days=int.from_bytes(day))
