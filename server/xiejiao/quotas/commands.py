"""Spends from budgets, and forgets windows that are over."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Connection, delete
from sqlalchemy.dialects.postgresql import insert

from xiejiao.quotas.models import quota
from xiejiao.quotas.rules import Quota


class _SpentError(Exception):
    """Undoes what was counted beside a budget that is spent."""

    def __init__(self, wait: dt.timedelta) -> None:
        super().__init__()
        self.wait = wait


def spend(connection: Connection, asked: Sequence[tuple[Quota, str]], *, now: dt.datetime) -> dt.timedelta | None:
    """Count one of each budget for whom it is asked; None when all had one left, and all are counted.

    Otherwise nothing is counted, and what returns is how long it is until the last of the spent windows ends. `whom`
    is a network, a keyed digest, or "" for all together.
    """
    try:
        with connection.begin_nested():
            _count_all(connection, asked, now)
    except _SpentError as spent:
        return spent.wait
    return None


def _count_all(connection: Connection, asked: Sequence[tuple[Quota, str]], now: dt.datetime) -> None:
    waits = [
        each.begins(now) + each.window - now
        for each, whom in sorted(asked, key=_turn)
        if not _count(connection, each, whom, now)
    ]
    if waits:
        raise _SpentError(max(waits))


def _turn(asked: tuple[Quota, str]) -> tuple[bool, str, str, dt.timedelta]:
    """The same order for everybody, lest two wait for each other; what all share last, so that it is held shortest."""
    each, whom = asked
    return not whom, each.purpose, whom, each.window


def _count(connection: Connection, each: Quota, whom: str, now: dt.datetime) -> bool:
    if each.most < 1:
        return False
    begins = each.begins(now)
    fresh = insert(quota).values(
        purpose=each.purpose, whom=whom, begins_at=begins, ends_at=begins + each.window, spent=1
    )
    counted = fresh.on_conflict_do_update(
        constraint=quota.primary_key, set_={"spent": quota.c.spent + 1}, where=quota.c.spent < each.most
    )
    return connection.scalar(counted.returning(quota.c.spent)) is not None


def forget(connection: Connection, *, now: dt.datetime) -> None:
    """Drop the windows that are over."""
    connection.execute(delete(quota).where(quota.c.ends_at <= now))
