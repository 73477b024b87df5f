"""Reads of accounts, sign-ins and grants."""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection, text

from xiejiao.accounts.rules import Account, HeldGrant, Kind, SignIn
from xiejiao.errors import NotFoundError
from xiejiao.messages.rules import masked
from xiejiao.roles import Caller, Grant, Permission, Role, Scope
from xiejiao.sealed import Keys, Place, opened

_ACTING = text(
    "SELECT set_config('xiejiao.account', :account, true), set_config('xiejiao.phone', :phone, true),"
    " set_config('xiejiao.everywhere', :everywhere, true), set_config('xiejiao.paths', :paths, true),"
    " set_config('xiejiao.person', :person, true)"
)


def act(
    connection: Connection,
    account: UUID | None,
    scope: Scope | None = None,
    *,
    phone: bytes = b"",
    person: bytes = b"",
) -> None:
    """Say for whom this transaction acts and where in the tree: its rows of people and grants are those, no others.

    `phone` is the digest of a number whose owner proved to have it, before their account is known; `person` that of a
    name, an ID number and a proven phone together.
    """
    where = scope or Scope()
    connection.execute(
        _ACTING,
        {
            "account": str(account or ""),
            "phone": phone.hex(),
            "person": person.hex(),
            "everywhere": "yes" if where.everywhere else "",
            "paths": f"{{{','.join(where.paths)}}}" if where.paths else "",
        },
    )


def as_giver(connection: Connection, who: Caller) -> Scope:
    """Act as somebody who gives grants, where they may."""
    scope = who.scope(Permission.GRANTS_GIVE)
    act(connection, who.account, scope)
    return scope


_CALLER = text("SELECT * FROM caller_of(:digest, :now)")


def caller(connection: Connection, token_digest: bytes, *, now: dt.datetime) -> tuple[Caller, dt.datetime] | None:
    """Who carries the token with this digest, and when it was last written down that it was used."""
    row = connection.execute(_CALLER, {"digest": token_digest, "now": now}).one_or_none()
    if row is None:
        return None
    grants = tuple(
        Grant(Role(role), path, site) for role, path, site in zip(row.roles, row.paths, row.sites, strict=True)
    )
    found = Caller(row.account, row.kind == Kind.STAFF, grants, sign_in=row.sign_in, first_step=row.first_step)
    return found, row.seen_at


_ACCOUNT = text(
    "SELECT account.id, kind, name, phone, wrapped FROM account LEFT JOIN person ON account_id = account.id"
    " LEFT JOIN person_key ON person_key.person = account.id WHERE account.id = :id AND disabled_at IS NULL"
)


def account(connection: Connection, identity: UUID, *, keys: Keys) -> Account:
    """The account; its number, masked, is readable to its owner alone (`act`)."""
    row = connection.execute(_ACCOUNT, {"id": identity}).one_or_none()
    if row is None:
        raise NotFoundError
    phone = None
    if row.phone is not None and row.wrapped is not None:
        key = keys.unwrap(row.wrapped, str(row.id))
        phone = masked(opened(key, row.phone, phone_place(row.id)))
    return Account(row.id, Kind(row.kind), row.name, phone)


_PHONE = text("SELECT phone, wrapped FROM person LEFT JOIN person_key ON person = account_id WHERE account_id = :id")


def phone(connection: Connection, identity: UUID, *, keys: Keys) -> str | None:
    """The proven number of whoever acts; None of staff, who have none, and where it cannot be opened any more."""
    row = connection.execute(_PHONE, {"id": identity}).one_or_none()
    if row is None or row.wrapped is None:
        return None
    return opened(keys.unwrap(row.wrapped, str(identity)), row.phone, phone_place(identity))


def phone_place(account: UUID) -> Place:
    """Where an account's number stands, sealed."""
    return Place("person", "phone", str(account))


def secret_place(account: UUID) -> Place:
    """Where the secret of an account's authenticator stands, sealed."""
    return Place("authenticator", "secret", str(account))


