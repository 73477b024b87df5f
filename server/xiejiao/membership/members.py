"""Memberships: how one begins when a decision takes effect, moves, and ends. Nothing here commits."""

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Connection, Row, text

from xiejiao.accounts import queries as accounts
from xiejiao.errors import FieldFault, InputError, NotFoundError
from xiejiao.language import Words
from xiejiao.membership import files, queries, rules
from xiejiao.membership.files import Draw
from xiejiao.membership.history import Happened, append
from xiejiao.membership.news import tell
from xiejiao.membership.rules import Application, By, MembershipStatus, Status, What
from xiejiao.messages.rules import Template
from xiejiao.roles import Caller
from xiejiao.sealed import Keys

EFFECT = "membership_effect"
"""The kind of the job that lets a decision take effect."""
_UUID_BYTES = 16

# ── what follows a decision ──

_EVENT = text("SELECT application_id, version, what FROM membership_event WHERE id = :id")


def take_effect(connection: Connection, keys: Keys, event: int, *, now: dt.datetime, draw: Draw) -> None:
    """Let a decision take effect that still stands: the membership begins, the applicant is told; once."""
    queries.act_as_installation(connection)
    decided = connection.execute(_EVENT, {"id": event}).one()
    found = queries.to_settle(connection, keys, decided.application_id)
    if found.version != decided.version:
        return
    key = queries.file_key(connection, keys, found.id)
    if key is None or (found.standing.status is Status.APPROVED and found.ended_at is not None):
        return
    row = connection.execute(_SEALED_APPLICATION, {"id": found.id}).one()
    phone = files.phone(key, "application", found.id, row.form)
    template, number = Template.APPLICATION_NEWS, found.number
    if found.standing.status is Status.APPROVED:
        template, number = Template.MEMBERSHIP_NEWS, _join(connection, keys, found, key, row, now=now, draw=draw)
    if phone is not None:
        tell(connection, keys, template, phone, number, now=now, draw=draw)


_SEALED_APPLICATION = text(
    "SELECT account_id, organisation_id, path::text AS path, trade, id_digest, id_tail_digest, phone_digest,"
    " phone_tail_digest, person_digest, likeness, form, id_number FROM application WHERE id = :id"
)
_SEALED_MEMBERSHIP = text(
    "SELECT id, number, account_id, organisation_id, path::text AS path, trade, id_digest, id_tail_digest,"
    " phone_digest, phone_tail_digest, person_digest, likeness, form, id_number FROM membership"
    " WHERE account_id = :account AND status = 'current' ORDER BY since DESC, id LIMIT 1 FOR UPDATE"
)
_CURRENT = text(
    "SELECT id, number, organisation_id FROM membership WHERE id_digest = :number AND status = 'current' FOR UPDATE"
)
_EARLIER = text("SELECT number FROM membership WHERE id_digest = :number ORDER BY since DESC LIMIT 1")
_NEXT_MEMBER = text("SELECT nextval('membership_number_seq')")
_END_APPLICATION = text("UPDATE application SET ended_at = :now WHERE id = :id")
_END_MEMBERSHIP = text("UPDATE membership SET status = :status, until = :now WHERE id = :id AND status = 'current'")
_ADD_MEMBERSHIP = text(
    "INSERT INTO membership (id, number, account_id, application_id, organisation_id, path, trade, since, id_digest,"
    " id_tail_digest, phone_digest, phone_tail_digest, person_digest, likeness, form, id_number)"
    " VALUES (:id, :number, :account, :application, :organisation, CAST(:path AS ltree), :trade, :now, :id_digest,"
    " :id_tail_digest, :phone_digest, :phone_tail_digest, :person_digest, CAST(:likeness AS bytea[]), :form,"
    " :id_number)"
)


def _join(
    connection: Connection,
    keys: Keys,
    found: Application,
    key: bytes,
    row: Row[tuple[object, ...]],
    *,
    now: dt.datetime,
    draw: Draw,
) -> str:
    """Begin the membership that was approved; who is a member elsewhere moves, who was one keeps their number."""
    current = connection.execute(_CURRENT, {"number": row.id_digest}).one_or_none()
    connection.execute(_END_APPLICATION, {"id": found.id, "now": now})
    if current is not None and current.organisation_id == row.organisation_id:
        happened = Happened(What.JOIN, By.CLOCK, None, found.id, current.id)
        append(connection, keys, happened, now=now, draw=draw)
        return str(current.number)
    if current is not None:
        connection.execute(_END_MEMBERSHIP, {"id": current.id, "status": MembershipStatus.TRANSFERRED, "now": now})
    number = connection.scalar(_EARLIER, {"number": row.id_digest})
    if number is None:
        number = rules.numbered("M", rules.day(now).year, connection.execute(_NEXT_MEMBER).scalar_one())
    parts = _opened_parts(key, "application", found.id, row)
    about = {"organisation_id": row.organisation_id, "path": row.path}
    member = _add_membership(
        connection, keys, row, parts=parts, union=about, number=number, application=found.id, now=now, draw=draw
    )
    if current is not None:
        happened = Happened(What.TRANSFER, By.CLOCK, None, None, current.id, details={"to": str(member)})
        append(connection, keys, happened, now=now, draw=draw)
    append(connection, keys, Happened(What.JOIN, By.CLOCK, None, found.id, member), now=now, draw=draw)
    return str(number)


