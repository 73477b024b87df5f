"""Divisions to count from where the phone gives no position."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from xiejiao.sites.rules import Site

pytestmark = pytest.mark.db


def test_divisions_tell_their_middle_their_pinyin_and_how_many_places_they_have(
    client: FlaskClient, make_site: Callable[..., Site]
) -> None:
    make_site(division="梅江区", lon=116.10, lat=24.30)
    make_site(division="梅江区", lon=116.14, lat=24.32)
    make_site(division="蕉岭县", lon=116.17, lat=24.66)
    make_site(division="")
    answer = client.get("/api/v1/divisions")
    assert answer.json == {
        "divisions": [
            {"name": "梅江区", "pinyin": "meijiangqu", "initials": "mjq", "lon": 116.12, "lat": 24.31, "sites": 2},
            {"name": "蕉岭县", "pinyin": "jiaolingxian", "initials": "jlx", "lon": 116.17, "lat": 24.66, "sites": 1},
        ]
    }
