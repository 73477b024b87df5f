"""Reads for keeping places true: tasks, what may be reported, photos, and the table of those who look after places."""

import datetime as dt
from functools import cache
from uuid import UUID

from sqlalchemy import Connection, Row, TextClause, text

from xiejiao.errors import NotFoundError
from xiejiao.roles import Scope
from xiejiao.sites import queries as sites
from xiejiao.sites.rules import Effect
from xiejiao.upkeep.rules import (
    COUNTED_FOR,
    EXPIRING_WITHIN,
    GROWN_AFTER,
    REOPENED_WITHIN,
    UNCONFIRMED_AFTER,
    Closure,
    Kept,
    Lack,
    PhotoListed,
    Report,
    Says,
    Task,
    Vote,
)

# ── votes ──

_VOTES = text(
    "SELECT says, amenity, device_id, device.issued_at <= :grown_before AS grown, account_id, network, keyed,"
    " posted_open FROM vote JOIN device ON device.id = device_id"
    " WHERE site_id = :site AND cleared_at IS NULL AND at > :since ORDER BY at, vote.id"
)


def votes(connection: Connection, site: UUID, *, now: dt.datetime) -> tuple[Vote, ...]:
    """The votes on a place that count now, in order of time."""
    given = {"site": site, "since": now - COUNTED_FOR, "grown_before": now - GROWN_AFTER}
    rows = connection.execute(_VOTES, given)
    return tuple(
        Vote(
            Says(row.says),
            row.amenity,
            row.device_id,
            row.grown,
            row.account_id,
            row.network,
            row.keyed,
            row.posted_open,
        )
        for row in rows
    )


# ── tasks ──

_TASK = (
    "SELECT task.id, task.site_id, site.code, site.name, organisation.name AS organisation, says, amenity, opened_at,"
    " due_on, escalated_at IS NOT NULL AS escalated, closed_at, reply, reopened,"
    " (SELECT count(DISTINCT device_id) FROM vote WHERE vote.task_id = task.id) AS votes"
    " FROM task JOIN site ON site.id = task.site_id JOIN organisation ON organisation.id = site.organisation_id"
)


@cache
def _tasks(where: str) -> TextClause:
    # The oldest first, but those that a reporter reopened or whose clock has run out before all.
    return text(
        f"{_TASK} WHERE {where} AND task.closed_at IS NULL AND (CAST(:site AS uuid) IS NULL OR site.id = :site)"
        " ORDER BY (task.reopened > 0 OR task.due_on < :today) DESC, task.opened_at, task.id LIMIT :limit"
    )


def tasks(
    connection: Connection, scope: Scope, *, today: dt.date, limit: int, site: UUID | None = None
) -> tuple[Task, ...]:
    """Tasks that are not closed within `scope`, the most pressing first; of one place where `site` is named."""
    where, values = sites.within(scope)
    given = values | {"today": today, "limit": limit, "site": site}
    return tuple(_task(row) for row in connection.execute(_tasks(where), given))


@cache
def _one_task(where: str, tail: str) -> TextClause:
    return text(f"{_TASK} WHERE {where} AND task.id = :id {tail}")


def task(connection: Connection, identity: UUID, scope: Scope) -> Task:
    """One task; NotFoundError outside `scope`."""
    return _found(connection, identity, scope, "")


def task_to_close(connection: Connection, identity: UUID, scope: Scope) -> Task:
    """As above, its row locked."""
    return _found(connection, identity, scope, "FOR UPDATE OF task")


def _found(connection: Connection, identity: UUID, scope: Scope, tail: str) -> Task:
    where, values = sites.within(scope)
    row = connection.execute(_one_task(where, tail), values | {"id": identity}).one_or_none()
    if row is None:
        raise NotFoundError
    return _task(row)


