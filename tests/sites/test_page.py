"""Places a page at a time: by rectangle, by words, by union, and each exactly once."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, text

from xiejiao.app import create_app
from xiejiao.config import Config
from xiejiao.sites.rules import Amenity, Site

pytestmark = pytest.mark.db

MakeSite = Callable[..., Site]


def asked(client: FlaskClient, query: str) -> dict[str, Any]:
    answer = client.get(f"/api/v1/sites?{query}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def names(client: FlaskClient, query: str) -> set[str]:
    return {feature["properties"]["name"] for feature in asked(client, query)["features"]}


def called(client: FlaskClient, words: str) -> set[str]:
    """Names of the places that name search finds."""
    return names(client, f"q={quote(words)}")


# ── conditions ──


def test_the_rectangle_holds_what_lies_in_it(client: FlaskClient, make_site: MakeSite) -> None:
    make_site(name="inside", lon=116.5, lat=24.5)
    make_site(name="north", lon=116.5, lat=25.1)
    make_site(name="west", lon=115.9, lat=24.5)
    assert names(client, "bbox=116,24,117,25") == {"inside"}
    assert names(client, "bbox=-180,-90,180,90") == {"inside", "north", "west"}
    assert names(client, "bbox=-180,86,180,89") == set()


def test_kinds_and_amenities_narrow_the_list(client: FlaskClient, make_site: MakeSite) -> None:
    make_site(name="room", kind="mothers_room", amenities=(Amenity("cot"), Amenity("toilet")))
    make_site(name="station", amenities=(Amenity("toilet"),))
    assert names(client, "kind=mothers_room&kind=workers_home") == {"room"}
    assert names(client, "amenity=toilet") == {"room", "station"}
    assert names(client, "amenity=toilet&amenity=cot") == {"room"}


def test_a_union_brings_those_beneath_it(client: FlaskClient, make_site: MakeSite, connection: Connection) -> None:
    make_site(name="county", organisation="cn.guangdong.meizhou.meijiang")
    make_site(name="city", organisation="cn.guangdong.meizhou")
    make_site(name="elsewhere", organisation="cn.shandong.weihai")
    ids: dict[str, str] = dict(connection.execute(text("SELECT path::text, id::text FROM organisation")).all())
    assert names(client, f"organisation={ids['cn']}") == {"county", "city", "elsewhere"}
    assert names(client, f"organisation={ids['cn.guangdong']}") == {"county", "city"}
    assert names(client, f"organisation={ids['cn.guangdong.meizhou.meijiang']}") == {"county"}
    assert names(client, "organisation=00000000-0000-0000-0000-000000000000") == set()


# ── name search ──


@pytest.fixture
def _named(make_site: MakeSite) -> None:
    make_site(name="梅江桥头驿站", address="江南路 8 号")
    make_site(name="威海ABC站", brands=("劳动者港湾",))
    make_site(name="100%_满电", lon=116.2)


@pytest.mark.usefixtures("_named")
@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("梅江", {"梅江桥头驿站"}),
        ("桥", {"梅江桥头驿站"}),
        ("站", {"梅江桥头驿站", "威海ABC站"}),
        ("江桥头", {"梅江桥头驿站"}),
        ("江头", set()),
        ("meijiang", {"梅江桥头驿站"}),
        ("MeiJiangQiao", {"梅江桥头驿站"}),
        ("mjqt", {"梅江桥头驿站"}),
        ("MJQT", {"梅江桥头驿站"}),
        ("江南路", {"梅江桥头驿站"}),
        ("梅江 江南", {"梅江桥头驿站"}),
        ("梅江 威海", set()),
        ("劳动者", {"威海ABC站"}),
        ("abc", {"威海ABC站"}),
        ("ＡＢＣ", {"威海ABC站"}),  # full-width, as Chinese keyboards write them
        ("　梅江　", {"梅江桥头驿站"}),
        ("%", {"100%_满电"}),
        ("_", {"100%_满电"}),
        ("0%_", {"100%_满电"}),
        ("1_0", set()),
        ("梅%站", set()),
        ("\\", set()),
        ("'", set()),
        ("{梅,江}", set()),
        ("没有", set()),
    ],
)
def test_name_search_finds(client: FlaskClient, typed: str, found: set[str]) -> None:
    assert called(client, typed) == found


def test_name_search_finds_a_code_in_small_letters(client: FlaskClient, make_site: MakeSite) -> None:
    site = make_site(name="one")
    make_site(name="other")
    assert called(client, site.code) == called(client, site.code.lower()) == {"one"}


@pytest.mark.parametrize("typed", ["　", "%20%20", "a%00b", "%00", "%0a", "%e2%80%ae", "%7f"])
def test_a_search_for_no_words_or_for_control_characters_is_a_fault(client: FlaskClient, typed: str) -> None:
    answer = client.get(f"/api/v1/sites?q={typed}")
    assert answer.status_code == 400
    assert [fault["field"] for fault in (answer.json or {})["errors"]] == ["q"]


# ── pages ──


@pytest.mark.parametrize("limit", [1, 3, 7, 8, 100])
def test_the_pages_together_hold_each_place_once(client: FlaskClient, make_site: MakeSite, limit: int) -> None:
    ids = sorted(make_site(name=f"站 {number}", amenities=(Amenity("toilet"),)).id for number in range(7))
    make_site(name="站 none")
    seen, following, pages = [], f"/api/v1/sites?amenity=toilet&q=%E7%AB%99&limit={limit}", 0
    while following:
        answer = client.get(following).json or {}
        seen += [feature["id"] for feature in answer["features"]]
        following, pages = answer["next"], pages + 1
    assert seen == ids
    assert pages == max(1, -(-7 // limit))


def test_the_address_of_the_next_page_keeps_every_condition(client: FlaskClient, make_site: MakeSite) -> None:
    for _ in range(3):
        make_site(name="梅江 & 桥", amenities=(Amenity("toilet"), Amenity("cot")))
    query = "amenity=toilet&amenity=cot&q=%E6%A2%85%E6%B1%9F+%26&bbox=116,24,117,25&lang=en&limit=1"
    first = asked(client, query)
    kept, _, cursor = first["next"].rpartition("&cursor=")
    assert cursor == first["features"][0]["id"]
    assert kept == f"/api/v1/sites?{query.replace(',', '%2C')}"
    second = client.get(first["next"]).json or {}
    assert second["next"].count("cursor=") == 1


def test_the_next_page_lies_where_people_reach_the_installation(app: Flask, make_site: MakeSite) -> None:
    for _ in range(2):
        make_site()
    keeper = app.extensions["keeper"]
    public = create_app(Config(rate_public="0", public_url="https://xiejiao.example/"), now=keeper.now)
    following = asked(public.test_client(), "limit=1")["next"]
    assert following.startswith("https://xiejiao.example/api/v1/sites?limit=1&cursor=")


def test_a_page_is_in_order_of_id_and_says_no_distance(client: FlaskClient, make_site: MakeSite) -> None:
    ids = sorted(make_site().id for _ in range(5))
    features = asked(client, "")["features"]
    assert [feature["id"] for feature in features] == ids
    assert {feature["properties"]["distance_m"] for feature in features} == {None}
