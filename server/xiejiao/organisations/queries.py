"""Reads of the union tree."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection, Text, TextClause, bindparam, cast, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from xiejiao.organisations.models import Ltree, organisation

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