def _task(row: Row[tuple[object, ...]]) -> Task:
    return Task(
        row.id,
        row.site_id,
        row.code,
        row.name,
        row.organisation,
        Says(row.says),
        row.amenity,
        row.opened_at,
        row.due_on,
        row.escalated,
        row.closed_at,
        row.reply,
        row.reopened,
        row.votes,
    )


# ── reports ──

_REPORT = text(
    "SELECT site.code, site.name, vote.says, vote.amenity, vote.at, vote.cleared_at, vote.task_id, vote.reopened_at"
    " FROM vote JOIN site ON site.id = vote.site_id WHERE link_digest = :digest"
)


def report(connection: Connection, digest: bytes, *, now: dt.datetime) -> Report:
    """What became of a vote, for who has its private link; NotFoundError for any other."""
    row = connection.execute(_REPORT, {"digest": digest}).one_or_none()
    if row is None:
        raise NotFoundError
    found = task(connection, row.task_id, Scope(everywhere=True)) if row.task_id else None
    closed_at = found.closed_at if found else None
    # Once: who is right the second time finds others who say so too.
    may_reopen = closed_at is not None and now - closed_at <= REOPENED_WITHIN and row.reopened_at is None
    return Report(
        row.code, row.name, Says(row.says), row.amenity, row.at, row.cleared_at is not None, found, may_reopen
    )


# ── photos ──

_PHOTOS = text("SELECT id, width, height, added_at FROM photo WHERE site_id = :site ORDER BY added_at DESC, id")
_PHOTO = text(
    "SELECT CASE WHEN :small THEN small ELSE jpeg END FROM photo JOIN site ON site.id = site_id"
    " WHERE photo.id = :id AND status = 'active'"
)


def photos(connection: Connection, site: UUID) -> tuple[PhotoListed, ...]:
    """The photos of a place, the latest first."""
    return tuple(PhotoListed(*row) for row in connection.execute(_PHOTOS, {"site": site}))


def photo(connection: Connection, identity: UUID, *, small: bool) -> bytes:
    """The JPEG of a photo, whole or small; NotFoundError when there is none such."""
    found: bytes | None = connection.scalar(_PHOTO, {"id": identity, "small": small})
    if found is None:
        raise NotFoundError
    return found


# ── what stands at one place ──

_CLOSURES = text(
    "SELECT id, effect, lower(during) AS since, upper(during) AS until, reason, ask_again_on FROM site_dated"
    " WHERE site_id = :site AND (upper(during) IS NULL OR upper(during) > :now) ORDER BY lower(during), id"
)
_LAST_ROUND = text("SELECT max(at) FROM round WHERE site_id = :site")
_POSTER = text("SELECT made_at FROM poster_key WHERE site_id = :site AND replaced_at IS NULL")


def closures(connection: Connection, site: UUID, *, now: dt.datetime) -> tuple[Closure, ...]:
    """The dated exceptions of a place that are not over, in order of their beginning."""
    rows = connection.execute(_CLOSURES, {"site": site, "now": now})
    return tuple(Closure(row.id, Effect(row.effect), *row[2:]) for row in rows)


def last_round(connection: Connection, site: UUID) -> dt.datetime | None:
    """When somebody last went round."""
    at: dt.datetime | None = connection.scalar(_LAST_ROUND, {"site": site})
    return at


def poster_made(connection: Connection, site: UUID) -> dt.datetime | None:
    """When the poster that counts was printed."""
    at: dt.datetime | None = connection.scalar(_POSTER, {"site": site})
    return at


# ── the table of those who look after places ──

_LACKS = {
    Lack.TASK: "tasks.count > 0",
    Lack.UNCONFIRMED: "(site.confirmed_at IS NULL OR site.confirmed_at < :confirmed_since)",
    Lack.BROKEN: "told.broken > 0",
    Lack.EXPIRING: "told.next_expiry_on <= :expiring_by",
    Lack.ESCALATED: "(tasks.escalated OR tasks.overdue > 0 OR tasks.reopened > 0)",
    Lack.CLOSED: "EXISTS (SELECT FROM site_dated WHERE site_id = site.id AND ask_again_on <= :today)",
}