def _opened_parts(key: bytes, table: str, file: UUID, row: Row[tuple[object, ...]]) -> tuple[str, str]:
    return files.form_text(key, table, file, row.form), files.id_number(key, table, file, row.id_number)


def _add_membership(
    connection: Connection,
    keys: Keys,
    of: Row[tuple[object, ...]],
    *,
    parts: tuple[str, str],
    union: Mapping[str, object],
    number: str,
    application: UUID | None,
    now: dt.datetime,
    draw: Draw,
) -> UUID:
    """A membership of the person `of` whom a row is, sealed with a key of its own."""
    identity = UUID(bytes=draw(_UUID_BYTES), version=4)
    key, wrapped = files.new_key(keys, identity, draw=draw)
    digests = ("id_digest", "id_tail_digest", "phone_digest", "phone_tail_digest", "person_digest", "likeness")
    values = {
        "id": identity,
        "number": number,
        "account": of.account_id,
        "application": application,
        "organisation": union["organisation_id"],
        "path": union["path"],
        "trade": of.trade,
        "now": now,
        **{name: getattr(of, name) for name in digests},
        **files.sealed_parts(key, "membership", identity, *parts, draw=draw),
    }
    connection.execute(_ADD_MEMBERSHIP, values)
    add_key(connection, identity, wrapped)
    return identity


_ADD_KEY = text("INSERT INTO file_key (file, wrapped) VALUES (:file, :wrapped)")


def add_key(connection: Connection, file: UUID, wrapped: bytes) -> None:
    """Keep the wrapped key of a file whose row is there."""
    connection.execute(_ADD_KEY, {"file": file, "wrapped": wrapped})


# ── who moves or leaves ──


def transfer(
    connection: Connection, keys: Keys, who: Caller, organisation: UUID, *, now: dt.datetime, draw: Draw
) -> UUID:
    """Go to another union with the same number; both see it. The new membership.

    Raises NotFoundError when the account is no member, InputError for a union that takes nobody.
    """
    row, key = _own_membership(connection, keys, who)
    union = queries.recipient(connection, organisation, now)
    if union.id == row.organisation_id:
        raise InputError(FieldFault("organisation", Words("您已在该工会", "is the union that you are in")))
    connection.execute(_END_MEMBERSHIP, {"id": row.id, "status": MembershipStatus.TRANSFERRED, "now": now})
    parts = _opened_parts(key, "membership", row.id, row)
    about = {"organisation_id": union.id, "path": union.path}
    moved = _add_membership(
        connection, keys, row, parts=parts, union=about, number=row.number, application=None, now=now, draw=draw
    )
    for member, details in ((row.id, {"to": str(moved)}), (moved, {"from": str(row.id)})):
        happened = Happened(What.TRANSFER, By.APPLICANT, who.account, None, member, details=details)
        append(connection, keys, happened, now=now, draw=draw)
    _tell_member(connection, keys, who, row.number, now=now, draw=draw)
    return moved


def leave(connection: Connection, keys: Keys, who: Caller, *, now: dt.datetime, draw: Draw) -> UUID:
    """Leave one's union; NotFoundError when the account is no member. The membership that ended."""
    row, _ = _own_membership(connection, keys, who)
    connection.execute(_END_MEMBERSHIP, {"id": row.id, "status": MembershipStatus.LEFT, "now": now})
    happened = Happened(What.LEAVE, By.APPLICANT, who.account, None, row.id)
    append(connection, keys, happened, now=now, draw=draw)
    _tell_member(connection, keys, who, row.number, now=now, draw=draw)
    identity: UUID = row.id
    return identity


def _own_membership(connection: Connection, keys: Keys, who: Caller) -> tuple[Row[tuple[object, ...]], bytes]:
    accounts.act(connection, who.account)
    row = connection.execute(_SEALED_MEMBERSHIP, {"account": who.account}).one_or_none()
    key = None if row is None else queries.file_key(connection, keys, row.id)
    if row is None or key is None:
        raise NotFoundError
    return row, key


def _tell_member(connection: Connection, keys: Keys, who: Caller, number: str, *, now: dt.datetime, draw: Draw) -> None:
    if phone := accounts.phone(connection, who.account, keys=keys):
        tell(connection, keys, Template.MEMBERSHIP_NEWS, phone, number, now=now, draw=draw)
