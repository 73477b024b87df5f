"""Cells and packs through their addresses: what they hold, to which edge, and how caches and browsers take them."""

import gzip
import json
import math
from collections.abc import Callable
from itertools import accumulate
from typing import Any

import brotli
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from xiejiao.coordinates import Position, distance_m
from xiejiao.http.encodings import accepted
from xiejiao.sites.mercator import HALF_M, Box, Tile, ground_m_at_least, latitude, plane, tile_at
from xiejiao.sites.rules import Amenity, AmenityState, Site

pytestmark = pytest.mark.db

MakeSite = Callable[..., Site]
CELL = tile_at(116.12, 24.30, 14)
PACK = tile_at(116.12, 24.30, 9)


def address(tile: Tile) -> str:
    """Where a tile is fetched."""
    return f"/api/v1/{'cells' if tile.z == 14 else 'packs'}/{tile.z}/{tile.x}/{tile.y}"


def fetched(client: FlaskClient, tile: Tile) -> dict[str, Any]:
    """The document of a tile."""
    answer = client.get(address(tile))
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def codes(document: dict[str, Any]) -> set[str]:
    """The codes of the places in a document."""
    column = document["columns"]["code"]
    return {column[start : start + 6] for start in range(0, len(column), 6)}


def corner(tile: Tile) -> tuple[float, float]:
    """The north-west corner of a tile, in degrees."""
    return math.degrees(tile.box.west / HALF_M * math.pi), latitude(tile.box.north)


# ── what they hold ──


def test_a_cell_holds_what_is_inside_and_what_is_near_and_says_how_far_it_is_complete(
    client: FlaskClient, make_site: MakeSite
) -> None:
    inside = make_site()
    near = make_site(lon=116.45)
    far = make_site(lon=117.0)
    document = fetched(client, CELL)
    assert codes(document) == {inside.code, near.code}
    assert document["complete_within_m"] == 50_000
    assert far.code not in codes(document)


def test_a_cell_with_a_hundred_places_inside_it_goes_no_farther(client: FlaskClient, make_site: MakeSite) -> None:
    inside = {make_site(lon=116.12 + step / 100_000).code for step in range(100)}
    make_site(lon=116.3)
    document = fetched(client, CELL)
    assert codes(document) == inside
    assert document["complete_within_m"] == 0


def test_a_cell_goes_outward_until_it_holds_a_hundred_places(client: FlaskClient, make_site: MakeSite) -> None:
    places = [make_site(lon=116.12 + step * 0.002) for step in range(130)]
    document = fetched(client, CELL)
    assert codes(document) == {place.code for place in places[:100]}
    west, _ = corner(Tile(14, CELL.x + 1, CELL.y))
    edge = Position(west, 24.30)
    last, next_ = (distance_m(edge, Position(place.lon, place.lat)) for place in places[99:101])
    # Complete no farther than the next place that is left out, and not much less far than the last one that is in.
    assert 0.97 * last < document["complete_within_m"] < next_


