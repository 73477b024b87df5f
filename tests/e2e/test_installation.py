"""An installation from outside: what is committed is what every process answers within five seconds."""

import datetime as dt
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from installation import Installation
from xiejiao import database, seeding
from xiejiao.calendar import commands as calendar
from xiejiao.cluster import Role
from xiejiao.coordinates import Position
from xiejiao.sites import commands, queries, tiles
from xiejiao.sites.commands import Deed
from xiejiao.sites.mercator import tile_at
from xiejiao.sites.rules import DatedException, Effect, Site

pytestmark = pytest.mark.db

PROMISED_S = 5.0
ASKED = 16
"""Connections that are asked, one after the other: more than enough to meet every process."""
MEIJIANG = Position(116.12, 24.30)
NEAREST = "/api/v1/sites/nearest?lon=116.12&lat=24.30&amenity=microwave"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _column(document: dict[str, Any], code: str) -> int | None:
    """The place of a site in a cell or pack, by its code."""
    codes = document["columns"]["code"]
    listed = [codes[at : at + 6] for at in range(0, len(codes), 6)]
    return listed.index(code) if code in listed else None


def _all_answer(holds: Callable[[], bool]) -> bool:
    """Whether `holds` becomes true for whichever process answers, within the promised time."""
    until = time.monotonic() + PROMISED_S
    while time.monotonic() < until:
        if all(holds() for _ in range(ASKED)):
            return True
        time.sleep(0.1)
    return False


@pytest.fixture
def bridge(installation: Installation) -> Site:
    """The station at the bridge, as the database holds it."""
    status, answer = installation.get(NEAREST)
    assert status == 200
    identity = UUID(answer["features"][0]["id"])
    with database.connected(installation.private.url(Role.OWNER)) as connection:
        return queries.one(connection, identity)


def test_the_seed_is_found_and_synthetic_places_say_so(installation: Installation) -> None:
    _, answer = installation.get(f"{NEAREST}&limit=100")
    found = [feature["properties"] for feature in answer["features"]]
    assert found[0]["name"] == "梅江桥户外劳动者服务站点"
    assert found[0]["demo"] is False
    assert any(each["demo"] for each in found)


def test_a_closure_is_right_in_nearest_and_cell_on_every_process(installation: Installation, bridge: Site) -> None:
    cell = tile_at(*MEIJIANG, tiles.CELL_ZOOM)
    address = f"/api/v1/cells/{cell.z}/{cell.x}/{cell.y}"
    assert _column(installation.get(address)[1], bridge.code) is not None
    asked_at = (_now() + dt.timedelta(days=1)).replace(hour=4, minute=0, second=0, microsecond=0)  # noon in China
    noon = asked_at.isoformat().replace("+", "%2B")

    def is_open() -> bool:
        _, answer = installation.get(f"{NEAREST}&open={noon}&limit=100")
        return any(feature["id"] == bridge.id for feature in answer["features"])

    def is_shut_in_cell() -> bool:
        _, document = installation.get(address)
        place = _column(document, bridge.code)
        return any(where == place and "shut" in effects for where, effects in document["sparse"].get("dated", []))

    assert is_open()
    assert not is_shut_in_cell()
    closure = DatedException(Effect.SHUT, _now(), asked_at + dt.timedelta(days=2), "检修")
    with database.connected(installation.private.url(Role.OWNER)) as connection, connection.begin():
        commands.except_dated(connection, UUID(bridge.id), closure, version=bridge.version, deed=Deed("test", _now()))
    assert _all_answer(lambda: is_shut_in_cell() and not is_open())


def test_a_year_that_is_announced_is_known_on_every_process(installation: Installation) -> None:
    year = seeding.year_in(seeding.SEED / "calendar" / "2026.json")
    moved = type(year)(
        2027,
        year.source,
        tuple(type(day)(day.on.replace(year=2027), day.kind, day.name) for day in year.days if day.kind == "off"),
    )
    assert installation.get("/api/v1/calendar/2027")[1]["announced"] is False
    with database.connected(installation.private.url(Role.OWNER)) as connection, connection.begin():
        calendar.announce(connection, moved)
    new_year = "2027-01-01T10:00:00%2B08:00"

    def is_known() -> bool:
        _, answer = installation.get(f"{NEAREST}&open={new_year}&limit=1")
        return bool(answer["features"]) and answer["features"][0]["properties"]["calendar"] == "announced"

    assert _all_answer(is_known)
