"""Does what a request asks once, however often the request comes."""

import datetime as dt
import hmac
from collections.abc import Callable
from hashlib import sha256

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError

from xiejiao.errors import BusyError, MismatchError
from xiejiao.idempotency.models import idempotency_key
from xiejiao.idempotency.rules import KEPT_FOR, Answer, check

_LONGEST_WAIT = "2s"
_LOCK_NOT_AVAILABLE = "55P03"


def once(
    connection: Connection, *, by: str, key: str, body: bytes, now: dt.datetime, act: Callable[[], Answer]
) -> Answer:
    """What `act` answers, or what it answered when `by` sent this `key` and `body` before; then `act` is not called.

    The answer is stored in the transaction in which `act` writes. Raises InputError for a key that is none,
    MismatchError when the key came with another body, BusyError when the first request takes longer than the wait.
    """
    check(key)
    # Keyed with what the sender alone knows, a phone number in the body cannot be guessed from the row.
    key_hash, body_mac = sha256(key.encode()).digest(), hmac.digest(key.encode(), body, "sha256")
    its = (idempotency_key.c.by == by) & (idempotency_key.c.key_hash == key_hash)
    if _is_first(connection, by, key_hash, body_mac, now):
        answer = act()
        connection.execute(update(idempotency_key).where(its).values(status=answer.status, answer=answer.body))
        return answer
    known = connection.execute(
        select(idempotency_key.c.body_mac, idempotency_key.c.status, idempotency_key.c.answer).where(its)
    ).one()
    if not hmac.compare_digest(known.body_mac, body_mac):
        raise MismatchError
    return Answer(known.status, known.answer)


def _is_first(connection: Connection, by: str, key_hash: bytes, body_mac: bytes, now: dt.datetime) -> bool:
    """Whether the row is ours; while another transaction holds it, this waits for that one's end."""
    usual = connection.scalar(select(func.current_setting("lock_timeout")))
    try:
        with connection.begin_nested():
            connection.execute(select(func.set_config("lock_timeout", _LONGEST_WAIT, True)))
            row = connection.execute(
                insert(idempotency_key)
                .values(by=by, key_hash=key_hash, body_mac=body_mac, at=now)
                .on_conflict_do_nothing()
                .returning(idempotency_key.c.at)
            ).first()
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
            raise BusyError from None
        raise
    connection.execute(select(func.set_config("lock_timeout", usual, True)))
    return row is not None


def forget(connection: Connection, *, now: dt.datetime) -> None:
    """Drop the answers that are too old for a repetition."""
    connection.execute(delete(idempotency_key).where(idempotency_key.c.at <= now - KEPT_FOR))
