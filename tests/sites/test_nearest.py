"""The nearest places through their address: what is found, in which order, and what is left out."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from xiejiao.sites.rules import Amenity, AmenityState, Site

pytestmark = pytest.mark.db


def names(client: FlaskClient, query: str) -> list[str]:
    answer = client.get(f"/api/v1/sites/nearest?lon=116.12&lat=24.30&{query}")
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    return [feature["properties"]["name"] for feature in answer.json["features"]]


def test_nearer_places_come_first(client: FlaskClient, make_site: Callable[..., Site]) -> None:
    for name, lon in (("far", 116.2), ("near", 116.121), ("middle", 116.15)):
        make_site(name=name, lon=lon)
    assert names(client, "") == ["near", "middle", "far"]


def test_an_amenity_that_is_broken_or_empty_is_not_found(client: FlaskClient, make_site: Callable[..., Site]) -> None:
    for state in AmenityState:
        make_site(name=state, amenities=(Amenity("microwave", state),))
    assert set(names(client, "amenity=microwave")) == {"works", "unknown"}