def _since(now: dt.datetime, today: dt.date) -> dict[str, dt.datetime | dt.date]:
    return {"confirmed_since": now - UNCONFIRMED_AFTER, "expiring_by": today + EXPIRING_WITHIN}


# What stands at each place of the table: its amenities and its open tasks in numbers.
_TOLD = (
    " FROM site JOIN organisation ON organisation.id = site.organisation_id"
    " CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE state IN ('broken', 'empty')) AS broken,"
    "  min(expires_on) AS next_expiry_on FROM site_amenity WHERE site_id = site.id) AS told"
    " CROSS JOIN LATERAL (SELECT count(*) AS count, count(*) FILTER (WHERE due_on < :today) AS overdue,"
    "  count(*) FILTER (WHERE reopened > 0) AS reopened,"
    "  min(opened_at) AS oldest_at, bool_or(escalated_at IS NOT NULL) AS escalated"
    "  FROM task WHERE task.site_id = site.id AND closed_at IS NULL) AS tasks"
)
_EACH = ("count(*) FILTER (WHERE " + condition + ") AS " + lack for lack, condition in _LACKS.items())
_COUNTS = ", ".join(['count(*) AS "all"', *_EACH])
_SEARCHED = "(strpos(lower(site.name), :q) > 0 OR strpos(lower(site.code), :q) > 0)"


def _listed(where: str, lack: Lack | None = None, *, searched: bool) -> str:
    parts = [where, "site.status = 'active'", *([_LACKS[lack]] if lack else []), *([_SEARCHED] if searched else [])]
    return " AND ".join(parts)


@cache
def _kept(where: str, lack: Lack | None, *, searched: bool) -> TextClause:
    where = _listed(where, lack, searched=searched)
    # Those first whose tasks the union above sees too: the clock has run out, or a reporter said that it is not right.
    return text(
        "SELECT site.id, site.code, site.name, site.kind, organisation.name AS organisation, site.confirmed_at,"
        " site.conflicting_since, told.broken, told.next_expiry_on, tasks.count AS tasks, tasks.overdue,"
        " tasks.reopened, tasks.oldest_at AS oldest_task_at, coalesce(tasks.escalated, false) AS escalated"
        f"{_TOLD} WHERE {where}"
        " ORDER BY (tasks.overdue > 0 OR tasks.reopened > 0) DESC, tasks.count > 0 DESC, tasks.oldest_at,"
        " coalesce(told.next_expiry_on < :today, false) DESC, told.broken > 0 DESC,"
        " site.confirmed_at NULLS FIRST, site.code LIMIT :limit OFFSET :offset"
    )


@cache
def _lacking(where: str, *, searched: bool) -> TextClause:
    where = _listed(where, searched=searched)
    return text(f"SELECT {_COUNTS}{_TOLD} WHERE {where}")


def lacking(connection: Connection, scope: Scope, *, now: dt.datetime, today: dt.date, q: str | None) -> dict[str, int]:
    """How many places there are within `scope`, under `all`, and how many lack what."""
    where, values = sites.within(scope)
    given = values | {"today": today} | _since(now, today)
    if q is not None:
        given["q"] = q.lower()
    return dict(connection.execute(_lacking(where, searched=q is not None), given).mappings().one())


def kept(
    connection: Connection,
    scope: Scope,
    *,
    now: dt.datetime,
    today: dt.date,
    lack: Lack | None,
    q: str | None,
    offset: int,
    limit: int,
) -> tuple[Kept, ...]:
    """Places within `scope`, the most pressing first; those that lack something where `lack` is named."""
    where, values = sites.within(scope)
    given = values | {"today": today, "limit": limit, "offset": offset} | _since(now, today)
    if q is not None:
        given["q"] = q.lower()
    rows = connection.execute(_kept(where, lack, searched=q is not None), given)
    return tuple(Kept(*row) for row in rows)
