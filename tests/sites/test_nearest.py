"""The nearest places through their address: what is found, in which order, and how it is said."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection

from xiejiao.coordinates import Datum, Position, from_wgs84
from xiejiao.sites import commands
from xiejiao.sites.commands import Deed
from xiejiao.sites.rules import (
    FINDABLE_M,
    Access,
    Amenity,
    AmenityState,
    DatedException,
    Effect,
    Located,
    Mode,
    Site,
)

pytestmark = pytest.mark.db

MakeSite = Callable[..., Site]
FRIDAY = "2026-11-20"
"""An ordinary workday."""


def asked(client: FlaskClient, query: str, **headers: str) -> dict[str, Any]:
    """The answer around the place of `make_site`, unless the query says where."""
    where = "" if "lon=" in query else "lon=116.12&lat=24.30&"
    answer = client.get(f"/api/v1/sites/nearest?{where}{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def names(client: FlaskClient, query: str) -> list[str]:
    """Names of the places found, in their order."""
    return [feature["properties"]["name"] for feature in asked(client, query)["features"]]


def properties(client: FlaskClient, query: str, **headers: str) -> dict[str, Any]:
    """What is said of the only place found."""
    (feature,) = asked(client, query, **headers)["features"]
    return dict(feature["properties"])


# ── order, number, reach ──


def test_nearer_places_come_first(client: FlaskClient, make_site: MakeSite) -> None:
    for name, lon in (("far", 116.2), ("near", 116.121), ("middle", 116.15)):
        make_site(name=name, lon=lon)
    assert names(client, "") == ["near", "middle", "far"]


def test_places_at_one_distance_come_in_a_steady_order(client: FlaskClient, make_site: MakeSite) -> None:
    ids = [make_site().id for _ in range(5)]
    assert [feature["id"] for feature in asked(client, "")["features"]] == sorted(ids)


def test_no_more_places_come_than_the_limit_and_twenty_without_one(client: FlaskClient, make_site: MakeSite) -> None:
    for step in range(25):
        make_site(name=str(step), lon=116.12 + step / 1000)
    assert names(client, "limit=3") == ["0", "1", "2"]
    assert len(names(client, "")) == 20
    assert len(names(client, "limit=100")) == 25


def test_places_beyond_the_farthest_distance_are_left_out(client: FlaskClient, make_site: MakeSite) -> None:
    make_site(name="one kilometre", lon=116.13)
    make_site(name="sixty kilometres", lon=116.72)
    assert names(client, "within_m=900") == []
    assert names(client, "within_m=1100") == ["one kilometre"]
    assert names(client, "") == ["one kilometre"]
    assert names(client, "within_m=500000") == ["one kilometre", "sixty kilometres"]


def test_the_distance_is_that_on_the_ellipsoid(client: FlaskClient, make_site: MakeSite) -> None:
    make_site(lon=117.12)
    # One degree of the parallel at 24.3° is 101.5 km; the plane of the map would say 111 km.
    assert properties(client, "within_m=500000")["distance_m"] == pytest.approx(101_490, rel=0.001)


# ── kinds and amenities ──


def test_any_of_the_kinds_will_do(client: FlaskClient, make_site: MakeSite) -> None:
    for kind in ("rest_station", "mothers_room", "workers_home"):
        make_site(name=kind, kind=kind)
    assert set(names(client, "kind=mothers_room")) == {"mothers_room"}
    assert set(names(client, "kind=mothers_room&kind=workers_home")) == {"mothers_room", "workers_home"}


def test_all_of_the_amenities_must_be_there(client: FlaskClient, make_site: MakeSite) -> None:
    water, microwave = Amenity("drinking_water", AmenityState.WORKS), Amenity("microwave", AmenityState.WORKS)
    make_site(name="both", amenities=(water, microwave))
    make_site(name="water", amenities=(water,))
    assert set(names(client, "amenity=drinking_water")) == {"both", "water"}
    assert names(client, "amenity=drinking_water&amenity=microwave") == ["both"]
    assert names(client, "amenity=drinking_water&amenity=toilet") == []


def test_an_amenity_that_is_broken_or_empty_is_not_found(client: FlaskClient, make_site: MakeSite) -> None:
    for state in AmenityState:
        make_site(name=state, amenities=(Amenity("microwave", state),))
    assert set(names(client, "amenity=microwave")) == {"works", "unknown"}


# ── open ──


def test_open_keeps_the_places_that_are_open_then(client: FlaskClient, make_site: MakeSite) -> None:
    make_site(name="day", hours="Mo-Su 08:00-20:00")
    make_site(name="night", hours="Mo-Su 22:00-06:00")
    make_site(name="always", hours="24/7")
    assert set(names(client, f"open={FRIDAY}T14:00:00%2B08:00")) == {"day", "always"}
    assert set(names(client, f"open={FRIDAY}T03:00:00%2B08:00")) == {"night", "always"}
    assert set(names(client, f"open={FRIDAY}T20:00:00%2B08:00")) == {"always"}


def test_an_instant_may_be_told_in_any_zone(client: FlaskClient, make_site: MakeSite) -> None:
    make_site(name="day", hours="Mo-Su 08:00-20:00")
    for instant in (f"{FRIDAY}T06:00Z", f"{FRIDAY}t06:00:00.5z", f"{FRIDAY}T01:00:00-05:00"):
        assert names(client, f"open={instant}") == ["day"]


def test_a_plus_sign_that_was_not_escaped_is_understood(client: FlaskClient, make_site: MakeSite) -> None:
    make_site(name="day", hours="Mo-Su 08:00-20:00")
    assert names(client, f"open={FRIDAY}T14:00:00+08:00") == ["day"]
    assert names(client, f"open={FRIDAY}T03:00:00+08:00") == []


def test_open_now_asks_the_clock(client: FlaskClient, make_site: MakeSite, clock: Any) -> None:  # noqa: ANN401 - the clock of conftest
    make_site(name="day", hours="Mo-Su 08:00-20:00")
    assert names(client, "open=now") == ["day"]
    clock.pass_(6 * 3600)
    assert names(client, "open=now") == []


def test_unknown_hours_are_never_open(client: FlaskClient, make_site: MakeSite) -> None:
    make_site(name="nobody knows", hours=None)
    make_site(name="holidays unknown", hours="Mo-Fr 09:00-17:00; PH unknown")
    assert names(client, f"open={FRIDAY}T14:00:00%2B08:00") == ["holidays unknown"]
    assert names(client, "open=2026-10-01T14:00:00%2B08:00") == []
    said = {feature["properties"]["name"]: feature["properties"]["state"] for feature in asked(client, "")["features"]}
    assert said == {"holidays unknown": "open", "nobody knows": "unknown"}


def test_a_place_closed_for_good_is_found_no_more(
    client: FlaskClient, make_site: MakeSite, connection: Connection, deed: Deed
) -> None:
    gone, _ = make_site(name="gone", hours="24/7"), make_site(name="here", hours="24/7")
    commands.close(connection, UUID(gone.id), on=dt.date(2026, 11, 1), reason="拆除", version=1, deed=deed)
    assert names(client, "") == ["here"]
    assert names(client, "open=now") == ["here"]


@pytest.mark.parametrize(
    ("effects", "hours", "expected"),
    [
        ((), "Mo-Su 08:00-20:00", "open"),
        ((Effect.SHUT,), "Mo-Su 08:00-20:00", "closed"),
        ((Effect.MASK,), "Mo-Su 08:00-20:00", "closed"),
        ((Effect.MASK, Effect.EXTRA), "Mo-Su 08:00-20:00", "open"),
        ((Effect.EXTRA,), "Mo-Su 22:00-23:00", "open"),
        ((Effect.EXTRA, Effect.SHUT), "24/7", "closed"),
        ((Effect.EXTRA,), None, "open"),
        ((Effect.SHUT,), None, "closed"),
    ],
)
def test_a_dated_exception_beats_the_posted_hours(
    client: FlaskClient,
    make_excepted: Callable[..., None],
    effects: tuple[Effect, ...],
    hours: str | None,
    expected: str,
) -> None:
    make_excepted(effects, hours=hours)
    inside = "open=2026-11-20T14:00:00%2B08:00"
    assert properties(client, "")["state"] == expected
    assert len(names(client, inside)) == (expected == "open")
    # Half-open: the first minute counts, the one at the end does not.
    assert len(names(client, "open=2026-11-20T12:00:00%2B08:00")) == (expected == "open")
    usual = hours in {"Mo-Su 08:00-20:00", "24/7"}
    assert len(names(client, "open=2026-11-20T16:00:00%2B08:00")) == usual


@pytest.fixture
def make_excepted(connection: Connection, make_site: MakeSite, deed: Deed) -> Callable[..., None]:
    """Adds a place with dated exceptions from twelve to four on Friday."""
    since, until = (dt.datetime.fromisoformat(f"{FRIDAY}T{hour}:00:00+08:00") for hour in (12, 16))

    def make(effects: tuple[Effect, ...], *, hours: str | None) -> None:
        site = make_site(hours=hours)
        for version, effect in enumerate(effects, start=1):
            exception = DatedException(effect, since, until)
            commands.except_dated(connection, UUID(site.id), exception, version=version, deed=deed)

    return make


# ── holidays ──

OFFICE, SILENT, DAILY, HOLIDAY = (
    "Mo-Fr 09:00-17:00; PH off",
    "Mo-Fr 09:00-17:00; PH unknown",
    "Mo-Su 08:00-20:00",
    "PH 10:00-16:00",
)
WEEKEND = "Mo-Fr 09:00-17:00; Sa,Su 10:00-12:00"


@pytest.mark.parametrize(
    ("on", "open_places"),
    [
        pytest.param("2026-11-20", {"office", "silent", "daily", "weekend"}, id="an ordinary Friday"),
        pytest.param("2026-11-21", {"daily"}, id="an ordinary Saturday"),
        pytest.param("2024-10-01", {"daily", "holiday", "weekend"}, id="National Day 2024, a Tuesday"),
        pytest.param("2024-10-12", {"office", "silent", "daily", "weekend"}, id="make-up Saturday 2024"),
        pytest.param("2025-01-26", {"office", "silent", "daily", "weekend"}, id="make-up Sunday 2025"),
        pytest.param("2025-05-05", {"daily", "holiday", "weekend"}, id="Labour Day block 2025, a Monday"),
        pytest.param("2026-02-17", {"daily", "holiday", "weekend"}, id="Spring Festival 2026, a Tuesday"),
        pytest.param("2026-02-28", {"office", "silent", "daily", "weekend"}, id="make-up Saturday 2026"),
    ],
)
def test_days_off_and_make_up_days_follow_the_notices(
    client: FlaskClient, make_site: MakeSite, on: str, open_places: set[str]
) -> None:
    texts = {"office": OFFICE, "silent": SILENT, "daily": DAILY, "holiday": HOLIDAY, "weekend": WEEKEND}
    for name, text in texts.items():
        make_site(name=name, hours=text)
    assert set(names(client, f"open={on}T15:00:00%2B08:00")) == open_places


def test_a_year_that_is_not_announced_says_so(client: FlaskClient, make_site: MakeSite) -> None:
    make_site(hours=OFFICE)
    assert properties(client, "open=2026-11-20T14:00:00%2B08:00")["calendar"] == "announced"
    assert properties(client, "open=2027-11-19T14:00:00%2B08:00")["calendar"] == "not_announced"


# ── positions ──


@pytest.mark.parametrize("datum", list(Datum))
def test_the_datum_of_the_question_changes_nothing_in_the_answer(
    client: FlaskClient, make_site: MakeSite, datum: Datum
) -> None:
    for step in range(4):
        make_site(name=str(step), lon=116.12 + step / 500)
    plain = asked(client, "")["features"]
    shifted = from_wgs84(Position(116.12, 24.30), datum)
    found = asked(client, f"lon={shifted.lon}&lat={shifted.lat}&datum={datum}")["features"]
    assert [feature["geometry"] for feature in found] == [feature["geometry"] for feature in plain]
    for there, here in zip(found, plain, strict=True):
        assert there["properties"]["distance_m"] == pytest.approx(here["properties"]["distance_m"], abs=0.2)


def test_longitude_and_latitude_exchanged_are_answered_with_a_warning_where_both_are_positions(
    client: FlaskClient,
) -> None:
    answer = asked(client, "lon=35&lat=85&lang=en")
    assert answer["features"] == []
    assert answer["warnings"] == [
        {"field": "lat", "message": "looks exchanged with lon: only the other order is in China"}
    ]
    assert "warnings" not in asked(client, "")


@pytest.mark.parametrize(("lon", "lat"), [(125.0, 28.0), (2.35, 48.86), (-160.0, -40.0), (180.0, 0.0), (0.0, 90.0)])
def test_in_the_sea_and_abroad_the_answer_is_empty(
    client: FlaskClient, make_site: MakeSite, lon: float, lat: float
) -> None:
    make_site()
    assert asked(client, f"lon={lon}&lat={lat}")["features"] == []


# ── how a place is said ──

PROMISED: dict[str, type | tuple[type, ...]] = {
    "id": str,
    "code": str,
    "name": str,
    "kind": str,
    "address": str,
    "organisation": dict,
    "amenities": list,
    "access": list,
    "opening_hours": str,
    "hours_text": str,
    "state": str,
    "next_change": str,
    "distance_m": float,
    "confirmed_at": str,
    "notice": str,
    "demo": bool,
}


def test_every_promised_property_is_there_with_its_type(
    client: FlaskClient,
    make_site: MakeSite,
    clock: Any,  # noqa: ANN401 - the clock of conftest
) -> None:
    site = make_site(
        amenities=(Amenity("microwave", AmenityState.BROKEN, clock.time), Amenity("toilet")),
        confirmed_at=clock.time,
        notice="请勿占用充电口",
        address="江南路",
    )
    (feature,) = asked(client, "")["features"]
    said = feature["properties"]
    assert {name: type(said[name]) for name in PROMISED} == PROMISED
    assert feature["type"] == "Feature"
    assert feature["id"] == said["id"] == site.id
    assert feature["geometry"] == {"type": "Point", "coordinates": [116.12, 24.3]}
    assert said["organisation"] == {"id": site.organisation_id, "name": "梅江区总工会"}
    assert said["amenities"] == [
        {"code": "microwave", "state": "broken", "since": "2026-11-20T14:00:00+08:00"},
        {"code": "toilet", "state": "unknown", "since": None},
    ]
    assert said["access"] == [{"mode": "open_door", "opening_hours": "Mo-Su 08:00-20:00"}]
    assert said["confirmed_at"] == "2026-11-20T14:00:00+08:00"
    assert said["demo"] is False


def test_opening_hours_are_the_union_of_the_ways_in(client: FlaskClient, make_site: MakeSite) -> None:
    make_site(access=(Access(Mode.STAFFED, "Mo-Su 08:00-22:00"), Access(Mode.SELF_SERVICE, "Mo-Su 22:00-32:00")))
    said = properties(client, "open=2026-11-20T03:00:00%2B08:00")
    assert said["opening_hours"] == "24/7"
    assert {way["mode"]: way["opening_hours"] for way in said["access"]} == {
        "staffed": "Mo-Su 08:00-22:00",
        "self_service": "Mo-Su 22:00-08:00",
    }


def test_the_next_change_is_told_in_the_time_of_china(client: FlaskClient, make_site: MakeSite) -> None:
    make_site()
    assert properties(client, "")["next_change"] == "2026-11-20T20:00:00+08:00"
    assert properties(client, "open=2026-11-20T05:00:00Z")["next_change"] == "2026-11-20T20:00:00+08:00"


def test_a_place_that_never_changes_has_no_next_change(client: FlaskClient, make_site: MakeSite) -> None:
    make_site(hours="24/7")
    assert properties(client, "")["next_change"] is None


def test_hours_come_in_the_words_of_the_language(client: FlaskClient, make_site: MakeSite) -> None:
    make_site()
    zh, en = "每天 8:00–20:00", "daily 8:00–20:00"
    assert properties(client, "")["hours_text"] == zh
    assert properties(client, "lang=en")["hours_text"] == en
    assert properties(client, "", **{"Accept-Language": "en-GB,en;q=0.9"})["hours_text"] == en
    assert properties(client, "", **{"Accept-Language": "fr,zh;q=0.5"})["hours_text"] == zh
    assert properties(client, "", **{"Accept-Language": "xx"})["hours_text"] == zh
    assert properties(client, "lang=zh", **{"Accept-Language": "en"})["hours_text"] == zh


def test_hours_that_were_not_understood_are_shown_as_written(client: FlaskClient, make_site: MakeSite) -> None:
    make_site(hours=None, hours_written="看天气")
    said = properties(client, "")
    assert (said["opening_hours"], said["hours_text"], said["state"]) == (None, "看天气", "unknown")


def test_the_answer_is_geojson_that_caches_keep_for_seconds(client: FlaskClient) -> None:
    answer = client.get("/api/v1/sites/nearest?lon=116.12&lat=24.30")
    assert answer.content_type == "application/geo+json"
    assert answer.headers["Cache-Control"] == "public, max-age=5"


def test_a_place_that_is_known_to_kilometres_only_is_never_said_to_be_near(
    client: FlaskClient, make_site: MakeSite
) -> None:
    for name, accuracy_m in (("entrance", 10.0), ("street", float(FINDABLE_M)), ("town", FINDABLE_M + 1.0)):
        located = Located(116.12, 24.30, "116.12,24.30", Datum.WGS84, "test", accuracy_m)
        make_site(name=name, located=located)
    assert set(names(client, "")) == {"entrance", "street"}
    cell = client.get("/api/v1/cells/14/13476/7051").json
    assert cell is not None
    assert set(cell["columns"]["name"].split("\n")) == {"entrance", "street"}
    assert len((client.get("/api/v1/sites").json or {})["features"]) == 3


def test_while_one_way_in_has_unknown_hours_the_rest_of_the_day_is_unknown_not_closed(
    client: FlaskClient, make_site: MakeSite
) -> None:
    make_site(access=(Access(Mode.STAFFED, "Mo-Su 08:00-20:00"), Access(Mode.SELF_SERVICE, None)))
    (feature,) = asked(client, "")["features"]
    address = f"/api/v1/sites/{feature['id']}"
    assert (client.get(address).json or {})["properties"]["state"] == "open"
    assert names(client, f"open={FRIDAY}T07:30:00%2B08:00") == []
    assert "unknown" in feature["properties"]["opening_hours"]


def test_what_runs_into_a_year_that_is_not_announced_says_so(client: FlaskClient, make_site: MakeSite) -> None:
    make_site(hours="Mo-Fr 09:00-17:00; PH off")
    told = properties(client, "open=2026-12-31T10:00:00%2B08:00")
    assert (told["next_change"], told["calendar"]) == ("2026-12-31T17:00:00+08:00", "announced")
    told = properties(client, "open=2027-01-01T10:00:00%2B08:00")
    assert told["calendar"] == "not_announced"
