"""The words of the field: the promised codes, in both languages, as they are served and loaded."""

from dataclasses import replace

import brotli
import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection

from xiejiao import seeding
from xiejiao.vocabulary import commands
from xiejiao.vocabulary.queries import vocabulary
from xiejiao.vocabulary.rules import Vocabulary

pytestmark = pytest.mark.db

KINDS = [
    "rest_station",
    "mothers_room",
    "workers_home",
    "reading_room",
    "counselling",
    "service_window",
    "response_centre",
    "child_care",
    "workers_palace",
]
AMENITIES = [
    "drinking_water",
    "hot_water",
    "seats",
    "air_conditioning",
    "heating",
    "microwave",
    "refrigerator",
    "phone_charging",
    "ebike_charging",
    "battery_swap",
    "wifi",
    "toilet",
    "medicine_box",
    "aed",
    "rain_gear",
    "tools",
    "books",
    "television",
    "recliner",
    "shower",
    "laundry",
    "haircut",
    "legal_advice",
    "counselling",
    "membership_desk",
    "blood_pressure_meter",
    "wheelchair_access",
    "truck_parking",
    "cheap_meal",
    "gift_shelf",
    "nappy_table",
    "hand_basin",
    "cot",
    "feeding_seat",
    "power_socket",
    "lockable_door",
    "sterilizer",
]


def test_the_promised_codes_are_served_in_their_order(client: FlaskClient) -> None:
    served = client.get("/api/v1/vocabulary").json or {}
    assert [kind["code"] for kind in served["kinds"]] == KINDS
    assert [amenity["code"] for amenity in served["amenities"]] == AMENITIES


def test_every_word_is_served_in_both_languages(client: FlaskClient) -> None:
    served = client.get("/api/v1/vocabulary").json or {}
    for term in [*served["kinds"], *served["amenities"], *served["trades"]]:
        assert not term["zh"].isascii() or term["code"] in {"wifi", "aed"}
        assert term["en"].isascii()
    assert {group for amenity in served["amenities"] for group in amenity["groups"]} <= set(KINDS)
    assert served["trades"]


@pytest.mark.parametrize("address", ["/api/v1/vocabulary", "/api/v1/divisions"])
def test_what_every_phone_asks_for_comes_compressed_and_once(client: FlaskClient, address: str) -> None:
    plain = client.get(address)
    answer = client.get(address, headers={"Accept-Encoding": "br"})
    assert answer.headers["Content-Encoding"] == "br"
    assert brotli.decompress(answer.data) == plain.data
    assert client.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_loading_the_words_again_changes_nothing(connection: Connection, words: Vocabulary) -> None:
    seeding.load_words(connection)
    assert vocabulary(connection) == words


def test_a_new_label_replaces_the_old_and_no_word_is_taken_away(connection: Connection, words: Vocabulary) -> None:
    renamed = replace(words.kinds[0], label="歇脚")
    commands.put(connection, Vocabulary((renamed,), (), ()))
    now = vocabulary(connection)
    assert now.kinds[0] == renamed
    assert (now.kinds[1:], now.amenities, now.trades) == (words.kinds[1:], words.amenities, words.trades)