@given(
    st.tuples(st.floats(75, 135), st.floats(18, 53.5)),
    st.tuples(st.floats(-0.3, 0.3), st.floats(-0.3, 0.3)),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_the_distance_to_a_cell_is_never_overrated(
    near: tuple[float, float], step: tuple[float, float], inside: tuple[float, float]
) -> None:
    box = tile_at(*near, 14).box
    place = Position(near[0] + step[0], near[1] + step[1])
    here = Position(
        math.degrees((box.west + inside[0] * (box.east - box.west)) / HALF_M * math.pi),
        latitude(box.south + inside[1] * (box.north - box.south)),
    )
    told = ground_m_at_least(box.distance(*plane(*place)), box)
    assert told <= distance_m(here, place) * 1.001 + 0.01


@given(st.floats(75, 135), st.floats(18, 53.5), st.floats(1, 500_000), st.floats(0, 2 * math.pi))
def test_a_grown_box_holds_all_that_lies_so_near(lon: float, lat: float, within_m: float, bearing: float) -> None:
    x, y = plane(lon, lat)
    north = math.degrees(within_m * math.cos(bearing) / 6_400_000)
    east = math.degrees(within_m * math.sin(bearing) / 6_400_000 / math.cos(math.radians(lat + north / 2)))
    there = Position(lon + east, lat + north)
    if distance_m(Position(lon, lat), there) <= within_m * 0.998:
        grown = Box(x, y, x, y).grown(within_m)
        assert grown.distance(*plane(*there)) == 0


def test_a_place_on_an_edge_lies_in_exactly_one_pack(client: FlaskClient, make_site: MakeSite) -> None:
    lon, lat = corner(PACK)
    places = {make_site(lon=lon, lat=lat).code, make_site(lon=lon, lat=24.3).code, make_site(lat=lat).code}
    around = [Tile(9, PACK.x + east, PACK.y + south) for east in (-1, 0, 1) for south in (-1, 0, 1)]
    held = [code for tile in around for code in codes(fetched(client, tile))]
    assert sorted(held) == sorted(places)


@given(st.integers(0, 16_382), st.integers(0, 16_382))
def test_neighbouring_tiles_share_their_edges_to_the_last_bit(x: int, y: int) -> None:
    here, east, south = Tile(14, x, y).box, Tile(14, x + 1, y).box, Tile(14, x, y + 1).box
    assert (here.east, here.south) == (east.west, south.north)


@given(st.floats(-180, 179.999), st.floats(-84.9, 84.9), st.sampled_from([9, 14]))
def test_a_position_lies_in_its_tile(lon: float, lat: float, z: int) -> None:
    tile = tile_at(lon, lat, z)
    assert tile.exists
    assert tile.box.distance(*plane(lon, lat)) <= 1e-6


def test_a_tile_without_places_is_empty_and_complete(client: FlaskClient) -> None:
    cell, pack = fetched(client, Tile(14, 0, 0)), fetched(client, Tile(9, 0, 0))
    assert codes(cell) == codes(pack) == set()
    assert cell["complete_within_m"] == 50_000
    assert "complete_within_m" not in pack
    assert cell["sparse"] == pack["sparse"] == {}


def test_a_document_says_all_that_a_phone_shows(client: FlaskClient, make_site: MakeSite, clock: Any) -> None:  # noqa: ANN401 - the clock of conftest
    plain = make_site(name="plain", lon=116.1201)
    rich = make_site(
        name="梅江桥头",
        address="江南路 8 号",
        host="银行",
        phone="0753-000000",
        notice="轻声",
        brands=("劳动者港湾", "暖心驿站"),
        amenities=(
            Amenity("microwave", AmenityState.WORKS, clock.time),
            Amenity("toilet", AmenityState.BROKEN),
            Amenity("seats", AmenityState.EMPTY),
            Amenity("wifi"),
        ),
        confirmed_at=clock.time,
        demo=True,
    )
    document = fetched(client, PACK)
    columns, sparse = document["columns"], document["sparse"]
    codes_in_order = [columns["code"][:6], columns["code"][6:]]
    at = codes_in_order.index(rich.code)
    assert set(codes_in_order) == {plain.code, rich.code}
    assert document["format"] == 1
    assert document["generated_at"] == "2026-11-20T14:00:00+08:00"
    assert document["tile"] == [9, PACK.x, PACK.y]
    assert columns["name"].split("\n")[at] == "梅江桥头"
    assert columns["address"].split("\n")[at] == "江南路 8 号"
    assert list(accumulate(columns["lon"]))[at] == 11_612_000
    assert list(accumulate(columns["lat"]))[at] == 2_430_000
    assert document["organisations"] == ["梅江区总工会"]
    assert document["access"] == [[["open_door", 0]]]
    hour = int(clock.time.timestamp()) // 3600
    assert columns["confirmed_h"][at] == hour
    said = {
        "host": "银行",
        "phone": "0753-000000",
        "notice": "轻声",
        "brands": ["劳动者港湾", "暖心驿站"],
        "demo": True,
    }
    assert {name: sparse[name] for name in said} == {name: [[at, value]] for name, value in said.items()}
    assert set(sparse) == {*said, "since_h", "accuracy_m"}
    assert sparse["since_h"] == [[at, document["amenities"].index("microwave"), hour]]
    assert sparse["accuracy_m"] == [[0, 10], [1, 10]]
    letters = {code: chr(ord("A") + place) for place, code in enumerate(document["amenities"])}
    marked = {"microwave": "", "toilet": "!", "seats": "-", "wifi": "?"}
    assert columns["amenities"].split("\n")[at] == "".join(letters[code] + marked[code] for code in sorted(marked))


# ── how they are sent ──


@pytest.mark.parametrize(("tile", "seconds"), [(CELL, 30), (PACK, 3600)], ids=["cell", "pack"])
def test_every_cache_may_keep_a_tile_and_asks_again_by_its_tag(
    client: FlaskClient, make_site: MakeSite, tile: Tile, seconds: int
) -> None:
    make_site()
    first = client.get(address(tile))
    assert first.headers["Cache-Control"] == f"public, max-age={seconds}"
    assert first.headers.getlist("Vary") == ["Accept-Encoding"]
    tag = first.headers["ETag"]
    for known in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
        again = client.get(address(tile), headers={"If-None-Match": known})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == tag
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
        assert again.headers.getlist("Vary") == ["Accept-Encoding"]
    for other in ('W/"other"', tag[:-2] + '"', ""):
        assert client.get(address(tile), headers={"If-None-Match": other}).status_code == 200


def test_a_change_changes_the_tag(client: FlaskClient, make_site: MakeSite, clock: Any) -> None:  # noqa: ANN401 - the clock of conftest
    before = client.get(address(CELL)).headers["ETag"]
    make_site()
    clock.pass_(2)
    assert client.get(address(CELL)).headers["ETag"] != before


@pytest.mark.parametrize("tile", [CELL, PACK], ids=["cell", "pack"])
def test_every_encoding_holds_the_same_bytes(client: FlaskClient, make_site: MakeSite, tile: Tile) -> None:
    for step in range(20):
        make_site(lon=116.12 + step / 1000)
    plain = client.get(address(tile))
    assert "Content-Encoding" not in plain.headers
    for encoding, decoded in (("br", brotli.decompress), ("gzip", gzip.decompress)):
        answer = client.get(address(tile), headers={"Accept-Encoding": encoding})
        assert answer.headers["Content-Encoding"] == encoding
        assert decoded(answer.data) == plain.data
        assert len(answer.data) < len(plain.data) / 2
        assert answer.headers["ETag"] == plain.headers["ETag"]
        assert client.get(address(tile), headers={"Accept-Encoding": encoding}).data == answer.data
    assert plain.content_type == "application/json"
    assert json.loads(plain.data)["format"] == 1


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("", "identity"),
        ("gzip, deflate, br", "br"),
        ("gzip;q=1.0, br;q=0.5", "br"),
        ("GZIP", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br; q=0.000, gzip;q=0", "identity"),
        ("identity", "identity"),
        ("brotli", "identity"),
        (",,;q=", "identity"),
    ],
)
def test_the_best_encoding_that_is_allowed_is_taken(header: str, encoding: str) -> None:
    assert accepted(header) == encoding


@pytest.mark.parametrize("path", ["cells/14/16384/0", "cells/14/0/16384", "packs/9/512/512", "cells/14/99999999/3"])
def test_tile_numbers_out_of_range_are_named(client: FlaskClient, path: str) -> None:
    answer = client.get(f"/api/v1/{path}?lang=en")
    assert answer.status_code == 400
    last = 16_383 if path.startswith("cells") else 511
    fields = [name for name, number in zip("xy", path.split("/")[2:], strict=True) if int(number) > last]
    assert (answer.json or {})["errors"] == [
        {"field": field, "message": f"must lie between 0 and {last}"} for field in fields
    ]


@pytest.mark.parametrize("path", ["cells/14/-1/0", "cells/14/a/0", "cells/14/1.5/0", "cells/13/0/0", "packs/14/0/0"])
def test_other_tiles_do_not_exist(client: FlaskClient, path: str) -> None:
    assert client.get(f"/api/v1/{path}").status_code == 404


def test_the_last_tiles_exist(client: FlaskClient) -> None:
    for tile in (Tile(14, 16_383, 16_383), Tile(9, 511, 511), Tile(14, 0, 16_383)):
        assert fetched(client, tile)["tile"] == [tile.z, tile.x, tile.y]
