"""Reads of the union tree."""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection, Text, TextClause, bindparam, cast, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from xiejiao.organisations.models import Ltree, organisation
from xiejiao.organisations.rules import Level, Listed, Recipient

BENEATH = "organisation.path <@ CAST(CAST(:paths AS text[]) AS ltree[])"
"""The condition, as SQL, that an organisation is one of `paths` or stands beneath one; of no paths, none."""


def beneath(paths: Iterable[str]) -> TextClause:
    """BENEATH with its paths."""
    return text(BENEATH).bindparams(bindparam("paths", list(paths), ARRAY(Text)))


def ids(connection: Connection, paths: Iterable[str]) -> dict[str, UUID]:
    """The id of each of `paths` that exists."""
    wanted = cast(bindparam(None, sorted(set(paths)), ARRAY(Text)), ARRAY(Ltree))
    rows = connection.execute(
        select(cast(organisation.c.path, Text), organisation.c.id).where(organisation.c.path == wanted.any_())
    )
    return dict(rows.all())


def path(connection: Connection, identity: UUID) -> str | None:
    """The path of the organisation; None when there is none."""
    return connection.scalar(select(cast(organisation.c.path, Text)).where(organisation.c.id == identity))


_NAMED = text(
    "SELECT organisation.id, organisation.name, organisation.level, above.name AS above,"
    " organisation.division_code,"
    " organisation.accepts_applications AND coalesce(organisation.closed_on > :today, true) AS accepts"
    " FROM organisation LEFT JOIN organisation AS above ON above.path = subpath(organisation.path, 0, -1)"
    " WHERE strpos(organisation.name, :q) > 0 AND coalesce(organisation.closed_on > :today, true)"
    " AND (organisation.accepts_applications OR NOT :accepting)"
    " ORDER BY strpos(organisation.name, :q), nlevel(organisation.path), organisation.name LIMIT 20"
)


def named(connection: Connection, q: str, *, accepting: bool, today: dt.date) -> tuple[Listed, ...]:
    """Unions that have not closed and whose name holds `q`, those first whose name begins so; at most twenty."""
    rows = connection.execute(_NAMED, {"q": q, "accepting": accepting, "today": today})
    return tuple(Listed(row.id, row.name, Level(row.level), row.above, row.division_code, row.accepts) for row in rows)


_RECIPIENT = text(
    "SELECT id, name, path::text AS path, approval_levels,"
    " accepts_applications AND coalesce(closed_on > :today, true) AS takes FROM organisation WHERE id = :id"
)


def recipient(connection: Connection, identity: UUID, *, today: dt.date) -> Recipient | None:
    """The union that an application names; None when there is none."""
    row = connection.execute(_RECIPIENT, {"id": identity, "today": today}).one_or_none()
    return None if row is None else Recipient(*row)
