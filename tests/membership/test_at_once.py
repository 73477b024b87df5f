"""What holds when many act at the same moment, on connections of their own."""

import datetime as dt
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, text

import people
from conftest import FRIDAY_14, KEYS
from membership.conftest import MEIJIANG, SIGNATURE, Address, Chance
from xiejiao import database, identity_number
from xiejiao.accounts import proofs, queries
from xiejiao.cluster import Role as Database
from xiejiao.errors import ConflictError, ForbiddenError
from xiejiao.hours import Calendar
from xiejiao.identity_number import IdentityNumber
from xiejiao.membership import chain, commands
from xiejiao.membership import queries as applications
from xiejiao.membership.commands import Decision, Known
from xiejiao.membership.rules import Consent, Form, Step
from xiejiao.organisations import queries as unions
from xiejiao.roles import Caller, Permission, Role, Scope

pytestmark = pytest.mark.db
NOW = FRIDAY_14
OFFICERS = 8


def form(connection: Connection, sequence: int) -> Form:
    """A form with an ID number of its own."""
    number = identity_number.parse(people.id_number(sequence), today=NOW.date())
    assert isinstance(number, IdentityNumber)
    union = unions.ids(connection, [MEIJIANG])[MEIJIANG]
    strokes = [[(x, y) for x, y in stroke] for stroke in SIGNATURE]
    return Form("王明", number, "courier", "某快递", "江南路", union, None, None, Consent("1", True), strokes, None)


def rider(connection: Connection, sequence: int, now: dt.datetime = NOW) -> Caller:
    """Somebody who has signed in with a number of their own."""
    token = people.rider(connection, KEYS, people.phone(sequence), now=now, draw=Chance())
    found = queries.caller(connection, proofs.digest(token), now=now)
    assert found is not None
    return found[0]


def submit(connection: Connection, who: Caller, wanted: Form) -> UUID | Known:
    """Send a form."""
    return commands.submit(connection, KEYS, who, wanted, calendar=Calendar(), now=NOW, draw=os.urandom)


def officer(connection: Connection, number: int) -> Caller:
    """An officer of the union."""
    where = unions.ids(connection, [MEIJIANG])[MEIJIANG]
    account = people.staff(connection, f"officer.{number}", Role.REVIEWER, now=NOW, draw=os.urandom, organisation=where)
    token = people.signed_in(connection, account, now=NOW, draw=os.urandom)
    found = queries.caller(connection, proofs.digest(token), now=NOW)
    assert found is not None
    return found[0]


def approved_times(engine: Engine) -> list[int]:
    """How often each application was approved, by its events."""
    with engine.begin() as connection:
        queries.act(connection, None, Scope(everywhere=True))
        statement = "SELECT count(*) FROM membership_event WHERE what = 'approve' GROUP BY application_id"
        return list(connection.scalars(text(statement)))


def naive(connection: Connection, who: Caller, identity: UUID) -> None:
    """How it is not done: look, then write, whatever happened between."""
    queries.act(connection, who.account, who.scope(Permission.APPLICATIONS_DECIDE))
    statement = "SELECT status FROM application WHERE id = :id"
    if connection.scalar(text(statement), {"id": identity}) != "submitted":
        raise ConflictError
    update = "UPDATE application SET status = 'approved', due_on = NULL WHERE id = :id"
    connection.execute(text(update), {"id": identity})


def race(engine: Engine, number: int, decide: Callable[[Connection, Caller, UUID], object]) -> int:
    """How often `number` applications are decided, all in all, when eight officers decide each at the same moment."""
    with engine.begin() as connection:
        officers = [officer(connection, each) for each in range(OFFICERS)]
        ids = [submit(connection, rider(connection, each), form(connection, each)) for each in range(number)]

    def go(who: Caller) -> int:
        won = 0
        for identity in ids:
            assert isinstance(identity, UUID)
            try:
                with engine.begin() as connection:
                    decide(connection, who, identity)
                won += 1
            except (ConflictError, ForbiddenError):
                continue
        return won

    with ThreadPoolExecutor(OFFICERS) as threads:
        return sum(threads.map(go, officers))


def guarded(connection: Connection, who: Caller, identity: UUID) -> None:
    """How it is done."""
    decision = Decision(Step.APPROVE, 1)
    commands.decide(connection, KEYS, who, identity, decision, calendar=Calendar(), now=NOW, draw=os.urandom)


@pytest.mark.parametrize("number", [200, pytest.param(1_000, marks=pytest.mark.long)])
def test_of_eight_decisions_at_once_one_counts(engine: Engine, where: Address, number: int) -> None:
    assert race(engine, number, guarded) == number
    assert approved_times(engine) == [1] * number
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM job WHERE kind = 'membership_effect'")) == number
    with database.connected(where(Database.OWNER)) as connection:
        walked = chain.walk(chain.key_of(KEYS), applications.history(connection))
    assert (walked.broken, walked.rows) == (None, 2 * number)


def test_looking_before_writing_would_decide_more_than_once(engine: Engine) -> None:
    assert race(engine, 60, naive) > 60


def test_of_twenty_with_one_number_one_is_open_and_the_others_are_held(engine: Engine) -> None:
    with engine.begin() as connection:
        wanted = form(connection, 1)
        riders = [rider(connection, number) for number in range(20)]

    def go(who: Caller) -> UUID | Known:
        with engine.begin() as connection:
            return submit(connection, who, wanted)

    with ThreadPoolExecutor(20) as threads:
        found = list(threads.map(go, riders))
    assert all(isinstance(each, UUID) for each in found), "nobody is told that there is another"
    with engine.begin() as connection:
        queries.act(connection, None, Scope(everywhere=True))
        held = connection.scalars(text("SELECT held FROM application ORDER BY held")).all()
    assert list(held) == [False] + [True] * 19


def test_of_twenty_times_the_same_person_one_is_taken_and_the_others_told(engine: Engine) -> None:
    with engine.begin() as connection:
        wanted, who = form(connection, 1), rider(connection, 1)

    def go(_number: int) -> UUID | Known:
        with engine.begin() as connection:
            return submit(connection, who, wanted)

    with ThreadPoolExecutor(10) as threads:
        found = list(threads.map(go, range(10)))
    (taken,) = (each for each in found if isinstance(each, UUID))
    assert [each for each in found if isinstance(each, Known)] == [Known("open", taken)] * 9


def test_of_fifty_times_the_same_request_one_is_done_and_all_are_answered_alike(served: Flask, engine: Engine) -> None:
    with engine.begin() as connection:
        token = people.rider(connection, KEYS, people.phone(1), now=NOW, draw=Chance())
        union = str(unions.ids(connection, [MEIJIANG])[MEIJIANG])
    body = {
        "name": "王明", "id_number": people.id_number(1), "trade": "courier", "employer": "某快递",
        "workplace": "江南路", "organisation": union,
        "consent": {"version": "1", "id_number": True}, "signature": SIGNATURE,
    }  # fmt: skip

    def go(_number: int) -> tuple[int, Any]:
        client = people.client_of(served, token)
        answer = client.post("/api/v1/applications", json=body, headers={"Idempotency-Key": "one-and-the-same"})
        return answer.status_code, answer.json

    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(go, range(50)))
    assert {status for status, _ in answers} <= {201, 409}
    taken = [answer for status, answer in answers if status == 201]
    assert len(taken) >= 40
    assert all(answer == taken[0] for answer in taken)
    with engine.begin() as connection:
        queries.act(connection, None, Scope(everywhere=True))
        assert connection.scalar(text("SELECT count(*) FROM application")) == 1
