"""Two server processes over one database: what one commits the other answers with within two seconds."""

import datetime as dt
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import count
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from xiejiao import database, seeding
from xiejiao.app import create_app
from xiejiao.calendar import commands as calendar
from xiejiao.calendar.rules import DayKind, SpecialDay, Year
from xiejiao.cluster import Role
from xiejiao.config import Config
from xiejiao.hours import CHINA
from xiejiao.organisations import commands as organisations
from xiejiao.organisations.rules import Level, Organisation
from xiejiao.roles import Scope
from xiejiao.sites import commands, queries
from xiejiao.sites.commands import Deed
from xiejiao.sites.keeper import Keeper
from xiejiao.sites.mercator import Tile, tile_at
from xiejiao.sites.rules import Access, DatedException, Effect, Mode, Site, SiteDraft
from xiejiao.vocabulary.queries import vocabulary

pytestmark = pytest.mark.db

NOW = dt.datetime(2026, 11, 20, 14, 0, tzinfo=CHINA)
DEED = Deed("test", NOW)
UNION = Organisation("cn", "中华全国总工会", Level.NATIONAL, None, None, accepts_applications=False)
LOOK_S = 2.0
"""What the process may need to see a COMMIT; the promise is five seconds."""
_LONGITUDES = count(76)
"""Each test has its own part of the map, far from the others."""


@dataclass(slots=True)
class Elapsed:
    """A clock that stands still until a test moves it."""

    elapsed_s: float = 0.0

    def seconds(self) -> float:
        """The time on it."""
        return self.elapsed_s

    def pass_(self, seconds: float) -> None:
        """Let time go by."""
        self.elapsed_s += seconds


@dataclass(frozen=True, slots=True)
class Process:
    """A server process: its own keeper and its own clock."""

    client: FlaskClient
    keeper: Keeper
    clock: Elapsed

    def names(self, address: str) -> set[str]:
        """Names of the places in a cell, a pack or an answer of the nearest query."""
        answer = self.client.get(address)
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json or {}
        if "features" in document:
            return {feature["properties"]["name"] for feature in document["features"]}
        return set(document["columns"]["name"].split("\n")) - {""}


@pytest.fixture(scope="module")
def writer(empty_database: Callable[[str], Callable[[Role], str]]) -> Iterator[Engine]:
    """Connections of the app role that commit into a database of these tests alone."""
    url = empty_database("keeper")
    database.upgrade(url(Role.OWNER))
    with database.connected(url(Role.OWNER)) as connection, connection.begin():
        seeding.load_words(connection)
        seeding.load_calendars(connection)
        organisations.add(connection, [UNION])
    pools = database.pools(url(Role.APP))
    database.bind(pools)
    yield pools.writer
    database.bind(None)
    pools.close()


def process() -> Process:
    """A process that has just started."""
    clock = Elapsed()
    app = create_app(Config(rate_public="0"), now=lambda: NOW, seconds=clock.seconds)
    return Process(app.test_client(), app.extensions["keeper"], clock)


@pytest.fixture
def processes(writer: Engine) -> tuple[Process, Process]:  # noqa: ARG001 - binds the database
    """Two processes over the same database."""
    return process(), process()


@pytest.fixture
def lon() -> float:
    """A longitude around which nothing lies."""
    return float(next(_LONGITUDES))


def addresses(lon: float, lat: float = 35.0) -> list[str]:
    """Where a place at a position shows: its cell, its pack and the nearest query, with and without `open`."""
    cell, pack = tile_at(lon, lat, 14), tile_at(lon, lat, 9)
    nearest = f"/api/v1/sites/nearest?lon={lon}&lat={lat}&within_m=1000"
    return [
        f"/api/v1/cells/14/{cell.x}/{cell.y}",
        f"/api/v1/packs/9/{pack.x}/{pack.y}",
        nearest,
        f"{nearest}&open=now",
    ]