_SIGN_INS = text(
    "SELECT id, device, began_at, seen_at FROM sign_in WHERE account_id = :account AND ends_at > :now"
    " AND seen_at > CAST(:now AS timestamptz) - idle ORDER BY seen_at DESC, id"
)


def sign_ins(connection: Connection, account: UUID, *, now: dt.datetime) -> tuple[SignIn, ...]:
    """The account's own sign-ins that have not ended, last used first."""
    rows = connection.execute(_SIGN_INS, {"account": account, "now": now})
    return tuple(SignIn(row.id, row.device, row.began_at, row.seen_at) for row in rows)


_GRANTS = (
    "SELECT role_grant.id, account_id, account.name AS account_name, role, role_grant.organisation_id, site_id,"
    " site.code AS site_code, coalesce(organisation.name, site.name) AS name, given_at,"
    " seconded_at IS NOT NULL OR role NOT IN ('organisation_admin', 'system_admin', 'auditor') AS holds,"
    " coalesce(given_by = acting_account(), false) AS given_by_caller"
    " FROM role_grant JOIN account ON account.id = account_id"
    " LEFT JOIN organisation ON organisation.id = role_grant.organisation_id"
    " LEFT JOIN site ON site.id = site_id"
    " WHERE withdrawn_at IS NULL"
)
_ALL_GRANTS = text(f"{_GRANTS} ORDER BY holds, account.name, role, name LIMIT 1000")
_OWN_GRANTS = text(f"{_GRANTS} AND account_id = acting_account() ORDER BY role, name")
_ONE_GRANT = text(f"{_GRANTS} AND role_grant.id = :id")


def grants(connection: Connection) -> tuple[HeldGrant, ...]:
    """The grants within the reach of whoever acts, those that wait for a second person first; at most a thousand."""
    return tuple(_grant(row) for row in connection.execute(_ALL_GRANTS))


def own_grants(connection: Connection) -> tuple[HeldGrant, ...]:
    """The grants of whoever acts."""
    return tuple(_grant(row) for row in connection.execute(_OWN_GRANTS))


def grant(connection: Connection, identity: UUID) -> HeldGrant:
    """One grant within the reach of whoever acts; NotFoundError outside it."""
    row = connection.execute(_ONE_GRANT, {"id": identity}).one_or_none()
    if row is None:
        raise NotFoundError
    return _grant(row)


def _grant(row: object) -> HeldGrant:
    values = row._asdict()  # type: ignore[attr-defined]  # a row of the statements above
    return HeldGrant(
        values["id"],
        values["account_id"],
        values["account_name"],
        Role(values["role"]),
        values["organisation_id"],
        values["site_id"],
        values["site_code"],
        values["name"],
        values["given_at"],
        values["holds"],
        values["given_by_caller"],
    )


_PATH_OF = text(
    "SELECT path::text FROM organisation WHERE id = coalesce(:organisation, (SELECT organisation_id FROM site"
    " WHERE id = :site))"
)


def path_of(connection: Connection, *, organisation: UUID | None, site: UUID | None) -> str | None:
    """The path of the organisation, or of the one that answers for the place; None when there is no such."""
    path: str | None = connection.scalar(_PATH_OF, {"organisation": organisation, "site": site})
    return path


_BY_NAME = text("SELECT id FROM account WHERE name = :name AND disabled_at IS NULL")


def by_name(connection: Connection, name: str) -> UUID:
    """The account of staff with this name; NotFoundError when there is none."""
    found: UUID | None = connection.scalar(_BY_NAME, {"name": name})
    if found is None:
        raise NotFoundError
    return found


_NAMES = text("SELECT id, name FROM account WHERE id = ANY(CAST(:ids AS uuid[])) AND name IS NOT NULL")


def names(connection: Connection, identities: Iterable[UUID]) -> dict[UUID, str]:
    """The names with which those among `identities` sign in who are staff."""
    rows = connection.execute(_NAMES, {"ids": list(map(str, identities))})
    return {row.id: row.name for row in rows}
