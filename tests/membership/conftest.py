"""What tests of joining share: riders with forms, officers of unions, the worker that lets decisions take effect."""

import datetime as dt
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, text

import people
from conftest import FRIDAY_14, KEYS, TREE, Clock
from people import Draw
from xiejiao import database, seeding
from xiejiao.accounts import proofs, queries
from xiejiao.app import create_app
from xiejiao.cluster import Role as Database
from xiejiao.config import Config
from xiejiao.membership import members
from xiejiao.organisations import commands as unions
from xiejiao.organisations import queries as organisations
from xiejiao.roles import Caller, Role, Scope

MEIJIANG = "cn.guangdong.meizhou.meijiang"
MEIZHOU = "cn.guangdong.meizhou"
SIGNATURE = [
    [[round(0.1 + step * 0.05, 3), round(0.4 + (step % 3) / 10, 3)] for step in range(8)],
    [[0.2, step / 10] for step in range(6)],
]
_NUMBERS = count(1)
Address = Callable[[Database], str]


@dataclass(slots=True)
class Somebody:
    """A person: a client, and what they write in a form."""

    client: FlaskClient
    form: dict[str, Any]
    phone: str
    keys: "count[int]" = field(default_factory=lambda: count(1))

    def send(self, **parts: object) -> Any:  # noqa: ANN401 - an answer whose JSON is looked into
        """Send the form, `parts` in place of what stands in it; with a key of its own."""
        return self.post("/api/v1/applications", {**self.form, **parts})

    def post(self, address: str, body: object = None, *, key: str | None = None, method: str = "POST") -> Any:  # noqa: ANN401 - an answer whose JSON is looked into
        """Ask for something with a key of its own unless one is named."""
        headers = {"Idempotency-Key": key or f"key-of-{id(self)}-{next(self.keys)}"}
        return self.client.open(address, method=method, json=body, headers=headers)

    def get(self, address: str) -> Any:  # noqa: ANN401 - an answer whose JSON is looked into
        """Read something."""
        return self.client.get(address)


@dataclass(slots=True)
class House:
    """The installation with its people, its time and its worker."""

    app: Flask
    connection: Connection
    clock: Clock
    draw: Draw

    def union(self, path: str = MEIJIANG) -> str:
        """The id of a union."""
        return str(organisations.ids(self.connection, [path])[path])

    def rider(self, *, phone: str | None = None, at: str = MEIJIANG, **parts: object) -> Somebody:
        """A rider who has signed in, with a form filled in."""
        number = next(_NUMBERS)
        phone = phone or people.phone(number)
        token = people.rider(self.connection, KEYS, phone, now=self.clock.now(), draw=self.draw)
        form = {
            "name": "阿依古丽·买买提",
            "id_number": people.id_number(number, born_on=people.ADULT + dt.timedelta(days=number // 1000)),
            "trade": "courier",
            "employer": "某快递",
            "workplace": "梅江区江南路",
            "organisation": self.union(at),
            "site": None,
            "key": None,
            "consent": {"version": "2026-11", "id_number": True},
            "signature": SIGNATURE,
            "more": None,
        }
        return Somebody(people.client_of(self.app, token), {**form, **parts}, phone)

    def officer(self, at: str = MEIJIANG, role: Role = Role.REVIEWER) -> Somebody:
        """An officer of a union, signed in."""
        name, now = f"officer.{next(_NUMBERS)}", self.clock.now()
        where = organisations.ids(self.connection, [at])[at]
        account = people.staff(self.connection, name, role, now=now, draw=self.draw, organisation=where)
        token = people.signed_in(self.connection, account, now=now, draw=self.draw)
        return Somebody(people.client_of(self.app, token), {}, name)

    def caller(self, somebody: Somebody) -> Caller:
        """Who somebody is."""
        cookie = somebody.client.get_cookie("xiejiao")
        assert cookie is not None
        found = queries.caller(self.connection, proofs.digest(cookie.value), now=self.clock.now())
        assert found is not None
        return found[0]

    def decide(self, officer: Somebody, shown: dict[str, Any], decision: str, **parts: object) -> Any:  # noqa: ANN401 - an answer whose JSON is looked into
        """Decide about an application as it was shown."""
        body = {"decision": decision, "version": shown["version"], **parts}
        return officer.post(f"/api/v1/applications/{shown['id']}/decisions", body)

    def work(self) -> int:
        """Ten minutes later, what was decided takes effect; how many jobs there were."""
        self.clock.pass_(600)
        rows = self.connection.execute(
            text("DELETE FROM job WHERE kind = :kind AND due_at <= :now RETURNING subject"),
            {"kind": members.EFFECT, "now": self.clock.now()},
        ).all()
        for (subject,) in rows:
            members.take_effect(self.connection, KEYS, int(subject), now=self.clock.now(), draw=self.draw)
        queries.act(self.connection, None)
        return len(rows)

    def everything(self, statement: str, **values: object) -> list[Any]:
        """What a statement finds when nobody's rows are hidden."""
        queries.act(self.connection, None, Scope(everywhere=True))
        found = list(self.connection.execute(text(statement), values).all())
        queries.act(self.connection, None)
        return found

    def messages(self) -> int:
        """How many messages about applications and members there are."""
        found = self.connection.scalar(
            text("SELECT count(*) FROM message WHERE template IN ('application_news', 'membership_news')")
        )
        return int(found or 0)

    def close(self, path: str) -> None:
        """Let a union take no applications from today on."""
        self.connection.execute(
            text("UPDATE organisation SET closed_on = :today WHERE path = CAST(:path AS ltree)"),
            {"today": self.clock.now().date(), "path": path},
        )

    def levels(self, path: str, levels: int) -> None:
        """Let a union ask for so many levels of approval."""
        self.connection.execute(
            text("UPDATE organisation SET approval_levels = :levels WHERE path = CAST(:path AS ltree)"),
            {"levels": levels, "path": path},
        )


@pytest.fixture
def house(app: Flask, connection: Connection, clock: Clock, draw: Draw) -> House:
    """The installation with its people."""
    return House(app, connection, clock, draw)


# ── an installation of its own, where what is written is committed ──


class Chance(Draw):
    """Bytes that are random indeed, as several installations of one test would draw the same else."""

    def __call__(self, count: int) -> bytes:
        """So many bytes."""
        self.given.append(os.urandom(count))
        return self.given[-1]


@pytest.fixture
def where(empty_database: Callable[[str], Address]) -> Address:
    """An installation of its own."""
    found = empty_database("joining_at_once")
    database.upgrade(found(Database.OWNER))
    with database.connected(found(Database.OWNER)) as connection, connection.begin():
        seeding.load_words(connection)
        unions.add(connection, TREE)
    return found


@pytest.fixture
def engine(where: Address) -> Iterator[Engine]:
    """Connections of the app role to it."""
    made = database.engine(where(Database.APP))
    yield made
    made.dispose()


@pytest.fixture
def served(where: Address) -> Iterator[Flask]:
    """The application on connections of its own."""
    pools = database.pools(where(Database.APP))
    database.bind(pools)
    yield create_app(Config(rate_public="0"), now=lambda: FRIDAY_14, keys=KEYS)
    database.bind(None)
    pools.close()
