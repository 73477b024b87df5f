"""Reads of places. All of it returns values; nothing here writes.

The nearest query is one walk through the index (spot, facets), outward from a point of the plane of EPSG:3857. Order
in the plane is nearly the order on the ground, so more rows than wanted are fetched and put in order by their distance
on the ellipsoid; where that cannot prove the answer exact, more are fetched.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Any, cast
from uuid import UUID

from psycopg.types.multirange import Multirange
from psycopg.types.range import Range
from sqlalchemy import Connection, Row, TextualSelect, column, text

from xiejiao import hours
from xiejiao.coordinates import Position
from xiejiao.errors import NotFoundError
from xiejiao.organisations import queries as organisations
from xiejiao.roles import Scope
from xiejiao.sites import search
from xiejiao.sites.almanac import OpenHours
from xiejiao.sites.mercator import Box, ground_m_at_least, plane
from xiejiao.sites.rules import (
    DATED_FACET,
    Amenity,
    AmenityState,
    Change,
    Division,
    OpenEnded,
    Page,
    Site,
    Wanted,
)
from xiejiao.vocabulary.rules import Vocabulary

FEW = 2_000
"""Places that a name search takes from the index of grams."""
FETCHED_BEYOND = 10
"""Rows fetched beyond what is wanted, at the least: half as many again prove nearly every answer exact."""
KEPT_ENTRIES = 2_048
"""Ways in and amenities that are remembered as read: most places say them in the same few words."""
FETCHED_ANEW = 4
"""So many times as many rows are fetched where that did not prove it."""

# The children are read for the rows that are shown, never for those that are only looked at on the way.
_SHOWN = {
    "id": "site.id::text",
    "code": "site.code",
    "name": "site.name",
    "kind": "site.kind",
    "brands": "site.brands",
    "address": "site.address",
    "division": "site.division",
    "organisation_id": "site.organisation_id::text",
    "organisation": "organisation.name",
    "host": "site.host",
    "phone": "site.phone",
    "lon": "ST_X(site.position)",
    "lat": "ST_Y(site.position)",
    "accuracy_m": "site.position_accuracy_m",
    "position_source": "site.position_source",
    "hours_id": "site.hours_id",
    "hours_written": "site.hours_written",
    "access": """ARRAY(
        SELECT mode || ' ' || coalesce(hours_id::text, '') FROM site_access WHERE site_id = site.id ORDER BY mode
    )""",
    "amenities": """ARRAY(
        SELECT amenity || ' ' || state || ' ' || coalesce(extract(epoch FROM since)::bigint::text, '')
            || ' ' || coalesce(expires_on::text, '')
        FROM site_amenity WHERE site_id = site.id ORDER BY amenity
    )""",
    "source": "site.source",
    "notice": "site.notice",
    "confirmed_at": "site.confirmed_at",
    "conflicting_since": "site.conflicting_since",
    "status": "site.status",
    "closed_on": "site.closed_on",
    "closed_reason": "site.closed_reason",
    "shut": "nullif(site.shut, '{}')",
    "extra": "nullif(site.extra, '{}')",
    "mask": "nullif(site.mask, '{}')",
    "demo": "site.demo",
    "version": "site.version",
}
"""What is read of a place: the names of the columns and what they are."""
_COLUMNS = ", ".join(f"{expression} AS {name}" for name, expression in _SHOWN.items())
_JOINED = "site JOIN organisation ON organisation.id = site.organisation_id"
_CONDITIONS = {
    "active": "site.status = 'active'",
    "findable": "coalesce(site.position_accuracy_m, 0) <= 2000",  # rules.FINDABLE_M
    "box": "site.spot && ST_MakeEnvelope(:west, :south, :east, :north, 3857)",
    "amenities": "site.facets @> CAST(:amenities AS integer[])",
    "kinds": "site.facets && CAST(:kinds AS integer[])",
    "hours": "site.facets && CAST(:hours AS integer[])",
    "open": "((site.hours_id = ANY(CAST(:open_ids AS integer[])) AND NOT site.mask @> CAST(:at AS timestamptz))"
    " OR site.extra @> CAST(:at AS timestamptz)) AND NOT site.shut @> CAST(:at AS timestamptz)",
    "undisputed": "site.conflicting_since IS NULL",
    "conflicting": "site.conflicting_since IS NOT NULL",
    "paths": organisations.BENEATH,
    "few": "site.id = ANY(CAST(:few AS uuid[]))",
    "words": "NOT EXISTS (SELECT FROM site_search, unnest(CAST(:words AS text[])) AS word"
    " WHERE site_search.site_id = site.id AND strpos(lines, word) = 0)",
    "after": "site.id > CAST(:after AS uuid)",
}


_HAVING_GRAMS = text(
    "SELECT site_id::text FROM site_search WHERE site_grams(lines) @> CAST(:grams AS text[]) LIMIT :most"
)


def _selecting(further: tuple[str, ...], statement: str) -> TextualSelect:
    """A statement whose columns are `further` and those of a place: told beforehand, they are not worked out anew."""
    return text(statement).columns(*map(column, (*further, *_SHOWN)))


@cache
def _nearest(conditions: tuple[str, ...]) -> TextualSelect:
    where = " AND ".join(_CONDITIONS[name] for name in conditions)
    return _selecting(
        ("distance_m", "reach", "fetched"),
        "WITH near AS MATERIALIZED ("  # noqa: S608 - only the fixed conditions above are joined; values are bound
        " SELECT site.*, site.spot <-> ST_SetSRID(ST_MakePoint(:x, :y), 3857) AS plane_m"
        f" FROM site WHERE {where}"
        " ORDER BY site.spot <-> ST_SetSRID(ST_MakePoint(:x, :y), 3857) LIMIT :fetched"
        "), ranked AS ("
        " SELECT near.*, max(plane_m) OVER () AS reach, count(*) OVER () AS fetched,"
        " ST_Distance(position::geography, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography) AS distance_m"
        " FROM near ORDER BY distance_m, id LIMIT :limit"
        f") SELECT site.distance_m, site.reach, site.fetched, {_COLUMNS}"
        " FROM ranked AS site JOIN organisation ON organisation.id = site.organisation_id"
        " ORDER BY site.distance_m, site.id",
    )


@cache
def _listed(conditions: tuple[str, ...], *, tail: str) -> TextualSelect:
    where = " AND ".join(_CONDITIONS[name] for name in conditions)
    return _selecting((), f"SELECT {_COLUMNS} FROM {_JOINED} WHERE {where} {tail}")  # noqa: S608 - as above: fixed parts only


_ONE = _selecting((), f"SELECT {_COLUMNS} FROM {_JOINED} WHERE site.id = CAST(:id AS uuid)")  # noqa: S608 - fixed parts only
_BY_CODE = _selecting((), f"SELECT {_COLUMNS} FROM {_JOINED} WHERE site.code = :code")  # noqa: S608 - fixed parts only


def _filters(wanted: Wanted, words: Vocabulary, open_hours: OpenHours | None) -> dict[str, Any]:
    """The values of the conditions that `wanted` asks for; a value of None is a condition without values."""
    values: dict[str, Any] = {}
    if wanted.kinds:
        values["kinds"] = _array(words.kind_facets[code] for code in wanted.kinds)
    if wanted.amenities:
        values["amenities"] = _array(words.amenity_facets[code] for code in wanted.amenities)
    if open_hours is not None:
        values |= {"open": None, "open_ids": _array(open_hours.ids), "at": wanted.open_at}
        if open_hours.facets is not None:
            values["hours"] = _array((*open_hours.facets, DATED_FACET))
    return values


def _array(numbers: Iterable[int]) -> str:
    """Numbers as PostgreSQL writes an array: a driver takes them one by one, and chooses a type by the largest."""
    return f"{{{','.join(map(str, numbers))}}}"


def _conditions(*names: str, values: Mapping[str, Any]) -> tuple[str, ...]:
    return (*names, *(name for name in _CONDITIONS if name in values))


def _bound(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "open"}


def nearest(
    connection: Connection,
    here: Position,
    wanted: Wanted,
    *,
    words: Vocabulary,
    open_hours: OpenHours | None,
    within_m: float,
    limit: int,
) -> tuple[Site, ...]:
    """Active places around `here`, nearest first by the distance on the ellipsoid, at most `within_m` metres away.

    `open_hours` are the texts that are open at `wanted.open_at`; None when the hours do not matter. Where they do,
    places against whose hours reports speak stand after all others.
    """
    values = _filters(wanted, words, open_hours)
    asked = _conditions("active", "findable", "box", values=values)
    if open_hours is None:
        return _walked(connection, here, asked, values, within_m=within_m, limit=limit)
    found = _walked(connection, here, (*asked, "undisputed"), values, within_m=within_m, limit=limit)
    if len(found) == limit:
        return found
    # The few that are left have an index of their own; nobody walks past all others to find them.
    left = limit - len(found)
    return found + _walked(connection, here, (*asked, "conflicting"), values, within_m=within_m, limit=left)


def _walked(
    connection: Connection,
    here: Position,
    conditions: tuple[str, ...],
    values: Mapping[str, Any],
    *,
    within_m: float,
    limit: int,
) -> tuple[Site, ...]:
    """The places that meet the conditions, nearest first: one walk through an index, or a longer one."""
    x, y = plane(here.lon, here.lat)
    point = Box(x, y, x, y)
    statement = _nearest(conditions)
    given = _bound(values) | {"x": x, "y": y, "lon": here.lon, "lat": here.lat, "limit": limit}
    given |= dataclasses.asdict(point.grown(within_m))
    fetched = limit + max(FETCHED_BEYOND, limit // 2)
    while True:
        rows = connection.execute(statement, {**given, "fetched": fetched}).all()
        # Exact when all of the box was fetched, or when nothing unfetched can be nearer than what is shown.
        if not rows or rows[0].fetched < fetched:
            break
        shown_m = min(within_m, rows[-1].distance_m) if len(rows) == limit else within_m
        if shown_m <= ground_m_at_least(rows[0].reach, point):
            break
        fetched *= FETCHED_ANEW
    return tuple(_site(row, distance_m=row.distance_m) for row in rows if row.distance_m <= within_m)


def page(
    connection: Connection,
    wanted: Wanted,
    *,
    words: Vocabulary,
    box: Box | None,
    search_text: str | None,
    organisation: UUID | None,
    after: UUID | None,
    limit: int,
) -> Page:
    """Active places in order of id that lie in `box`, are found by `search_text` and stand beneath `organisation`."""
    values = _filters(wanted, words, None)
    if box is not None:
        values |= {"box": None, **dataclasses.asdict(box)}
    if organisation is not None:
        path = organisations.path(connection, organisation)
        values["paths"] = [path] if path else []
    if after is not None:
        values["after"] = str(after)
    if search_text is not None:
        split = search.folded(search_text).split()
        values["words"] = split
        few = _few(connection, search.grams(split))
        if few is not None:
            values["few"] = few
    statement = _listed(_conditions("active", values=values), tail="ORDER BY site.id LIMIT :limit")
    bound = {name: value for name, value in values.items() if name != "box"}
    rows = connection.execute(statement, {**bound, "limit": limit + 1}).all()
    sites = tuple(_site(row) for row in rows[:limit])
    return Page(sites, sites[-1].id if len(rows) > limit else None)


def _few(connection: Connection, grams: list[str]) -> list[str] | None:
    """The ids of the places that have all `grams`; None when they are more than FEW.

    Words that many places have are found sooner by walking through the places in order than by the index of grams.
    """
    found = connection.scalars(_HAVING_GRAMS, {"grams": grams, "most": FEW + 1}).all()
    return None if len(found) > FEW else list(found)


def one(connection: Connection, identity: UUID) -> Site:
    """The place with this id, closed ones too; NotFoundError when there is none."""
    return _only(connection.execute(_ONE, {"id": str(identity)}).all())


def by_code(connection: Connection, code: str) -> Site:
    """The place with this normalised code, closed ones too; NotFoundError when there is none."""
    return _only(connection.execute(_BY_CODE, {"code": code}).all())


_DIVISIONS = text(
    "SELECT division.name, pinyin, initials, avg(ST_X(position)), avg(ST_Y(position)), count(*)"
    " FROM site JOIN division ON division.name = site.division WHERE status = 'active'"
    " GROUP BY division.name ORDER BY count(*) DESC, division.name"
)


def divisions(connection: Connection) -> tuple[Division, ...]:
    """The divisions that have active places, those with the most first."""
    return tuple(Division(*row) for row in connection.execute(_DIVISIONS))


# ── for those who keep places true ──

_IN_THE_TREE = (
    "site.organisation_id = ANY(ARRAY(SELECT id FROM organisation WHERE " + organisations.BENEATH + "))"  # noqa: S608 - fixed parts only
)
_AMONG = "site.id = ANY(CAST(:sites AS uuid[]))"


def within(scope: Scope) -> tuple[str, dict[str, Any]]:
    """The condition, as SQL, that a place lies within `scope`, and its values.

    A part that cannot hold is left out, so that PostgreSQL finds the places by the indexes of the parts that can.
    """
    if scope.everywhere:
        return "TRUE", {}
    values = {"paths": list(scope.paths), "sites": list(map(str, scope.sites))}
    parts = {"paths": _IN_THE_TREE, "sites": _AMONG}
    held = {name: value for name, value in values.items() if value}
    return f"({' OR '.join(parts[name] for name in held)})" if held else "FALSE", held


@cache
def _one_within(where: str, tail: str) -> TextualSelect:
    return _selecting((), f"SELECT {_COLUMNS} FROM {_JOINED} WHERE site.id = CAST(:id AS uuid) AND {where} {tail}")  # noqa: S608 - fixed parts only


def one_within(connection: Connection, identity: UUID, scope: Scope) -> Site:
    """The place with this id, closed ones too; NotFoundError when none lies within `scope`."""
    return _within(connection, identity, scope, "")


def for_upkeep(connection: Connection, identity: UUID, scope: Scope) -> Site:
    """As above, its row locked for who is about to write."""
    return _within(connection, identity, scope, "FOR UPDATE OF site")


def _within(connection: Connection, identity: UUID, scope: Scope, tail: str) -> Site:
    where, values = within(scope)
    return _only(connection.execute(_one_within(where, tail), values | {"id": str(identity)}).all())


_CHANGES = "SELECT id, version, at, actor, action, changes, reverts FROM site_history WHERE site_id = :site"
_HISTORY = text(
    f"{_CHANGES} AND (CAST(:before AS bigint) IS NULL OR id < CAST(:before AS bigint)) ORDER BY id DESC LIMIT :limit"
)
_CHANGE = text(f"{_CHANGES} AND id = :id")


def history(connection: Connection, site_id: UUID, *, before: int | None, limit: int) -> tuple[Change, ...]:
    """What happened to a place, the latest first, from in front of the row `before`."""
    rows = connection.execute(_HISTORY, {"site": site_id, "before": before, "limit": limit})
    return tuple(map(_change, rows))


def change(connection: Connection, site_id: UUID, identity: int) -> Change:
    """One row of the history of a place; NotFoundError when it has none such."""
    for row in connection.execute(_CHANGE, {"site": site_id, "id": identity}):
        return _change(row)
    raise NotFoundError


def _change(row: Row[Any]) -> Change:
    changes = {field: (was, now) for field, (was, now) in row.changes.items()}
    return Change(row.id, row.version, row.at, row.actor, row.action, changes, row.reverts)


_OPEN_ENDED = text(
    "SELECT site_dated.id, site_id, lower(during), reason, ask_again_on"
    " FROM site_dated JOIN site ON site.id = site_id"
    " WHERE ask_again_on <= :on AND site.status = 'active' ORDER BY ask_again_on, site_dated.id LIMIT :limit"
)


def open_ended_due(connection: Connection, *, on: dt.date, limit: int) -> tuple[OpenEnded, ...]:
    """Closings until further notice about which somebody is to be asked on that day, the longest due first."""
    return tuple(OpenEnded(*row) for row in connection.execute(_OPEN_ENDED, {"on": on, "limit": limit}))


def _only(rows: Iterable[Row[Any]]) -> Site:
    for row in rows:
        return _site(row)
    raise NotFoundError


def _site(row: Row[Any], *, distance_m: float | None = None) -> Site:
    return Site(
        id=row.id,
        code=row.code,
        name=row.name,
        kind=row.kind,
        brands=tuple(row.brands),
        address=row.address,
        division=row.division,
        organisation_id=row.organisation_id,
        organisation=row.organisation,
        host=row.host,
        phone=row.phone,
        lon=row.lon,
        lat=row.lat,
        accuracy_m=row.accuracy_m,
        position_source=row.position_source,
        hours_id=row.hours_id,
        hours_written=row.hours_written,
        access=tuple(map(_way, row.access)),
        amenities=tuple(map(_amenity, row.amenities)),
        source=row.source,
        notice=row.notice,
        confirmed_at=row.confirmed_at,
        conflicting_since=row.conflicting_since,
        status=row.status,
        closed_on=row.closed_on,
        closed_reason=row.closed_reason,
        dated=dated(row.shut, row.extra, row.mask),
        demo=row.demo,
        version=row.version,
        distance_m=distance_m,
    )


@lru_cache(maxsize=KEPT_ENTRIES)
def _way(entry: str) -> tuple[str, int | None]:
    mode, _, number = entry.partition(" ")
    return mode, int(number) if number else None


@lru_cache(maxsize=KEPT_ENTRIES)
def _amenity(entry: str) -> Amenity:
    code, state, since, expires_on = entry.split(" ")
    return Amenity(
        code,
        AmenityState(state),
        dt.datetime.fromtimestamp(int(since), hours.CHINA) if since else None,
        dt.date.fromisoformat(expires_on) if expires_on else None,
    )


def dated(*effects: Multirange[dt.datetime] | None) -> hours.Dated:
    """The dated exceptions that the multiranges `shut`, `extra` and `mask` hold; None for an empty one."""
    if not any(effects):
        return hours.UNDATED
    return hours.Dated(*(tuple(_period(span) for span in effect or ()) for effect in effects))


def _period(span: Range[dt.datetime]) -> hours.Period:
    # site_dated allows no range without a beginning.
    return hours.Period(cast("dt.datetime", span.lower), span.upper)