def added(
    connection: Connection,
    plain: SiteDraft,
    lon: float,
    lat: float = 35.0,
    *,
    name: str = "站",
    hours: str = "24/7",
) -> Site:
    """A new place in the transaction of the connection."""
    draft = replace(
        plain,
        name=name,
        organisation="cn",
        located=replace(plain.located, lon=lon, lat=lat),
        access=(Access(Mode.OPEN_DOOR, hours),),
    )
    (identity,) = commands.add(connection, [draft], words=vocabulary(connection), deed=DEED)
    return queries.one(connection, identity)


def closed(connection: Connection, site: Site) -> None:
    """Close a place for good."""
    commands.close(connection, UUID(site.id), on=NOW.date(), reason="拆除", version=site.version, deed=DEED)


def test_a_commit_of_one_process_is_answered_by_the_other_within_two_seconds(
    writer: Engine, processes: tuple[Process, Process], plain: SiteDraft, lon: float
) -> None:
    assert all(each.names(address) == set() for each in processes for address in addresses(lon))
    with writer.begin() as connection:
        site = added(connection, plain, lon)
    for each in processes:
        each.clock.pass_(LOOK_S)
        assert [each.names(address) for address in addresses(lon)] == [{"站"}] * 4
    with writer.begin() as connection:
        closed(connection, site)
    for each in processes:
        each.clock.pass_(LOOK_S)
        assert [each.names(address) for address in addresses(lon)] == [set()] * 4


def test_reports_against_the_hours_reach_every_process_within_two_seconds(
    writer: Engine, processes: tuple[Process, Process], plain: SiteDraft, lon: float
) -> None:
    def told(each: Process) -> list[bool]:
        """What cell, pack and nearest query say."""
        *tiles, _, nearest = (each.client.get(address).json or {} for address in addresses(lon))
        (feature,) = nearest["features"]
        return [*("conflicting_h" in tile["sparse"] for tile in tiles), feature["properties"]["state"] == "conflicting"]

    with writer.begin() as connection:
        site = added(connection, plain, lon)
    for each in processes:
        assert told(each) == [False] * 3
    for since in (NOW, None):
        with writer.begin() as connection:
            commands.set_conflicting(connection, UUID(site.id), since, deed=DEED)
        for each in processes:
            each.clock.pass_(LOOK_S)
            assert told(each) == [since is not None] * 3


def test_a_place_that_moved_leaves_the_tiles_where_it_was(
    writer: Engine, processes: tuple[Process, Process], plain: SiteDraft, lon: float
) -> None:
    there = lon + 0.5
    with writer.begin() as connection:
        site = added(connection, plain, lon)
    for each in processes:
        assert [each.names(address) for address in addresses(lon)] == [{"站"}] * 4
        each.names(addresses(there)[1])
    with writer.begin() as connection:
        located = replace(plain.located, lon=there, lat=35.0)
        commands.set_located(connection, UUID(site.id), located, version=1, deed=DEED)
    for each in processes:
        each.clock.pass_(LOOK_S)
        assert each.names(addresses(lon)[2]) == set()
        assert [each.names(address) for address in addresses(there)] == [{"站"}] * 4


@pytest.mark.parametrize("times", [2, 6])
def test_managers_who_confirm_at_once_do_not_fail_each_other(
    writer: Engine, plain: SiteDraft, lon: float, times: int
) -> None:
    with writer.begin() as connection:
        site = added(connection, plain, lon)
    together = Barrier(times)

    def confirm(minute: int) -> int:
        with writer.begin() as connection:
            together.wait()
            deed = Deed(DEED.who, NOW + dt.timedelta(minutes=minute))
            return commands.confirm(connection, UUID(site.id), deed=deed)

    with ThreadPoolExecutor(times) as managers:
        versions = sorted(managers.map(confirm, range(times)))
    assert versions == list(range(2, times + 2))
    with writer.begin() as connection:
        rows = queries.history(connection, UUID(site.id), before=None, limit=times)
    assert {row.action for row in rows} == {"confirmed"}


