"""Every route that wants a right, asked by every role about a place in every relation: the matrix of who may do what.

A new route without an entry fails here. Who lacks the right is told 403; who has it elsewhere is told 404, as if the
place did not exist; who has it there is let through to the route, whatever it makes of the body.
"""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import getitem
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import Connection, text

import people
from conftest import Clock
from membership.conftest import SIGNATURE, House
from people import Draw
from xiejiao.accounts import queries as accounts
from xiejiao.http.access import mark_of
from xiejiao.organisations import queries as organisations
from xiejiao.roles import PERMISSIONS, REACH, Permission, Reach, Role
from xiejiao.sites import queries as sites
from xiejiao.sites.rules import Amenity, Site

pytestmark = pytest.mark.db

RELATIONS = {
    "own": "cn.guangdong.meizhou",
    "child": "cn.guangdong.meizhou.meijiang",
    "parent": "cn.guangdong",
    "sibling": "cn.guangdong.chaozhou",
    "stranger": "cn.shandong.weihai",
}
BENEATH = {"own", "child"}


@dataclass(frozen=True, slots=True)
class Target:
    """What stands in a relation to the caller: a place with a task, a closure, a photo, a grant, an application."""

    site: Site
    organisation: UUID
    application: UUID
    task: UUID
    grant: UUID
    closure: UUID
    photo: UUID
    change: int


_ROUND = {
    "hours_as_posted": True,
    "everything_works": True,
    "stock_all_right": True,
    "at": "2026-11-20T14:00:00+08:00",
}
_FORM: dict[str, object] = {
    "name": "王明",
    "id_number": people.id_number(1),
    "trade": "courier",
    "employer": "某快递",
    "workplace": "江南路",
    "organisation": "{organisation}",
    "consent": {"version": "1", "id_number": True},
    "signature": SIGNATURE,
    "phone": None,
}
# Bodies are right where that is easy; what matters is that the route was reached.
CASES: dict[str, tuple[str, str, dict[str, object]]] = {
    "upkeep.keeping": ("GET", "/api/v1/keeping/{site}", {}),
    "upkeep.go_round": ("POST", "/api/v1/keeping/{site}/rounds", _ROUND),
    "upkeep.set_hours": (
        "PUT",
        "/api/v1/keeping/{site}/hours",
        {"version": 1, "access": [{"mode": "open_door", "opening_hours": "24/7"}]},
    ),
    "upkeep.set_amenities": (
        "PUT",
        "/api/v1/keeping/{site}/amenities",
        {"version": 1, "amenities": [{"code": "toilet", "state": "broken"}]},
    ),
    "upkeep.set_notice": ("PUT", "/api/v1/keeping/{site}/notice", {"version": 1, "notice": "轻声"}),
    "upkeep.add_closure": (
        "POST",
        "/api/v1/keeping/{site}/closures",
        {"version": 1, "since": "2026-11-21T00:00:00+08:00", "until": None},
    ),
    "upkeep.end_closure": ("POST", "/api/v1/keeping/{site}/closures/{closure}/end", {"version": 1}),
    "upkeep.still_closed": ("POST", "/api/v1/keeping/{site}/closures/{closure}/still", {}),
    "upkeep.remove_photo": ("DELETE", "/api/v1/keeping/{site}/photos/{photo}", {}),
    "upkeep.history": ("GET", "/api/v1/keeping/{site}/history", {}),
    "upkeep.revert": ("POST", "/api/v1/keeping/{site}/history/{change}/reverting", {"version": 1}),
    "upkeep.posters": ("POST", "/api/v1/posters", {"sites": ["{site}"], "format": "svg"}),
    "upkeep.close_task": ("POST", "/api/v1/tasks/{task}/closing", {"reply": "已处理"}),
    "membership.assist": ("POST", "/api/v1/applications/assisted", _FORM),
    "membership.decide": (
        "POST",
        "/api/v1/applications/{application}/decisions",
        {"decision": "approve", "version": 1},
    ),
    "membership.reveal": ("POST", "/api/v1/applications/{application}/revelations", {"purpose": "duplicate"}),
    "membership.assign": ("PUT", "/api/v1/applications/{application}/assignment", {"account": None}),
    "membership.note": ("POST", "/api/v1/applications/{application}/notes", {"words": "已核实"}),
    "accounts.second_grant": ("POST", "/api/v1/grants/{grant}/second", {}),
    "accounts.give_grant": (
        "POST",
        "/api/v1/grants",
        {"name": "receiver", "role": "reviewer", "organisation": "{organisation}"},
    ),
}
LISTS = {
    "upkeep.kept": ("/api/v1/keeping?limit=200", "code"),
    "upkeep.tasks": ("/api/v1/tasks", "site_code"),
    "accounts.grants": ("/api/v1/grants", "organisation"),
    "membership.queue": ("/api/v1/applications", "organisation.id"),
    "membership.figures": ("/api/v1/applications/figures", "organisation.id"),
}
"""Routes that list what lies within reach, and the member by which an entry is known."""
OTHERWISE = {
    "upkeep.add_photo": "its body is a picture; tried below",
    "accounts.add_staff": "an account without a grant stands nowhere in the tree",
    "membership.decide_many": "answers for each of many; tried below",
}
OWN = {
    "accounts.sign_out", "accounts.sign_out_everywhere", "accounts.end_sign_in", "accounts.sign_ins", "accounts.me",
    "accounts.change_password", "accounts.new_authenticator", "accounts.confirm_authenticator",
    "accounts.withdraw_grant", "cards.issue", "membership.submit", "membership.mine", "membership.application",
    "membership.resubmit", "membership.withdraw", "membership.second_look", "membership.transfer", "membership.leave",
    "membership.own_data", "membership.erase",
}  # fmt: skip
"""Routes for whoever has signed in: each acts on what is the caller's own; tests of their features ask for others'.

An application is also shown to who may read it; tried below.
"""


