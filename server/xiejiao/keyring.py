"""The file with the installation's keys: made once, checked against the database, read by every process."""

import datetime as dt
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, TextClause, func, select, text

from xiejiao import sealed
from xiejiao.config import Config
from xiejiao.errors import OperatorError
from xiejiao.sealed import HEAD_BYTES, Keys

_ONE_AT_A_TIME = 0x6B657973


def installation_keys(config: Config) -> Keys:
    """The keys of the installation; OperatorError when they are not there or this user cannot read them."""
    _refuse_unreadable(config)
    found = sealed.load(config.keys)
    return replace(found, wrapping=_InFile(config.keys, found.wrapping))


class _InFile(dict[bytes, bytes]):
    """The wrapping keys of a file, read again once it has changed: one is added while others serve."""

    def __init__(self, file: Path, wrapping: dict[bytes, bytes]) -> None:
        super().__init__(wrapping)
        self._file = file
        self._written_at = _written_at(file)

    def __contains__(self, key_id: object) -> bool:
        self._look()
        return super().__contains__(key_id)

    def __reversed__(self) -> Iterator[bytes]:
        self._look()
        return super().__reversed__()

    def _look(self) -> None:
        now = _written_at(self._file)
        if now == self._written_at:
            return
        try:
            self.update(sealed.load(self._file).wrapping)
        except OperatorError:
            # What was read when the process began still holds; a file that is being put back is read the next time.
            return
        self._written_at = now


def _written_at(file: Path) -> int | None:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return None


def prepare(config: Config, connection: Connection) -> None:
    """Make the keys of an installation that has sealed nothing yet, or see that they open what is sealed.

    OperatorError when they are gone, or are those of another installation.
    """
    connection.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
    heads = set(connection.scalars(_HEADS, {"bytes": HEAD_BYTES}))
    # People without keys are those of a backup, which leaves the keys out: their numbers are found by the old file yet.
    is_used = bool(heads) or connection.scalar(text("SELECT holds_people()"))
    _refuse_unreadable(config)
    if not is_used and not config.keys.exists():
        _make(config)
    keys = sealed.load(config.keys)
    if not all(keys.has_wrapped(head) for head in heads):
        message = (
            f"The keys in {config.keys} do not open the personal data of this database; put back the file that "
            "belongs to it, or set KEY_FILE to where that is."
        )
        raise OperatorError(message)


_HEADS = text(
    "SELECT DISTINCT substring(wrapped_key FROM 1 FOR :bytes) FROM message WHERE wrapped_key IS NOT NULL"
    " UNION SELECT wrapped_heads(:bytes)"
)
"""The different beginnings of all wrapped keys, which say by which key they were wrapped."""


def _make(config: Config) -> None:
    try:
        sealed.save(sealed.fresh(os.urandom(2 * sealed.KEY_BYTES)), config.keys)
    except OSError as error:
        message = (
            f"The file of keys {config.keys} cannot be written ({error.strerror}); make its folder writable for this "
            "user, or set KEY_FILE to another place."
        )
        raise OperatorError(message) from None


def _refuse_unreadable(config: Config) -> None:
    try:
        hidden = config.keys.exists() and not os.access(config.keys, os.R_OK, effective_ids=True)
    except PermissionError:
        hidden = True
    if hidden:
        message = f"The file of keys {config.keys} cannot be read by the user who serves; give it to that user."
        raise OperatorError(message)


# ── another key ──


@dataclass(frozen=True, slots=True)
class _Wrapped:
    """A table of wrapped keys: to what each is bound, and how a part of it is read and written."""

    owner: str
    older: TextClause
    write: TextClause


_WRAPPED = (
    _Wrapped(
        "{}",
        text(
            "SELECT person AS id, wrapped FROM person_key WHERE person > :after"
            " AND substring(wrapped FROM 1 FOR :bytes) <> :head ORDER BY person LIMIT :most"
        ),
        text("UPDATE person_key SET wrapped = :fresh WHERE person = :id AND wrapped = :was"),
    ),
    _Wrapped(
        "file {}",
        text(
            "SELECT file AS id, wrapped FROM file_key WHERE file > :after"
            " AND substring(wrapped FROM 1 FOR :bytes) <> :head ORDER BY file LIMIT :most"
        ),
        text("UPDATE file_key SET wrapped = :fresh WHERE file = :id AND wrapped = :was"),
    ),
    _Wrapped(
        "message {}",
        text(
            "SELECT id, wrapped_key AS wrapped FROM message WHERE id > :after"
            " AND substring(wrapped_key FROM 1 FOR :bytes) <> :head ORDER BY id LIMIT :most"
        ),
        text("UPDATE message SET wrapped_key = :fresh WHERE id = :id AND wrapped_key = :was"),
    ),
)
_AT_A_TIME = 500
_FIRST = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Rotated:
    """Whether a key was added, or the work of an earlier time taken up again; and how many keys were wrapped anew."""

    added: bool
    rewrapped: int


def rotate(config: Config, begin: Callable[[], AbstractContextManager[Connection]]) -> Rotated:
    """Add a wrapping key to the file and wrap every data key with it, part by part, while others serve.

    Where an earlier time was cut short no further key is added: what is left is wrapped with the newest one. `begin`
    opens a transaction of the owner. The older keys stay in the file, since a backup may want them.
    """
    keys = installation_keys(config)
    with begin() as connection:
        connection.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
        heads = set(connection.scalars(_HEADS, {"bytes": HEAD_BYTES}))
        added = all(keys.is_current(head) for head in heads)
        if added:
            sealed.save(sealed.with_new(keys, os.urandom(sealed.KEY_BYTES)), config.keys)
    fresh = installation_keys(config)
    number = 0
    # Once more until nothing is left: whoever served may have wrapped with the older key until a moment ago.
    while done := sum(_rewrap(fresh, each, begin) for each in _WRAPPED):
        number += done
    return Rotated(added, number)


def add_card_key(config: Config, connection: Connection, begins_on: dt.date) -> None:
    """Add a key to the file that signs members' cards from a day on; processes know it once they start anew."""
    connection.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
    keys = installation_keys(config)
    sealed.save(sealed.with_new_card_key(keys, os.urandom(sealed.KEY_BYTES), begins_on), config.keys)


def _rewrap(keys: Keys, table: _Wrapped, begin: Callable[[], AbstractContextManager[Connection]]) -> int:
    after, number = _FIRST, 0
    head = sealed.head_of(keys.newest)
    while True:
        with begin() as connection:
            asked = {"after": after, "bytes": HEAD_BYTES, "head": head, "most": _AT_A_TIME}
            rows = connection.execute(table.older, asked).all()
            if not rows:
                return number
            for row in rows:
                owner = table.owner.format(row.id)
                key = keys.unwrap(row.wrapped, owner)
                wrapped = keys.wrap(key, owner, nonce=os.urandom(sealed.NONCE_BYTES))
                written = connection.execute(table.write, {"fresh": wrapped, "id": row.id, "was": row.wrapped})
                number += written.rowcount
            after = str(rows[-1].id)
