"""A phone that reads cells and packs as `docs/cells.md` tells it answers as the nearest query does."""

import datetime as dt
import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask.testing import FlaskClient

from xiejiao import database, hours
from xiejiao.app import create_app
from xiejiao.cluster import Role
from xiejiao.config import Config
from xiejiao.coordinates import Position, distance_m
from xiejiao.hours import CHINA
from xiejiao.sites.mercator import latitude

pytestmark = pytest.mark.db

QUESTIONS = 1_000
WITHIN_M = 50_000.0
TWO_IN_THE_AFTERNOON = dt.datetime(2026, 11, 20, 14, 0, tzinfo=CHINA)
THREE_AT_NIGHT = TWO_IN_THE_AFTERNOON.replace(hour=3)
CITIES = json.loads((Path(__file__).parents[2] / "seed" / "cities.json").read_text("utf-8"))["rows"]
OFFERED = {"", "?"}
"""Marks of an amenity that a search finds."""
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

Entry = tuple[bool, float, str]
"""A place of an answer: whether it is conflicting and so comes last, metres, and code."""
Fetch = Callable[[int, int, int], dict[str, Any]]
"""Hands over the document of a tile: zoom, column, row."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person looks for."""

    here: Position
    kinds: frozenset[str]
    amenities: frozenset[str]
    at: dt.datetime | None
    limit: int


@dataclass(frozen=True, slots=True)
class Known:
    """A place as the phone reads it from a tile."""

    code: str
    position: Position
    kind: str
    offers: frozenset[str]
    conflicting: bool
    compiled: hours.Compiled | None
    dated: hours.Dated
    calendar: hours.Calendar

    def fits(self, asked: Asked) -> bool:
        """Whether the place is one of those looked for."""
        return (
            (not asked.kinds or self.kind in asked.kinds)
            and self.offers >= asked.amenities
            and (
                asked.at is None
                or hours.state(self.compiled, asked.at, self.calendar, self.dated).state is hours.State.OPEN
            )
        )


# ── reading a document ──


def places(document: dict[str, Any]) -> list[Known]:
    """The places of a cell or a pack."""
    assert document["format"] == 1
    columns, sparse = document["columns"], document["sparse"]
    calendar = hours.Calendar.from_json(document["calendar"])
    texts = [hours.Compiled.from_json(text) for text in document["hours"]]
    codes = [columns["code"][start : start + 6] for start in range(0, len(columns["code"]), 6)]
    lons, lats = accumulate(columns["lon"]), accumulate(columns["lat"])
    dated = {place: exceptions(value) for place, value in sparse.get("dated", ())}
    conflicting = {place for place, _ in sparse.get("conflicting_h", ())}
    rows = zip(codes, lons, lats, columns["kind"], columns["amenities"].split("\n"), columns["hours"], strict=False)
    return [
        Known(
            code,
            Position(lon / 100_000, lat / 100_000),
            document["kinds"][kind],
            frozenset(offered(line, document["amenities"])),
            place in conflicting,
            None if text is None else texts[text],
            dated.get(place, hours.UNDATED),
            calendar,
        )
        for place, (code, lon, lat, kind, line, text) in enumerate(rows)
    ]


def offered(line: str, amenities: Sequence[str]) -> Iterator[str]:
    """The amenities of one line that a search finds."""
    for letter, mark in re.findall("([A-\U0010ffff])([?!-]?)", line):
        number = ord(letter) - ord("A")
        if mark in OFFERED:
            yield amenities[number - (number > 27)]


def exceptions(effects: dict[str, list[tuple[int, int | None]]]) -> hours.Dated:
    """Dated exceptions from minutes since 1970."""

    def instant(minute: int) -> dt.datetime:
        return EPOCH + dt.timedelta(minutes=minute)

    return hours.Dated(
        **{
            effect: tuple(
                hours.Period(instant(since), None if until is None else instant(until)) for since, until in of
            )
            for effect, of in effects.items()
        }
    )


# ── the rule ──


def answer(asked: Asked, fetch: Fetch) -> list[Entry]:
    """What the phone shows, nearest first, and conflicting places after all others."""
    cell = fetch(14, *tile_of(asked.here, 14))
    found = ranked(places_of(fetch, 14, *tile_of(asked.here, 14)), asked)
    if is_full(found, asked, cell["complete_within_m"]):
        return found[: asked.limit]
    found = []
    for nearest_m, x, y in tiles_outward(asked.here):
        if is_full(found, asked, nearest_m):
            break
        found = sorted([*found, *ranked(places_of(fetch, 9, x, y), asked)])
    return within_reach(found, asked)


