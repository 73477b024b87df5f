"""Erasing: keys destroyed and rows emptied, when somebody asks for it or their time has passed."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, text

from xiejiao.accounts import queries as accounts
from xiejiao.membership import queries
from xiejiao.membership.files import Draw
from xiejiao.membership.history import Happened, append
from xiejiao.membership.rules import By, What
from xiejiao.roles import Caller
from xiejiao.sealed import Keys

_AT_A_TIME = 200

_ERASE_APPLICATION = text(
    "UPDATE application SET id_digest = NULL, id_tail_digest = NULL, phone_digest = NULL, phone_tail_digest = NULL,"
    " person_digest = NULL, likeness = NULL, form = NULL, id_number = NULL, signature = NULL, erased_at = :now,"
    " version = version + 1, overdue_at = NULL,"
    " status = CASE WHEN ended_at IS NULL THEN 'withdrawn' ELSE status END,"
    " due_on = NULL, ended_at = coalesce(ended_at, :now)"
    " WHERE id = :id AND erased_at IS NULL RETURNING version"
)
_ERASE_MEMBERSHIP = text(
    "UPDATE membership SET id_digest = NULL, id_tail_digest = NULL, phone_digest = NULL, phone_tail_digest = NULL,"
    " person_digest = NULL, likeness = NULL, form = NULL, id_number = NULL, erased_at = :now,"
    " status = CASE WHEN until IS NULL THEN 'left' ELSE status END, until = coalesce(until, :now)"
    " WHERE id = :id AND erased_at IS NULL"
)
_DESTROY_KEY = text("DELETE FROM file_key WHERE file = :file")
_OWN_FILES = text(
    "SELECT 'application' AS kind, id FROM application WHERE account_id = :account AND erased_at IS NULL"
    " UNION ALL SELECT 'membership', id FROM membership WHERE account_id = :account AND erased_at IS NULL"
)
_RIPE = text(
    "SELECT id FROM application WHERE erased_at IS NULL AND (status = 'refused' AND ended_at <= :refused_before"
    " OR status = 'withdrawn' AND ended_at <= :withdrawn_before) ORDER BY ended_at LIMIT :most"
    " FOR UPDATE SKIP LOCKED"
)


def erase_own(connection: Connection, keys: Keys, who: Caller, *, now: dt.datetime, draw: Draw) -> None:
    """Erase what is kept of the account: what is open is withdrawn, a membership ends, the keys are destroyed."""
    accounts.act(connection, who.account)
    for kind, identity in connection.execute(_OWN_FILES, {"account": who.account}).all():
        _erase(connection, keys, kind, identity, by=By.APPLICANT, account=who.account, now=now, draw=draw)


def _erase(
    connection: Connection,
    keys: Keys,
    kind: str,
    identity: UUID,
    *,
    by: By,
    account: UUID | None,
    now: dt.datetime,
    draw: Draw,
) -> None:
    # The key goes first: what is seen of a file hangs on its row.
    connection.execute(_DESTROY_KEY, {"file": identity})
    given = {"id": identity, "now": now}
    if kind == "application":
        version = connection.execute(_ERASE_APPLICATION, given).scalar_one_or_none()
        happened = Happened(What.ERASE, by, account, identity, version=version)
    else:
        connection.execute(_ERASE_MEMBERSHIP, given)
        happened = Happened(What.ERASE, by, account, None, identity)
    append(connection, keys, happened, now=now, draw=draw)


def retain(
    connection: Connection,
    keys: Keys,
    *,
    refused_for: dt.timedelta,
    withdrawn_for: dt.timedelta,
    now: dt.datetime,
    draw: Draw,
) -> int:
    """Erase the applications that ended longer ago than they are kept; how many, a part at a time."""
    queries.act_as_installation(connection)
    given = {"refused_before": now - refused_for, "withdrawn_before": now - withdrawn_for, "most": _AT_A_TIME}
    ripe: Sequence[UUID] = connection.scalars(_RIPE, given).all()
    for identity in ripe:
        _erase(connection, keys, "application", identity, by=By.CLOCK, account=None, now=now, draw=draw)
    return len(ripe)
