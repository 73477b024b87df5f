"""What keeps places true: reports, confirmations, closures until further notice, changes taken back."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, select

from xiejiao.coordinates import Datum
from xiejiao.errors import ConflictError, InputError, NotFoundError
from xiejiao.hours import CHINA
from xiejiao.sites import commands, difference, models, queries
from xiejiao.sites.commands import Deed
from xiejiao.sites.mercator import tile_at
from xiejiao.sites.rules import Access, Amenity, AmenityState, Change, DatedException, Effect, Located, Mode, Site
from xiejiao.vocabulary.rules import Vocabulary

pytestmark = pytest.mark.db

MakeSite = Callable[..., Site]
NOON = dt.datetime(2026, 11, 20, 12, 30, tzinfo=CHINA)
LATER = Deed("account:7c0e3a52-5d0e-4b53-9d7b-0f9f3f6f2f11", dt.datetime(2026, 11, 21, 9, 30, tzinfo=CHINA))
MOVED = Located(116.123, 24.301, "116.123,24.301", Datum.WGS84, "site manager", 8.25)
SHUT = DatedException(Effect.SHUT, NOON, None, "装修")


def found(client: FlaskClient, query: str) -> list[tuple[str, str]]:
    """Name and state of the places that the nearest query names, in their order."""
    answer = client.get(f"/api/v1/sites/nearest?lon=116.12&lat=24.30&{query}")
    assert answer.status_code == 200, answer.text
    features = (answer.json or {})["features"]
    return [(feature["properties"]["name"], feature["properties"]["state"]) for feature in features]


def last(connection: Connection, site: Site) -> Change:
    """The last row of the history of a place."""
    (change,) = queries.history(connection, UUID(site.id), before=None, limit=1)
    return change


# ── conflicting ──


def test_reports_make_a_place_that_is_open_by_its_hours_conflicting(
    connection: Connection, client: FlaskClient, make_site: MakeSite
) -> None:
    states = {}
    for hours in ("Mo-Su 08:00-20:00", "Mo-Su 20:00-22:00", None):
        site = make_site(hours=hours)
        assert commands.set_conflicting(connection, UUID(site.id), NOON, deed=LATER)
        said = (client.get(f"/api/v1/sites/{site.id}").json or {})["properties"]
        assert said["conflicting_since"] == "2026-11-20T12:30:00+08:00"
        states[hours] = said["state"]
    assert list(states.values()) == ["conflicting", "closed", "unknown"]
    listed = (client.get("/api/v1/sites").json or {})["features"]
    assert sorted(feature["properties"]["state"] for feature in listed) == ["closed", "conflicting", "unknown"]


def test_a_search_for_open_places_puts_conflicting_ones_after_all_others(
    connection: Connection, client: FlaskClient, make_site: MakeSite
) -> None:
    for name, lon in (("here", 116.12), ("near", 116.121), ("farther", 116.13), ("far", 116.2)):
        site = make_site(name=name, lon=lon)
        if name in {"here", "farther"}:
            commands.set_conflicting(connection, UUID(site.id), NOON, deed=LATER)
    make_site(name="unknown", hours=None)
    make_site(name="closed", hours="Mo-Su 20:00-22:00")
    others, conflicting = [("near", "open"), ("far", "open")], [("here", "conflicting"), ("farther", "conflicting")]
    assert found(client, "open=now") == others + conflicting
    assert found(client, "open=now&limit=3") == [*others, conflicting[0]]
    assert found(client, "open=now&limit=2") == others
    assert found(client, "open=now&within_m=900") == [("near", "open"), ("here", "conflicting")]
    # Without `open` the nearest is the nearest; reports do not move it.
    assert {name for name, _ in found(client, "limit=3")} == {"here", "unknown", "closed"}


def test_a_cell_and_a_pack_say_since_when(connection: Connection, client: FlaskClient, make_site: MakeSite) -> None:
    site, _ = make_site(), make_site()
    commands.set_conflicting(connection, UUID(site.id), NOON, deed=LATER)
    for kind, zoom in (("cells", 14), ("packs", 9)):
        tile = tile_at(116.12, 24.30, zoom)
        document: dict[str, Any] = client.get(f"/api/v1/{kind}/{zoom}/{tile.x}/{tile.y}").json or {}
        place = document["columns"]["code"].index(site.code) // 6
        assert document["format"] == 1
        assert document["sparse"]["conflicting_h"] == [[place, int(NOON.timestamp()) // 3600]]


def test_what_is_said_twice_is_written_once(connection: Connection, make_site: MakeSite) -> None:
    site = make_site()
    assert not commands.set_conflicting(connection, UUID(site.id), None, deed=LATER)
    assert commands.set_conflicting(connection, UUID(site.id), NOON, deed=LATER)
    assert not commands.set_conflicting(connection, UUID(site.id), NOON.astimezone(dt.UTC), deed=LATER)
    assert last(connection, site).action == "conflicting"
    assert commands.set_conflicting(connection, UUID(site.id), None, deed=LATER)
    assert last(connection, site).action == "settled"
    assert last(connection, site).changes == {"conflicting_since": ("2026-11-20T12:30:00+08:00", None)}
    assert queries.one(connection, UUID(site.id)).version == 3


# ── confirming ──


def test_a_confirmation_renews_the_date_and_settles_reports(connection: Connection, make_site: MakeSite) -> None:
    site = make_site()
    commands.set_conflicting(connection, UUID(site.id), NOON, deed=LATER)
    assert commands.confirm(connection, UUID(site.id), deed=LATER) == 3
    now = queries.one(connection, UUID(site.id))
    assert (now.confirmed_at, now.conflicting_since) == (LATER.when, None)
    assert last(connection, site).action == "confirmed"
    assert last(connection, site).actor == LATER.who
    assert last(connection, site).changes.keys() == {"confirmed_at", "conflicting_since"}
    assert commands.confirm(connection, UUID(site.id), deed=LATER) == 4


@pytest.mark.parametrize(
    "say",
    [
        lambda connection, site_id: commands.confirm(connection, site_id, deed=LATER),
        lambda connection, site_id: commands.set_conflicting(connection, site_id, NOON, deed=LATER),
    ],
    ids=["confirm", "set_conflicting"],
)
def test_nothing_is_said_of_a_place_that_is_closed_for_good_or_does_not_exist(
    connection: Connection, make_site: MakeSite, say: Callable[[Connection, UUID], object]
) -> None:
    site = make_site()
    commands.close(connection, UUID(site.id), on=NOON.date(), reason="拆除", version=1, deed=LATER)
    with pytest.raises(ConflictError):
        say(connection, UUID(site.id))
    with pytest.raises(NotFoundError):
        say(connection, uuid4())


# ── amenities, notice, contact, position ──


def test_several_amenities_are_said_at_once_and_the_others_stay(
    connection: Connection, client: FlaskClient, make_site: MakeSite, words: Vocabulary
) -> None:
    site = make_site(amenities=(Amenity("toilet", AmenityState.WORKS), Amenity("microwave", AmenityState.WORKS, NOON)))
    said = [
        Amenity("microwave", AmenityState.WORKS),
        Amenity("medicine_box", AmenityState.WORKS, expires_on=dt.date(2027, 3, 1)),
    ]
    assert commands.set_amenities(connection, UUID(site.id), said, version=1, words=words, deed=LATER) == 2
    answered = (client.get(f"/api/v1/sites/{site.id}").json or {})["properties"]["amenities"]
    assert answered == [
        {"code": "medicine_box", "state": "works", "since": "2026-11-21T09:30:00+08:00", "expires_on": "2027-03-01"},
        {"code": "microwave", "state": "works", "since": "2026-11-20T12:30:00+08:00"},
        {"code": "toilet", "state": "works", "since": None},
    ]
    emptied = [Amenity("medicine_box", AmenityState.EMPTY)]
    commands.set_amenities(connection, UUID(site.id), emptied, version=2, words=words, deed=LATER)
    box, *_ = queries.one(connection, UUID(site.id)).amenities
    assert box == Amenity("medicine_box", AmenityState.EMPTY, LATER.when, None)


@pytest.mark.parametrize("amenities", [[], [Amenity("toilet"), Amenity("toilet")]], ids=["none", "twice"])
def test_amenities_that_say_nothing_or_two_things_are_refused(
    connection: Connection, make_site: MakeSite, words: Vocabulary, amenities: list[Amenity]
) -> None:
    site = make_site()
    with pytest.raises(InputError, match="amenities"):
        commands.set_amenities(connection, UUID(site.id), amenities, version=1, words=words, deed=LATER)


def test_notice_and_contact_are_said_and_taken_down(connection: Connection, make_site: MakeSite) -> None:
    site = make_site(host="邮局")
    commands.set_notice(connection, UUID(site.id), "周五下午检修", version=1, deed=LATER)
    commands.set_contact(connection, UUID(site.id), host=None, phone="0753-2240000", version=2, deed=LATER)
    now = queries.one(connection, UUID(site.id))
    assert (now.notice, now.host, now.phone) == ("周五下午检修", None, "0753-2240000")
    commands.set_notice(connection, UUID(site.id), None, version=3, deed=LATER)
    assert queries.one(connection, UUID(site.id)).notice is None
    with pytest.raises(InputError, match="notice"):
        commands.set_notice(connection, UUID(site.id), "\u202eabc", version=4, deed=LATER)
    with pytest.raises(InputError, match=r"host.*phone"):
        commands.set_contact(connection, UUID(site.id), host="x" * 201, phone="1", version=4, deed=LATER)


def test_a_place_that_is_moved_is_found_where_it_is_and_touches_both_spots(
    connection: Connection, make_site: MakeSite
) -> None:
    site = make_site()
    commands.set_located(connection, UUID(site.id), MOVED, version=1, deed=LATER)
    now = queries.one(connection, UUID(site.id))
    assert (now.lon, now.lat, now.position_source, now.accuracy_m) == (116.123, 24.301, "site manager", 8.2)
    touched = models.site_history.c.touched
    where = connection.scalar(select(touched.ST_AsText()).where(models.site_history.c.version == 2))
    assert where == "MULTIPOINT((116.12 24.3),(116.123 24.301))"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lon", 181.0),
        ("lat", 86.0),
        ("accuracy_m", 0.0),
        ("accuracy_m", float("nan")),
        ("raw", "x" * 201),
        ("source", ""),
    ],
)
def test_a_position_that_cannot_be_is_refused(
    connection: Connection, make_site: MakeSite, field: str, value: object
) -> None:
    site = make_site()
    wrong = {**{name: getattr(MOVED, name) for name in MOVED.__slots__}, field: value}
    with pytest.raises(InputError):
        commands.set_located(connection, UUID(site.id), Located(**wrong), version=1, deed=LATER)
    assert queries.one(connection, UUID(site.id)) == site


# ── until further notice ──


def test_a_closing_until_further_notice_is_asked_about_every_seven_days(
    connection: Connection, make_site: MakeSite
) -> None:
    site = make_site()
    for version, exception in enumerate(
        [
            SHUT,
            DatedException(Effect.SHUT, NOON, NOON + dt.timedelta(days=2)),
            DatedException(Effect.MASK, NOON, None),
            DatedException(Effect.SHUT, NOON + dt.timedelta(days=30), None),
        ],
        start=1,
    ):
        commands.except_dated(connection, UUID(site.id), exception, version=version, deed=LATER)

    def due(month: int, day: int) -> list[tuple[str | None, dt.date]]:
        rows = queries.open_ended_due(connection, on=dt.date(2026, month, day), limit=10)
        return [(row.reason, row.ask_again_on) for row in rows]

    # Counted from the day on which it was said, or from its beginning where that comes later.
    assert due(11, 27) == []
    assert due(11, 28) == [("装修", dt.date(2026, 11, 28))]
    assert due(12, 27) == [("装修", dt.date(2026, 11, 28)), (None, dt.date(2026, 12, 27))]
    (first,) = queries.open_ended_due(connection, on=dt.date(2026, 11, 28), limit=10)
    assert (str(first.site_id), first.since) == (site.id, NOON)
    week_later = Deed(LATER.who, LATER.when + dt.timedelta(days=8))
    assert commands.still_shut(connection, first.site_id, first.id, deed=week_later) == 6
    assert due(12, 5) == []
    assert due(12, 6) == [("装修", dt.date(2026, 12, 6))]
    assert last(connection, site).changes == {"ask_again_on": ("2026-11-28", "2026-12-06")}


def test_only_a_closing_of_the_place_that_has_no_end_can_hold_on(connection: Connection, make_site: MakeSite) -> None:
    site, other = make_site(), make_site()
    commands.except_dated(connection, UUID(site.id), SHUT, version=1, deed=LATER)
    bounded = DatedException(Effect.SHUT, NOON, NOON + dt.timedelta(days=2))
    commands.except_dated(connection, UUID(other.id), bounded, version=1, deed=LATER)
    dated = models.site_dated.c
    ids = {str(place): identity for place, identity in connection.execute(select(dated.site_id, dated.id))}
    for place, identity in ((other, ids[site.id]), (other, ids[other.id])):
        with pytest.raises(NotFoundError):
            commands.still_shut(connection, UUID(place.id), identity, deed=LATER)


# ── a conflict says what stands ──


def test_a_conflict_carries_what_stands_now(connection: Connection, make_site: MakeSite) -> None:
    site = make_site()
    commands.set_notice(connection, UUID(site.id), "甲", version=1, deed=LATER)
    with pytest.raises(ConflictError) as conflict:
        commands.set_notice(connection, UUID(site.id), "乙", version=1, deed=LATER)
    now = conflict.value.now or {}
    assert (now["version"], now["changed_at"]) == (2, LATER.when)
    change: Any = now["last_change"]
    assert (change["action"], change["actor"], change["changes"]) == ("changed", LATER.who, {"notice": (None, "甲")})


# ── history and taking back ──


def test_history_comes_a_page_at_a_time_the_latest_first(connection: Connection, make_site: MakeSite) -> None:
    site = make_site()
    make_site()
    for version in range(1, 6):
        commands.set_notice(connection, UUID(site.id), str(version), version=version, deed=LATER)
    first = queries.history(connection, UUID(site.id), before=None, limit=4)
    second = queries.history(connection, UUID(site.id), before=first[-1].id, limit=4)
    assert [change.version for change in (*first, *second)] == [6, 5, 4, 3, 2, 1]


Command = Callable[[Connection, UUID, int, Vocabulary], int]
REVERTIBLE: Mapping[str, Command] = {
    "amenities": lambda connection, site_id, version, words: commands.set_amenities(
        connection,
        site_id,
        [
            Amenity("microwave", AmenityState.BROKEN),
            Amenity("medicine_box", AmenityState.WORKS, expires_on=dt.date(2027, 3, 1)),
        ],
        version=version,
        words=words,
        deed=LATER,
    ),
    "access": lambda connection, site_id, version, _: commands.set_access(
        connection, site_id, [Access(Mode.KEY, "24/7"), Access(Mode.STAFFED, None)], version=version, deed=LATER
    ),
    "notice": lambda connection, site_id, version, _: commands.set_notice(
        connection, site_id, "轻声", version=version, deed=LATER
    ),
    "contact": lambda connection, site_id, version, _: commands.set_contact(
        connection, site_id, host=None, phone="0753-2240000", version=version, deed=LATER
    ),
    "position": lambda connection, site_id, version, _: commands.set_located(
        connection, site_id, MOVED, version=version, deed=LATER
    ),
    "dated": lambda connection, site_id, version, _: commands.except_dated(
        connection, site_id, SHUT, version=version, deed=LATER
    ),
    "closing": lambda connection, site_id, version, _: commands.close(
        connection, site_id, on=NOON.date(), reason="拆除", version=version, deed=LATER
    ),
}
every_revertible = pytest.mark.parametrize("change", REVERTIBLE.values(), ids=REVERTIBLE)


@pytest.fixture
def place(make_site: MakeSite) -> Site:
    """A place that has something of everything."""
    return make_site(
        notice="安静",
        host="邮局",
        hours_written="8点到20点",
        amenities=(Amenity("microwave", AmenityState.WORKS, NOON), Amenity("toilet")),
    )


def stands(connection: Connection, site: Site) -> dict[str, Any]:
    """The row of a place but for what every change moves, and its children."""
    row = connection.execute(select(models.site).where(models.site.c.id == UUID(site.id))).mappings().one()
    moving = {"version", "changed_at", "position", "spot"}
    now = queries.one(connection, UUID(site.id))
    amenities = [(amenity.code, amenity.state, amenity.expires_on) for amenity in now.amenities]
    kept = {name: value for name, value in row.items() if name not in moving}
    return {**kept, "at": (now.lon, now.lat), "amenities": amenities, "access": now.access}


@every_revertible
def test_a_change_is_taken_back_and_that_too(
    connection: Connection, place: Site, words: Vocabulary, change: Command
) -> None:
    identity = UUID(place.id)
    before = stands(connection, place)
    change(connection, identity, 1, words)
    after = stands(connection, place)
    assert after != before
    taken = last(connection, place)
    version = commands.revert(connection, identity, taken.id, version=2, words=words, deed=LATER)
    assert (version, stands(connection, place)) == (3, before)
    back = last(connection, place)
    assert (back.version, back.action, back.reverts) == (3, "reverted", taken.id)
    assert back.changes == {field: (now, was) for field, (was, now) in taken.changes.items()}
    commands.revert(connection, identity, back.id, version=3, words=words, deed=LATER)
    assert stands(connection, place) == after


@every_revertible
def test_a_change_that_a_later_one_overtook_is_a_conflict_and_nothing_is_lost(
    connection: Connection, place: Site, words: Vocabulary, change: Command
) -> None:
    identity = UUID(place.id)
    change(connection, identity, 1, words)
    taken = last(connection, place)
    commands.revert(connection, identity, taken.id, version=2, words=words, deed=LATER)
    now = stands(connection, place)
    with pytest.raises(ConflictError) as conflict:
        commands.revert(connection, identity, taken.id, version=3, words=words, deed=LATER)
    assert stands(connection, place) == now
    said: Any = (conflict.value.now or {})["fields"]
    assert said.keys() == {field for field, (was, now) in taken.changes.items() if was != now}
    assert all(said[field]["then"] == taken.changes[field][0] for field in said)


def test_a_change_is_taken_back_though_others_came_after_it(
    connection: Connection, place: Site, words: Vocabulary
) -> None:
    identity = UUID(place.id)
    commands.set_notice(connection, identity, "轻声", version=1, deed=LATER)
    taken = last(connection, place)
    commands.set_contact(connection, identity, host="银行", phone=None, version=2, deed=LATER)
    commands.confirm(connection, identity, deed=LATER)
    commands.revert(connection, identity, taken.id, version=4, words=words, deed=LATER)
    now = queries.one(connection, identity)
    assert (now.notice, now.host, now.confirmed_at) == ("安静", "银行", LATER.when)


def test_an_amenity_whose_expiry_was_said_later_is_not_taken_away(
    connection: Connection, place: Site, words: Vocabulary
) -> None:
    identity = UUID(place.id)
    box = Amenity("medicine_box", AmenityState.WORKS)
    commands.set_amenities(connection, identity, [box], version=1, words=words, deed=LATER)
    added = last(connection, place)
    dated = Amenity("medicine_box", AmenityState.WORKS, expires_on=dt.date(2027, 3, 1))
    commands.set_amenities(connection, identity, [dated], version=2, words=words, deed=LATER)
    with pytest.raises(ConflictError):
        commands.revert(connection, identity, added.id, version=3, words=words, deed=LATER)
    assert queries.one(connection, identity).amenities[0].expires_on == dt.date(2027, 3, 1)


def test_taking_back_at_another_version_is_a_conflict(connection: Connection, place: Site, words: Vocabulary) -> None:
    commands.set_notice(connection, UUID(place.id), "轻声", version=1, deed=LATER)
    with pytest.raises(ConflictError):
        commands.revert(connection, UUID(place.id), last(connection, place).id, version=1, words=words, deed=LATER)


def test_what_was_only_said_cannot_be_taken_back(
    connection: Connection, make_site: MakeSite, words: Vocabulary
) -> None:
    site = make_site()
    identity = UUID(site.id)
    commands.set_conflicting(connection, identity, NOON, deed=LATER)
    commands.confirm(connection, identity, deed=LATER)
    for change in queries.history(connection, identity, before=None, limit=10):
        with pytest.raises(InputError, match="change"):
            commands.revert(connection, identity, change.id, version=3, words=words, deed=LATER)
    with pytest.raises(NotFoundError):
        commands.revert(connection, UUID(make_site().id), last(connection, site).id, version=1, words=words, deed=LATER)


# ── in words ──


def test_the_difference_reads_in_both_languages(connection: Connection, place: Site, words: Vocabulary) -> None:
    identity = UUID(place.id)
    for version, change in enumerate(REVERTIBLE.values(), start=1):
        change(connection, identity, version, words)
    read = [
        line
        for change in reversed(queries.history(connection, identity, before=None, limit=20))
        for line in difference.difference(change, words)
    ]
    assert [line.zh for line in read] == [
        "名称：无 → “梅江桥头驿站”",
        "位置：无 → 116.12,24.30",
        "急救药箱：无 → 正常",
        "急救药箱有效期：无 → 2027年3月1日",
        "微波炉：正常 → 坏了",
        "开放时间（敞开进入）：每天 8:00–20:00 → 无",
        "开放时间（凭钥匙或口令）：无 → 24小时开放",
        "开放时间（有人值守）：无 → 时间不详",
        "来源所写的时间：“8点到20点” → 无",
        "公告：“安静” → “轻声”",
        "共建单位：“邮局” → 无",
        "电话：无 → “0753-2240000”",
        "位置：116.12000, 24.30000 → 116.12300, 24.30100",
        "移动约 324 米",
        "新增：关闭 2026年11月20日 12:30 恢复时间另行通知（装修）",
        "状态：开放 → 已撤销",
        "撤销原因：无 → “拆除”",
        "撤销日期：无 → 2026年11月20日",
    ]
    english = " ".join(line.en for line in read)
    for said in ("Microwave: works → broken", "Closed 2026-11-20 12:30 until further notice", "Moved by about 324 m"):
        assert said in english


def test_hours_of_one_way_in_read_as_the_hours(connection: Connection, make_site: MakeSite, words: Vocabulary) -> None:
    site = make_site(hours="Mo-Su 08:00-20:00")
    ways = [Access(Mode.OPEN_DOOR, "24/7")]
    commands.set_access(connection, UUID(site.id), ways, version=1, deed=LATER)
    (line,) = difference.difference(last(connection, site), words)
    assert line.zh == "开放时间：每天 8:00–20:00 → 24小时开放"