def is_full(found: Sequence[Entry], asked: Asked, sure_m: float) -> bool:
    """Whether nothing that lies beyond `sure_m` can come in: a conflicting place gives way to any other."""
    return len(found) >= asked.limit and found[asked.limit - 1] <= (False, sure_m, "")


def within_reach(found: Sequence[Entry], asked: Asked) -> list[Entry]:
    """The first that are not too far away."""
    return [entry for entry in found if entry[1] <= WITHIN_M][: asked.limit]


def ranked(known: Sequence[Known], asked: Asked) -> list[Entry]:
    """Those of the places that fit, in their order."""
    return sorted(
        (place.conflicting and asked.at is not None, distance_m(asked.here, place.position), place.code)
        for place in known
        if place.fits(asked)
    )


def tile_of(here: Position, zoom: int) -> tuple[int, int]:
    """Column and row of the tile that holds a position."""
    across = 2**zoom
    northing = math.asinh(math.tan(math.radians(here.lat))) / math.pi
    return int((here.lon + 180) / 360 * across), int((1 - northing) / 2 * across)


def tiles_outward(here: Position) -> list[tuple[float, int, int]]:
    """Tiles of zoom 9 that could hold a place within reach, nearest first, each with its least distance in metres."""
    own_x, own_y = tile_of(here, 9)
    around = [(own_x + east, own_y + south) for east, south in product((-2, -1, 0, 1, 2), repeat=2)]
    reached = [(least_m(here, x, y), x, y) for x, y in around]
    return sorted(tile for tile in reached if tile[0] <= WITHIN_M)


def least_m(here: Position, x: int, y: int) -> float:
    """The least distance from a position to a tile of zoom 9, a little less to be sure."""
    half = 20_037_508.342789244
    side = 2 * half / 512
    north, south = latitude(half - y * side), latitude(half - (y + 1) * side)
    west, east = x * 360 / 512 - 180, (x + 1) * 360 / 512 - 180
    nearest = Position(min(max(here.lon, west), east), min(max(here.lat, south), north))
    return distance_m(here, nearest) * 0.99 - 3


_READ: dict[tuple[int, int, int], list[Known]] = {}


def places_of(fetch: Fetch, zoom: int, x: int, y: int) -> list[Known]:
    """The places of a tile, read once."""
    if (zoom, x, y) not in _READ:
        _READ[zoom, x, y] = places(fetch(zoom, x, y))
    return _READ[zoom, x, y]


# ── the comparison ──


@pytest.fixture(scope="module")
def client(populated: Callable[[Role], str]) -> Iterator[FlaskClient]:
    """A server over the synthetic places."""
    pools = database.pools(populated(Role.APP))
    database.bind(pools)
    yield create_app(Config(rate_public="0"), now=lambda: TWO_IN_THE_AFTERNOON).test_client()
    database.bind(None)
    pools.close()


@pytest.fixture(scope="module")
def fetch(client: FlaskClient) -> Fetch:
    """Fetches each tile once, as a phone that keeps what it has."""

    @cache
    def document(zoom: int, x: int, y: int) -> dict[str, Any]:
        answered = client.get(f"/api/v1/{'cells' if zoom == 14 else 'packs'}/{zoom}/{x}/{y}")
        assert answered.status_code == 200
        return dict(answered.json or {})

    return document


def wishes() -> Iterator[Asked]:
    """Questions from the middle of towns, from their edge and from where nothing is, many from each spot."""
    draw = Random(311)  # noqa: S311 - the same questions every time
    kinds = ("rest_station", "mothers_room", "workers_home", "reading_room")
    amenities = ("microwave", "toilet", "hot_water", "phone_charging", "medicine_box", "shower", "nappy_table")
    spread = {"town": 0.03, "edge": 0.4, "country": 2.0}
    spots = [
        Position(city["lon"] + draw.gauss(0, spread[where]), city["lat"] + draw.gauss(0, spread[where]))
        for where, city in product(spread, draw.sample(CITIES, 24))
    ]
    for number in range(QUESTIONS):
        spot = spots[number % len(spots)]
        yield Asked(
            Position(spot.lon + draw.uniform(-0.008, 0.008), spot.lat + draw.uniform(-0.008, 0.008)),
            frozenset(draw.sample(kinds, draw.choice((0, 0, 1, 2)))),
            frozenset(draw.sample(amenities, draw.choice((0, 0, 1, 2)))),
            draw.choice((None, TWO_IN_THE_AFTERNOON, THREE_AT_NIGHT)),
            draw.choice((1, 3, 20)),
        )


