"""Door truth: when what people say of a place is believed, and what becomes of the tasks that it opens."""

import datetime as dt
import time
from collections.abc import Callable
from itertools import product
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from werkzeug.test import TestResponse

import people
from conftest import FRIDAY_14, Clock
from people import Draw
from upkeep.conftest import Crowd, MakeStaff
from xiejiao.accounts import proofs
from xiejiao.errors import ConflictError, InputError, NotFoundError, TooManyError
from xiejiao.hours import Calendar
from xiejiao.roles import Role, Scope
from xiejiao.sites import queries as places
from xiejiao.sites.commands import Deed
from xiejiao.sites.rules import Amenity, AmenityState, Site
from xiejiao.upkeep import commands, queries, rules
from xiejiao.upkeep.rules import Round, Says, Vote

MakeSite = Callable[..., Site]
EVERYWHERE = Scope(everywhere=True)
MANAGER = Deed("account:7c0e3a52-5d0e-4b53-9d7b-0f9f3f6f2f11", FRIDAY_14)


def one(number: int) -> UUID:
    """Somebody, or a phone, by number."""
    return UUID(int=number)


def a_vote(
    device: int,
    *,
    says: Says = Says.SHUT,
    account: int | None = None,
    network: str = "home",
    keyed: bool = False,
    grown: bool = True,
    posted_open: bool = True,
) -> Vote:
    """A vote by a phone."""
    return Vote(says, None, one(device), grown, None if account is None else one(account), network, keyed, posted_open)


# ── independence: no database ──


@pytest.mark.parametrize(
    ("other", "is_believed"),
    [
        (a_vote(2, network="carrier"), True),
        (a_vote(1, network="carrier"), False),
        (a_vote(2, network="home"), False),
        (a_vote(2, network="carrier", grown=False), False),
        (a_vote(2, network="home", account=7), False),
        (a_vote(1, network="carrier", account=7), False),
    ],
    ids=[
        "another phone and network",
        "the same phone",
        "the same network",
        "a fresh token",
        "signed in beside who is not",
        "the same phone signed in",
    ],
)
def test_a_keyed_vote_is_believed_with_an_independent_one(other: Vote, *, is_believed: bool) -> None:
    keyed = a_vote(1, keyed=True)
    assert rules.believed([keyed, other]) is is_believed
    assert rules.believed([other, keyed]) is is_believed


def test_two_accounts_of_one_network_are_independent_and_one_account_of_two_is_not() -> None:
    assert rules.believed([a_vote(1, account=1), a_vote(2, account=2)])
    assert not rules.believed([a_vote(1, account=1), a_vote(2, account=1, network="carrier")])


def test_hundreds_that_prove_nothing_are_not_believed() -> None:
    assert not rules.believed([a_vote(number, network=str(number)) for number in range(500)])


VOTES = st.lists(
    st.builds(
        a_vote,
        st.integers(1, 4),
        says=st.sampled_from([Says.SHUT, Says.OPEN]),
        account=st.none() | st.integers(1, 2),
        network=st.sampled_from(["home", "carrier", "shop"]),
        keyed=st.booleans(),
        grown=st.booleans(),
        posted_open=st.booleans(),
    ),
    max_size=8,
)


def by_the_letter(votes: list[Vote]) -> bool:
    """Different devices with tokens old enough, different accounts or networks, one with the key or signed in."""
    for one_, other in product(votes, votes):
        if one_.device == other.device or not (one_.grown and other.grown):
            continue
        if one_.account is not None and one_.account == other.account:
            continue
        both_signed_in = one_.account is not None and other.account is not None
        if not both_signed_in and one_.network == other.network:
            continue
        if any(each.keyed or each.account is not None for each in (one_, other)):
            return True
    return False


@given(VOTES)
def test_what_is_believed_is_what_is_promised(votes: list[Vote]) -> None:
    assert rules.believed(votes) is by_the_letter(votes)


@given(VOTES)
def test_only_what_was_said_since_somebody_found_it_open_counts(votes: list[Vote]) -> None:
    opened = [
        place
        for place, vote in enumerate(votes)
        if vote.says is Says.OPEN and vote.grown and (vote.keyed or vote.account)
    ]
    since = votes[opened[-1] + 1 :] if opened else votes
    shut = [vote for vote in since if vote.says is Says.SHUT and vote.posted_open]
    assert rules.believed_shut(votes) is by_the_letter(shut)


