"""The nearest query answers what looking at every single place would answer."""

import datetime as dt
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Connection, text

from xiejiao import database, hours
from xiejiao.cluster import Role
from xiejiao.coordinates import Position
from xiejiao.hours import CHINA
from xiejiao.sites import changes, queries
from xiejiao.sites.changes import Known
from xiejiao.sites.rules import FINDABLE_M, Wanted

pytestmark = pytest.mark.db

QUERIES = 1_000
POSITIONS = 160
TWO_IN_THE_AFTERNOON = dt.datetime(2026, 11, 20, 14, 0, tzinfo=CHINA)
THREE_AT_NIGHT = TWO_IN_THE_AFTERNOON.replace(hour=3)
CITIES = json.loads((Path(__file__).parents[2] / "seed" / "cities.json").read_text("utf-8"))["rows"]

EVERY_PLACE = text(
    "SELECT site.id::text, ST_X(position) AS lon, ST_Y(position) AS lat, kind, status, position_accuracy_m,"
    " conflicting_since,"
    " text AS hours,"
    " ARRAY(SELECT amenity FROM site_amenity WHERE site_id = site.id AND state IN ('works', 'unknown')) AS amenities,"
    " ARRAY(SELECT effect || ' ' || lower(during) || '/' || upper(during) FROM site_dated WHERE site_id = site.id)"
    " AS dated FROM site LEFT JOIN hours ON hours.id = hours_id ORDER BY site.id"
)
DISTANCES = text(
    "SELECT array_agg(ST_Distance(position::geography, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography)"
    " ORDER BY id) FROM site"
)


@dataclass(frozen=True, slots=True)
class Place:
    """What the tables say of a place, read without any index and without what `site` repeats."""

    id: str
    kind: str
    active: bool
    amenities: frozenset[str]
    open_at: Mapping[dt.datetime, bool]
    conflicting: bool
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Question:
    """One call of the nearest query."""

    here: Position
    wanted: Wanted
    within_m: float
    limit: int


def _dated(lines: Sequence[str]) -> hours.Dated:
    periods: dict[str, list[hours.Period]] = {}
    for line in lines:
        effect, _, during = line.partition(" ")
        since, until = map(dt.datetime.fromisoformat, during.split("/"))
        periods.setdefault(effect, []).append(hours.Period(since, until))
    return hours.Dated(**{effect: tuple(listed) for effect, listed in periods.items()})


@pytest.fixture(scope="module")
def snapshot(populated: Callable[[Role], str]) -> Iterator[Connection]:
    """One transaction of the app role, rolled back."""
    with database.connected(populated(Role.APP)) as connection:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        # Looking at every place so many times over is slower than any request may be.
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        yield connection
        connection.rollback()


@pytest.fixture(scope="module")
def known(snapshot: Connection) -> Known:
    """Words and almanac."""
    return changes.look(snapshot, None).known


@pytest.fixture(scope="module")
def every_place(snapshot: Connection, known: Known) -> tuple[Place, ...]:
    """All places, each with what its hours and its dated exceptions say of both instants."""
    calendar = known.almanac.calendar
    snapshot.exec_driver_sql("SET LOCAL TimeZone = 'UTC'")

    def is_open(row: object, at: dt.datetime) -> bool:
        osm, dated = row.hours, _dated(row.dated)  # type: ignore[attr-defined]  # a row of EVERY_PLACE
        compiled = hours.compiled(hours.parse(osm)) if osm else None
        return hours.state(compiled, at, calendar, dated).state is hours.State.OPEN

    return tuple(
        Place(
            row.id,
            row.kind,
            row.status == "active" and (row.position_accuracy_m or 0) <= FINDABLE_M,
            frozenset(row.amenities),
            {at: is_open(row, at) for at in (TWO_IN_THE_AFTERNOON, THREE_AT_NIGHT)},
            row.conflicting_since is not None,
            row.lon,
            row.lat,
        )
        for row in snapshot.execute(EVERY_PLACE)
    )


