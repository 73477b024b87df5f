"""Cells and packs: the places of a tile as columns, which the phone ranks and filters without saying where it is.

A cell (zoom 14) holds every active place inside it and the nearest outside, and says up to which distance from its
rectangle the list is complete. A pack (zoom 9) holds every active place inside it. The shape is in `docs/cells.md`.
"""

import datetime as dt
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Row, text

from xiejiao import hours
from xiejiao.errors import NotFoundError
from xiejiao.hours import CHINA
from xiejiao.sites.almanac import Almanac
from xiejiao.sites.mercator import Tile, ground_m_at_least, tile_at
from xiejiao.sites.queries import dated
from xiejiao.sites.rules import AmenityState

FORMAT = 1
"""Grows with every change that a phone of the version before would misread."""
CELL_ZOOM = 14
PACK_ZOOM = 9
CELL_PLACES = 100
"""A cell goes outward until it holds so many places."""
CELL_REACH_M = 50_000.0
"""A cell goes outward no farther than this."""
DEGREE = 100_000
"""Positions are whole numbers of a hundred-thousandth of a degree, about a metre."""

MARKS = {
    AmenityState.WORKS: "",
    AmenityState.UNKNOWN: "?",
    AmenityState.BROKEN: "!",
    AmenityState.EMPTY: "-",
}
"""What stands behind the letter of an amenity."""

