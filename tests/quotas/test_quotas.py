"""Budgets: what fits is counted, what does not leaves no trace, and many at once never spend more than there is."""

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, func, select

from xiejiao import database
from xiejiao.cluster import Role
from xiejiao.quotas import commands
from xiejiao.quotas.models import quota
from xiejiao.quotas.rules import Quota

pytestmark = pytest.mark.db

NOW = dt.datetime(2026, 11, 20, 6, 0, 10, tzinfo=dt.UTC)
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)
PER_PHONE, IN_ALL = Quota("sms", 2, MINUTE), Quota("sms in all", 3, HOUR)


def spent(connection: Connection) -> dict[tuple[str, str], int]:
    rows = connection.execute(
        select(quota.c.purpose, quota.c.whom, func.sum(quota.c.spent)).group_by("purpose", "whom")
    )
    return {(purpose, whom): count for purpose, whom, count in rows}


@pytest.mark.parametrize("seconds", [0, 1, 59, 59.999999])
def test_a_window_begins_with_the_minute(seconds: float) -> None:
    minute = NOW.replace(second=0)
    assert PER_PHONE.begins(minute + dt.timedelta(seconds=seconds)) == minute


def test_what_fits_is_counted_and_the_next_is_told_when_to_come_back(connection: Connection) -> None:
    assert [commands.spend(connection, [(PER_PHONE, "a")], now=NOW) for _ in range(3)] == [
        None,
        None,
        dt.timedelta(seconds=50),
    ]
    assert commands.spend(connection, [(PER_PHONE, "b")], now=NOW) is None
    assert commands.spend(connection, [(PER_PHONE, "a")], now=NOW + MINUTE) is None


def test_where_one_budget_is_spent_nothing_is_counted_of_the_others(connection: Connection) -> None:
    for whom in "aab":
        assert commands.spend(connection, [(IN_ALL, ""), (PER_PHONE, whom)], now=NOW) is None
    before = spent(connection)
    assert before == {("sms", "a"): 2, ("sms", "b"): 1, ("sms in all", ""): 3}
    # Both are spent: the wait is the longer one.
    wait = commands.spend(connection, [(PER_PHONE, "a"), (IN_ALL, "")], now=NOW)
    assert wait == HOUR - dt.timedelta(seconds=10)
    assert commands.spend(connection, [(PER_PHONE, "c"), (IN_ALL, "")], now=NOW) == wait
    assert spent(connection) == before


def test_a_budget_of_nothing_lets_nobody_pass(connection: Connection) -> None:
    assert commands.spend(connection, [(Quota("sms", 0, MINUTE), "a")], now=NOW) == dt.timedelta(seconds=50)


def test_windows_that_are_over_are_forgotten(connection: Connection) -> None:
    commands.spend(connection, [(PER_PHONE, "a"), (IN_ALL, "")], now=NOW)
    commands.forget(connection, now=NOW + MINUTE)
    assert spent(connection) == {("sms in all", ""): 1}
    assert commands.spend(connection, [(IN_ALL, "")], now=NOW + MINUTE) is None


def test_forty_at_once_spend_no_more_than_there_is_and_never_wait_for_each_other(
    empty_database: Callable[[str], Callable[[Role], str]],
) -> None:
    address = empty_database("quotas")
    database.upgrade(address(Role.OWNER))
    asked = [(Quota("in all", 25, HOUR), ""), (Quota("network", 100, HOUR), "x"), (Quota("phone", 100, HOUR), "y")]

    def spend(turn: int) -> bool:
        with database.connected(address(Role.APP)) as connection, connection.begin():
            return commands.spend(connection, asked[:: 1 if turn % 2 else -1], now=NOW) is None

    with ThreadPoolExecutor(20) as threads:
        assert sum(threads.map(spend, range(40))) == 25
    with database.connected(address(Role.APP)) as connection:
        assert set(spent(connection).values()) == {25}