@pytest.fixture(scope="module")
def questions(every_place: Sequence[Place], known: Known) -> list[Question]:
    """A thousand questions from amid the places, from the edge of cities, from the desert, the sea and abroad."""
    draw = Random(2026)  # noqa: S311 - the same questions every time
    kinds, amenities = list(known.words.kind_facets), list(known.words.amenity_facets)

    def position() -> Position:
        if draw.random() < 0.6:
            place = draw.choice(every_place)
            return Position(place.lon + draw.gauss(0, 0.01), place.lat + draw.gauss(0, 0.01))
        if draw.random() < 0.6:
            city = draw.choice(CITIES)
            return Position(city["lon"] + draw.uniform(-0.8, 0.8), city["lat"] + draw.uniform(-0.8, 0.8))
        return Position(draw.uniform(70, 140), draw.uniform(10, 55))

    def wanted() -> Wanted:
        # Half of them as some place has it, so that there is something to find.
        offered = sorted(draw.choice(every_place).amenities) if draw.random() < 0.5 else amenities
        return Wanted(
            tuple(draw.sample(kinds, draw.choice((0, 0, 0, 1, 3)))),
            tuple(draw.sample(offered, min(len(offered), draw.choice((0, 0, 1, 2, 3))))),
            draw.choice((None, TWO_IN_THE_AFTERNOON, THREE_AT_NIGHT)),
        )

    positions = [position() for _ in range(POSITIONS)]
    radii, limits = (1_000.0, 20_000.0, 50_000.0, 150_000.0, 500_000.0, 500_000.0), (1, 5, 20, 100)
    return [
        Question(positions[number % POSITIONS], wanted(), draw.choice(radii), draw.choice(limits))
        for number in range(QUERIES)
    ]


@pytest.fixture(scope="module")
def distances(snapshot: Connection, questions: Sequence[Question]) -> dict[Position, list[float]]:
    """From each position to every place, in the order of the places."""
    return {
        here: snapshot.execute(DISTANCES, {"lon": here.lon, "lat": here.lat}).scalar_one()
        for here in dict.fromkeys(question.here for question in questions)
    }


def looked_at_all(places: Sequence[Place], distances: Sequence[float], question: Question) -> list[tuple[float, str]]:
    """The answer by looking at every place: distance in metres and id; conflicting ones last where hours matter."""
    wanted = question.wanted
    fitting = (
        (place.conflicting and wanted.open_at is not None, distance, place.id)
        for place, distance in zip(places, distances, strict=True)
        if place.active
        and distance <= question.within_m
        and (not wanted.kinds or place.kind in wanted.kinds)
        and place.amenities.issuperset(wanted.amenities)
        and (wanted.open_at is None or place.open_at[wanted.open_at])
    )
    return [(distance, identity) for _, distance, identity in sorted(fitting)[: question.limit]]


@pytest.fixture(scope="module")
def answered(snapshot: Connection, known: Known) -> Callable[[Question], list[tuple[float, str]]]:
    """Asks the nearest query: distance in metres and id."""

    def ask(question: Question) -> list[tuple[float, str]]:
        at = question.wanted.open_at
        found = queries.nearest(
            snapshot,
            question.here,
            question.wanted,
            words=known.words,
            open_hours=known.almanac.open_hours(at) if at else None,
            within_m=question.within_m,
            limit=question.limit,
        )
        return [(site.distance_m or 0.0, site.id) for site in found]

    return ask


def test_a_thousand_answers_are_those_of_looking_at_every_place(
    answered: Callable[[Question], list[tuple[float, str]]],
    every_place: Sequence[Place],
    questions: Sequence[Question],
    distances: Mapping[Position, Sequence[float]],
) -> None:
    expected = [looked_at_all(every_place, distances[question.here], question) for question in questions]
    found = [answered(question) for question in questions]
    wrong = [
        (question, right, wrong)
        for question, right, wrong in zip(questions, expected, found, strict=True)
        if right != wrong
    ]
    assert not wrong, f"{len(wrong)} of {QUERIES}, the first: {wrong[0]}"
    # The comparison means something: many questions find as much as they may, many find less, many nothing.
    sizes = [len(right) for right in expected]
    full = sum(size == question.limit for size, question in zip(sizes, questions, strict=True))
    assert min(full, sizes.count(0), QUERIES - full - sizes.count(0)) > QUERIES / 8


def test_taking_the_order_of_the_plane_for_that_of_the_ground_would_be_caught(
    answered: Callable[[Question], list[tuple[float, str]]],
    every_place: Sequence[Place],
    questions: Sequence[Question],
    distances: Mapping[Position, Sequence[float]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queries, "FETCHED_BEYOND", 0)
    monkeypatch.setattr(queries, "ground_m_at_least", lambda *_: math.inf)
    wide = [replace(question, within_m=500_000.0, limit=1) for question in questions]
    assert any(
        answered(question) != looked_at_all(every_place, distances[question.here], question) for question in wide
    )


def test_the_places_lie_open_and_shut_at_both_hours_and_dated_exceptions_decide_for_some(
    every_place: Sequence[Place],
) -> None:
    assert len(every_place) > 3_000
    by_day = sum(place.open_at[TWO_IN_THE_AFTERNOON] for place in every_place) / len(every_place)
    by_night = sum(place.open_at[THREE_AT_NIGHT] for place in every_place) / len(every_place)
    assert by_day > 0.4
    assert 0.01 < by_night < 0.3
    assert sum(not place.active for place in every_place) > 20
