"""Grants: given inside one's own part of the tree, to others, with a second person where it matters."""

from collections.abc import Callable
from itertools import product
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

import people
from conftest import Clock
from people import Draw
from xiejiao.accounts import queries
from xiejiao.roles import PERMISSIONS, REACH, SECONDED, Permission, Reach, Role, Scope
from xiejiao.sites.rules import Site

pytestmark = pytest.mark.db
StaffWith = Callable[..., FlaskClient]


def wanted(name: str, role: Role, unions: dict[str, UUID], relation: str, site: Site) -> dict[str, object]:
    """What is posted to give a role."""
    body: dict[str, object] = {"name": name, "role": role}
    if REACH[role] is Reach.ORGANISATION:
        body["organisation"] = str(unions[relation])
    if REACH[role] is Reach.SITE:
        body["site"] = site.id
    return body


@pytest.mark.parametrize(
    ("giver", "role", "relation"), list(product(Role, Role, ["own", "child", "parent", "stranger"]))
)
def test_who_may_give_what_where(
    giver: Role,
    role: Role,
    relation: str,
    staff_with: StaffWith,
    unions: dict[str, UUID],
    make_site: Callable[..., Site],
) -> None:
    paths = {"own": "cn.guangdong.meizhou", "child": "cn.guangdong.meizhou.meijiang", "parent": "cn.guangdong"}
    site = make_site(organisation=paths.get(relation, "cn.shandong.weihai"))
    client = staff_with("giver", giver, site=site.id if REACH[giver] is Reach.SITE else None)
    staff_with("receiver")
    status = client.post("/api/v1/grants", json=wanted("receiver", role, unions, relation, site)).status_code
    if Permission.GRANTS_GIVE not in PERMISSIONS[giver]:
        assert status == 403
    elif REACH[giver] is Reach.INSTALLATION:
        assert status == 201
    elif REACH[role] is Reach.INSTALLATION:
        assert status == 404
    else:
        assert status == (201 if relation in {"own", "child"} else 404)


@pytest.mark.parametrize("role", sorted(SECONDED))
def test_an_administrator_needs_a_second_person_who_is_neither_giver_nor_receiver(
    role: Role, staff_with: StaffWith, unions: dict[str, UUID], make_site: Callable[..., Site]
) -> None:
    giver, second = staff_with("giver", Role.SYSTEM_ADMIN), staff_with("second", Role.SYSTEM_ADMIN)
    receiver = staff_with("receiver", Role.SYSTEM_ADMIN)
    newcomer = staff_with("newcomer")
    body = wanted("newcomer", role, unions, "own", make_site())
    grant = giver.post("/api/v1/grants", json=body).json
    assert grant["holds"] is False  # type: ignore[index]
    address = f"/api/v1/grants/{grant['id']}/second"  # type: ignore[index]
    assert newcomer.get("/api/v1/me").json["permissions"] == []  # type: ignore[index]
    assert giver.post(address).status_code == 403
    assert newcomer.post(address).status_code == 403
    assert second.post(address).status_code == 204
    assert receiver.post(address).status_code == 409
    assert set(newcomer.get("/api/v1/me").json["permissions"]) == set(PERMISSIONS[role])  # type: ignore[index]


def test_nobody_gives_to_themselves(
    staff_with: StaffWith, unions: dict[str, UUID], make_site: Callable[..., Site]
) -> None:
    client = staff_with("giver", Role.SYSTEM_ADMIN)
    for role in Role:
        answer = client.post("/api/v1/grants", json=wanted("giver", role, unions, "own", make_site()))
        assert (answer.status_code, answer.json["needs"]) == (403, "somebody-else")  # type: ignore[index]


def test_a_grant_that_was_taken_back_holds_no_more_and_one_may_give_up_ones_own(
    staff_with: StaffWith, unions: dict[str, UUID], make_site: Callable[..., Site]
) -> None:
    giver, stranger = (
        staff_with("giver", Role.ORGANISATION_ADMIN),
        staff_with("far", Role.ORGANISATION_ADMIN, "stranger"),
    )
    receiver = staff_with("receiver")
    body = wanted("receiver", Role.REVIEWER, unions, "child", make_site())
    for client in (giver, receiver):
        grant = giver.post("/api/v1/grants", json=body).json["id"]  # type: ignore[index]
        assert receiver.get("/api/v1/me").json["permissions"]  # type: ignore[index]
        assert stranger.delete(f"/api/v1/grants/{grant}").status_code == 404
        assert client.delete(f"/api/v1/grants/{grant}").status_code == 204
        assert receiver.get("/api/v1/me").json["permissions"] == []  # type: ignore[index]


def test_the_same_grant_twice_and_one_at_the_wrong_kind_of_place_are_refused_at_the_field(
    staff_with: StaffWith, unions: dict[str, UUID], make_site: Callable[..., Site]
) -> None:
    giver = staff_with("giver", Role.ORGANISATION_ADMIN)
    staff_with("receiver")
    body = wanted("receiver", Role.REVIEWER, unions, "own", make_site())
    assert giver.post("/api/v1/grants", json=body).status_code == 201
    assert giver.post("/api/v1/grants", json=body).json["errors"][0]["field"] == "role"  # type: ignore[index]
    for wrong in ({**body, "site": str(uuid4())}, {"name": "receiver", "role": "reviewer"}, {**body, "role": "king"}):
        assert giver.post("/api/v1/grants", json=wrong).status_code == 400


