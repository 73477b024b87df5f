"""Signing in: by a code to a phone, by name and password, and what must not get anybody in."""

import datetime as dt

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, text

import people
from conftest import Clock
from people import Draw, another
from xiejiao.accounts import commands, queries, rules
from xiejiao.errors import TooManyError
from xiejiao.roles import Role
from xiejiao.sealed import Keys

PHONE = "13800138000"
pytestmark = pytest.mark.db


def field_of(answer: object) -> list[str]:
    """The fields that a problem document names."""
    return [each["field"] for each in answer.json["errors"]]  # type: ignore[attr-defined]


def code_sent(visitor: FlaskClient, draw: Draw, phone: str = PHONE) -> str:
    """Has a code sent and reads it."""
    assert visitor.post("/api/v1/sign-in-codes", json={"phone": phone}).status_code == 202
    return draw.last_code


# ── riders ──


def test_a_rider_signs_in_by_the_code_that_was_sent(visitor: FlaskClient, draw: Draw) -> None:
    code = code_sent(visitor, draw)
    answer = visitor.post("/api/v1/sign-ins", json={"phone": PHONE, "code": code})
    assert answer.status_code == 204
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    me = visitor.get("/api/v1/me")
    assert (me.json["kind"], me.json["phone"], me.json["permissions"]) == ("rider", "138****8000", [])  # type: ignore[index]
    assert me.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in me.headers


def test_the_same_number_is_the_same_person_however_it_is_typed(visitor: FlaskClient, draw: Draw, clock: Clock) -> None:
    accounts = set()
    for typed in ("13800138000", "+86 138-0013-8000", "８６１３８００１３８０００"):
        visitor.post("/api/v1/sign-ins", json={"phone": typed, "code": code_sent(visitor, draw, typed)})
        accounts.add(visitor.get("/api/v1/me").json["account"])  # type: ignore[index]
        clock.pass_(61)
    assert len(accounts) == 1


@pytest.mark.parametrize(
    "typed", ["12345678901", "1380013800", "138001380001", "abc", "+1 3800138000", "\u202e13800138000"]
)
def test_what_is_no_number_is_said_at_the_field(visitor: FlaskClient, typed: str) -> None:
    answer = visitor.post("/api/v1/sign-in-codes", json={"phone": typed})
    assert (answer.status_code, field_of(answer)) == (400, ["phone"])


def test_a_code_is_used_once(visitor: FlaskClient, draw: Draw) -> None:
    code = code_sent(visitor, draw)
    assert visitor.post("/api/v1/sign-ins", json={"phone": PHONE, "code": code}).status_code == 204
    assert visitor.post("/api/v1/sign-ins", json={"phone": PHONE, "code": code}).status_code == 400


def test_a_new_code_kills_the_old(visitor: FlaskClient, draw: Draw, clock: Clock) -> None:
    first = code_sent(visitor, draw)
    clock.pass_(61)
    second = code_sent(visitor, draw)
    assert first != second
    assert visitor.post("/api/v1/sign-ins", json={"phone": PHONE, "code": first}).status_code == 400
    assert visitor.post("/api/v1/sign-ins", json={"phone": PHONE, "code": second}).status_code == 204


def test_a_code_bears_five_tries(visitor: FlaskClient, draw: Draw) -> None:
    code = code_sent(visitor, draw)
    for _ in range(rules.CODE_TRIES):
        assert visitor.post("/api/v1/sign-ins", json={"phone": PHONE, "code": another(code)}).status_code == 400
    assert visitor.post("/api/v1/sign-ins", json={"phone": PHONE, "code": code}).status_code == 400


def test_a_code_ends_after_five_minutes(visitor: FlaskClient, draw: Draw, clock: Clock) -> None:
    code = code_sent(visitor, draw)
    clock.pass_(300)
    assert visitor.post("/api/v1/sign-ins", json={"phone": PHONE, "code": code}).status_code == 400


def test_a_number_gets_one_code_a_minute_and_five_a_day(visitor: FlaskClient, clock: Clock) -> None:
    sent = []
    for _ in range(12):
        first = visitor.post("/api/v1/sign-in-codes", json={"phone": PHONE})
        second = visitor.post("/api/v1/sign-in-codes", json={"phone": PHONE})
        sent.append((first.status_code, second.status_code))
        clock.pass_(60)
    assert sent == [(202, 429)] * 5 + [(429, 429)] * 7
    assert int(second.headers["Retry-After"]) > 60


