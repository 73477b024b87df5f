"""Synthetic places are the same for the same seed, and spread as the field knows its places."""

import datetime as dt
import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import opening_hours
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xiejiao.coordinates import Position, distance_m, inside_china
from xiejiao.sites.demonstration import City, SyntheticPlace, city, places

SEED = Path(__file__).parents[2] / "seed"
CITIES = tuple(city(row) for row in json.loads((SEED / "cities.json").read_text("utf-8"))["rows"])
REGION = tuple(each for each in CITIES if each.name in {"梅州市", "威海市", "泉州市"})
VOCABULARY: dict[str, Any] = json.loads((SEED / "vocabulary.json").read_text("utf-8"))
MEIJIANG = next(each for each in REGION if each.name == "梅州市").centres[:1]
KINDS = {row["code"] for row in VOCABULARY["kinds"]}
AMENITIES = {row["code"] for row in VOCABULARY["amenities"]}
ORGANISATIONS = {row["path"] for row in json.loads((SEED / "organisations.json").read_text("utf-8"))["rows"]}
MANY = 40_000
ORDINARY_NIGHT = dt.datetime.fromisoformat("2026-11-18T03:00")

DAYS = r"(?:Mo|Tu|We|Th|Fr|Sa|Su|PH)"
MONTHS = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
TIME = r"(?:[0-3]\d|4[0-8]):[0-5]\d"
TIMES = rf"{TIME}-{TIME}(?:,{TIME}-{TIME})*"
RULE = (
    rf"(?:{MONTHS}(?:-{MONTHS})? )?{DAYS}(?:[-,]{DAYS})*"
    rf'(?: {TIMES}(?: (?:open|off|unknown)(?: "[^"]*")?)?| (?:off|unknown)(?: "[^"]*")?)'
)
SUBSET = re.compile(rf"24/7|{RULE}(?:(?:; |, ){RULE})*")


@pytest.fixture(scope="module")
def many() -> tuple[SyntheticPlace, ...]:
    """Places of the whole country, enough to count."""
    return tuple(places(MANY, 2026, around=CITIES))


def share(of: Sequence[SyntheticPlace], texts: set[str | None]) -> float:
    """How many of the places have one of the hours."""
    return sum(place.opening_hours in texts for place in of) / len(of)


@given(seed=st.integers(0, 2**32), fewer=st.integers(0, 30), more=st.integers(0, 30))
@settings(max_examples=40)
def test_same_seed_gives_the_same_places_and_more_begin_with_the_fewer(seed: int, fewer: int, more: int) -> None:
    long = list(places(fewer + more, seed, around=REGION))
    assert long[:fewer] == list(places(fewer, seed, around=REGION))
    assert len(long) == fewer + more


def test_another_seed_gives_other_places() -> None:
    assert list(places(20, 1, around=REGION)) != list(places(20, 2, around=REGION))


def test_the_first_places_of_seed_one_never_change() -> None:
    first, second = places(2, 1, around=[City("梅州市", MEIJIANG)])
    assert (first.name, first.lon, first.lat, first.opening_hours) == (
        "建设银行劳动者港湾（东兴支行）",
        116.111554,
        24.312949,
        "Mo-Su 07:00-12:00,14:00-18:00",
    )
    assert second != first


def test_every_code_is_in_the_vocabulary(many: Sequence[SyntheticPlace]) -> None:
    assert {place.kind for place in many} == KINDS
    assert {code for place in many for code, _ in place.amenities} <= AMENITIES
    assert {state for place in many for _, state in place.amenities} == {"works", "broken", "empty", "unknown"}
    assert {mode for place in many for mode, _ in place.access} == {"open_door", "staffed", "self_service", "key"}


def test_no_amenity_is_named_twice(many: Sequence[SyntheticPlace]) -> None:
    assert all(len({code for code, _ in place.amenities}) == len(place.amenities) for place in many)


def test_every_place_belongs_to_a_union_of_the_seed(many: Sequence[SyntheticPlace]) -> None:
    assert {place.organisation for place in many} <= ORGANISATIONS


def test_every_text_of_hours_is_in_the_subset_and_they_are_a_few_hundred(many: Sequence[SyntheticPlace]) -> None:
    texts = {place.opening_hours for place in many} | {hours for place in many for _, hours in place.access}
    assert [text for text in texts if text is not None and not SUBSET.fullmatch(text)] == []
    assert 200 <= len(texts) <= 500


@pytest.mark.parametrize("text", ["Mo-Fr 9-17", "08:00+", "SH off", "Mo-Fr 09:00-17:00 || unknown", "sunrise-sunset"])
def test_a_text_outside_the_subset_would_be_caught(text: str) -> None:
    assert not SUBSET.fullmatch(text)


