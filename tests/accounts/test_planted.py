"""The controls of signing in, each taken out once: what other tests see refused then works, so they would see that."""

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, text

import people
from conftest import Clock
from people import Draw, another
from xiejiao.accounts import commands, proofs, rules
from xiejiao.errors import NotFoundError
from xiejiao.http import access
from xiejiao.roles import Caller
from xiejiao.sealed import Keys

pytestmark = pytest.mark.db
PHONE = "13800138000"


def rider(visitor: FlaskClient, draw: Draw) -> str:
    """Signs in by a code; the token."""
    visitor.post("/api/v1/sign-in-codes", json={"phone": PHONE})
    visitor.post("/api/v1/sign-ins", json={"phone": PHONE, "code": draw.last_code})
    kept = visitor.get_cookie("xiejiao")
    assert kept
    return kept.value


def test_a_sign_out_that_ends_nothing_would_be_caught(
    app: Flask, visitor: FlaskClient, draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "end", lambda *_: None)
    token = rider(visitor, draw)
    visitor.delete("/api/v1/sign-ins/present")
    assert people.client_of(app, token).get("/api/v1/me").status_code == 200


def test_tries_that_are_not_counted_would_be_caught(
    visitor: FlaskClient, draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "CODE_TRIES", 1_000)
    visitor.post("/api/v1/sign-in-codes", json={"phone": PHONE})
    code = draw.last_code
    for _ in range(5):
        visitor.post("/api/v1/sign-ins", json={"phone": PHONE, "code": another(code)})
    assert visitor.post("/api/v1/sign-ins", json={"phone": PHONE, "code": code}).status_code == 204


def test_a_code_that_stays_after_use_would_be_caught(
    visitor: FlaskClient, draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "_SPENT_CODE", text("SELECT :phone"))
    rider(visitor, draw)
    assert visitor.post("/api/v1/sign-ins", json={"phone": PHONE, "code": draw.last_code}).status_code == 204


def test_a_half_minute_that_may_be_used_again_would_be_caught(
    connection: Connection, keys: Keys, clock: Clock, draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, first = commands.add_staff(connection, "chen.min", by=None, now=clock.now(), draw=draw)
    given = {"device": "", "now": clock.now(), "draw": draw}
    commands.sign_in_with_password(connection, keys, "chen.min", first, "", **given)  # type: ignore[arg-type]  # as named
    who = Caller(
        account, staff=True, sign_in=connection.scalar(text("SELECT id FROM sign_in")), first_step="authenticator"
    )
    totp = pyotp.TOTP(commands.new_authenticator(connection, keys, who, draw=draw))
    code = totp.at(clock.now())
    commands.confirm_authenticator(connection, keys, who, code, now=clock.now(), draw=draw)
    replayed = (connection, keys, "chen.min", first, code)
    assert commands.sign_in_with_password(*replayed, **given) is None  # type: ignore[arg-type]  # as named
    unguarded = text("UPDATE authenticator SET last_step = :step WHERE account_id = :account")
    monkeypatch.setattr(commands, "_TAKE_STEP", unguarded)
    assert commands.sign_in_with_password(*replayed, **given)  # type: ignore[arg-type]  # as named


def test_an_answer_that_knows_numbers_would_be_caught(
    visitor: FlaskClient, draw: Draw, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    rider(visitor, draw)
    clock.pass_(61)
    sent = commands.send_code

    def telling(connection: Connection, keys: Keys, phone: str, **further: object) -> None:
        if phone != PHONE:
            raise NotFoundError
        sent(connection, keys, phone, **further)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(commands, "send_code", telling)
    answers = [visitor.post("/api/v1/sign-in-codes", json={"phone": phone}).data for phone in (PHONE, "13900000000")]
    assert answers[0] != answers[1]


def test_a_token_that_the_browser_may_choose_would_be_caught(
    app: Flask, draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixed = people.client_of(app, "chosen-by-somebody-else")
    monkeypatch.setattr(proofs, "token", lambda _drawn: "chosen-by-somebody-else")
    fixed.post("/api/v1/sign-in-codes", json={"phone": PHONE})
    fixed.post("/api/v1/sign-ins", json={"phone": PHONE, "code": draw.last_code})
    assert people.client_of(app, "chosen-by-somebody-else").get("/api/v1/me").status_code == 200


def test_requests_of_other_sites_that_are_let_in_would_be_caught(
    visitor: FlaskClient, draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    rider(visitor, draw)
    evil = {"Origin": "https://evil.example"}
    assert visitor.delete("/api/v1/sign-ins", headers=evil).status_code == 403
    monkeypatch.setattr(access, "_is_from_the_app", lambda: True)
    assert visitor.delete("/api/v1/sign-ins", headers=evil).status_code == 204
