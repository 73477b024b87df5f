"""Everything under `seed/` has a source and a date, and speaks of the same codes."""

import datetime as dt
import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import chinese_calendar  # type: ignore[import-untyped]  # ships no types
import pytest

from xiejiao.coordinates import Datum, Position, inside_china

SEED = Path(__file__).parents[2] / "seed"
FILES = sorted(SEED.rglob("*.json"))
CALENDARS = sorted((SEED / "calendar").glob("*.json"))
IN_ENGLISH = {
    "元旦": "New Year's Day",
    "春节": "Spring Festival",
    "清明节": "Tomb-sweeping Day",
    "劳动节": "Labour Day",
    "端午节": "Dragon Boat Festival",
    "中秋节": "Mid-autumn Festival",
    "国庆节": "National Day",
}
LEVELS = ("national", "province", "city", "county", "town", "community", "enterprise", "pool")
MODES = {"open_door", "staffed", "self_service", "key"}


def read(path: Path) -> dict[str, Any]:
    """A seed file as it stands."""
    return dict(json.loads(path.read_text("utf-8")))


VOCABULARY = read(SEED / "vocabulary.json")
ORGANISATIONS = read(SEED / "organisations.json")["rows"]
PLACES = read(SEED / "places.json")["rows"]
CITIES = read(SEED / "cities.json")["rows"]
KINDS = {row["code"] for row in VOCABULARY["kinds"]}
AMENITIES = {row["code"] for row in VOCABULARY["amenities"]}
PATHS = {row["path"]: row for row in ORGANISATIONS}