def test_six_and_a_half_in_a_hundred_say_they_never_close_and_eleven_stay_long(many: Sequence[SyntheticPlace]) -> None:
    texts = {place.opening_hours for place in many if place.opening_hours}
    unsure = {text for text in texts if 'unknown "' in text}
    long = {text for text in texts if re.fullmatch(r"Mo-Su 0[567]:[03]0-2[2-6]:[03]0", text)}
    assert share(many, {"24/7", *unsure}) == pytest.approx(0.065, abs=0.006)
    assert share(many, set(long)) == pytest.approx(0.11, abs=0.006)
    assert share(many, {None}) == pytest.approx(0.05, abs=0.005)


def test_three_in_a_hundred_are_open_at_three_in_the_night(many: Sequence[SyntheticPlace]) -> None:
    texts = {place.opening_hours for place in many if place.opening_hours}
    open_then = {text for text in texts if opening_hours.OpeningHours(text).is_open(ORDINARY_NIGHT)}
    assert share(many, set(open_then)) == pytest.approx(0.03, abs=0.004)
    afternoon = ORDINARY_NIGHT.replace(hour=15)
    assert share(many, {text for text in texts if opening_hours.OpeningHours(text).is_open(afternoon)}) > 0.85


def test_a_place_open_in_two_ways_is_open_in_their_union(many: Sequence[SyntheticPlace]) -> None:
    two = [place for place in many if len(place.access) == 2 and place.opening_hours == "24/7"]
    assert len(two) > 100
    for place in two:
        (staffed, day), (self_service, night) = place.access
        assert (staffed, self_service) == ("staffed", "self_service")
        opens, closes = day.removeprefix("Mo-Su ").split("-")
        assert night == f"Mo-Su {closes}-{opens}"


def test_an_amenity_of_one_in_two_thousand_exists_and_is_rare() -> None:
    haircuts = sum(code == "haircut" for place in places(100_000, 7, around=CITIES) for code, _ in place.amenities)
    assert 25 <= haircuts <= 80


def test_rest_stations_are_most_and_most_of_them_have_a_microwave(many: Sequence[SyntheticPlace]) -> None:
    kinds = Counter(place.kind for place in many)
    assert kinds["rest_station"] > 0.8 * MANY
    microwaves = sum("microwave" in dict(place.amenities) for place in many if place.kind == "rest_station")
    assert 0.6 < microwaves / kinds["rest_station"] < 0.75


def test_nobody_can_be_rung_up(many: Sequence[SyntheticPlace]) -> None:
    assert {place.phone for place in many} == {None}
    assert not any(re.search(r"\d{7,}", place.name + place.address + (place.notice or "")) for place in many)


def km_from_home(of: Sequence[SyntheticPlace]) -> list[float]:
    """How far each place lies from the centre that its union belongs to."""
    centres = {centre.organisation: Position(centre.lon, centre.lat) for each in CITIES for centre in each.centres}
    return [distance_m(Position(place.lon, place.lat), centres[place.organisation]) / 1000 for place in of]


def test_all_places_are_in_china_and_half_of_them_near_their_centre(many: Sequence[SyntheticPlace]) -> None:
    assert all(inside_china(Position(place.lon, place.lat)) for place in many)
    away = sorted(km_from_home(many))
    assert away[MANY // 2] < 8
    assert away[-1] < 100


def test_one_in_two_hundred_is_far_from_everything() -> None:
    away = km_from_home(list(places(MANY, 5, around=REGION)))
    assert sum(km > 20 for km in away) / MANY == pytest.approx(0.0045, abs=0.0015)
    assert max(away) > 50


def test_more_places_lie_where_more_people_live(many: Sequence[SyntheticPlace]) -> None:
    by_union = Counter(place.organisation for place in many)
    assert by_union["cn.shanghai"] > 4 * by_union["cn.shandong.yantai"] * 0.7
    assert by_union["cn.guangdong.guangzhou"] > by_union["cn.xizang.lasa"] * 10


def test_the_shore_is_kept(many: Sequence[SyntheticPlace]) -> None:
    haikou = next(centre for each in CITIES for centre in each.centres if centre.organisation.endswith("haikou"))
    assert haikou.seaward == 0
    assert all(place.lat < haikou.lat + 0.005 for place in many if place.organisation == haikou.organisation)


def test_the_region_of_the_demonstration_names_its_districts() -> None:
    few = list(places(300, 1, around=REGION))
    assert len({place.organisation for place in few}) > 12
    assert {place.division[:3] for place in few} == {"广东省", "山东省", "福建省"}
    assert len({place.name for place in few}) > 280
