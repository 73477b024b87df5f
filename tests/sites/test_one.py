"""One place through its address: by id, by code as a person types it, and after it has closed."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection

from conftest import HERE
from xiejiao.sites import commands
from xiejiao.sites.code import ALPHABET
from xiejiao.sites.commands import Deed
from xiejiao.sites.mercator import tile_at
from xiejiao.sites.rules import Site

pytestmark = pytest.mark.db

MakeSite = Callable[..., Site]


def found(client: FlaskClient, identity: str) -> str:
    answer = client.get(f"/api/v1/sites/{identity}")
    assert answer.status_code == 200, answer.text
    return str((answer.json or {})["id"])


def test_a_place_is_found_by_its_id_and_by_its_code(client: FlaskClient, make_site: MakeSite) -> None:
    site = make_site()
    make_site()
    assert found(client, site.id) == found(client, site.id.upper()) == found(client, site.code) == site.id


def test_a_code_may_be_typed_as_people_type(client: FlaskClient, make_site: MakeSite) -> None:
    for site in (make_site() for _ in range(30)):
        for typed in (
            site.code.lower(),
            site.code.replace("0", "O").replace("1", "l"),
            site.code.replace("0", "o").replace("1", "I"),
            f"{site.code[:3]}-{site.code[3:]}",
        ):
            assert found(client, typed) == site.id


def test_a_code_with_a_wrong_check_digit_is_not_found(client: FlaskClient, make_site: MakeSite) -> None:
    code = make_site().code
    for digit in set(ALPHABET) - {code[-1]}:
        assert client.get(f"/api/v1/sites/{code[:-1]}{digit}").status_code == 404


@pytest.mark.parametrize("identity", [str(UUID(int=7)), "nobody", "0", "梅江", "%00", "a%00b", "%ff", "../nearest/x"])
def test_what_is_not_there_is_not_found(client: FlaskClient, make_site: MakeSite, identity: str) -> None:
    make_site()
    assert client.get(f"/api/v1/sites/{identity}").status_code == 404


def test_a_place_closed_for_good_is_shown_with_its_reason(
    client: FlaskClient, make_site: MakeSite, connection: Connection, deed: Deed
) -> None:
    site = make_site(hours="24/7")
    commands.close(connection, UUID(site.id), on=dt.date(2026, 11, 1), reason="拆迁", version=1, deed=deed)
    answer = client.get(f"/api/v1/sites/{site.code}")
    assert answer.status_code == 200
    said = (answer.json or {})["properties"]
    assert (said["status"], said["closed_on"], said["closed_reason"]) == ("closed", "2026-11-01", "拆迁")
    assert (said["state"], said["next_change"], said["version"]) == ("closed", None, 2)


def test_a_place_asked_for_alone_has_no_distance(client: FlaskClient, make_site: MakeSite) -> None:
    answer = client.get(f"/api/v1/sites/{make_site().id}?lang=en")
    said = (answer.json or {})["properties"]
    assert (said["distance_m"], said["hours_text"]) == (None, "daily 8:00–20:00")


def test_a_place_that_no_tile_lists_stands_alone(client: FlaskClient, make_site: Callable[..., Site]) -> None:
    far = make_site(located=replace(HERE, accuracy_m=50_000.0))
    near = make_site()
    for site in (far, near):
        drawn = client.get(f"/api/v1/sites/{site.code}/alone").json
        assert drawn
        assert drawn["columns"]["code"] == site.code
        assert drawn["columns"]["name"] == site.name
    tile = tile_at(HERE.lon, HERE.lat, 14)
    listed = (client.get(f"/api/v1/cells/14/{tile.x}/{tile.y}").json or {})["columns"]["code"]
    assert near.code in listed
    assert far.code not in listed
    assert client.get(f"/api/v1/sites/{far.id}/alone").status_code == 404