def test_a_network_and_all_together_get_no_more_codes_than_their_share(
    connection: Connection, keys: Keys, draw: Draw, clock: Clock
) -> None:
    def sent(networks: int, phones: int) -> int:
        count = 0
        for number in range(phones):
            try:
                network = f"10.0.{number % networks}.0/24"
                commands.send_code(connection, keys, f"139{number:08}", network=network, now=clock.now(), draw=draw)
                count += 1
            except TooManyError:
                pass
        return count

    most = rules.CODES_FROM_A_NETWORK.most
    assert sent(networks=1, phones=most + 50) == most
    clock.pass_(3600)
    assert sent(networks=12, phones=rules.CODES_IN_ALL.most + 50) == rules.CODES_IN_ALL.most


def test_known_and_unknown_numbers_are_answered_alike(visitor: FlaskClient, draw: Draw, clock: Clock) -> None:
    visitor.post("/api/v1/sign-ins", json={"phone": PHONE, "code": code_sent(visitor, draw)})
    visitor.delete("/api/v1/sign-ins/present")
    clock.pass_(61)
    answers = []
    for phone in (PHONE, "13900000000"):
        sent = visitor.post("/api/v1/sign-in-codes", json={"phone": phone})
        tried = visitor.post("/api/v1/sign-ins", json={"phone": phone, "code": another(draw.last_code)})
        answers.append((sent.status_code, sent.data, tried.status_code, tried.data))
    assert answers[0] == answers[1]


def test_guessing_is_bounded_by_the_codes_that_are_sent_not_by_how_often_one_guesses(
    connection: Connection, keys: Keys, draw: Draw, clock: Clock
) -> None:
    """Of the guesses at one number, those that are compared at all are counted; networks without end are assumed.

    However many guesses a day at one number, 5 × 5 are compared: a million guesses a day get in once in a century.
    """
    compared, guesses, sent = 0, 1_500, 0
    clock.time = clock.time.astimezone(dt.UTC).replace(hour=0, minute=0)
    for guess in range(guesses):
        try:
            commands.send_code(connection, keys, PHONE, network=str(guess), now=clock.now(), draw=draw)
            sent += 1
        except TooManyError:
            pass
        before = connection.scalar(text("SELECT coalesce(sum(tries), 0) FROM sign_in_code"))
        token = commands.sign_in_with_code(
            connection,
            keys,
            PHONE,
            another(draw.last_code),
            network=str(guess),
            device="",
            now=clock.now(),
            draw=draw,
        )
        compared += connection.scalar(text("SELECT sum(tries) FROM sign_in_code")) > before
        assert token is None
        if guess % 10 == 9:
            clock.pass_(864_000 / guesses)
    assert sent == sum(quota.most for quota in rules.CODES_TO_A_PHONE[1:])
    assert compared == sent * rules.CODE_TRIES


# ── sign-ins ──


def test_a_cookie_replayed_after_signing_out_is_nobody(app: Flask, visitor: FlaskClient, draw: Draw) -> None:
    visitor.post("/api/v1/sign-ins", json={"phone": PHONE, "code": code_sent(visitor, draw)})
    kept = visitor.get_cookie("xiejiao")
    assert kept
    out = visitor.delete("/api/v1/sign-ins/present")
    assert (out.status_code, visitor.get_cookie("xiejiao")) == (204, None)
    assert people.client_of(app, kept.value).get("/api/v1/me").status_code == 401


def test_signing_in_gives_another_token_each_time_and_never_takes_one_that_was_offered(app: Flask, draw: Draw) -> None:
    fixed = people.client_of(app, "chosen-by-somebody-else")
    fixed.post("/api/v1/sign-ins", json={"phone": PHONE, "code": code_sent(fixed, draw)})
    given = fixed.get_cookie("xiejiao")
    assert given
    assert given.value != "chosen-by-somebody-else"
    assert people.client_of(app, "chosen-by-somebody-else").get("/api/v1/me").status_code == 401


def test_ones_sign_ins_are_listed_and_ended_and_nobody_elses(app: Flask, draw: Draw, clock: Clock) -> None:
    here, there, other = (people.client_of(app) for _ in range(3))
    for client in (here, there):
        client.post("/api/v1/sign-ins", json={"phone": PHONE, "code": code_sent(client, draw)})
        clock.pass_(61)
    other.post("/api/v1/sign-ins", json={"phone": "13900000000", "code": code_sent(other, draw, "13900000000")})
    listed = here.get("/api/v1/sign-ins").json["sign_ins"]  # type: ignore[index]
    assert [each["present"] for each in listed] == [False, True]
    assert other.delete(f"/api/v1/sign-ins/{listed[0]['id']}").status_code == 404
    assert here.delete(f"/api/v1/sign-ins/{listed[0]['id']}").status_code == 204
    assert there.get("/api/v1/me").status_code == 401
    assert here.delete("/api/v1/sign-ins").status_code == 204
    assert here.get("/api/v1/me").status_code == 401
    assert other.get("/api/v1/me").status_code == 200


