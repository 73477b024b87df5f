"""Writes of places: history, versions, faults, and columns that repeat what the children say."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, func, select, text

from xiejiao.coordinates import Datum
from xiejiao.errors import ConflictError, InputError, NotFoundError
from xiejiao.hours import CHINA
from xiejiao.sites import commands, models, queries
from xiejiao.sites.commands import Deed
from xiejiao.sites.rules import (
    DATED_FACET,
    Access,
    Amenity,
    AmenityState,
    DatedException,
    Effect,
    Located,
    Mode,
    Site,
    SiteDraft,
    hours_facet,
)
from xiejiao.vocabulary.rules import Vocabulary

pytestmark = pytest.mark.db

MakeSite = Callable[..., Site]
LATER = Deed("test", dt.datetime(2026, 11, 21, 9, 30, tzinfo=CHINA))
NOON, EVENING = (dt.datetime(2026, 11, 22, hour, 0, tzinfo=CHINA) for hour in (12, 18))
CLOSURE = DatedException(Effect.SHUT, NOON, EVENING, "检修")

BROKEN = Amenity("microwave", AmenityState.BROKEN)
STOCKED = Amenity("medicine_box", AmenityState.WORKS, expires_on=dt.date(2027, 3, 1))
MOVED = Located(116.123, 24.301, "116.123,24.301", Datum.WGS84, "site manager", 8.0)

Change = Callable[[Connection, UUID, int, Vocabulary], int]

CHANGES: Mapping[str, Change] = {
    "set_amenities": lambda connection, site_id, version, words: commands.set_amenities(
        connection, site_id, [BROKEN, STOCKED], version=version, words=words, deed=LATER
    ),
    "set_access": lambda connection, site_id, version, _: commands.set_access(
        connection, site_id, [Access(Mode.KEY, "24/7")], version=version, deed=LATER
    ),
    "except_dated": lambda connection, site_id, version, _: commands.except_dated(
        connection, site_id, CLOSURE, version=version, deed=LATER
    ),
    "set_notice": lambda connection, site_id, version, _: commands.set_notice(
        connection, site_id, "轻声", version=version, deed=LATER
    ),
    "set_contact": lambda connection, site_id, version, _: commands.set_contact(
        connection, site_id, host="梅江银行", phone=None, version=version, deed=LATER
    ),
    "set_located": lambda connection, site_id, version, _: commands.set_located(
        connection, site_id, MOVED, version=version, deed=LATER
    ),
    "close": lambda connection, site_id, version, _: commands.close(
        connection, site_id, on=LATER.when.date(), reason="拆除", version=version, deed=LATER
    ),
}
"""Every command that changes one place."""

every_change = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)


def history(connection: Connection, site_id: str) -> list[Any]:
    """The rows of history of a place, oldest first."""
    table = models.site_history
    columns = (table.c.version, table.c.at, table.c.actor, table.c.action, table.c.changes)
    return list(connection.execute(select(*columns).where(table.c.site_id == UUID(site_id)).order_by(table.c.id)))


def row(connection: Connection, site_id: str) -> Any:  # noqa: ANN401 - a row of `site`
    """The row of a place as it stands."""
    return connection.execute(select(models.site).where(models.site.c.id == UUID(site_id))).one()


# ── history and versions ──


def test_a_new_place_begins_its_history(connection: Connection, make_site: MakeSite, deed: Deed) -> None:
    site = make_site(name="桥头")
    (first,) = history(connection, site.id)
    assert first[:4] == (1, deed.when, deed.who, "added")
    assert first.changes == {"name": [None, "桥头"], "position": [None, "116.12,24.30"]}
    touched = connection.scalar(select(func.ST_AsText(models.site_history.c.touched)))
    assert touched == "MULTIPOINT((116.12 24.3))"


@every_change
def test_every_change_leaves_a_row_of_history_and_a_new_version(
    connection: Connection, make_site: MakeSite, words: Vocabulary, change: Change
) -> None:
    site = make_site(hours="Mo-Su 08:00-20:00")
    assert change(connection, UUID(site.id), 1, words) == 2
    _, said = history(connection, site.id)
    assert said[:3] == (2, LATER.when, LATER.who)
    assert said.action == ("closed" if "status" in said.changes else "changed")
    assert said.changes
    now = row(connection, site.id)
    assert (now.version, now.changed_at) == (2, LATER.when)


def test_history_says_what_was_and_what_is(connection: Connection, make_site: MakeSite, words: Vocabulary) -> None:
    site = make_site(hours="Mo-Su 08:00-20:00", amenities=(Amenity("microwave", AmenityState.WORKS),))
    for version, change in enumerate(CHANGES.values(), start=1):
        change(connection, UUID(site.id), version, words)
    assert [said.changes for said in history(connection, site.id)[1:]] == [
        {
            "amenity microwave": ["works", "broken"],
            "amenity medicine_box": [None, "works"],
            "expiry medicine_box": [None, "2027-03-01"],
        },
        {"access": [{"open_door": "Mo-Su 08:00-20:00"}, {"key": "24/7"}]},
        {"dated": [None, ["shut", "2026-11-22T12:00:00+08:00", "2026-11-22T18:00:00+08:00", "检修"]]},
        {"notice": [None, "轻声"]},
        {"host": [None, "梅江银行"], "phone": [None, None]},
        {
            "position": [
                {
                    "lon": 116.12,
                    "lat": 24.3,
                    "raw": "116.12,24.30",
                    "datum": "wgs84",
                    "source": "test",
                    "accuracy_m": 10.0,
                },
                {
                    "lon": 116.123,
                    "lat": 24.301,
                    "raw": "116.123,24.301",
                    "datum": "wgs84",
                    "source": "site manager",
                    "accuracy_m": 8.0,
                },
            ]
        },
        {"status": ["active", "closed"], "reason": [None, "拆除"], "closed_on": [None, "2026-11-21"]},
    ]


@every_change
@pytest.mark.parametrize("version", [0, 2])
def test_a_change_of_another_version_than_the_present_is_a_conflict_and_writes_nothing(
    connection: Connection, make_site: MakeSite, words: Vocabulary, change: Change, version: int
) -> None:
    site = make_site()
    with pytest.raises(ConflictError):
        change(connection, UUID(site.id), version, words)
    assert queries.one(connection, UUID(site.id)) == site
    assert len(history(connection, site.id)) == 1


@every_change
def test_a_place_closed_for_good_changes_no_more(
    connection: Connection, make_site: MakeSite, words: Vocabulary, change: Change
) -> None:
    site = make_site()
    CHANGES["close"](connection, UUID(site.id), 1, words)
    with pytest.raises(ConflictError):
        change(connection, UUID(site.id), 2, words)


@every_change
def test_a_place_that_does_not_exist_is_not_found(connection: Connection, words: Vocabulary, change: Change) -> None:
    with pytest.raises(NotFoundError):
        change(connection, uuid4(), 1, words)


# ── faults ──


def test_every_fault_of_every_draft_is_named_and_nothing_is_written(
    connection: Connection, words: Vocabulary, deed: Deed, plain: SiteDraft
) -> None:
    before = connection.scalar(select(func.count()).select_from(models.site))
    nowhere = Located(200.0, 0.0, "200,0", Datum.WGS84, "test", None)
    drafts = [
        replace(plain, name="good"),
        replace(plain, name="first", kind="castle", organisation="cn.nowhere", located=nowhere),
        replace(plain, name="second", amenities=(Amenity("throne"), Amenity("toilet"), Amenity("toilet"))),
        replace(plain, name="third", access=(Access(Mode.KEY, "whenever"),)),
        replace(plain, name="fourth", access=(Access(Mode.KEY, None), Access(Mode.KEY, "24/7"))),
        replace(plain, name="fifth", address="a\nb", division="x" * 201),
        replace(plain, name=" "),
        replace(plain, name="sixth", host="", phone="1" * 41, notice="n" * 1001, hours_written="\0", brands=("a\nb",)),
    ]
    with pytest.raises(InputError) as refused:
        commands.add(connection, drafts, words=words, deed=deed)
    assert [fault.field for fault in refused.value.faults] == [
        "first: kind",
        "first: position",
        "first: organisation",
        "second: amenities",
        "second: amenities",
        "third: access",
        "fourth: access",
        "fifth: address",
        "fifth: division",
        " : name",
        "sixth: host",
        "sixth: phone",
        "sixth: hours_written",
        "sixth: notice",
        "sixth: brands",
    ]
    assert all(fault.message.zh and fault.message.en.isascii() for fault in refused.value.faults)
    assert connection.scalar(select(func.count()).select_from(models.site)) == before


def test_a_state_of_an_unknown_amenity_is_refused(
    connection: Connection, make_site: MakeSite, words: Vocabulary
) -> None:
    site = make_site()
    with pytest.raises(InputError, match="throne"):
        commands.set_amenities(connection, UUID(site.id), [Amenity("throne")], version=1, words=words, deed=LATER)


@pytest.mark.parametrize("ways", [[Access(Mode.KEY, "whenever")], [Access(Mode.KEY, None), Access(Mode.KEY, "24/7")]])
def test_ways_in_that_cannot_be_are_refused(connection: Connection, make_site: MakeSite, ways: list[Access]) -> None:
    site = make_site()
    with pytest.raises(InputError, match="access"):
        commands.set_access(connection, UUID(site.id), ways, version=1, deed=LATER)
    assert queries.one(connection, UUID(site.id)) == site


@pytest.mark.parametrize("until", [NOON, NOON - dt.timedelta(hours=1), NOON + dt.timedelta(seconds=59)])
def test_an_exception_that_never_holds_is_refused(
    connection: Connection, make_site: MakeSite, until: dt.datetime
) -> None:
    site = make_site()
    with pytest.raises(InputError, match="until"):
        commands.except_dated(
            connection, UUID(site.id), DatedException(Effect.SHUT, NOON, until), version=1, deed=LATER
        )


@pytest.mark.parametrize("reason", ["", "x" * 501, "a\0"])
def test_a_reason_that_cannot_be_written_is_refused(connection: Connection, make_site: MakeSite, reason: str) -> None:
    site = make_site()
    with pytest.raises(InputError, match="reason"):
        commands.except_dated(connection, UUID(site.id), replace(CLOSURE, reason=reason), version=1, deed=LATER)
    with pytest.raises(InputError, match="reason"):
        commands.close(connection, UUID(site.id), on=LATER.when.date(), reason=reason, version=1, deed=LATER)
    assert queries.one(connection, UUID(site.id)) == site


# ── what `site` repeats ──


def test_what_a_place_offers_follows_the_state_of_its_amenities(
    connection: Connection, make_site: MakeSite, words: Vocabulary
) -> None:
    site = make_site(amenities=(Amenity("toilet", AmenityState.BROKEN), Amenity("seats")))
    facet = words.amenity_facets
    kind = words.kind_facets["rest_station"]
    assert row(connection, site.id).offers == [kind, facet["seats"]]
    for version, (code, state, offered) in enumerate(
        [
            ("toilet", AmenityState.WORKS, {"toilet", "seats"}),
            ("seats", AmenityState.EMPTY, {"toilet"}),
            ("microwave", AmenityState.UNKNOWN, {"toilet", "microwave"}),
        ],
        start=1,
    ):
        amenities = [Amenity(code, state)]
        commands.set_amenities(connection, UUID(site.id), amenities, version=version, words=words, deed=LATER)
        assert set(row(connection, site.id).offers) == {kind, *(facet[code] for code in offered)}
    assert {amenity.code: amenity.state for amenity in queries.one(connection, UUID(site.id)).amenities} == {
        "toilet": "works",
        "seats": "empty",
        "microwave": "unknown",
    }


def test_the_facets_are_what_is_offered_the_bucket_of_the_hours_and_dated_openings(
    connection: Connection, make_site: MakeSite
) -> None:
    site = make_site(hours="24/7")
    now = row(connection, site.id)
    assert now.facets == [*now.offers, hours_facet(now.hours_id)]
    opening = DatedException(Effect.EXTRA, NOON, EVENING)
    commands.except_dated(connection, UUID(site.id), opening, version=1, deed=LATER)
    assert row(connection, site.id).facets == [*now.offers, hours_facet(now.hours_id), DATED_FACET]
    without = row(connection, make_site(hours=None).id)
    assert without.facets == without.offers


def test_the_database_and_the_rules_agree_on_the_bucket_of_every_text(connection: Connection) -> None:
    bucket = text("SELECT number, 256 + number % 255 FROM generate_series(1, 2000) AS number")
    assert all(hours_facet(number) == facet for number, facet in connection.execute(bucket))
    assert hours_facet(254) < DATED_FACET


def test_changed_ways_in_change_the_hours_of_the_place(connection: Connection, make_site: MakeSite) -> None:
    site = make_site(hours_written="8点到20点")
    ways = [Access(Mode.STAFFED, "Mo-Su 08:00-22:00"), Access(Mode.SELF_SERVICE, "Mo-Su 22:00-32:00")]
    commands.set_access(connection, UUID(site.id), ways, version=1, deed=LATER)
    texts: dict[int, str] = dict(connection.execute(select(models.hours.c.id, models.hours.c.text)).all())
    changed = queries.one(connection, UUID(site.id))
    assert changed.hours_id is not None
    assert (texts[changed.hours_id], changed.hours_written) == ("24/7", None)
    assert {mode for mode, _ in changed.access} == {"staffed", "self_service"}
    commands.set_access(connection, UUID(site.id), [Access(Mode.KEY, None)], version=2, deed=LATER)
    assert queries.one(connection, UUID(site.id)).hours_id is None


def test_places_with_the_same_hours_share_one_text(connection: Connection, make_site: MakeSite) -> None:
    ids = {make_site(hours=text).hours_id for text in ("Mo-Su 08:00-20:00", "mo-su 8:00-20:00")}
    assert len(ids) == 1
    assert connection.scalar(select(func.count()).where(models.hours.c.text == "Mo-Su 08:00-20:00")) == 1


# ── dated exceptions ──


def test_exceptions_that_overlap_gather_into_one_and_come_apart_when_one_is_withdrawn(
    connection: Connection, make_site: MakeSite
) -> None:
    site = make_site()
    hour = dt.timedelta(hours=1)
    first = DatedException(Effect.SHUT, NOON, NOON + 2 * hour)
    second = DatedException(Effect.SHUT, NOON + hour, None, "until further notice")
    commands.except_dated(connection, UUID(site.id), first, version=1, deed=LATER)
    commands.except_dated(connection, UUID(site.id), second, version=2, deed=LATER)
    assert queries.one(connection, UUID(site.id)).dated.shut == ((NOON, None),)
    dated = models.site_dated
    endless = connection.execute(select(dated.c.id).where(func.upper_inf(dated.c.during))).scalar_one()
    assert commands.withdraw_dated(connection, UUID(site.id), endless, version=3, deed=LATER) == 4
    assert queries.one(connection, UUID(site.id)).dated.shut == ((NOON, NOON + 2 * hour),)
    withdrawn = history(connection, site.id)[-1].changes["dated"]
    assert withdrawn[0][0] == "shut"
    assert withdrawn[0][2:] == [None, "until further notice"]
    assert withdrawn[1] is None


def test_exceptions_of_different_effect_stay_apart(connection: Connection, make_site: MakeSite) -> None:
    site = make_site()
    for version, effect in enumerate(Effect, start=1):
        exception = DatedException(effect, NOON + dt.timedelta(hours=version), EVENING)
        commands.except_dated(connection, UUID(site.id), exception, version=version, deed=LATER)
    dated = queries.one(connection, UUID(site.id)).dated
    assert [len(periods) for periods in (dated.shut, dated.extra, dated.mask)] == [1, 1, 1]
    assert [periods[0].start.astimezone(CHINA).hour for periods in (dated.shut, dated.extra, dated.mask)] == [
        13,
        14,
        15,
    ]


def test_an_exception_holds_to_the_minute(connection: Connection, make_site: MakeSite) -> None:
    site = make_site()
    ragged = DatedException(Effect.SHUT, NOON + dt.timedelta(seconds=40), EVENING + dt.timedelta(seconds=5))
    commands.except_dated(connection, UUID(site.id), ragged, version=1, deed=LATER)
    assert queries.one(connection, UUID(site.id)).dated.shut == ((NOON, EVENING),)


def test_only_the_place_that_has_an_exception_can_withdraw_it(connection: Connection, make_site: MakeSite) -> None:
    site, other = make_site(), make_site()
    commands.except_dated(connection, UUID(site.id), CLOSURE, version=1, deed=LATER)
    identity = connection.execute(select(models.site_dated.c.id)).scalar_one()
    with pytest.raises(NotFoundError):
        commands.withdraw_dated(connection, UUID(other.id), identity, version=1, deed=LATER)
    with pytest.raises(ConflictError):
        commands.withdraw_dated(connection, UUID(site.id), identity, version=1, deed=LATER)


# ── demonstration ──


def test_removing_the_demonstration_leaves_real_places_and_the_history(
    connection: Connection, make_site: MakeSite
) -> None:
    real, synthetic = make_site(name="real"), make_site(name="synthetic", demo=True, amenities=(Amenity("toilet"),))
    assert commands.remove_demonstration(connection, deed=LATER) == 1
    assert queries.one(connection, UUID(real.id)) == real
    with pytest.raises(NotFoundError):
        queries.one(connection, UUID(synthetic.id))
    assert [said.action for said in history(connection, synthetic.id)] == ["added", "removed"]
    assert history(connection, synthetic.id)[-1][:3] == (2, LATER.when, LATER.who)
    assert [said.action for said in history(connection, real.id)] == ["added"]
    assert commands.remove_demonstration(connection, deed=LATER) == 0
