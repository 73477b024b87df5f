"""Passes for members alone, and what anybody learns of them: the keys, and which have ended."""

import base64
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, text

import members
import people
from conftest import KEYS, Clock
from people import Draw
from xiejiao.accounts import queries as accounts
from xiejiao.cards import commands, passes
from xiejiao.cards.passes import Pass
from xiejiao.cards.rules import PASSES
from xiejiao.organisations import queries as organisations
from xiejiao.roles import Scope

pytestmark = pytest.mark.db

MEIJIANG, CHAOZHOU = "cn.guangdong.meizhou.meijiang", "cn.guangdong.chaozhou"
RAW_KEY = (
    derive_private_key(0x5EED01, SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
)


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decoded(told: str) -> bytes:
    return base64.urlsafe_b64decode(told + "==")


ASKED = {"public_key": encoded(RAW_KEY)}


@dataclass(slots=True)
class Rider:
    """Somebody who has signed in, and their membership."""

    client: FlaskClient
    account: UUID
    membership: UUID | None

    def passed(self) -> dict[str, Any]:
        """A pass."""
        answer = self.client.post("/api/v1/me/card", json=ASKED)
        assert answer.status_code == 201, answer.text
        return dict(answer.json or {})


@pytest.fixture
def everywhere(connection: Connection) -> Callable[[], None]:
    """Acts as somebody who reaches all rows, until something else is said."""
    return lambda: accounts.act(connection, None, Scope(everywhere=True))


@pytest.fixture
def rider(
    app: Flask, connection: Connection, clock: Clock, draw: Draw, everywhere: Callable[[], None]
) -> Callable[..., Rider]:
    """Adds a rider; a member of the union at a path, or of none."""

    def add(union: str | None = MEIJIANG) -> Rider:
        account = connection.scalar(
            text("INSERT INTO account (kind, demo, added_at) VALUES ('rider', true, :now) RETURNING id"),
            {"now": clock.now()},
        )
        assert isinstance(account, UUID)
        token = people.signed_in(connection, account, now=clock.now(), draw=draw)
        membership = None
        if union:
            where = organisations.ids(connection, [union])[union]
            everywhere()
            membership = members.join(connection, KEYS, account, where, since=clock.now())
            accounts.act(connection, None)
        return Rider(people.client_of(app, token), account, membership)

    return add


def known(client: FlaskClient) -> dict[str, Any]:
    return dict(client.get("/api/v1/cards/keys").json or {})


def read(client: FlaskClient, told: dict[str, Any]) -> Pass:
    """The pass as anybody reads it by what the server tells everybody."""
    public = {decoded(key["id"]): decoded(key["public_key"]) for key in known(client)["keys"]}
    return passes.read(decoded(told["pass"]), public)


def test_a_member_gets_a_pass_for_fourteen_days_that_anybody_can_read(
    rider: Callable[..., Rider], client: FlaskClient, clock: Clock
) -> None:
    told = rider().passed()
    found = read(client, told)
    today = clock.now().date()
    assert (found.from_on, found.until_on) == (today, today + dt.timedelta(days=13))
    assert (found.name, found.union) == ("测*", "梅江区总工会")
    assert found.phone_key == RAW_KEY[1:]
    assert told["until"] == found.until_on.isoformat()
    assert (told["name"], told["union"]) == (members.NAME, "梅江区总工会")
    assert told["number"].startswith("M2026")
    # Nothing that tells who it is lies in the pass.
    assert told["number"].encode() not in decoded(told["pass"])
    assert members.NAME.encode() not in decoded(told["pass"])


def test_two_passes_of_one_member_have_nothing_in_common_but_what_is_seen(
    rider: Callable[..., Rider], client: FlaskClient
) -> None:
    one = rider()
    assert read(client, one.passed()).reference != read(client, one.passed()).reference


def test_the_day_is_that_of_china(rider: Callable[..., Rider], client: FlaskClient, clock: Clock) -> None:
    member = rider()
    clock.time = dt.datetime(2026, 11, 20, 17, 0, tzinfo=dt.UTC)
    assert read(client, member.passed()).from_on == dt.date(2026, 11, 21)


def test_who_is_not_a_member_gets_none(rider: Callable[..., Rider], client: FlaskClient) -> None:
    assert rider(None).client.post("/api/v1/me/card", json=ASKED).status_code == 404
    assert client.post("/api/v1/me/card", json=ASKED).status_code == 401


@pytest.mark.parametrize("wrong", ["", "!", encoded(RAW_KEY[1:]), encoded(bytes(65)), encoded(RAW_KEY) + "é"])
def test_only_a_phones_key_is_taken(rider: Callable[..., Rider], wrong: str) -> None:
    answer = rider().client.post("/api/v1/me/card", json={"public_key": wrong})
    assert answer.status_code == 400
    assert [fault["field"] for fault in answer.json["errors"]] == ["public_key"]  # type: ignore[index]  # JSON of a problem


def test_a_pass_ends_with_its_membership_and_no_other_does(
    rider: Callable[..., Rider],
    client: FlaskClient,
    connection: Connection,
    clock: Clock,
    everywhere: Callable[[], None],
) -> None:
    member, other = rider(), rider(CHAOZHOU)
    ended = read(client, member.passed())
    other.passed()
    assert known(client)["revoked"] == []
    everywhere()
    members.end(connection, member.membership, now=clock.now())  # type: ignore[arg-type]  # a member has one
    accounts.act(connection, None)
    assert known(client)["revoked"] == [encoded(ended.reference)]
    assert member.client.post("/api/v1/me/card", json=ASKED).status_code == 404


def test_a_pass_of_a_membership_that_is_gone_has_ended(
    rider: Callable[..., Rider], client: FlaskClient, connection: Connection
) -> None:
    ended = read(client, rider().passed())
    connection.execute(text("DELETE FROM card_pass"))
    connection.execute(
        text("INSERT INTO card_pass (reference, until_on) VALUES (:reference, :until)"),
        {"reference": ended.reference, "until": ended.until_on},
    )
    assert known(client)["revoked"] == [encoded(ended.reference)]


def test_a_pass_is_forgotten_once_its_last_day_is_over_everywhere(
    rider: Callable[..., Rider], connection: Connection, clock: Clock
) -> None:
    rider().passed()
    left = text("SELECT count(*) FROM card_pass")
    commands.forget(connection, now=clock.now() + dt.timedelta(days=14))
    assert connection.scalar(left) == 1
    commands.forget(connection, now=clock.now() + dt.timedelta(days=15))
    assert connection.scalar(left) == 0


def test_passes_are_not_asked_for_without_end(rider: Callable[..., Rider]) -> None:
    member = rider()
    for _ in range(PASSES.most):
        member.passed()
    answer = member.client.post("/api/v1/me/card", json=ASKED)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0


def test_anybody_may_keep_the_keys_for_an_hour_and_a_pass_nobody(
    rider: Callable[..., Rider], client: FlaskClient, clock: Clock
) -> None:
    answer = client.get("/api/v1/cards/keys")
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert set(answer.json or {}) == {"keys", "revoked", "at"}
    assert [key["from"] for key in known(client)["keys"]] == ["1970-01-01"]
    assert dt.datetime.fromisoformat(known(client)["at"]) == clock.now()
    assert rider().client.post("/api/v1/me/card", json=ASKED).headers["Cache-Control"] == "no-store"
