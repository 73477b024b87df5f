"""The file with the installation's keys: made once, checked against the database, read by every process."""

import os

from sqlalchemy import Connection, LargeBinary, func, select, text
from sqlalchemy.sql import column, table

from xiejiao import sealed
from xiejiao.config import Config
from xiejiao.errors import OperatorError
from xiejiao.sealed import HEAD_BYTES, Keys

_HOLD_WRAPPED_KEYS = (("message", "wrapped_key"), ("person_key", "wrapped"))
"""The columns in which data keys lie, wrapped by a key of the file; a table may not be there yet."""
_ONE_AT_A_TIME = 0x6B657973


def installation_keys(config: Config) -> Keys:
    """The keys of the installation; OperatorError when they are not there or this user cannot read them."""
    _refuse_unreadable(config)
    return sealed.load(config.keys)


def prepare(config: Config, connection: Connection) -> None:
    """Make the keys of an installation that has sealed nothing yet, or see that they open what is sealed.

    OperatorError when they are gone, or are those of another installation. `connection` must see every row of the
    tables that hold wrapped keys.
    """
    connection.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
    heads = _heads(connection)
    _refuse_unreadable(config)
    if not heads and not config.keys.exists():
        _make(config)
    keys = sealed.load(config.keys)
    if not all(keys.has_wrapped(head) for head in heads):
        message = (
            f"The keys in {config.keys} do not open the personal data of this database; put back the file that "
            "belongs to it, or set KEY_FILE to where that is."
        )
        raise OperatorError(message)


def _heads(connection: Connection) -> set[bytes]:
    """The different beginnings of all wrapped keys, which say by which key they were wrapped."""
    found: set[bytes] = set()
    for name, holder in _HOLD_WRAPPED_KEYS:
        if connection.scalar(text("SELECT to_regclass(:name) IS NOT NULL"), {"name": name}):
            wrapped = column(holder, LargeBinary)
            head = func.substring(wrapped, 1, HEAD_BYTES)
            found.update(
                connection.scalars(select(head).distinct().select_from(table(name)).where(wrapped.is_not(None)))
            )
    return found


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
