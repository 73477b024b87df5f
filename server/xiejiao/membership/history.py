"""Writes the history: what happened, chained to what happened before."""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from xiejiao.membership import chain, files
from xiejiao.membership.chain import Link
from xiejiao.membership.rules import By, What
from xiejiao.sealed import Keys

Draw = Callable[[int], bytes]

# One chain, appended to by one at a time: the lock is taken last, so that nobody who has it waits for a row.
_TAKE_CHAIN = text("SELECT pg_advisory_xact_lock(1836412531)")
_HEAD = text("SELECT id, mac FROM membership_head()")
_APPEND = text(
    "INSERT INTO membership_event (id, application_id, membership_id, version, at, account_id, by_role, what, reason,"
    " words, details, mac) VALUES (:id, :application, :membership, :version, :at, :account, :by, :what, :reason,"
    " :words, CAST(:details AS jsonb), :mac)"
)


@dataclass(frozen=True, slots=True)
class Happened:
    """What is to be written down; `words` with the key with which they are sealed."""

    what: What
    by: By
    account: UUID | None = None
    application: UUID | None = None
    membership: UUID | None = None
    version: int | None = None
    reason: str | None = None
    words: str | None = None
    key: bytes | None = None
    details: Mapping[str, object] | None = None


def append(connection: Connection, keys: Keys, happened: Happened, *, now: dt.datetime, draw: Draw) -> int:
    """Write down what happened, as the last thing of a transaction; the id of the row."""
    connection.execute(_TAKE_CHAIN)
    head = connection.execute(_HEAD).one_or_none()
    identity, before = (head.id + 1, head.mac) if head else (1, chain.START)
    words = None
    if happened.words is not None and happened.key is not None:
        words = files.sealed_words(happened.key, identity, happened.words, draw=draw)
    link = Link(
        identity,
        happened.application,
        happened.membership,
        happened.version,
        now,
        happened.account,
        happened.by,
        happened.what,
        happened.reason,
        words,
        dict(happened.details or {}),
    )
    connection.execute(
        _APPEND,
        {
            "id": link.id,
            "application": link.application,
            "membership": link.membership,
            "version": link.version,
            "at": link.at,
            "account": link.account,
            "by": link.by,
            "what": link.what,
            "reason": link.reason,
            "words": link.words,
            "details": json.dumps(link.details),
            "mac": chain.mac(chain.key_of(keys), before, link),
        },
    )
    return identity
