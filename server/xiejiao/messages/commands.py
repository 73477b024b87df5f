"""Writes messages with the job that sends them, and what became of them; what has ended holds nothing personal."""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select, update

from xiejiao import sealed
from xiejiao.jobs import commands as jobs
from xiejiao.messages.models import message
from xiejiao.messages.rules import KEPT_FOR, KIND, Message, NotTaken, Outcome, State, Taken, Template, retry_at
from xiejiao.sealed import Keys, Place

_UUID_BYTES = 16
_ENDS_WITH = {"wrapped_key": None, "destination": None, "parameters": None}
"""What is destroyed when a message has ended, so that nobody can ever read it again."""


def send(
    connection: Connection,
    keys: Keys,
    *,
    phone: str,
    template: Template,
    parameters: Mapping[str, str],
    now: dt.datetime,
    draw: Callable[[int], bytes],
    expires: dt.datetime,
) -> UUID:
    """Have `template` sent to `phone` once this transaction has ended, or not at all after `expires`."""
    template.words(parameters)
    identity = UUID(bytes=draw(_UUID_BYTES), version=4)
    key = draw(sealed.KEY_BYTES)
    connection.execute(
        insert(message).values(
            id=identity,
            template=template,
            wrapped_key=keys.wrap(key, _owner(identity), nonce=draw(sealed.NONCE_BYTES)),
            destination=sealed.seal(key, phone, _place(identity, "destination"), nonce=draw(sealed.NONCE_BYTES)),
            parameters=sealed.seal(
                key, json.dumps(dict(parameters)), _place(identity, "parameters"), nonce=draw(sealed.NONCE_BYTES)
            ),
            added_at=now,
            expires_at=expires,
        )
    )
    jobs.add(connection, KIND, str(identity), due=now, now=now)
    return identity


def _owner(identity: UUID) -> str:
    return f"message {identity}"


def _place(identity: UUID, column: str) -> Place:
    return Place("message", column, str(identity))


def begin(connection: Connection, keys: Keys, identity: UUID, *, now: dt.datetime) -> Message | None:
    """The message, marked as being sent; None when nothing is to be sent any more.

    One that is marked already was left so by a worker that is gone: nobody knows whether it was sent, so it never is
    again. COMMIT before it is sent.
    """
    row = connection.execute(select(message).where(message.c.id == identity).with_for_update()).one_or_none()
    if row is None or row.ended_at is not None:
        return None
    if row.state == State.SENDING:
        _end(connection, identity, State.UNKNOWN, now=now, fault="the worker ended while sending")
        return None
    if row.expires_at <= now:
        _end(connection, identity, State.EXPIRED, now=now)
        return None
    key = keys.unwrap(row.wrapped_key, _owner(identity))
    connection.execute(
        update(message).where(message.c.id == identity).values(state=State.SENDING, tries=message.c.tries + 1)
    )
    return Message(
        identity,
        Template(row.template),
        sealed.opened(key, row.destination, _place(identity, "destination")),
        json.loads(sealed.opened(key, row.parameters, _place(identity, "parameters"))),
        row.tries + 1,
        row.expires_at,
    )


def settle(connection: Connection, sent: Message, outcome: Outcome, *, now: dt.datetime) -> dt.datetime | None:
    """Write down what the provider made of a message; when to try again, None for never."""
    if isinstance(outcome, Taken):
        _end(connection, sent.id, State.SENT, now=now, reference=outcome.reference)
        return None
    if not isinstance(outcome, NotTaken):
        _end(connection, sent.id, State.UNKNOWN, now=now, fault=outcome.why)
        return None
    if not outcome.again:
        _end(connection, sent.id, State.REFUSED, now=now, fault=outcome.why)
        return None
    at = retry_at(sent, now)
    if at is None:
        _end(connection, sent.id, State.EXPIRED, now=now, fault=outcome.why)
        return None
    being_sent = (message.c.id == sent.id) & (message.c.state == State.SENDING)
    connection.execute(update(message).where(being_sent).values(state=State.WAITING, fault=outcome.why))
    return at


def _end(connection: Connection, identity: UUID, state: State, *, now: dt.datetime, **values: str) -> None:
    going_on = (message.c.id == identity) & message.c.ended_at.is_(None)
    connection.execute(
        update(message).where(going_on).values({"state": state, "ended_at": now, **_ENDS_WITH, **values})
    )


def expire(connection: Connection, *, now: dt.datetime) -> None:
    """End the messages that wait longer than they hold."""
    late = (message.c.state == State.WAITING) & (message.c.expires_at <= now) & message.c.ended_at.is_(None)
    connection.execute(update(message).where(late).values({"state": State.EXPIRED, "ended_at": now, **_ENDS_WITH}))


def forget(connection: Connection, *, now: dt.datetime) -> None:
    """Drop the messages that ended long ago."""
    connection.execute(delete(message).where(message.c.ended_at <= now - KEPT_FOR))