def test_shut_while_its_hours_say_so_too_is_no_contradiction() -> None:
    two = [a_vote(1, keyed=True), a_vote(2, network="carrier")]
    after_hours = [a_vote(1, keyed=True), a_vote(2, network="carrier", posted_open=False)]
    assert (rules.believed_shut(two), rules.believed_shut(after_hours)) == (True, False)


def test_thousands_of_votes_are_weighed_at_once() -> None:
    many = [a_vote(number, keyed=True) for number in range(10_000)]
    began = time.perf_counter()
    assert not rules.believed(many)
    assert time.perf_counter() - began < 1


# ── votes that are cast ──


def state(connection: Connection, site: Site) -> bool:
    """Whether reports speak against the hours of the place."""
    return places.one(connection, UUID(site.id)).conflicting_since is not None


def tasks(connection: Connection, site: Site | None = None) -> tuple[rules.Task, ...]:
    """The open tasks."""
    where = UUID(site.id) if site else None
    return queries.tasks(connection, EVERYWHERE, today=FRIDAY_14.date(), limit=50, site=where)


def a_key(connection: Connection, site: Site, draw: Draw) -> str:
    """The key of a poster that is printed now."""
    return commands.new_poster_key(connection, UUID(site.id), deed=MANAGER, draw=draw)


@pytest.fixture
def shut(connection: Connection, make_site: MakeSite, crowd: Crowd, draw: Draw) -> Site:
    """A place of which two have said that it is shut, one with the key."""
    site = make_site()
    crowd.vote(site.id, now=FRIDAY_14, network="a", key=a_key(connection, site, draw))
    crowd.vote(site.id, now=FRIDAY_14, network="b")
    return site


@pytest.mark.db
def test_one_vote_alone_changes_nothing_and_two_make_it_conflicting(
    connection: Connection, make_site: MakeSite, crowd: Crowd, draw: Draw
) -> None:
    site = make_site()
    crowd.vote(site.id, now=FRIDAY_14, network="a", key=a_key(connection, site, draw), near=True)
    assert not state(connection, site)
    assert tasks(connection) == ()
    crowd.vote(site.id, now=FRIDAY_14, network="b")
    assert state(connection, site)
    (task,) = tasks(connection, site)
    assert (task.says, task.votes, task.due_on) == (Says.SHUT, 2, dt.date(2026, 11, 24))