def permission_of(app: Flask, endpoint: str) -> Permission:
    """The right that a route wants."""
    return Permission(str(mark_of(app.view_functions[endpoint])).removeprefix("requires "))


def test_every_route_stands_in_the_matrix(app: Flask) -> None:
    marks = {endpoint: str(mark_of(view)) for endpoint, view in app.view_functions.items()}
    wanting = {endpoint for endpoint, mark in marks.items() if mark.startswith("requires ")}
    assert wanting == CASES.keys() | LISTS.keys() | OTHERWISE.keys()
    assert {endpoint for endpoint, mark in marks.items() if mark == "signed_in"} == OWN


@pytest.fixture
def targets(
    app: Flask, connection: Connection, make_site: Callable[..., Site], clock: Clock, draw: Draw
) -> dict[str, Target]:
    """One target in each relation, in an installation that may print posters."""
    app.config["PUBLIC_URL"] = people.ORIGIN
    ids = organisations.ids(connection, RELATIONS.values())
    connection.execute(text("UPDATE organisation SET accepts_applications = true"))
    house = House(app, connection, clock, draw)
    people.staff(connection, "receiver", now=clock.now(), draw=draw)
    made = {}
    for relation, path in RELATIONS.items():
        site = make_site(organisation=path, amenities=(Amenity("toilet"),), name=relation)
        holder = people.staff(
            connection, f"holder.{relation}", Role.REVIEWER, now=clock.now(), draw=draw, organisation=ids[path]
        )
        applied = house.rider(at=path).send().json
        accounts.act(connection, holder)
        found: dict[str, UUID] = {
            "application": UUID(applied["id"]),
            "grant": connection.execute(
                text("SELECT id FROM role_grant WHERE account_id = :holder"), {"holder": holder}
            ).scalar_one(),
        }
        for name, statement in _PARTS.items():
            found[name] = connection.execute(text(statement), {"site": site.id, "now": clock.now()}).scalar_one()
        change = connection.scalar(text("SELECT max(id) FROM site_history WHERE site_id = :site"), {"site": site.id})
        made[relation] = Target(site, ids[path], change=change or 0, **found)
    accounts.act(connection, None)
    return made


_PARTS = {
    "task": "INSERT INTO task (site_id, says, opened_at, due_on)"
    " VALUES (:site, 'shut', :now, '2026-11-24') RETURNING id",
    "closure": "INSERT INTO site_dated (site_id, effect, during, added_at, ask_again_on)"
    " VALUES (:site, 'shut', tstzrange(:now, NULL), :now, '2026-11-27') RETURNING id",
    "photo": "INSERT INTO photo (site_id, jpeg, small, width, height, added_at, added_by)"
    " VALUES (:site, '', '', 1, 1, :now, 'test') RETURNING id",
}


@pytest.fixture
def as_role(
    app: Flask, connection: Connection, targets: dict[str, Target], clock: Clock, draw: Draw
) -> Callable[[Role], FlaskClient]:
    """Somebody who has a role where `own` stands."""

    def client(role: Role) -> FlaskClient:
        own = targets["own"]
        where = {
            Reach.SITE: {"site": UUID(own.site.id)},
            Reach.ORGANISATION: {"organisation": own.organisation},
            Reach.INSTALLATION: {},
        }[REACH[role]]
        account = people.staff(connection, f"caller.{role}", role, now=clock.now(), draw=draw, **where)
        return people.client_of(app, people.signed_in(connection, account, now=clock.now(), draw=draw))

    return client


def put_in(template: object, target: Target) -> object:
    """A template with the target's ids in place of their names."""
    if isinstance(template, str):
        values = {
            "site": target.site.id,
            **{name: getattr(target, name) for name in Target.__slots__ if name != "site"},
        }
        return re.sub(r"\{(\w+)\}", lambda part: str(values[part[1]]), template)
    if isinstance(template, list):
        return [put_in(each, target) for each in template]
    if isinstance(template, dict):
        return {name: put_in(each, target) for name, each in template.items()}
    return template