def test_a_place_that_is_taken_up_is_locked_until_the_end(writer: Engine, plain: SiteDraft, lon: float) -> None:
    with writer.begin() as connection:
        site = added(connection, plain, lon)
    at_once = text("SELECT id FROM site WHERE id = :id FOR UPDATE NOWAIT")
    with writer.connect() as one, writer.connect() as other:
        queries.for_upkeep(one, UUID(site.id), Scope(everywhere=True))
        with pytest.raises(OperationalError, match="could not obtain lock"):
            other.execute(at_once, {"id": site.id})
        other.rollback()
        one.rollback()
        assert other.execute(at_once, {"id": site.id}).all()


def test_a_tile_is_answered_from_memory_until_the_next_look(
    writer: Engine, processes: tuple[Process, Process], plain: SiteDraft, lon: float
) -> None:
    cell, *_ = addresses(lon)
    one, _ = processes
    before = one.client.get(cell).headers["ETag"]
    with writer.begin() as connection:
        added(connection, plain, lon)
    one.clock.pass_(LOOK_S - 0.1)
    assert one.client.get(cell).headers["ETag"] == before
    one.clock.pass_(0.1)
    assert one.client.get(cell).headers["ETag"] != before


def test_transactions_that_end_out_of_order_are_both_seen(
    writer: Engine, processes: tuple[Process, Process], plain: SiteDraft, lon: float
) -> None:
    one, other = processes
    for each in processes:
        assert [each.names(address) for address in addresses(lon)] == [set()] * 4
    with writer.connect() as slow:
        added(slow, plain, lon, name="first to begin", hours="Mo-Su 10:00-15:00")
        with writer.begin() as quick:
            added(quick, plain, lon, name="first to end", hours="Mo-Su 10:00-15:30")
        one.clock.pass_(LOOK_S)
        assert [one.names(address) for address in addresses(lon)] == [{"first to end"}] * 4
        slow.commit()
    for each in (one, other):
        each.clock.pass_(LOOK_S)
        assert [each.names(address) for address in addresses(lon)] == [{"first to begin", "first to end"}] * 4


def test_a_transaction_that_is_rolled_back_is_never_seen(
    writer: Engine, processes: tuple[Process, Process], plain: SiteDraft, lon: float
) -> None:
    one, _ = processes
    with writer.connect() as connection:
        added(connection, plain, lon, hours="Mo-Su 11:11-14:44")
        connection.rollback()
    one.clock.pass_(LOOK_S)
    assert [one.names(address) for address in addresses(lon)] == [set()] * 4


def test_a_place_with_hours_that_nobody_had_before_is_answered_at_once(
    writer: Engine, processes: tuple[Process, Process], plain: SiteDraft, lon: float
) -> None:
    one, other = processes
    for each in processes:
        each.names(addresses(lon)[2])
    with writer.begin() as connection:
        site = added(connection, plain, lon, hours="Mo-Su 06:07-21:43")
    cell, pack, nearest, _ = addresses(lon)
    # No time has passed, so neither process has looked again.
    assert one.names(nearest) == {"站"}
    assert other.names(cell) == other.names(pack) == {"站"}
    page = other.client.get(f"/api/v1/sites/{site.code}").json or {}
    assert page["properties"]["opening_hours"] == "Mo-Su 06:07-21:43"
    assert page["properties"]["state"] == "open"


def test_a_dated_closure_shows_in_every_answer(
    writer: Engine, processes: tuple[Process, Process], plain: SiteDraft, lon: float
) -> None:
    with writer.begin() as connection:
        site = added(connection, plain, lon)
    for each in processes:
        assert each.names(addresses(lon)[3]) == {"站"}
    with writer.begin() as connection:
        closure = DatedException(Effect.SHUT, NOW - dt.timedelta(hours=1), None)
        commands.except_dated(connection, UUID(site.id), closure, version=1, deed=DEED)
    for each in processes:
        each.clock.pass_(LOOK_S)
        assert each.names(addresses(lon)[3]) == set()
        for address in addresses(lon)[:2]:
            assert "dated" in (each.client.get(address).json or {})["sparse"]


