"""A repeated request is done once: on real connections, at the same moment, and after a rollback."""

import datetime as dt
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import OperationalError

from xiejiao import database
from xiejiao.cluster import Role
from xiejiao.errors import BusyError, InputError, MismatchError
from xiejiao.idempotency import commands
from xiejiao.idempotency.models import idempotency_key
from xiejiao.idempotency.rules import Answer, check

pytestmark = pytest.mark.db

NOW = dt.datetime(2026, 11, 20, 6, 0, tzinfo=dt.UTC)
KEY = "01J9ZK3W-repeat-me"
WRITES = text("INSERT INTO job (kind, subject, due_at, added_at) VALUES ('x', '', now(), now())")
Address = Callable[[Role], str]


@pytest.fixture
def address(empty_database: Callable[[str], Address]) -> Address:
    made = empty_database("idempotency")
    database.upgrade(made(Role.OWNER))
    return made


def asks(connection: Connection, act: Callable[[], Answer], *, by: str = "account 1", body: bytes = b"{}") -> Answer:
    return commands.once(connection, by=by, key=KEY, body=body, now=NOW, act=act)


@pytest.mark.parametrize("key", ["", "short-7", "x" * 201, "with a space", "schlüssel-1", "tab\tin-it", "12345678\n"])
def test_a_key_that_is_none_is_said_by_its_name(key: str) -> None:
    with pytest.raises(InputError) as refused:
        check(key)
    assert [fault.field for fault in refused.value.faults] == ["Idempotency-Key"]


@pytest.mark.parametrize("key", ["12345678", "~" * 200, "!\"#$%&'()"])
def test_eight_to_two_hundred_visible_characters_are_a_key(key: str) -> None:
    check(key)


def test_what_is_sent_again_is_answered_again_and_not_done_again(connection: Connection) -> None:
    done = []

    def act() -> Answer:
        done.append(1)
        return Answer(201, {"z": 1, "a": ["二", None, True, 0.5], "number": len(done)})

    first = asks(connection, act)
    assert asks(connection, act) == first
    assert str(asks(connection, act)) == str(first), "the order of the members too"
    assert asks(connection, act, by="account 2") != first
    assert len(done) == 2


def test_another_body_under_the_same_key_is_refused(connection: Connection) -> None:
    asks(connection, lambda: Answer(201, None))
    with pytest.raises(MismatchError):
        asks(connection, lambda: Answer(201, None), body=b"{ }")


def test_the_row_holds_neither_the_key_nor_what_the_body_could_be_guessed_from(connection: Connection) -> None:
    body = b'{"phone": "13800000000"}'
    asks(connection, lambda: Answer(202, {}), body=body)
    row = connection.execute(
        text("SELECT idempotency_key::text, body_mac = sha256(:body) FROM idempotency_key"), {"body": body}
    ).one()
    assert KEY not in row[0]
    assert row[1] is False


def test_answers_are_forgotten_after_a_week(connection: Connection) -> None:
    asks(connection, lambda: Answer(201, 1))
    commands.forget(connection, now=NOW + dt.timedelta(days=7) - dt.timedelta(seconds=1))
    assert asks(connection, lambda: Answer(201, 2)).body == 1
    commands.forget(connection, now=NOW + dt.timedelta(days=7))
    assert asks(connection, lambda: Answer(201, 2)).body == 2


def fifty_at_once(address: Address) -> tuple[int, int, set[str]]:
    """Acts, rows that they wrote and different answers, when the same request comes fifty times at once."""
    acts = []
    together = threading.Barrier(50)

    def ask(_turn: int) -> str:
        with database.connected(address(Role.APP)) as connection, connection.begin():

            def act() -> Answer:
                acts.append(1)
                # Each its own, and not how many there were once all had acted.
                number = len(acts)
                time.sleep(0.05)
                connection.execute(WRITES)
                return Answer(201, {"number": number})

            together.wait(30)
            try:
                return str(asks(connection, act))
            except OperationalError as fault:
                return type(fault.orig).__name__

    with ThreadPoolExecutor(50) as threads:
        answers = set(threads.map(ask, range(50)))
    with database.connected(address(Role.APP)) as connection:
        rows = connection.scalar(text("SELECT count(*) FROM job"))
    return len(acts), int(rows or 0), answers


def test_fifty_at_once_are_one_act_one_row_and_one_answer(address: Address) -> None:
    acts, rows, answers = fifty_at_once(address)
    assert (acts, rows, answers) == (1, 1, {"Answer(status=201, body={'number': 1})"})
    with database.connected(address(Role.APP)) as connection:
        assert connection.scalar(select(func.count()).select_from(idempotency_key)) == 1


def test_without_the_unique_row_fifty_at_once_would_be_caught(address: Address) -> None:
    with database.connected(address(Role.OWNER)) as owner, owner.begin():
        owner.execute(text("ALTER TABLE idempotency_key DROP CONSTRAINT idempotency_key_pkey"))
    acts, _, answers = fifty_at_once(address)
    assert acts > 1
    assert len(answers) > 1


def test_a_first_request_that_is_rolled_back_leaves_the_second_to_do_it(address: Address) -> None:
    began, waited = threading.Event(), []

    def second() -> Answer:
        began.wait(10)
        with database.connected(address(Role.APP)) as connection, connection.begin():
            return asks(connection, lambda: Answer(201, "second"))

    with ThreadPoolExecutor(1) as threads:
        waited.append(threads.submit(second))
        with database.connected(address(Role.APP)) as connection:
            asks(connection, lambda: Answer(201, "first"))
            began.set()
            time.sleep(0.3)
            connection.rollback()
        assert waited[0].result(10) == Answer(201, "second")


def test_a_first_request_that_takes_too_long_lets_the_second_go(address: Address) -> None:
    with database.connected(address(Role.APP)) as first, first.begin():
        asks(first, lambda: Answer(201, "first"))
        began = time.monotonic()
        with database.connected(address(Role.APP)) as second, second.begin():
            second.execute(text("SET LOCAL lock_timeout = '3s'"))
            with pytest.raises(BusyError):
                asks(second, lambda: Answer(201, "second"))
            assert second.scalar(text("SHOW lock_timeout")) == "3s"
    assert 1.9 < time.monotonic() - began < 4
    with database.connected(address(Role.APP)) as third, third.begin():
        third.execute(text("SET LOCAL lock_timeout = '3s'"))
        assert asks(third, lambda: Answer(201, "third")).body == "first"
        assert third.scalar(text("SHOW lock_timeout")) == "3s"