def without_source_or_date(seed: dict[str, Any]) -> list[str]:
    """What a seed file fails to say about where it comes from; a calendar's date is its year."""
    dated = [seed.get(key) for key in ("retrieved", "as_of")]
    said = any(isinstance(each, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", each) for each in dated) or "year" in seed
    return [
        word for word, there in (("source", bool(str(seed.get("source") or "").strip())), ("date", said)) if not there
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_seed_file_says_where_it_comes_from_and_when(path: Path) -> None:
    assert without_source_or_date(read(path)) == []


def test_a_file_without_source_or_date_would_be_caught() -> None:
    assert without_source_or_date({"source": " ", "as_of": "lately", "rows": []}) == ["source", "date"]


def test_seed_is_there() -> None:
    assert {path.stem for path in FILES} >= {"vocabulary", "organisations", "places", "cities", "2024", "2025", "2026"}


@pytest.mark.parametrize("part", ["kinds", "amenities", "trades"])
def test_codes_are_unique_and_have_words_in_both_languages(part: str) -> None:
    rows = VOCABULARY[part]
    assert len({row["code"] for row in rows}) == len(rows)
    for row in rows:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", row["code"])
        assert row["zh"]
        assert row["en"].isascii()
        assert 1 <= len(row["label"]) <= 6


def test_federations_are_of_trades_that_there_are() -> None:
    trades = {row["code"] for row in VOCABULARY["trades"]}
    named = {row["path"]: set(row["trades"]) for row in ORGANISATIONS if "trades" in row}
    assert named
    assert all(each and each <= trades for each in named.values())
    assert all(PATHS[path]["accepts_applications"] for path in named)


def test_facets_are_unique_and_in_their_range() -> None:
    facets = [row["facet"] for row in VOCABULARY["kinds"] + VOCABULARY["amenities"]]
    assert len(set(facets)) == len(facets)
    assert all(0 <= row["facet"] <= 63 for row in VOCABULARY["kinds"])
    assert all(64 <= row["facet"] <= 255 for row in VOCABULARY["amenities"])


def test_facets_that_indexes_already_hold_have_not_moved() -> None:
    facet = {row["code"]: row["facet"] for row in VOCABULARY["kinds"] + VOCABULARY["amenities"]}
    assert {code: facet[code] for code in ("rest_station", "workers_palace", "drinking_water", "sterilizer")} == {
        "rest_station": 0,
        "workers_palace": 8,
        "drinking_water": 64,
        "sterilizer": 100,
    }
    assert (facet["microwave"], facet["gift_shelf"], facet["nappy_table"]) == (69, 93, 94)


def test_the_eight_groups_are_eight_and_ride_hailing_came_later() -> None:
    eight = {row["code"] for row in VOCABULARY["trades"] if "eight_groups_2018" in row["tags"]}
    four = {row["code"] for row in VOCABULARY["trades"] if "focus_2021" in row["tags"]}
    assert len(eight) == 8
    assert four == {"truck_driver", "courier", "delivery_rider", "ride_hailing_driver"}
    assert four - eight == {"ride_hailing_driver"}


def test_every_union_but_the_first_has_its_parent_before_it() -> None:
    seen: set[str] = set()
    for row in ORGANISATIONS:
        parent, _, label = row["path"].rpartition(".")
        assert re.fullmatch(r"[a-z0-9_]+", label)
        assert row["path"] == "cn" or parent in seen
        assert row["path"] not in seen
        seen.add(row["path"])


def test_a_union_is_of_a_lower_level_than_its_parent() -> None:
    for row in ORGANISATIONS:
        parent = PATHS.get(row["path"].rpartition(".")[0])
        assert parent is None or LEVELS.index(parent["level"]) < LEVELS.index(row["level"])


def test_division_codes_are_six_digits_beneath_their_province() -> None:
    for row in ORGANISATIONS + CITIES:
        code = row["division_code"]
        assert code is None or re.fullmatch(r"[1-9]\d{5}", code)
        province = PATHS[".".join(row.get("path", row.get("organisation")).split(".")[:2])]["division_code"]
        assert code is None or province is None or code[:2] == province[:2]


def test_no_seed_holds_a_contact_or_a_telephone_number() -> None:
    assert all(row["contact"] is None for row in ORGANISATIONS)
    assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)|\d{3,4}-\d{7,8}", (SEED / "places.json").read_text("utf-8"))


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place["name"])
def test_a_place_knows_its_kind_its_union_and_how_far_off_it_may_be(place: dict[str, Any]) -> None:
    assert place["kind"] in KINDS
    assert place["organisation"] in PATHS
    assert set(place["amenities"]) <= AMENITIES
    assert {way["mode"] for way in place["access"]} <= MODES
    assert inside_china(Position(place["lon"], place["lat"]))
    assert place["datum"] == Datum.WGS84
    assert place["position_source"]
    assert place["accuracy_m"] >= 100
    assert place["address"] or place["accuracy_m"] >= 1000
    assert place["source"]
    assert place["published"]
    assert place["confirmed_at"] is None


def test_names_of_places_are_unique() -> None:
    assert len({place["name"] for place in PLACES}) == len(PLACES)


def test_the_station_at_the_meijiang_bridge_is_as_the_press_saw_it() -> None:
    station = next(place for place in PLACES if "梅江桥" in place["name"])
    assert (station["lon"], station["lat"]) == pytest.approx((116.12, 24.30), abs=0.01)
    assert [way["opening_hours"] for way in station["access"]] == ["Mo-Su 08:00-20:00"]
    assert {"microwave", "drinking_water", "air_conditioning", "phone_charging"} <= set(station["amenities"])


def test_cities_are_many_populated_inside_china_and_have_their_union() -> None:
    assert len(CITIES) >= 60
    for row in [*CITIES, *(district for city in CITIES for district in city["districts"])]:
        assert inside_china(Position(row["lon"], row["lat"]))
        assert row["organisation"] in PATHS
        assert row["population"] >= 100_000


@pytest.mark.parametrize("path", CALENDARS, ids=lambda path: path.stem)
def test_a_calendar_is_the_notice_of_its_year(path: Path) -> None:
    calendar = read(path)
    year = int(path.stem)
    assert (calendar["year"], calendar["announced"]) == (year, True)
    assert "国务院办公厅" in calendar["source"]
    assert str(year) in calendar["source"]
    days = {dt.date.fromisoformat(day["on"]): day for day in calendar["days"]}
    assert len(days) == len(calendar["days"])
    assert all(before < after for before, after in pairwise(days))
    expected = {on: ("off", str(name)) for on, name in chinese_calendar.constants.holidays.items() if on.year == year}
    expected |= {on: ("work", str(name)) for on, name in chinese_calendar.constants.workdays.items() if on.year == year}
    assert {on: (day["kind"], IN_ENGLISH[day["name"]]) for on, day in days.items()} == expected


@pytest.mark.parametrize("path", CALENDARS, ids=lambda path: path.stem)
def test_make_up_days_lie_on_weekends_and_say_whose_hours_they_take(path: Path) -> None:
    for day in read(path)["days"]:
        weekday = dt.date.fromisoformat(day["on"]).weekday()
        assert day["as"] == ({5: "Fr", 6: "Mo"}[weekday] if day["kind"] == "work" else None)


def test_what_is_not_announced_has_no_calendar() -> None:
    announced = {on.year for on in chinese_calendar.constants.holidays}
    assert {int(path.stem) for path in CALENDARS} <= announced
