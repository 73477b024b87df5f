"""Coordinates against the published vectors, geodesics, and their own way back."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from xiejiao import coordinates
from xiejiao.coordinates import Checked, Datum, Position, check, distance_m, from_wgs84, inside_china, to_wgs84
from xiejiao.errors import FieldFault

CASES: dict[str, Any] = json.loads((Path(__file__).parent / "cases" / "coordinates.json").read_text("utf-8"))
AGREEMENT = 1e-8
SHIFTING = (Datum.GCJ02, Datum.BD09)

anywhere = st.builds(Position, st.floats(-180, 180), st.floats(-90, 90))
around_china = st.builds(Position, st.floats(72, 137), st.floats(15, 55))
corners = coordinates.outline(coordinates.MAINLAND)  # the hardest points
at_the_border = st.builds(
    lambda corner, east, north: Position(corner.lon + east, corner.lat + north),
    st.sampled_from(corners),
    st.floats(-0.06, 0.06),
    st.floats(-0.06, 0.06),
)


@pytest.mark.parametrize("case", CASES["shifted"] + CASES["strip"], ids=str)
@pytest.mark.parametrize("datum", SHIFTING)
def test_published_vectors_hold_in_both_directions(case: dict[str, Any], datum: Datum) -> None:
    wgs84, there = Position(*case["wgs84"]), Position(*case[datum])
    assert from_wgs84(wgs84, datum) == pytest.approx(tuple(there), abs=AGREEMENT)
    assert to_wgs84(there, datum) == pytest.approx(tuple(wgs84), abs=AGREEMENT)


@pytest.mark.parametrize("case", CASES["unshifted"], ids=str)
@pytest.mark.parametrize("datum", Datum)
def test_neighbours_and_the_far_world_are_not_shifted(case: dict[str, Any], datum: Datum) -> None:
    position = Position(*case["wgs84"])
    assert from_wgs84(position, datum) == position
    assert to_wgs84(position, datum) == position
    assert inside_china(position) is case["inside_china"]


@given(position=around_china | at_the_border | anywhere, datum=st.sampled_from(Datum))
@settings(max_examples=1500)
def test_round_trip_is_within_a_centimetre_even_across_the_border(position: Position, datum: Datum) -> None:
    assert distance_m(to_wgs84(from_wgs84(position, datum), datum), position) < 0.01


@given(position=around_china | at_the_border | anywhere, datum=st.sampled_from(Datum))
@settings(max_examples=1500)
def test_round_trip_from_the_other_datum_is_within_a_centimetre(position: Position, datum: Datum) -> None:
    assert distance_m(from_wgs84(to_wgs84(position, datum), datum), position) < 0.01


@given(position=at_the_border, bearing=st.floats(0, 2 * math.pi), datum=st.sampled_from(SHIFTING))
@settings(max_examples=1500)
def test_ten_metres_stay_ten_metres_within_a_factor_at_the_border(
    position: Position, bearing: float, datum: Datum
) -> None:
    step = Position(position.lon + 1e-4 * math.cos(bearing), position.lat + 1e-4 * math.sin(bearing))
    stretched = distance_m(from_wgs84(position, datum), from_wgs84(step, datum)) / distance_m(position, step)
    assert 0.3 < stretched < 1.7


# The points that are shifted farthest, found by a search over a grid of 2 km and a climb from the best of it.
@given(position=around_china | at_the_border)
@settings(max_examples=1000)
@example(position=Position(131.402159, 47.659708))
@example(position=Position(131.148412, 43.347297))
def test_the_shift_is_at_most_what_the_documents_say(position: Position) -> None:
    assert distance_m(position, from_wgs84(position, Datum.GCJ02)) < 702
    assert distance_m(position, from_wgs84(position, Datum.BD09)) < 1519


def test_the_farthest_shifts_are_reached() -> None:
    farthest = Position(131.402159, 47.659708), Position(131.148412, 43.347297)
    assert distance_m(farthest[0], from_wgs84(farthest[0], Datum.GCJ02)) == pytest.approx(701.7, abs=0.1)
    assert distance_m(farthest[1], from_wgs84(farthest[1], Datum.BD09)) == pytest.approx(1518.1, abs=0.1)


@pytest.mark.parametrize("case", CASES["shifted"], ids=str)
def test_converting_twice_or_not_at_all_is_seen_in_the_distance(case: dict[str, Any]) -> None:
    once = from_wgs84(Position(*case["wgs84"]), Datum.GCJ02)
    assert distance_m(once, Position(*case["wgs84"])) > 100
    assert distance_m(once, from_wgs84(once, Datum.GCJ02)) > 100


@pytest.mark.parametrize("case", CASES["distances"], ids=str)
def test_distance_agrees_with_the_geodesic_to_a_thousandth(case: dict[str, Any]) -> None:
    assert distance_m(Position(*case["a"]), Position(*case["b"])) == pytest.approx(case["geodesic_m"], rel=1e-3)


@given(a=around_china, bearing=st.floats(0, 2 * math.pi), away=st.floats(1e-4, 4.4))
@settings(max_examples=1500)
@example(a=Position(120.0, 54.9), bearing=0.0, away=4.4)
def test_distance_is_within_a_thousandth_of_the_geodesic_up_to_500_km(a: Position, bearing: float, away: float) -> None:
    east = away * math.cos(bearing) / math.cos(math.radians(a.lat))
    b = Position(a.lon + east, min(a.lat + away * math.sin(bearing), 55.0))
    geodesic = vincenty_m(a, b)
    if 1 <= geodesic <= 500_000:
        assert distance_m(a, b) == pytest.approx(geodesic, rel=1e-3)


@given(a=anywhere, b=anywhere)
def test_distance_is_symmetric_and_nothing_to_oneself(a: Position, b: Position) -> None:
    assert distance_m(a, b) == pytest.approx(distance_m(b, a))
    assert distance_m(a, a) == 0


def test_distance_goes_the_short_way_over_the_date_line() -> None:
    assert distance_m(Position(179.9, 0), Position(-179.9, 0)) == pytest.approx(22_264, rel=1e-3)


@pytest.mark.parametrize("lon", [math.nan, math.inf, -math.inf, 180.1, -181.0, 12_926_000.0])
def test_what_is_no_longitude_is_a_fault_of_its_field(lon: float) -> None:
    found = check(lon, 24.3, lon_field="经度")
    assert found.position is None
    assert [fault.field for fault in found.faults] == ["经度"]


def test_all_faults_come_at_once() -> None:
    assert [fault.field for fault in check(math.nan, math.inf).faults] == ["lon", "lat"]


def test_metres_are_called_metres() -> None:
    assert all("metres" in fault.message.en for fault in check(12_926_000.0, 2_790_000.0).faults)


@given(position=st.builds(Position, st.floats(90.001, 135), st.floats(18, 54)))
def test_latitude_beyond_ninety_whose_exchange_is_valid_looks_exchanged(position: Position) -> None:
    found = check(position.lat, position.lon)
    assert found.position is None
    assert len(found.faults) == 1
    assert found.faults[0].field == "lat"
    assert "looks exchanged" in found.faults[0].message.en


def test_exchange_that_alone_is_in_china_is_a_warning_beside_the_position() -> None:
    kashgar = Position(75.9897, 39.4677)
    found = check(kashgar.lat, kashgar.lon)
    assert found.position == (39.4677, 75.9897)
    assert [warning.field for warning in found.warnings] == ["lat"]


@pytest.mark.parametrize("position", [(116.12, 24.3), (75.9897, 39.4677), (2.35, 48.86), (-70.0, -30.0)], ids=str)
def test_plain_positions_at_home_and_abroad_pass_without_a_word(position: tuple[float, float]) -> None:
    assert check(*position) == Checked(Position(*position))


@given(position=anywhere)
def test_every_position_is_accepted_as_one(position: Position) -> None:
    assert check(*position).position == position


@pytest.mark.parametrize("case", CASES["shifted"], ids=str)
def test_chinese_cities_are_inside_china(case: dict[str, Any]) -> None:
    assert inside_china(Position(*case["wgs84"]))
    assert coordinates.is_shifted(Position(*case["wgs84"]))


@pytest.mark.parametrize(
    ("text", "datum"),
    [("wgs84", Datum.WGS84), ("GCJ-02", Datum.GCJ02), (" bd 09 ", Datum.BD09), ("WGS 84", Datum.WGS84)],
)
def test_datums_are_read_as_ledgers_write_them(text: str, datum: Datum) -> None:
    assert coordinates.datum_named(text) is datum


@pytest.mark.parametrize("text", ["", "cgcs2000", "mars", "BD-09-MC", "bd09mc"])
def test_other_datums_are_refused_and_bd09mc_by_name(text: str) -> None:
    refused = coordinates.datum_named(text, "坐标系")
    assert isinstance(refused, FieldFault)
    assert refused.field == "坐标系"
    assert ("bd09mc" in refused.message.en) is (text.replace("-", "").lower() == "bd09mc")


def vincenty_m(a: Position, b: Position) -> float:
    """The geodesic on WGS 84 in metres, by Vincenty's inverse formula (Survey Review 1975)."""
    major, flattening = 6_378_137.0, 1 / 298.257223563
    minor = major * (1 - flattening)
    apart = math.radians(b.lon - a.lon)
    u1, u2 = (math.atan((1 - flattening) * math.tan(math.radians(each.lat))) for each in (a, b))
    turn = apart
    for _ in range(100):
        sine = math.hypot(
            math.cos(u2) * math.sin(turn),
            math.cos(u1) * math.sin(u2) - math.sin(u1) * math.cos(u2) * math.cos(turn),
        )
        if sine == 0:
            return 0.0
        cosine = math.sin(u1) * math.sin(u2) + math.cos(u1) * math.cos(u2) * math.cos(turn)
        arc = math.atan2(sine, cosine)
        azimuth = math.cos(u1) * math.cos(u2) * math.sin(turn) / sine
        rest = 1 - azimuth**2
        middle = cosine - 2 * math.sin(u1) * math.sin(u2) / rest
        c = flattening / 16 * rest * (4 + flattening * (4 - 3 * rest))
        before = turn
        inner = middle + c * cosine * (2 * middle**2 - 1)
        turn = apart + (1 - c) * flattening * azimuth * (arc + c * sine * inner)
        if abs(turn - before) < 1e-13:
            break
    square = rest * (major**2 - minor**2) / minor**2
    scale = 1 + square / 16384 * (4096 + square * (square * (320 - 175 * square) - 768))
    bend = square / 1024 * (256 + square * (square * (74 - 47 * square) - 128))
    third = bend / 6 * middle * (4 * sine**2 - 3) * (4 * middle**2 - 3)
    return minor * scale * (arc - bend * sine * (middle + bend / 4 * (cosine * (2 * middle**2 - 1) - third)))