_COLUMNS = """
    site.code, site.name, site.kind, site.brands, site.address, organisation.name AS organisation, site.host,
    site.phone, ST_X(site.position) AS lon, ST_Y(site.position) AS lat, site.position_accuracy_m, site.hours_id,
    ARRAY(SELECT mode || ' ' || coalesce(hours_id::text, '') FROM site_access WHERE site_id = site.id ORDER BY mode)
        AS access,
    ARRAY(
        SELECT amenity || ' ' || state || ' ' || coalesce((extract(epoch FROM since)::bigint / 3600)::text, '')
        FROM site_amenity WHERE site_id = site.id ORDER BY amenity
    ) AS amenities,
    site.notice, extract(epoch FROM site.confirmed_at)::bigint / 3600 AS confirmed_h,
    extract(epoch FROM site.conflicting_since)::bigint / 3600 AS conflicting_h,
    nullif(site.shut, '{}') AS shut, nullif(site.extra, '{}') AS extra, nullif(site.mask, '{}') AS mask, site.demo
"""
_FINDABLE = "site.status = 'active' AND coalesce(site.position_accuracy_m, 0) <= 2000"  # rules.FINDABLE_M
_INSIDE = "site.spot && ST_MakeEnvelope(:west, :south, :east, :north, 3857)"
# A tile holds its north and west edges and not the others, so that no place lies in two.
_EXACTLY = (
    "ST_X(site.spot) >= :west AND ST_X(site.spot) < :east AND ST_Y(site.spot) > :south AND ST_Y(site.spot) <= :north"
)
_JOINED = "site JOIN organisation ON organisation.id = site.organisation_id"
# PostGIS sorts points along a Hilbert curve: neighbours stand together, which halves what compression leaves.
_PACK = text(
    f"SELECT {_COLUMNS} FROM {_JOINED} WHERE {_FINDABLE} AND {_INSIDE} AND {_EXACTLY} ORDER BY site.spot"  # noqa: S608 - fixed parts only
)
_ALONE = text(
    f"SELECT {_COLUMNS} FROM {_JOINED} WHERE site.code = :code AND site.status = 'active'"  # noqa: S608 - fixed parts only
)
_COUNT = text(f"SELECT count(*) FROM site WHERE {_FINDABLE} AND {_INSIDE}")  # noqa: S608 - fixed parts only
_CELL = text(
    "WITH near AS MATERIALIZED ("  # noqa: S608 - fixed parts only
    " SELECT site.*, site.spot <-> ST_MakeEnvelope(:west, :south, :east, :north, 3857) AS plane_m FROM site"
    f" WHERE {_FINDABLE}"
    " AND site.spot && ST_MakeEnvelope(:far_west, :far_south, :far_east, :far_north, 3857)"
    " ORDER BY site.spot <-> ST_MakeEnvelope(:west, :south, :east, :north, 3857) LIMIT :places"
    f") SELECT {_COLUMNS}, max(site.plane_m) OVER () AS reach"
    " FROM near AS site JOIN organisation ON organisation.id = site.organisation_id ORDER BY site.spot"
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawn tile, and how far beyond its rectangle a change alters it, in metres of the plane."""

    document: dict[str, Any]
    reach: float


def cell(connection: Connection, tile: Tile, *, almanac: Almanac, at: dt.datetime) -> Drawn:
    """The cell at `tile`, as JSON-ready columns, drawn at `at`."""
    box, far = tile.box, tile.box.grown(CELL_REACH_M)
    bounds = {"west": box.west, "south": box.south, "east": box.east, "north": box.north}
    inside = connection.execute(_COUNT, bounds).scalar_one()
    places = max(CELL_PLACES, inside)
    beyond = {"far_west": far.west, "far_south": far.south, "far_east": far.east, "far_north": far.north}
    rows = connection.execute(_CELL, bounds | beyond | {"places": places}).all()
    # Fewer than asked for: all there is within reach is in the list.
    complete_m = CELL_REACH_M if len(rows) < places else min(CELL_REACH_M, ground_m_at_least(rows[0].reach, box))
    return Drawn(
        {
            **_head(tile, almanac, at),
            "complete_within_m": int(complete_m),
            **_columns(rows, almanac=almanac),
        },
        box.west - far.west if len(rows) < places else rows[0].reach,
    )


def pack(connection: Connection, tile: Tile, *, almanac: Almanac, at: dt.datetime) -> Drawn:
    """The pack at `tile`, as JSON-ready columns, drawn at `at`."""
    box = tile.box
    bounds = {"west": box.west, "south": box.south, "east": box.east, "north": box.north}
    rows = connection.execute(_PACK, bounds).all()
    return Drawn({**_head(tile, almanac, at), **_columns(rows, almanac=almanac)}, 0.0)


def alone(connection: Connection, code: str, *, almanac: Almanac, at: dt.datetime) -> dict[str, Any]:
    """The active place with this code as a pack that lists nothing else: for those that no tile lists (FINDABLE_M).

    Raises NotFoundError when there is none such.
    """
    rows = connection.execute(_ALONE, {"code": code}).all()
    if not rows:
        raise NotFoundError
    tile = tile_at(rows[0].lon, rows[0].lat, PACK_ZOOM)
    return {**_head(tile, almanac, at), **_columns(rows, almanac=almanac)}


def _head(tile: Tile, almanac: Almanac, at: dt.datetime) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "generated_at": at.astimezone(CHINA).isoformat(timespec="seconds"),
        "tile": [tile.z, tile.x, tile.y],
        "calendar": almanac.calendar_json,
    }


class _Index:
    """Values in the order in which they first came; each is told by its place among them."""

    def __init__(self) -> None:
        self._places: dict[Hashable, int] = {}

    def __call__(self, value: Hashable) -> int:
        return self._places.setdefault(value, len(self._places))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._places)


def _columns(rows: Sequence[Row[Any]], *, almanac: Almanac) -> dict[str, Any]:
    kinds, organisations, amenities, texts, ways = (_Index() for _ in range(5))
    listed = [[entry.split(" ") for entry in row.amenities] for row in rows]

    def way(entry: str) -> tuple[str, int | None]:
        mode, _, number = entry.partition(" ")
        return mode, texts(int(number)) if number else None

    columns = {
        "code": "".join(row.code for row in rows),
        "name": _lines(row.name for row in rows),
        "address": _lines(row.address for row in rows),
        "kind": [kinds(row.kind) for row in rows],
        "organisation": [organisations(row.organisation) for row in rows],
        "lon": _steps(round(row.lon * DEGREE) for row in rows),
        "lat": _steps(round(row.lat * DEGREE) for row in rows),
        "hours": [None if row.hours_id is None else texts(row.hours_id) for row in rows],
        "access": [ways(tuple(map(way, row.access))) for row in rows],
        "amenities": _lines(
            "".join(_letter(amenities(code)) + MARKS[state] for code, state, _ in entries) for entries in listed
        ),
        "confirmed_h": [row.confirmed_h for row in rows],
    }
    sparse = {
        "since_h": [
            (place, amenities(code), int(since))
            for place, entries in enumerate(listed)
            for code, _, since in entries
            if since
        ],
        "host": _where(rows, lambda row: row.host),
        "phone": _where(rows, lambda row: row.phone),
        "notice": _where(rows, lambda row: row.notice),
        "brands": _where(rows, lambda row: row.brands),
        "accuracy_m": _where(rows, lambda row: row.position_accuracy_m and round(row.position_accuracy_m)),
        "dated": _where(rows, lambda row: _dated(dated(row.shut, row.extra, row.mask))),
        "conflicting_h": _where(rows, lambda row: row.conflicting_h),
        "demo": _where(rows, lambda row: row.demo),
    }
    return {
        "kinds": list(kinds),
        "organisations": list(organisations),
        "amenities": list(amenities),
        "hours": [almanac.texts[number].compiled.as_json() for number in texts],
        "access": list(ways),
        "columns": columns,
        "sparse": {name: entries for name, entries in sparse.items() if entries},
    }


def _lines(values: Iterable[str]) -> str:
    """One text for all places: a line each. No value holds a line break (`language.is_plain`)."""
    return "\n".join(values)


def _steps(values: Iterable[int]) -> list[int]:
    """The first value, and then the difference from each to the next."""
    listed = list(values)
    return [now - before for before, now in pairwise([0, *listed])]


def _letter(place: int) -> str:
    """The letter of an amenity by its place in the tile's list: A, B, … Z, and on through Unicode but no backslash."""
    return chr(ord("A") + place + (place >= ord("\\") - ord("A")))


def _where(rows: Sequence[Row[Any]], value_of: Callable[[Row[Any]], Any]) -> list[tuple[int, Any]]:
    """The places at which there is a value, and the value."""
    return [(place, value) for place, row in enumerate(rows) if (value := value_of(row))]


def _dated(exceptions: hours.Dated) -> dict[str, list[tuple[int, int | None]]]:
    """The exceptions by effect, as pairs of minutes since 1970; no end is until further notice."""
    effects = {"shut": exceptions.shut, "extra": exceptions.extra, "mask": exceptions.mask}
    return {
        effect: [(_minute(start), None if end is None else _minute(end)) for start, end in periods]
        for effect, periods in effects.items()
        if periods
    }


def _minute(at: dt.datetime) -> int:
    return int(at.timestamp()) // 60
