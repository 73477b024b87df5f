"""Adds jobs, hands each to one worker at a time, and writes down what came of it."""

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from xiejiao.jobs.models import job
from xiejiao.jobs.rules import KEPT_FOR, Job, State


def add(connection: Connection, kind: str, subject: str, *, due: dt.datetime, now: dt.datetime) -> UUID:
    """Have a job done once, when it is due and this transaction has ended; `subject` is the id of what it is about."""
    identity: UUID = connection.execute(
        insert(job).values(kind=kind, subject=subject, due_at=due, added_at=now).returning(job.c.id)
    ).scalar_one()
    return identity


def every(connection: Connection, kind: str, period: dt.timedelta, *, now: dt.datetime) -> None:
    """Have a job done at once and again a `period` after each time; it has one row, however often this is said."""
    said = insert(job).values(kind=kind, subject="", due_at=now, period=period, added_at=now)
    connection.execute(
        said.on_conflict_do_update(
            index_elements=[job.c.kind],
            index_where=job.c.period.is_not(None),
            set_={"period": period, "due_at": func.least(job.c.due_at, now + period)},
            where=job.c.period != period,
        )
    )


def take(connection: Connection, kinds: Collection[str], *, now: dt.datetime, for_: dt.timedelta) -> Job | None:
    """The job of these kinds that has been due longest, for this worker alone until `for_` has passed; None when none.

    A job whose time has passed is taken again: whoever works on it must know what to make of what was half done.
    """
    free = or_(job.c.taken_until.is_(None), job.c.taken_until <= now)
    next_one = (
        select(job.c.id)
        .where(job.c.kind.in_(kinds), job.c.ended_at.is_(None), job.c.due_at <= now, free)
        .order_by(job.c.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    row = connection.execute(
        update(job)
        .where(job.c.id == next_one)
        .values(state=State.RUNNING, taken_until=now + for_, tries=job.c.tries + 1)
        .returning(job.c.id, job.c.kind, job.c.subject, job.c.tries)
    ).one_or_none()
    return None if row is None else Job(*row)


def progress(connection: Connection, taken: Job, per_cent: int, *, now: dt.datetime, for_: dt.timedelta) -> bool:
    """Say how far the job is and keep it for `for_` longer; whether it is still this worker's."""
    return _write(connection, taken, progress=per_cent, taken_until=now + for_)


def end(connection: Connection, taken: Job, *, now: dt.datetime) -> bool:
    """The job is done; a recurrent one waits for its next time. Whether it was still this worker's."""
    once = job.c.period.is_(None)
    return _write(
        connection,
        taken,
        state=case((once, literal(State.DONE)), else_=literal(State.WAITING)),
        ended_at=case((once, now)),
        due_at=case((once, job.c.due_at), else_=now + job.c.period),
        tries=case((once, job.c.tries), else_=0),
        progress=case((once, 100), else_=0),
        fault=None,
        taken_until=None,
    )


def fail(connection: Connection, taken: Job, why: str, *, now: dt.datetime, retry_at: dt.datetime | None) -> bool:
    """The job could not be done, `why` as a code without personal data; it waits until `retry_at`.

    With None it has failed for good, but for a recurrent one, which waits for its next time. Whether it was still this
    worker's.
    """
    if retry_at is not None:
        return _write(connection, taken, state=State.WAITING, due_at=retry_at, fault=why, taken_until=None)
    once = job.c.period.is_(None)
    return _write(
        connection,
        taken,
        state=case((once, literal(State.FAILED)), else_=literal(State.WAITING)),
        ended_at=case((once, now)),
        due_at=case((once, job.c.due_at), else_=now + job.c.period),
        tries=case((once, job.c.tries), else_=0),
        fault=why,
        taken_until=None,
    )


def _write(connection: Connection, taken: Job, **values: object) -> bool:
    return connection.execute(update(job).where(_still(taken)).values(values)).rowcount == 1


def _still(taken: Job) -> ColumnElement[bool]:
    """The job as it was taken: not ended, and not taken by another since."""
    return and_(job.c.id == taken.id, job.c.state == State.RUNNING, job.c.tries == taken.tries)


def forget(connection: Connection, *, now: dt.datetime) -> None:
    """Drop the jobs that ended long ago."""
    connection.execute(delete(job).where(job.c.ended_at <= now - KEPT_FOR))