def test_a_giver_sees_the_grants_beneath_and_no_others(
    staff_with: StaffWith, unions: dict[str, UUID], make_site: Callable[..., Site]
) -> None:
    root, giver = staff_with("all", Role.SYSTEM_ADMIN), staff_with("giver", Role.ORGANISATION_ADMIN)
    staff_with("receiver")
    for relation in unions:
        root.post("/api/v1/grants", json=wanted("receiver", Role.REVIEWER, unions, relation, make_site()))
    root.post("/api/v1/grants", json={"name": "receiver", "role": "auditor"})
    seen = [each for each in giver.get("/api/v1/grants").json["grants"] if each["account_name"] == "receiver"]  # type: ignore[index]
    assert {each["organisation"] for each in seen} == {str(unions["own"]), str(unions["child"])}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    deeds=st.lists(
        st.tuples(
            st.sampled_from(["giver", "helper", "friend"]),
            st.sampled_from(["give", "second", "withdraw"]),
            st.sampled_from(["giver", "helper", "friend"]),
            st.sampled_from(list(Role)),
            st.sampled_from(["own", "child", "parent", "stranger"]),
            st.integers(0, 5),
        ),
        max_size=12,
    )
)
def test_no_sequence_of_giving_leads_out_of_ones_part_of_the_tree(
    app: Flask,
    connection: Connection,
    clock: Clock,
    draw: Draw,
    unions: dict[str, UUID],
    make_site: Callable[..., Site],
    deeds: list[tuple[str, str, str, Role, str, int]],
) -> None:
    with connection.begin_nested() as savepoint:
        sites = {
            "own": make_site(organisation="cn.guangdong.meizhou"),
            "child": make_site(organisation="cn.guangdong.meizhou.meijiang"),
            "parent": make_site(organisation="cn.guangdong"),
            "stranger": make_site(organisation="cn.shandong.weihai"),
        }
        clients = {}
        for name in ("giver", "helper", "friend"):
            role = None if name == "friend" else Role.ORGANISATION_ADMIN
            at = unions["own"] if role else None
            account = people.staff(connection, name, role, now=clock.now(), draw=draw, organisation=at)
            clients[name] = people.client_of(app, people.signed_in(connection, account, now=clock.now(), draw=draw))
        given_ids: list[str] = []
        for who, deed, to, role, relation, number in deeds:
            if deed == "give":
                answer = clients[who].post("/api/v1/grants", json=wanted(to, role, unions, relation, sites[relation]))
                given_ids += [answer.json["id"]] if answer.status_code == 201 else []  # type: ignore[index]
            elif given_ids:
                address = f"/api/v1/grants/{given_ids[number % len(given_ids)]}"
                answer = clients[who].post(f"{address}/second") if deed == "second" else clients[who].delete(address)
            else:
                continue
            assert answer.status_code < 500
        queries.act(connection, None, Scope(everywhere=True))
        held = connection.execute(
            text(
                "SELECT coalesce(o.path, p.path)::text FROM role_grant"
                " LEFT JOIN organisation o ON o.id = organisation_id LEFT JOIN site ON site.id = site_id"
                " LEFT JOIN organisation p ON p.id = site.organisation_id"
                " WHERE withdrawn_at IS NULL"
            )
        ).scalars()
        assert all(path and path.startswith("cn.guangdong.meizhou") for path in held)
        savepoint.rollback()


# ── the guard beneath ──


def test_the_database_itself_shows_and_takes_no_grant_outside_the_reach_of_who_acts(
    connection: Connection, staff_with: StaffWith, unions: dict[str, UUID], clock: Clock
) -> None:
    staff_with("giver", Role.ORGANISATION_ADMIN)
    staff_with("far", Role.REVIEWER, "stranger")
    giver, far = (queries.by_name(connection, name) for name in ("giver", "far"))
    count = text("SELECT count(*) FROM role_grant")
    queries.act(connection, None)
    assert connection.scalar(count) == 0, "who does not say for whom it acts sees nothing"
    queries.act(connection, giver, Scope(paths=("cn.guangdong.meizhou",)))
    assert connection.scalar(count) == 1
    put = text(
        "INSERT INTO role_grant (account_id, role, organisation_id, given_by, given_at)"
        " VALUES (:account, 'reviewer', :at, :by, :now)"
    )
    for values in (
        {"account": far, "at": unions["stranger"], "by": giver},
        {"account": far, "at": unions["parent"], "by": giver},
        {"account": giver, "at": unions["own"], "by": giver},
        {"account": far, "at": unions["own"], "by": far},
    ):
        with pytest.raises(ProgrammingError, match="row-level security"), connection.begin_nested():
            connection.execute(put, {**values, "now": clock.now()})
    connection.execute(put, {"account": far, "at": unions["child"], "by": giver, "now": clock.now()})