# In the one transaction of a test each refusal makes the next one slower: the whole crowd comes in the long run.
@pytest.mark.db
@pytest.mark.parametrize("times", [1_000, pytest.param(10_000, marks=pytest.mark.long)])
def test_thousands_of_votes_of_one_network_change_nothing_and_end_at_its_budget(
    connection: Connection, make_site: MakeSite, crowd: Crowd, draw: Draw, times: int
) -> None:
    site = make_site()
    key = a_key(connection, site, draw)
    devices = [crowd.phone(FRIDAY_14) for _ in range(rules.VOTES_OF_A_NETWORK.most // 2)]
    taken = 0
    for number in range(times):
        try:
            crowd.vote(site.id, now=FRIDAY_14, network="one", device=devices[number % len(devices)], key=key, near=True)
            taken += 1
        except TooManyError:
            continue
    assert taken == rules.VOTES_OF_A_NETWORK.most
    assert not state(connection, site)
    assert tasks(connection) == ()


@pytest.mark.db
def test_phones_by_the_hundred_are_not_given_tokens_to_one_network(connection: Connection, draw: Draw) -> None:
    given_out = 0
    for _ in range(rules.DEVICES_OF_A_NETWORK.most + 100):
        try:
            commands.add_device(connection, network="one", now=FRIDAY_14, draw=draw)
            given_out += 1
        except TooManyError:
            continue
    assert given_out == rules.DEVICES_OF_A_NETWORK.most


@pytest.mark.db
def test_one_account_on_many_networks_is_one_person(
    connection: Connection, make_site: MakeSite, crowd: Crowd, draw: Draw
) -> None:
    site = make_site()
    account = people.staff(connection, "busy", now=FRIDAY_14, draw=draw)
    for number in range(200):
        crowd.vote(site.id, now=FRIDAY_14, network=str(number), account=account, near=True)
    assert not state(connection, site)
    other = people.staff(connection, "other", now=FRIDAY_14, draw=draw)
    crowd.vote(site.id, now=FRIDAY_14, network="0", account=other)
    assert state(connection, site)


@pytest.mark.db
@pytest.mark.parametrize("which", ["forged", "of another place", "replaced", "none, but near"])
def test_what_is_no_present_key_of_the_place_proves_nothing(
    connection: Connection, make_site: MakeSite, crowd: Crowd, draw: Draw, which: str
) -> None:
    site, another = make_site(), make_site()
    printed = a_key(connection, site, draw)
    key = {
        "forged": proofs.token(bytes(8)),
        "of another place": a_key(connection, another, draw),
        "replaced": printed,
        "none, but near": None,
    }[which]
    if which == "replaced":
        printed = a_key(connection, site, draw)
    for network in "ab":
        crowd.vote(site.id, now=FRIDAY_14, network=network, key=key, near=True)
    assert not state(connection, site)
    # The control: with the present key the same votes are believed.
    crowd.vote(site.id, now=FRIDAY_14, network="c", key=printed)
    assert state(connection, site)


@pytest.mark.db
def test_a_photographed_key_counts_as_one_vote_wherever_it_is_used(
    connection: Connection, make_site: MakeSite, crowd: Crowd, draw: Draw
) -> None:
    site = make_site()
    key = a_key(connection, site, draw)
    for _ in range(5):
        crowd.vote(site.id, now=FRIDAY_14, network="somebody's home", key=key)
    assert not state(connection, site)


@pytest.mark.db
def test_a_phone_is_not_at_two_places_within_ten_minutes(
    connection: Connection, make_site: MakeSite, crowd: Crowd
) -> None:
    here, there = make_site(), make_site(lon=116.3)
    phone = crowd.phone(FRIDAY_14)
    crowd.vote(here.id, now=FRIDAY_14, network="a", device=phone)
    soon = FRIDAY_14 + dt.timedelta(minutes=9, seconds=59)
    with pytest.raises(TooManyError) as refused:
        crowd.vote(there.id, now=soon, network="a", device=phone)
    assert refused.value.wait == dt.timedelta(seconds=1)
    crowd.vote(here.id, now=soon, network="a", device=phone)
    crowd.vote(there.id, now=soon + rules.PLACE_OF_A_DEVICE, network="a", device=phone)
    assert connection.scalar(text("SELECT count(*) FROM vote")) == 3


@pytest.mark.db
def test_a_round_clears_what_was_said(connection: Connection, shut: Site, crowd: Crowd) -> None:
    later = FRIDAY_14 + dt.timedelta(hours=1)
    commands.round_(connection, UUID(shut.id), Round(True, True, True, later), deed=Deed(MANAGER.who, later))
    assert not state(connection, shut)
    assert queries.votes(connection, UUID(shut.id), now=later) == ()
    # What was said before it helps nobody who says it anew.
    crowd.vote(shut.id, now=later + dt.timedelta(minutes=1), network="c")
    assert not state(connection, shut)


@pytest.mark.db
def test_a_broken_thing_opens_a_task_of_its_own(
    connection: Connection, make_site: MakeSite, crowd: Crowd, draw: Draw
) -> None:
    site = make_site(amenities=(Amenity("microwave", AmenityState.WORKS), Amenity("toilet", AmenityState.WORKS)))
    key = a_key(connection, site, draw)
    for network, amenity in (("a", "microwave"), ("b", "toilet"), ("c", "microwave")):
        crowd.vote(site.id, Says.BROKEN, now=FRIDAY_14, network=network, amenity=amenity, key=key)
    (task,) = tasks(connection, site)
    assert (task.says, task.amenity, task.votes) == (Says.BROKEN, "microwave", 2)
    assert not state(connection, site)
    with pytest.raises(InputError, match="amenity"):
        crowd.vote(site.id, Says.BROKEN, now=FRIDAY_14, network="d", amenity="aed")


# ── the clock of a task ──


def at(day: str) -> dt.datetime:
    """Noon in China."""
    return dt.datetime.fromisoformat(f"{day}T12:00:00+08:00")


@pytest.mark.db
@pytest.mark.parametrize(
    ("says", "opened", "due"),
    [
        (Says.SHUT, "2026-11-20", "2026-11-24"),
        (Says.BROKEN, "2026-11-20", "2026-11-27"),
        (Says.SHUT, "2026-09-30", "2026-10-09"),
        (Says.SHUT, "2026-10-08", "2026-10-10"),
        (Says.SHUT, "2026-02-13", "2026-02-24"),
        (Says.SHUT, "2026-09-18", "2026-09-21"),
        (Says.WRONG_PLACE, "2026-02-12", "2026-02-26"),
    ],
    ids=[
        "over a weekend",
        "five days",
        "over the National Day",
        "a make-up Saturday counts",
        "over Spring Festival and a make-up Saturday",
        "a make-up Sunday counts",
        "five days over Spring Festival",
    ],
)
def test_the_clock_counts_working_days(calendar: Calendar, says: Says, opened: str, due: str) -> None:
    assert rules.due_on(says, at(opened), calendar) == dt.date.fromisoformat(due)


@pytest.mark.db
def test_a_task_goes_before_the_union_above_the_day_after_its_last(connection: Connection, shut: Site) -> None:
    due = tasks(connection, shut)[0].due_on
    assert commands.escalate(connection, today=due, now=at(due.isoformat())) == 0
    after = due + dt.timedelta(days=1)
    assert commands.escalate(connection, today=after, now=at(after.isoformat())) == 1
    assert commands.escalate(connection, today=after, now=at(after.isoformat())) == 0
    (task,) = queries.tasks(connection, EVERYWHERE, today=after, limit=9)
    assert task.escalated
    assert task.state(after) is rules.TaskState.OVERDUE


# ── closing and reopening ──


def close(client: FlaskClient, task: UUID, reply: object = "已开门", key: str = "key-00000001") -> TestResponse:
    """The answer to who closes a task."""
    return client.post(f"/api/v1/tasks/{task}/closing", json={"reply": reply}, headers={"Idempotency-Key": key})


@pytest.mark.db
def test_a_task_is_closed_once_with_a_reply_that_the_reporter_reads_and_may_reopen(
    connection: Connection, client: FlaskClient, clock: Clock, make_staff: MakeStaff, shut: Site, crowd: Crowd
) -> None:
    staff, other = make_staff(), make_staff()
    (task,) = tasks(connection, shut)
    assert close(staff, task.id).status_code == 200
    assert close(staff, task.id).status_code == 200, "the same request again"
    assert close(other, task.id, key="key-00000002").status_code == 409
    assert not state(connection, shut)
    link = crowd.links[0]
    told = client.get(f"/api/v1/reports/{link}").json or {}
    assert (told["task"]["state"], told["task"]["reply"], told["may_reopen"]) == ("closed", "已开门", True)
    clock.pass_(3600)
    assert people.client_of(client.application).post(f"/api/v1/reports/{link}/reopening").status_code == 204
    told = client.get(f"/api/v1/reports/{link}").json or {}
    assert (told["task"]["state"], told["may_reopen"]) == ("reopened", False)
    assert people.client_of(client.application).post(f"/api/v1/reports/{link}/reopening").status_code == 409
    (again,) = tasks(connection, shut)
    assert (again.id, again.reopened, again.escalated) == (task.id, 1, True)


@pytest.mark.db
def test_who_was_answered_long_ago_does_not_reopen(
    connection: Connection, calendar: Calendar, shut: Site, crowd: Crowd
) -> None:
    (task,) = tasks(connection, shut)
    commands.close_task(connection, EVERYWHERE, task.id, "好", deed=MANAGER)
    late = FRIDAY_14 + rules.REOPENED_WITHIN + dt.timedelta(seconds=1)
    with pytest.raises(ConflictError):
        commands.reopen(connection, crowd.links[0], calendar=calendar, now=late)
    with pytest.raises(NotFoundError):
        commands.reopen(connection, "no such link", calendar=calendar, now=FRIDAY_14)
    commands.reopen(connection, crowd.links[0], calendar=calendar, now=FRIDAY_14 + rules.REOPENED_WITHIN)


@pytest.mark.db
def test_a_task_outside_ones_scope_does_not_exist(
    connection: Connection, make_staff: MakeStaff, make_site: MakeSite, shut: Site
) -> None:
    (task,) = tasks(connection, shut)
    for stranger in (
        make_staff(at="cn.shandong.weihai"),
        make_staff(Role.SITE_MANAGER, site=UUID(make_site().id)),
    ):
        assert close(stranger, task.id).status_code == 404
        assert (stranger.get("/api/v1/tasks").json or {})["tasks"] == []
    assert close(make_staff(Role.REVIEWER), task.id).status_code == 403
    assert close(make_staff(Role.SITE_MANAGER, site=UUID(shut.id)), task.id).status_code == 200


# ── the table of staff ──


@pytest.mark.db
def test_what_was_reopened_stands_first_and_what_lacks_is_counted(
    connection: Connection,
    calendar: Calendar,
    make_staff: MakeStaff,
    make_site: MakeSite,
    shut: Site,
    crowd: Crowd,
    draw: Draw,
) -> None:
    older = make_site(name="较早", amenities=(Amenity("microwave", AmenityState.BROKEN),))
    before = FRIDAY_14 - dt.timedelta(hours=20)
    crowd.vote(older.id, now=before, network="x", key=a_key(connection, older, draw))
    crowd.vote(older.id, now=before, network="y")
    staff = make_staff()
    listed = staff.get("/api/v1/keeping").json or {}
    assert [row["code"] for row in listed["sites"]] == [older.code, shut.code]
    assert listed["counts"] == {
        "all": 2,
        "task": 2,
        "unconfirmed": 2,
        "broken": 1,
        "expiring": 0,
        "escalated": 0,
        "closed": 0,
    }
    (task,) = tasks(connection, shut)
    commands.close_task(connection, EVERYWHERE, task.id, "好", deed=MANAGER)
    commands.reopen(connection, crowd.links[0], calendar=calendar, now=FRIDAY_14)
    listed = staff.get("/api/v1/keeping").json or {}
    assert [(row["code"], row["reopened"]) for row in listed["sites"]] == [(shut.code, 1), (older.code, 0)]
    assert (staff.get("/api/v1/keeping?q=较早").json or {})["counts"]["all"] == 1
    assert (staff.get("/api/v1/keeping?offset=1").json or {})["counts"] is None
    for lack, count in listed["counts"].items():
        if lack != "all":
            assert len((staff.get(f"/api/v1/keeping?lack={lack}").json or {})["sites"]) == count
    stranger = make_staff(at="cn.shandong.weihai").get("/api/v1/keeping").json or {}
    assert (stranger["sites"], stranger["counts"]["all"]) == ([], 0)


# ── bad input ──

BAD = {
    "HTML": "<img src=x onerror=alert(1)>",
    "control characters": "a\u0007b\u0000",
    "turned writing": "\u202eabc",
    "10,000 characters": "长" * 10_000,
    "a lone surrogate": "\ud800",
    "nothing": "",
    "a number": 1,
    "a list": ["a"],
}


@pytest.mark.db
@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("field", ["says", "amenity", "device", "near", "more"])
def test_votes_that_cannot_be_are_refused(
    connection: Connection, client: FlaskClient, make_site: MakeSite, crowd: Crowd, field: str, bad: object
) -> None:
    site = make_site()
    body = {"says": "broken" if field == "amenity" else "shut", "device": crowd.phone(FRIDAY_14), field: bad}
    answer = people.client_of(client.application).post(
        f"/api/v1/sites/{site.code}/votes", json=body, headers={"Idempotency-Key": "key-00000001"}
    )
    assert answer.status_code == 400, answer.text
    assert connection.scalar(text("SELECT count(*) FROM vote")) == 0


@pytest.mark.db
@pytest.mark.parametrize("bad", [each for name, each in BAD.items() if name != "HTML"])
def test_replies_that_cannot_be_are_refused(
    connection: Connection, make_staff: MakeStaff, shut: Site, bad: object
) -> None:
    (task,) = tasks(connection, shut)
    answer = close(make_staff(), task.id, bad)
    assert answer.status_code == 400, answer.text
    assert tasks(connection, shut) == (task,)


@pytest.mark.db
def test_a_reply_is_text_whatever_stands_in_it(
    connection: Connection, client: FlaskClient, make_staff: MakeStaff, shut: Site, crowd: Crowd
) -> None:
    (task,) = tasks(connection, shut)
    assert close(make_staff(), task.id, BAD["HTML"]).status_code == 200
    told = client.get(f"/api/v1/reports/{crowd.links[0]}")
    assert told.content_type == "application/json"
    assert (told.json or {})["task"]["reply"] == BAD["HTML"]


@pytest.mark.db
def test_a_vote_that_is_sent_twice_counts_once_and_gives_the_same_link(
    connection: Connection, client: FlaskClient, make_site: MakeSite, crowd: Crowd
) -> None:
    site = make_site()
    phone = people.client_of(client.application)
    body = {"says": "shut", "device": crowd.phone(FRIDAY_14)}
    links = [
        (phone.post(f"/api/v1/sites/{site.code}/votes", json=body, headers={"Idempotency-Key": key}).json or {})[
            "report"
        ]
        for key in ("key-00000001", "key-00000001", "key-00000002")
    ]
    assert links[0] == links[1] != links[2]
    assert connection.scalar(text("SELECT count(*) FROM vote")) == 2


def test_who_scans_a_poster_for_the_first_time_counts_once_the_token_has_come_of_age(
    crowd: Crowd, connection: Connection, calendar: Calendar, clock: Clock, make_site: Callable[..., Site]
) -> None:
    site = make_site()
    key = commands.new_poster_key(connection, UUID(site.id), deed=MANAGER, draw=crowd.draw)
    for network in ("10.0.1.0/24", "10.0.2.0/24"):
        crowd.vote(
            site.id, now=clock.now(), device=crowd.phone(clock.now(), age=dt.timedelta(0)), network=network, key=key
        )
        clock.pass_(60)
    conflicting = text("SELECT conflicting_since IS NOT NULL FROM site WHERE id = :id")
    weighed = []
    for _ in range(12):
        clock.pass_(60)
        commands.weigh_ripened(connection, calendar=calendar, now=clock.now())
        weighed.append(connection.scalar(conflicting, {"id": site.id}))
    assert weighed == [False] * 8 + [True] * 4


def test_a_third_voice_changes_neither_since_when_nor_the_version(
    crowd: Crowd, connection: Connection, clock: Clock, make_site: MakeSite
) -> None:
    site = make_site()
    key = commands.new_poster_key(connection, UUID(site.id), deed=MANAGER, draw=crowd.draw)
    look = text("SELECT conflicting_since, version FROM site WHERE id = :id")
    seen = []
    for number in range(4):
        crowd.vote(site.id, now=clock.now(), network=f"10.0.{number}.0/24", key=key)
        seen.append(tuple(connection.execute(look, {"id": site.id}).one()))
        clock.pass_(60)
    assert seen[0] == (None, 1)
    assert seen[1] == seen[2] == seen[3] == (FRIDAY_14 + dt.timedelta(minutes=1), 2)


def test_who_reopens_what_others_have_reported_anew_joins_their_task(
    crowd: Crowd, connection: Connection, calendar: Calendar, clock: Clock, make_site: MakeSite
) -> None:
    site = make_site()
    key = commands.new_poster_key(connection, UUID(site.id), deed=MANAGER, draw=crowd.draw)
    tasks = text("SELECT id, closed_at IS NULL, reopened FROM task ORDER BY opened_at")
    for turn in range(2):
        for number in range(2):
            crowd.vote(site.id, now=clock.now(), network=f"10.{turn}.{number}.0/24", key=key)
        clock.pass_(60)
        if turn == 0:
            (first,) = connection.execute(tasks).all()
            commands.close_task(connection, EVERYWHERE, first.id, "已处理", deed=Deed("account:x", clock.now()))
            clock.pass_(60)
    commands.reopen(connection, crowd.links[0], calendar=calendar, now=clock.now())
    assert [tuple(row)[1:] for row in connection.execute(tasks)] == [(False, 0), (True, 1)]
    found = queries.report(connection, proofs.digest(crowd.links[0]), now=clock.now())
    assert found.task
    assert found.task.closed_at is None
