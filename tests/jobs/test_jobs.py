"""Jobs: taken when due, by one at a time, again when whoever took it is gone, and recurrent ones for ever."""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Connection, select, text

from xiejiao import database
from xiejiao.cluster import Role
from xiejiao.jobs import commands
from xiejiao.jobs.models import job
from xiejiao.jobs.rules import MOST_TRIES, Job, retry_at

pytestmark = pytest.mark.db

NOW = dt.datetime(2026, 11, 20, 6, 0, tzinfo=dt.UTC)
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)


def take(connection: Connection, now: dt.datetime = NOW, kinds: tuple[str, ...] = ("import",)) -> Job | None:
    return commands.take(connection, kinds, now=now, for_=MINUTE)


def taken(connection: Connection, now: dt.datetime = NOW) -> Job:
    found = take(connection, now)
    assert found is not None
    return found


def row(connection: Connection) -> Any:  # noqa: ANN401 - a row, whose columns the tests name
    return connection.execute(select(job)).one()


def test_a_job_is_taken_when_it_is_due_by_whoever_does_its_kind(connection: Connection) -> None:
    identity = commands.add(connection, "import", "7", due=NOW, now=NOW - HOUR)
    assert take(connection, NOW - MINUTE) is None
    assert take(connection, kinds=("message",)) is None
    assert take(connection) == Job(identity, "import", "7", 1)
    assert take(connection) is None


def test_the_one_that_has_been_due_longest_comes_first(connection: Connection) -> None:
    for subject, minutes in (("b", 2), ("c", 1), ("a", 3)):
        commands.add(connection, "import", subject, due=NOW - minutes * MINUTE, now=NOW - HOUR)
    assert [taken(connection).subject for _ in range(3)] == ["a", "b", "c"]


def test_what_is_done_stays_to_be_looked_up_for_thirty_days(connection: Connection) -> None:
    commands.add(connection, "import", "7", due=NOW, now=NOW)
    assert commands.end(connection, taken(connection), now=NOW)
    found = row(connection)
    assert (found.state, found.progress, found.ended_at, found.taken_until) == ("done", 100, NOW, None)
    assert take(connection, NOW + HOUR) is None
    commands.forget(connection, now=NOW + dt.timedelta(days=29))
    assert row(connection)
    commands.forget(connection, now=NOW + dt.timedelta(days=30))
    assert connection.execute(select(job)).all() == []


def test_a_job_whose_worker_is_gone_is_taken_again_and_no_longer_its(connection: Connection) -> None:
    commands.add(connection, "import", "7", due=NOW, now=NOW)
    first = taken(connection)
    assert take(connection, NOW + MINUTE - dt.timedelta(seconds=1)) is None
    assert commands.progress(connection, first, 40, now=NOW + MINUTE / 2, for_=MINUTE)
    assert take(connection, NOW + MINUTE) is None
    second = taken(connection, NOW + 2 * MINUTE)
    assert (second.id, second.tries, row(connection).progress) == (first.id, 2, 40)
    late = NOW + 2 * MINUTE
    assert not commands.end(connection, first, now=late)
    assert not commands.fail(connection, first, "late", now=late, retry_at=None)
    assert not commands.progress(connection, first, 90, now=late, for_=MINUTE)
    assert commands.end(connection, second, now=late)
    assert not commands.end(connection, second, now=late)


def test_a_job_that_fails_is_tried_again_ever_later_and_then_no_more(connection: Connection) -> None:
    commands.add(connection, "import", "7", due=NOW, now=NOW)
    now, pauses = NOW, []
    for tries in range(1, MOST_TRIES + 1):
        again = retry_at(tries, now)
        commands.fail(connection, taken(connection, now), "OSError", now=now, retry_at=again)
        if again:
            assert take(connection, again - dt.timedelta(seconds=1)) is None
            pauses.append((again - now).total_seconds())
            now = again
    assert pauses == [10, 20, 40, 80, 160]
    found = row(connection)
    assert (found.state, found.fault, found.ended_at) == ("failed", "OSError", now)


def test_a_recurrent_job_has_one_row_however_often_it_is_said_done_or_failed(connection: Connection) -> None:
    for _ in range(3):
        commands.every(connection, "import", HOUR, now=NOW)
    commands.end(connection, taken(connection), now=NOW + MINUTE)
    assert take(connection, NOW + HOUR) is None
    commands.fail(connection, taken(connection, NOW + HOUR + MINUTE), "OSError", now=NOW + HOUR + MINUTE, retry_at=None)
    found = row(connection)
    assert (found.state, found.due_at, found.tries) == ("waiting", NOW + 2 * HOUR + MINUTE, 0)
    commands.every(connection, "import", MINUTE, now=NOW + HOUR + MINUTE)
    assert row(connection).due_at == NOW + HOUR + 2 * MINUTE, "a shorter period counts from now"
    commands.forget(connection, now=NOW + dt.timedelta(days=365))
    assert row(connection)


def test_eight_workers_take_each_of_two_hundred_jobs_once(
    empty_database: Callable[[str], Callable[[Role], str]],
) -> None:
    address = empty_database("jobs")
    database.upgrade(address(Role.OWNER))
    with database.connected(address(Role.APP)) as connection, connection.begin():
        for number in range(200):
            commands.add(connection, "import", str(number), due=NOW, now=NOW)

    def work(_worker: int) -> list[str]:
        done: list[str] = []
        with database.connected(address(Role.APP)) as connection:
            while True:
                with connection.begin():
                    found = take(connection)
                if found is None:
                    return done
                with connection.begin():
                    assert commands.end(connection, found, now=NOW)
                done.append(found.subject)

    with ThreadPoolExecutor(8) as threads:
        found = Counter(subject for done in threads.map(work, range(8)) for subject in done)
    assert found == Counter(str(number) for number in range(200))
    with database.connected(address(Role.READ)) as reader, pytest.raises(Exception, match="permission denied"):
        reader.execute(text("SELECT FROM job"))
