"""The history as a chain: each row has a mac that vouches for it and for all before it, and needs a key."""

import datetime as dt
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

from xiejiao.sealed import Keys

START = bytes(32)
"""What the first row is chained to."""


@dataclass(frozen=True, slots=True)
class Link:
    """A row of the history as its mac covers it."""

    id: int
    application: UUID | None
    membership: UUID | None
    version: int | None
    at: dt.datetime
    account: UUID | None
    by: str
    what: str
    reason: str | None
    words: bytes | None = field(repr=False)
    details: Mapping[str, object]

    def canonical(self) -> bytes:
        """The row in the one way in which it is written down for the mac."""
        parts = [
            self.id,
            *(str(each) if each else None for each in (self.application, self.membership)),
            self.version,
            self.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
            str(self.account) if self.account else None,
            self.by,
            self.what,
            self.reason,
            sha256(self.words).hexdigest() if self.words is not None else None,
            self.details,
        ]
        return json.dumps(parts, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()


def key_of(keys: Keys) -> bytes:
    """The key of the chain, which follows from the one that never changes."""
    return keys.digest("membership history", "key of the chain")


def mac(key: bytes, before: bytes, link: Link) -> bytes:
    """What vouches for a row that stands after the one whose mac is `before`."""
    return hmac.digest(key, before + link.canonical(), "sha256")


@dataclass(frozen=True, slots=True)
class Walked:
    """How far the history holds: rows, the last one and its mac, and the first that does not fit, if any."""

    rows: int
    last: int | None
    head: bytes
    broken: int | None = None
    """Id of the first row that was altered, moved, or before which one is missing."""
    noted: bool = False
    """Whether the mac that was noted elsewhere is that of one of the rows."""


def walk(key: bytes, rows: Iterable[tuple[Link, bytes]], *, noted: bytes | None = None) -> Walked:
    """Follow the rows, in the order of their ids, as far as they hold; `noted` is a mac to be met on the way."""
    number, last, head = 0, None, START
    met = noted == START
    for link, written in rows:
        if not hmac.compare_digest(mac(key, head, link), written):
            return Walked(number, last, head, broken=link.id, noted=met)
        number, last, head = number + 1, link.id, written
        met = met or written == noted
    return Walked(number, last, head, noted=met)
