"""JSON of passes and of what checks them."""

import base64
import binascii
import datetime as dt
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from xiejiao.cards import passes
from xiejiao.cards.passes import Pass
from xiejiao.http.bodies import Body
from xiejiao.membership.rules import Membership
from xiejiao.sealed import CardKey


class PassWanted(Body):
    """A phone's key, in base64url: the 65 bytes of a point of P-256 as browsers export it."""

    public_key: str


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CardPass(_Answer):
    """A pass for the phone that asked, in base64url, and what its owner sees beside it."""

    signed: str = Field(serialization_alias="pass")
    until: str
    name: str
    union: str
    number: str
    since: str


class CardKeyShown(_Answer):
    """A key that signs passes from a day on: its id in passes, and its 32 bytes, in base64url."""

    id: str
    public_key: str
    begins_on: str = Field(serialization_alias="from")


class CardKeys(_Answer):
    """What checks cards without a network: the keys, the references of passes that have ended, and of when that is."""

    keys: list[CardKeyShown]
    revoked: list[str]
    at: str


def phone_key(asked: PassWanted) -> bytes:
    """The key of the phone; InputError when it is none."""
    try:
        raw = base64.b64decode(asked.public_key + "=" * (-len(asked.public_key) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    return passes.phone_key(raw)


def card_pass(fresh: Pass, signed: bytes, membership: Membership) -> dict[str, Any]:
    """A pass as JSON."""
    return {
        "pass": _base64(signed),
        "until": fresh.until_on.isoformat(),
        "name": membership.name,
        "union": membership.union.name,
        "number": membership.number,
        "since": membership.since.isoformat(),
    }


def card_keys(keys: Iterable[CardKey], ended: Iterable[bytes], *, at: dt.datetime) -> dict[str, Any]:
    """Keys and references as JSON."""
    shown = []
    for key in keys:
        public = passes.public_key(key)
        shown.append(
            {
                "id": _base64(passes.key_id(public)),
                "public_key": _base64(public),
                "from": key.begins_on.isoformat(),
            }
        )
    return {"keys": shown, "revoked": [_base64(each) for each in ended], "at": at.isoformat()}


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