def within(role: Role, relation: str) -> bool:
    """Whether a role at `own` reaches what stands in a relation to it."""
    return {
        Reach.SITE: relation == "own",
        Reach.ORGANISATION: relation in BENEATH,
        Reach.INSTALLATION: True,
    }[REACH[role]]


def violations(
    app: Flask, connection: Connection, as_role: Callable[[Role], FlaskClient], targets: dict[str, Target]
) -> Iterator[str]:
    """Where the application lets through or refuses otherwise than the table of rights says."""
    number = 0
    for role in Role:
        client = as_role(role)
        for endpoint, (method, address, body) in CASES.items():
            for relation, target in targets.items():
                number += 1
                with connection.begin_nested() as savepoint:
                    answer = client.open(
                        str(put_in(address, target)),
                        method=method,
                        json=put_in(body, target) if method != "GET" else None,
                        headers={"Idempotency-Key": f"matrix-{number}"},
                    )
                    savepoint.rollback()
                may = permission_of(app, endpoint) in PERMISSIONS[role]
                expected = {403} if not may else {404} if not within(role, relation) else {200, 201, 204, 400, 409}
                if answer.status_code not in expected:
                    yield f"{role} {endpoint} {relation}: {answer.status_code}, not {expected}"
        for endpoint, (address, member) in LISTS.items():
            answer = client.get(address)
            if permission_of(app, endpoint) not in PERMISSIONS[role]:
                if answer.status_code != 403:
                    yield f"{role} {endpoint}: {answer.status_code}"
                continue
            rows = next(part for part in answer.json.values() if isinstance(part, list))  # type: ignore[union-attr]
            listed = {reduce(getitem, member.split("."), each) for each in rows}
            for relation, target in targets.items():
                known_by = str(target.organisation) if member.startswith("organisation") else target.site.code
                if (known_by in listed) is not within(role, relation):
                    yield f"{role} {endpoint} {relation}: {'listed' if known_by in listed else 'not listed'}"


def test_every_role_may_what_the_table_says_where_its_grant_holds(
    app: Flask, connection: Connection, as_role: Callable[[Role], FlaskClient], targets: dict[str, Target]
) -> None:
    assert list(violations(app, connection, as_role, targets)) == []


_EXACTLY = "SELECT id FROM organisation WHERE path::text = ANY(CAST(:paths AS text[]))"


@pytest.mark.parametrize("mutation", ["no scope", "paths without places beneath", "no places"])
def test_a_query_that_forgets_its_scope_would_be_caught(
    app: Flask,
    connection: Connection,
    as_role: Callable[[Role], FlaskClient],
    targets: dict[str, Target],
    monkeypatch: pytest.MonkeyPatch,
    mutation: str,
) -> None:
    plants: dict[str, Callable[[object], tuple[str, dict[str, object]]]] = {
        "no scope": lambda _scope: ("TRUE", {}),
        "paths without places beneath": lambda scope: (
            f"(site.organisation_id = ANY(ARRAY({_EXACTLY})) OR site.id = ANY(CAST(:sites AS uuid[])))",
            {"paths": list(scope.paths), "sites": list(map(str, scope.sites))},  # type: ignore[attr-defined]  # a Scope
        ),
        "no places": lambda _scope: ("FALSE", {}),
    }
    monkeypatch.setattr(sites, "within", plants[mutation])
    assert next(violations(app, connection, as_role, targets), None)


@pytest.mark.parametrize("role", list(Role))
def test_a_photo_hangs_where_the_role_may_edit(
    as_role: Callable[[Role], FlaskClient], targets: dict[str, Target], role: Role
) -> None:
    client = as_role(role)
    picture = _picture()
    for relation, target in targets.items():
        address = f"/api/v1/keeping/{target.site.id}/photos"
        key = {"Idempotency-Key": f"photo-of-{relation}"}
        answer = client.post(address, data=picture, content_type="image/png", headers=key)
        may = Permission.SITES_EDIT in PERMISSIONS[role]
        assert answer.status_code == (403 if not may else 201 if within(role, relation) else 404), relation


@pytest.mark.parametrize("role", list(Role))
def test_an_application_is_read_and_decided_with_others_where_the_role_holds(
    as_role: Callable[[Role], FlaskClient], targets: dict[str, Target], role: Role
) -> None:
    client = as_role(role)
    for relation, target in targets.items():
        read = client.get(f"/api/v1/applications/{target.application}")
        may = Permission.APPLICATIONS_READ in PERMISSIONS[role] and within(role, relation)
        assert read.status_code == (200 if may else 404), relation
        body = {"decision": "approve", "decisions": [{"id": str(target.application), "version": 1}]}
        key = {"Idempotency-Key": f"many-of-{relation}"}
        answer = client.post("/api/v1/applications/decisions", json=body, headers=key)
        if Permission.APPLICATIONS_DECIDE not in PERMISSIONS[role]:
            assert answer.status_code == 403
            continue
        (result,) = (answer.json or {})["results"]
        assert result["problem"] == (None if within(role, relation) else "not-found"), relation


def _picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "#3a6").save(file, "PNG")
    return file.getvalue()
