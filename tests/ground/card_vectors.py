"""Writes the golden vectors of members' cards, which the server and the phone read alike: keys and names are of nobody.

PYTHONPATH=server .venv/bin/python tests/ground/card_vectors.py
"""

import base64
import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, derive_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from xiejiao.cards import passes
from xiejiao.cards.passes import Pass
from xiejiao.hours import CHINA
from xiejiao.sealed import CardKey

FILE = Path(__file__).parent / "cases" / "card.json"
LONG_AGO = dt.date(1970, 1, 1)
KEY, LATER_KEY, STRANGER = (CardKey(sha256(each).digest(), LONG_AGO) for each in (b"first", b"later", b"stranger"))
PHONE, OTHER_PHONE = (derive_private_key(secret, SECP256R1()) for secret in (0x5EED01, 0x5EED02))
REFERENCE, REVOKED = (sha256(each).digest()[: passes.REFERENCE_BYTES] for each in (b"member", b"ended"))
NOON = dt.datetime(2026, 11, 21, 12, 0, tzinfo=CHINA)


def phone_key(phone: EllipticCurvePrivateKey) -> bytes:
    """The phone's public key as a pass holds it."""
    return passes.phone_key(phone.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


PASS = Pass(REFERENCE, NOON.date(), NOON.date() + dt.timedelta(days=13), phone_key(PHONE), "测*", "示例市总工会")


def shown(whole: bytes, phone: EllipticCurvePrivateKey, at: dt.datetime) -> bytes:
    """What a phone shows at an instant: the pass, the minute, and its signature over both."""
    told = whole + (int(at.timestamp()) // 60).to_bytes(4)
    return told + b"".join(
        part.to_bytes(32)
        for part in decode_dss_signature(phone.sign(told, ECDSA(SHA256(), deterministic_signing=True)))
    )


def text(whole: bytes) -> str:
    """A code as its digits."""
    return str(int.from_bytes(whole))


def vectors() -> dict[str, Any]:
    """All of them."""
    public = [passes.public_key(key) for key in (KEY, LATER_KEY)]
    return {
        "keys": [
            {"id": _base64(passes.key_id(each)), "public_key": _base64(each), "from": LONG_AGO.isoformat()}
            for each in public
        ],
        "revoked": [_base64(REVOKED)],
        "pass": _base64(passes.signed(PASS, KEY)),
        "reads": {
            "reference": _base64(REFERENCE),
            "from": PASS.from_on.isoformat(),
            "until": PASS.until_on.isoformat(),
            "phone_key": _base64(PASS.phone_key),
            "name": PASS.name,
            "union": PASS.union,
        },
        "cases": [
            {"about": about, "text": text(whole), "at": at.isoformat(), "state": state}
            for about, whole, at, state in _cases()
        ],
        "no_cards": ["", "12345", "https://example.org/", text(bytes(300)), "9" * 400, "1" * 2000],
    }


def _cases() -> Iterator[tuple[str, bytes, dt.datetime, str]]:
    whole = passes.signed(PASS, KEY)
    good = shown(whole, PHONE, NOON)
    minute = dt.timedelta(minutes=1)
    yield "as it was shown", good, NOON, "valid"
    yield "three minutes later", good, NOON + 3 * minute, "valid"
    yield "three minutes before, by another clock", good, NOON - 3 * minute, "valid"
    yield "four minutes later", good, NOON + 4 * minute, "stale-code"
    yield "four minutes before", good, NOON - 4 * minute, "stale-code"
    for about, day, state in (
        ("in the first minute of the first day", dt.datetime(2026, 11, 21, 0, 0, tzinfo=CHINA), "valid"),
        ("three minutes before that, as clocks differ", dt.datetime(2026, 11, 20, 23, 57, tzinfo=CHINA), "valid"),
        ("the evening before", dt.datetime(2026, 11, 20, 23, 50, tzinfo=CHINA), "not-yet"),
        ("in the last minute of the last day", dt.datetime(2026, 12, 4, 23, 59, tzinfo=CHINA), "valid"),
        ("two minutes after it", dt.datetime(2026, 12, 5, 0, 2, tzinfo=CHINA), "valid"),
        ("the morning after", dt.datetime(2026, 12, 5, 0, 10, tzinfo=CHINA), "expired"),
    ):
        yield about, shown(whole, PHONE, day), day, state
    yield "signed by a later key", shown(passes.signed(PASS, LATER_KEY), PHONE, NOON), NOON, "valid"
    yield "signed by a key of nobody", shown(passes.signed(PASS, STRANGER), PHONE, NOON), NOON, "unknown-key"
    ended = replace(PASS, reference=REVOKED)
    yield "of a membership that has ended", shown(passes.signed(ended, KEY), PHONE, NOON), NOON, "revoked"
    yield "shown by another phone", shown(whole, OTHER_PHONE, NOON), NOON, "forged"
    swapped = whole.replace(PASS.phone_key, phone_key(OTHER_PHONE))
    yield "made over to another phone", shown(swapped, OTHER_PHONE, NOON), NOON, "forged"
    renamed = whole.replace("测".encode(), "试".encode())
    yield "made out to another name", shown(renamed, PHONE, NOON), NOON, "forged"
    prolonged = whole[:23] + (int.from_bytes(whole[23:25]) + 9).to_bytes(2) + whole[25:]
    yield "prolonged by hand", shown(prolonged, PHONE, NOON), NOON, "forged"
    yield "with another minute than was signed", good[:-65] + bytes((good[-65] + 1,)) + good[-64:], NOON, "forged"
    yield (
        "with the longest union",
        shown(passes.signed(replace(PASS, union="会" * 13), KEY), PHONE, NOON),
        NOON,
        "valid",
    )
    yield "in a form that is yet to come", bytes((2,)) + good[1:], NOON, "newer"


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


if __name__ == "__main__":
    FILE.write_text(json.dumps(vectors(), ensure_ascii=False, indent=1) + "\n", "utf-8")
