"""The file with the installation's keys: made once, checked against the database, read by every process."""

import os

from sqlalchemy import Connection, func, select, text

from xiejiao import sealed
from xiejiao.config import Config
from xiejiao.errors import OperatorError
from xiejiao.sealed import HEAD_BYTES, Keys

_ONE_AT_A_TIME = 0x6B657973


def installation_keys(config: Config) -> Keys:
    """The keys of the installation; OperatorError when they are not there or this user cannot read them."""
    _refuse_unreadable(config)
    return sealed.load(config.keys)


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