def test_a_sign_in_ends_when_it_is_not_used_and_at_the_latest_after_a_year(
    visitor: FlaskClient, draw: Draw, clock: Clock
) -> None:
    span = rules.LASTS[rules.Kind.RIDER]
    visitor.post("/api/v1/sign-ins", json={"phone": PHONE, "code": code_sent(visitor, draw)})
    for _ in range(4):
        clock.pass_(span.idle.total_seconds() - 60)
        assert visitor.get("/api/v1/me").status_code == 200
    clock.pass_(6 * 86_400)
    assert visitor.get("/api/v1/me").status_code == 401


# ── staff ──


@pytest.fixture
def first_password(connection: Connection, clock: Clock, draw: Draw) -> str:
    """The first password of the new member of staff `chen.min`."""
    _, first = commands.add_staff(connection, "chen.min", by=None, now=clock.now(), draw=draw)
    return first


def signed_in_staff(visitor: FlaskClient, first: str, clock: Clock) -> tuple[pyotp.TOTP, list[str]]:
    """Goes the first steps; the authenticator and the recovery codes."""
    assert visitor.post("/api/v1/sign-ins", json={"name": "chen.min", "password": first}).status_code == 204
    change = {"current": first, "new": "梅江边上的驿站很暖和"}
    assert visitor.put("/api/v1/me/password", json=change).status_code == 204
    fresh = visitor.post("/api/v1/me/authenticator").json
    totp = pyotp.TOTP(fresh["secret"])  # type: ignore[index]
    confirmed = visitor.post("/api/v1/me/authenticator/confirmation", json={"code": totp.at(clock.now())})
    assert confirmed.status_code == 200
    return totp, confirmed.json["recovery_codes"]  # type: ignore[index]


def test_a_first_password_and_an_authenticator_come_before_any_right(
    connection: Connection, visitor: FlaskClient, first_password: str, clock: Clock, draw: Draw
) -> None:
    account = connection.scalar(text("SELECT id FROM account WHERE name = 'chen.min'"))
    people.grant(connection, account, Role.SYSTEM_ADMIN, now=clock.now(), draw=draw)
    visitor.post("/api/v1/sign-ins", json={"name": "Chen.Min ", "password": first_password})
    needs = []
    for step in ("password", "authenticator", None):
        assert visitor.get("/api/v1/me").json["first_step"] == step  # type: ignore[index]
        answer = visitor.get("/api/v1/grants")
        needs.append((answer.status_code, (answer.json or {}).get("needs")))
        if step == "password":
            assert visitor.post("/api/v1/me/authenticator").status_code == 403
            visitor.put("/api/v1/me/password", json={"current": first_password, "new": "梅江边上的驿站很暖和"})
        elif step == "authenticator":
            secret = visitor.post("/api/v1/me/authenticator").json["secret"]  # type: ignore[index]
            code = pyotp.TOTP(secret).at(clock.now())
            visitor.post("/api/v1/me/authenticator/confirmation", json={"code": code})
    assert needs == [(403, "password"), (403, "authenticator"), (200, None)]


def test_a_code_of_the_authenticator_is_taken_once(visitor: FlaskClient, first_password: str, clock: Clock) -> None:
    totp, _ = signed_in_staff(visitor, first_password, clock)
    whole = {"name": "chen.min", "password": "梅江边上的驿站很暖和"}
    tries = []
    for passed_s in (0, 0, 30, 0):
        clock.pass_(passed_s)
        tries.append(visitor.post("/api/v1/sign-ins", json={**whole, "code": totp.at(clock.now())}).status_code)
    assert tries == [400, 400, 204, 400], "the code that confirmed is spent too"


