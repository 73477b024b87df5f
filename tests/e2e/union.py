"""A union of a test's own: its officers on a desk, and people who want to join it."""

import datetime as dt
import json
import os
import urllib.request
from dataclasses import dataclass
from itertools import count
from typing import Any

from playwright.sync_api import Page
from sqlalchemy import text

import people
from installation import Installation
from phone import Phone
from xiejiao import database, sealed
from xiejiao.accounts import queries as accounts
from xiejiao.cluster import Role as Database
from xiejiao.organisations import commands as organisations
from xiejiao.organisations import queries
from xiejiao.organisations.rules import Level, Organisation
from xiejiao.roles import Role, Scope

CITY = "cn.guangdong.meizhou"
_NUMBERS = count(int.from_bytes(os.urandom(3)) % 10**6)
FORM = {
    "name": "阿依古丽·买买提",
    "trade": "courier",
    "employer": "某快递公司梅江营业部",
    "workplace": "梅江区江南路一带",
    "site": None,
    "key": None,
    "consent": {"version": "2026-11", "id_number": True},
    "signature": [
        [[0.1 + step * 0.05, 0.4 + (step % 3) / 10] for step in range(8)],
        [[0.2, step / 10] for step in range(6)],
    ],
    "more": None,
}


def now() -> dt.datetime:
    """The true time: the server goes by no other."""
    return dt.datetime.now(dt.UTC)


@dataclass(slots=True)
class Union:
    """A union of its own, beneath a city's."""

    installation: Installation
    path: str = ""
    name: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        """Found it."""
        mark = os.urandom(3).hex()
        self.path, self.name = f"{CITY}.test_{mark}", f"测试区{mark}总工会"
        here = Organisation(self.path, self.name, Level.COUNTY, None, None, accepts_applications=True)
        with database.connected(self.installation.private.url(Database.OWNER)) as connection, connection.begin():
            organisations.add(connection, [here])
            self.id = str(queries.ids(connection, [self.path])[self.path])

    def tell(self, statement: str, **values: object) -> Any:  # noqa: ANN401 - whatever the column holds
        """What the owner is told for a statement of one value."""
        with database.connected(self.installation.private.url(Database.OWNER)) as connection, connection.begin():
            accounts.act(connection, None, Scope(everywhere=True))
            return connection.scalar(text(statement), values)

    def officer(self, role: Role | None = Role.REVIEWER) -> str:
        """The token with which a new officer has signed in."""
        with database.connected(self.installation.private.url(Database.APP)) as connection, connection.begin():
            union = queries.ids(connection, [self.path])[self.path]
            account = people.staff(
                connection, f"officer.{os.urandom(4).hex()}", role, now=now(), draw=os.urandom, organisation=union
            )
            return people.signed_in(connection, account, now=now(), draw=os.urandom)

    def apply(self, **parts: object) -> dict[str, Any]:
        """Somebody new, made at run time, applies to this union; what they are shown, and their whole ID number."""
        number = next(_NUMBERS)
        born_on = people.ADULT + dt.timedelta(days=number // 1000 % 9000)
        form = {"id_number": people.id_number(number, born_on=born_on), "organisation": self.id, **FORM, **parts}
        keys = sealed.load(self.installation.private.installation / "keys" / "installation.json")
        draw = _Chance()
        with database.connected(self.installation.private.url(Database.APP)) as connection, connection.begin():
            token = people.rider(connection, keys, people.phone(number), now=now(), draw=draw)
        return {**self.post("/api/v1/applications", form, token), "id_number": form["id_number"]}

    def post(self, path: str, body: object, token: str) -> Any:  # noqa: ANN401 - an answer whose JSON is looked into
        """What the server answers to who signed in with `token`."""
        headers = {
            "Content-Type": "application/json",
            "Cookie": f"xiejiao={token}",
            "Origin": self.installation.origin,
            "Xiejiao-App": "1",
            "Idempotency-Key": os.urandom(12).hex(),
        }
        asked = urllib.request.Request(self.installation.origin + path, json.dumps(body).encode(), headers)  # noqa: S310 - our own server
        with urllib.request.urlopen(asked, timeout=20) as answer:  # noqa: S310 - our own server
            return json.load(answer)

    def decide(self, token: str, shown: dict[str, Any], decision: str, **parts: object) -> Any:  # noqa: ANN401 - an answer whose JSON is looked into
        """An officer decides, past every page."""
        body = {"decision": decision, "version": shown["version"], **parts}
        return self.post(f"/api/v1/applications/{shown['id']}/decisions", body, token)


class _Chance(people.Draw):
    def __call__(self, count: int) -> bytes:
        self.given.append(os.urandom(count))
        return self.given[-1]


def at_the_desk(phone: Phone, token: str, path: str = "/staff/applications") -> Page:
    """A page on which an officer is signed in."""
    phone.context.add_cookies([{"name": "xiejiao", "value": token, "url": phone.origin}])
    return phone.visit(path)
