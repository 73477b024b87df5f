"""Roles and what each may do: the one table of rights, without a database and without a request."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Permission(StrEnum):
    """Something that may be done, as `things:verb`."""

    APPLICATIONS_ASSIST = "applications:assist"
    APPLICATIONS_DECIDE = "applications:decide"
    APPLICATIONS_READ = "applications:read"
    APPLICATIONS_REVEAL = "applications:reveal"
    GRANTS_GIVE = "grants:give"
    HISTORY_READ = "history:read"
    LEDGERS_EXPORT = "ledgers:export"
    LEDGERS_IMPORT = "ledgers:import"
    SITES_CONFIRM = "sites:confirm"
    SITES_EDIT = "sites:edit"
    TASKS_CLOSE = "tasks:close"


class Role(StrEnum):
    """What a grant makes of an account."""

    SITE_MANAGER = "site_manager"
    REVIEWER = "reviewer"
    ORGANISATION_ADMIN = "organisation_admin"
    SYSTEM_ADMIN = "system_admin"
    AUDITOR = "auditor"


class Reach(StrEnum):
    """Where a role holds: at one place, in an organisation and all beneath it, or in the whole installation."""

    SITE = "site"
    ORGANISATION = "organisation"
    INSTALLATION = "installation"


REACH = {
    Role.SITE_MANAGER: Reach.SITE,
    Role.REVIEWER: Reach.ORGANISATION,
    Role.ORGANISATION_ADMIN: Reach.ORGANISATION,
    Role.SYSTEM_ADMIN: Reach.INSTALLATION,
    Role.AUDITOR: Reach.INSTALLATION,
}

_MANAGES = frozenset({Permission.SITES_CONFIRM, Permission.SITES_EDIT, Permission.TASKS_CLOSE})
_REVIEWS = frozenset(
    {
        Permission.APPLICATIONS_ASSIST,
        Permission.APPLICATIONS_DECIDE,
        Permission.APPLICATIONS_READ,
        Permission.APPLICATIONS_REVEAL,
    }
)

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.SITE_MANAGER: _MANAGES,
    Role.REVIEWER: _REVIEWS,
    Role.ORGANISATION_ADMIN: _REVIEWS
    | _MANAGES
    | {Permission.GRANTS_GIVE, Permission.LEDGERS_EXPORT, Permission.LEDGERS_IMPORT},
    Role.SYSTEM_ADMIN: frozenset({Permission.GRANTS_GIVE}),
    Role.AUDITOR: frozenset({Permission.HISTORY_READ}),
}

SECONDED = frozenset({Role.ORGANISATION_ADMIN, Role.SYSTEM_ADMIN, Role.AUDITOR})
"""Roles that hold only once a second person has said so: who has one of them can make others, or read everything."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role where it holds: `path` names an organisation (the role holds beneath it), `site` a place."""

    role: Role
    path: str | None = None
    site: UUID | None = None

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the role may do, where it holds."""
        return PERMISSIONS[self.role]

    def allows(self, permission: Permission) -> bool:
        """Whether the role may do it, somewhere."""
        return permission in self.permissions


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request: an account and the grants that hold for it now."""

    account: UUID
    staff: bool
    grants: tuple[Grant, ...] = ()
    sign_in: UUID | None = None
    first_step: str | None = None
    """What must be done before any right holds: `password` (a first one must be changed), `authenticator`."""

    def may(self, permission: Permission) -> bool:
        """Whether it may be done anywhere; where exactly, the query says."""
        return any(grant.allows(permission) for grant in self.grants)

    def scope(self, permission: Permission) -> "Scope":
        """Where it may be done."""
        held = [grant for grant in self.grants if grant.allows(permission)]
        return Scope(
            everywhere=any(REACH[grant.role] is Reach.INSTALLATION for grant in held),
            paths=tuple(sorted({grant.path for grant in held if grant.path})),
            sites=tuple(sorted({grant.site for grant in held if grant.site})),
        )


@dataclass(frozen=True, slots=True)
class Scope:
    """Where something may be done: beneath these organisations, and at these places."""

    everywhere: bool = False
    paths: tuple[str, ...] = ()
    sites: tuple[UUID, ...] = ()

    def holds_for(self, path: str) -> bool:
        """Whether the organisation at `path` lies within; for one row, where a query asks for many."""
        return self.everywhere or any(is_beneath(path, above) for above in self.paths)


def is_beneath(path: str, above: str) -> bool:
    """Whether the organisation at `path` is the one at `above` or stands beneath it."""
    return path == above or path.startswith(f"{above}.")


def may_be_given(role: Role, path: str | None, givers: Iterable[Grant]) -> bool:
    """Whether who holds `givers` may give `role` at the organisation at `path`, to which a place belongs.

    Inside one's own part of the tree only: an administrator of a city gives no right in its province. What holds in the
    whole installation is given by who holds it.
    """
    held = [grant for grant in givers if grant.allows(Permission.GRANTS_GIVE)]
    if REACH[role] is Reach.INSTALLATION:
        return any(REACH[grant.role] is Reach.INSTALLATION for grant in held)
    return path is not None and any(
        REACH[grant.role] is Reach.INSTALLATION or (grant.path is not None and is_beneath(path, grant.path))
        for grant in held
    )