def nearest(client: FlaskClient, asked: Asked) -> list[Entry]:
    """What the server answers, asked outright."""
    query = {
        "lon": asked.here.lon,
        "lat": asked.here.lat,
        "kind": sorted(asked.kinds),
        "amenity": sorted(asked.amenities),
        "limit": asked.limit,
        "within_m": WITHIN_M,
    } | ({"open": asked.at.isoformat()} if asked.at else {})
    features = (client.get("/api/v1/sites/nearest", query_string=query).json or {})["features"]
    said = [feature["properties"] for feature in features]
    return [
        (asked.at is not None and place["state"] == "conflicting", place["distance_m"], place["code"]) for place in said
    ]


def agree(phone: Sequence[Entry], server: Sequence[Entry], limit: int) -> bool:
    """Whether both name the same places, but for those at the border of the answer and for rounded positions."""

    def alike(one: float, other: float) -> bool:
        return abs(one - other) <= max(3.0, 0.001 * other)

    def border_m(conflicting: bool) -> float:  # noqa: FBT001 - the first part of an entry
        return server[-1][1] if len(server) == limit and server[-1][0] == conflicting else WITHIN_M

    differing = {entry for entry in {*phone, *server} if entry[2] in _codes(phone) ^ _codes(server)}
    shared = {code: (last, distance) for last, distance, code in server}
    return all(alike(distance, border_m(last)) for last, distance, _ in differing) and all(
        shared[code][0] == last and alike(distance, shared[code][1]) for last, distance, code in phone if code in shared
    )


def _codes(answered: Sequence[Entry]) -> set[str]:
    return {code for _, _, code in answered}


def test_the_phone_answers_as_the_server_does(client: FlaskClient, fetch: Fetch) -> None:
    sizes, by_cell, conflicting, wrong = [], 0, 0, []
    for asked in wishes():
        server, phone = nearest(client, asked), answer(asked, fetch)
        sizes.append(len(server))
        sure_m = fetch(14, *tile_of(asked.here, 14))["complete_within_m"]
        by_cell += is_full(server, asked, sure_m)
        conflicting += any(last for last, _, _ in server)
        if not agree(phone, server, asked.limit):
            wrong.append((asked, phone, server))
    assert not wrong, f"{len(wrong)} of {QUESTIONS}, the first: {wrong[0]}"
    # Both ways of answering were taken, and questions with few, many and no answers were among them.
    assert QUESTIONS / 10 < by_cell < QUESTIONS * 0.9
    assert sizes.count(0) > QUESTIONS / 20
    assert conflicting > QUESTIONS / 40
    assert sum(size >= 3 for size in sizes) > QUESTIONS / 8


def test_what_a_cell_calls_complete_is_complete_for_every_position_in_it(client: FlaskClient, fetch: Fetch) -> None:
    draw = Random(14)  # noqa: S311 - the same positions every time
    for city in draw.sample(CITIES, 12):
        x, y = tile_of(Position(city["lon"], city["lat"]), 14)
        sure_m = fetch(14, x, y)["complete_within_m"]
        listed = {place.code for place in places_of(fetch, 14, x, y)}
        for east, south in product((0.0001, 0.5, 0.9999), repeat=2):
            lon = (x + east) / 2**14 * 360 - 180
            lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * (y + south) / 2**14))))
            around = nearest(client, Asked(Position(lon, lat), frozenset(), frozenset(), None, 100))
            assert {code for _, distance, code in around if distance < sure_m} <= listed


def test_leaving_out_the_neighbouring_packs_would_be_caught(client: FlaskClient, fetch: Fetch) -> None:
    def own_only(asked: Asked) -> list[Entry]:
        found = ranked(places_of(fetch, 9, *tile_of(asked.here, 9)), asked)
        return within_reach(found, asked)

    assert not all(agree(own_only(asked), nearest(client, asked), asked.limit) for asked in wishes())


def test_believing_a_cell_beyond_what_it_calls_complete_would_be_caught(client: FlaskClient, fetch: Fetch) -> None:
    def cell_only(asked: Asked) -> list[Entry]:
        found = ranked(places_of(fetch, 14, *tile_of(asked.here, 14)), asked)
        return within_reach(found, asked)

    assert not all(agree(cell_only(asked), nearest(client, asked), asked.limit) for asked in wishes())