def test_only_the_tiles_within_reach_are_forgotten(
    writer: Engine, processes: tuple[Process, Process], plain: SiteDraft, lon: float
) -> None:
    one, _ = processes
    near, far = tile_at(lon, 35.0, 14), tile_at(lon + 0.9, 35.0, 14)
    pack_near, pack_far = tile_at(lon, 35.0, 9), tile_at(lon + 0.9, 35.0, 9)
    before = {tile: one.keeper.tile(tile) for tile in (near, far, pack_near, pack_far)}
    with writer.begin() as connection:
        added(connection, plain, lon)
    one.clock.pass_(LOOK_S)
    assert {tile: one.keeper.tile(tile) is encoded for tile, encoded in before.items()} == {
        near: False,
        far: True,
        pack_near: False,
        pack_far: True,
    }


def test_closing_the_farthest_place_of_a_full_cell_is_seen(
    writer: Engine, processes: tuple[Process, Process], plain: SiteDraft, lon: float
) -> None:
    one, _ = processes
    cell = addresses(lon)[0]
    with writer.begin() as connection:
        sites = [
            added(connection, plain, lon + 0.02 + step * 0.0017, 35.0 + step * 0.0011, name=str(step))
            for step in range(130)
        ]
    for place in range(30):
        # A hundred places are open still, from this one on; the farthest of them is the edge of the cell.
        farthest = sites[place + 99]
        assert farthest.name in one.names(cell)
        with writer.begin() as connection:
            closed(connection, farthest)
        one.clock.pass_(LOOK_S)
        assert farthest.name not in one.names(cell)
        with writer.begin() as connection:
            closed(connection, sites[place])
            sites[place + 99] = added(connection, plain, farthest.lon, farthest.lat, name=f"again {place}")
        one.clock.pass_(LOOK_S)


def test_another_calendar_changes_every_answer(
    writer: Engine, processes: tuple[Process, Process], plain: SiteDraft, lon: float
) -> None:
    with writer.begin() as connection:
        added(connection, plain, lon, hours="Mo-Fr 09:00-17:00; PH off")
    friday = f"{addresses(lon)[2]}&open=2027-11-19T14:00:00%2B08:00"
    for each in processes:
        assert each.names(friday) == {"站"}
        assert "2027" not in (each.client.get(addresses(lon)[0]).json or {})["calendar"]
    with writer.begin() as connection:
        day = SpecialDay(dt.date(2027, 11, 19), DayKind.OFF, "元旦")
        calendar.announce(connection, Year(2027, "test", (day,)))
    for each in processes:
        each.clock.pass_(LOOK_S)
        assert each.names(friday) == set()
        assert (each.client.get(addresses(lon)[0]).json or {})["calendar"]["2027"] == [[1119, 1], []]


def test_memory_is_bounded(processes: tuple[Process, Process], monkeypatch: pytest.MonkeyPatch, lon: float) -> None:
    one, _ = processes
    column = tile_at(lon, 35.0, 14).x
    tiles = [Tile(14, column, row) for row in range(12)]
    size = max(Keeper(seconds=one.clock.seconds, now=lambda: NOW).tile(tile).size for tile in tiles)
    monkeypatch.setattr("xiejiao.sites.keeper.KEPT_BYTES", 5 * size)
    drawn = {tile: one.keeper.tile(tile) for tile in tiles}
    assert all(one.keeper.tile(tile) is drawn[tile] for tile in tiles[-5:])
    assert one.keeper.tile(tiles[0]) is not drawn[tiles[0]]