def test_without_the_code_or_with_a_wrong_one_nobody_is_in_and_nothing_says_why(
    visitor: FlaskClient, first_password: str, clock: Clock
) -> None:
    totp, _ = signed_in_staff(visitor, first_password, clock)
    clock.pass_(30)
    right = {"name": "chen.min", "password": "梅江边上的驿站很暖和", "code": totp.at(clock.now())}
    wrong = [
        {**right, "name": "nobody"},
        {**right, "password": "no"},
        {**right, "code": ""},
        {**right, "code": another(right["code"])},
        {**right, "code": "AAAA-AAAA-AAAA-AAAA"},
    ]
    assert len({visitor.post("/api/v1/sign-ins", json=each).data for each in wrong}) == 1
    assert visitor.post("/api/v1/sign-ins", json=right).status_code == 204


def test_an_authenticator_whose_key_is_gone_lets_nobody_in(
    connection: Connection, visitor: FlaskClient, first_password: str, clock: Clock
) -> None:
    totp, _ = signed_in_staff(visitor, first_password, clock)
    account = connection.scalar(text("SELECT id FROM account WHERE name = 'chen.min'"))
    queries.act(connection, account)
    assert connection.execute(text("DELETE FROM person_key")).rowcount == 1
    clock.pass_(30)
    whole = {"name": "chen.min", "password": "梅江边上的驿站很暖和"}
    for code in ("", totp.at(clock.now())):
        assert visitor.post("/api/v1/sign-ins", json={**whole, "code": code}).status_code == 400


def test_a_recovery_code_gets_in_once(visitor: FlaskClient, first_password: str, clock: Clock) -> None:
    _, codes = signed_in_staff(visitor, first_password, clock)
    whole = {"name": "chen.min", "password": "梅江边上的驿站很暖和", "code": f" {codes[3].lower()} "}
    assert [visitor.post("/api/v1/sign-ins", json=whole).status_code for _ in range(2)] == [204, 400]


def test_a_changed_password_ends_what_was_signed_in_before(
    app: Flask, visitor: FlaskClient, first_password: str, clock: Clock
) -> None:
    signed_in_staff(visitor, first_password, clock)
    before = visitor.get_cookie("xiejiao")
    assert before
    change = {"current": "梅江边上的驿站很暖和", "new": "另一句谁也想不到的话"}
    assert visitor.put("/api/v1/me/password", json=change).status_code == 204
    assert visitor.get("/api/v1/me").status_code == 200
    assert people.client_of(app, before.value).get("/api/v1/me").status_code == 401


@pytest.mark.parametrize(
    ("new", "faults"),
    [("aaaa", 2), ("short", 1), ("aaaaaaaaaaaa", 1), ("chen.min123456", 1), ("Password123456", 1), ("密" * 129, 2)],
)
def test_a_weak_password_is_refused_with_every_fault(
    visitor: FlaskClient, first_password: str, new: str, faults: int
) -> None:
    visitor.post("/api/v1/sign-ins", json={"name": "chen.min", "password": first_password})
    answer = visitor.put("/api/v1/me/password", json={"current": first_password, "new": new})
    assert (answer.status_code, field_of(answer)) == (400, ["new"] * faults)


def test_a_name_is_guessed_eight_times_from_one_network_and_its_owner_still_gets_in_from_another(
    app: Flask, visitor: FlaskClient, first_password: str
) -> None:
    wrong = {"name": "chen.min", "password": "no"}
    tried = [visitor.post("/api/v1/sign-ins", json=wrong).status_code for _ in range(10)]
    assert tried == [400] * 8 + [429] * 2
    elsewhere = people.client_of(app)
    right = {"name": "chen.min", "password": first_password}
    answer = elsewhere.post("/api/v1/sign-ins", json=right, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert answer.status_code == 204


# ── bodies ──


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("[]", 400),
        ('"x"', 400),
        ("{", 400),
        ("[" * 5_000, 400),
        ('{"phone": "13800138000", "kind": "staff"}', 400),
        ('{"phone": 13800138000}', 400),
        ('{"phone": "\\u0000"}', 400),
        ('{"phone": "\\ud800"}', 400),
        ("\xff", 400),
        (f'{{"phone": "{"1" * 100_000}"}}', 400),
        (f'{{"phone": "{"1" * 2_000_000}"}}', 413),
    ],
)
@pytest.mark.parametrize("address", ["/api/v1/sign-in-codes", "/api/v1/sign-ins"])
def test_no_body_earns_a_500(visitor: FlaskClient, address: str, body: str, status: int) -> None:
    answer = visitor.post(address, data=body.encode("latin-1"), content_type="application/json")
    assert answer.status_code == status


def test_another_kind_of_content_is_refused(visitor: FlaskClient) -> None:
    answer = visitor.post("/api/v1/sign-in-codes", data='{"phone": "13800138000"}', content_type="text/plain")
    assert answer.status_code == 415
