"""Does what is to be done later: takes jobs that are due and gives each to the handler of its kind."""

import datetime as dt
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FrameType

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from xiejiao import cluster, database, keyring, progress
from xiejiao.accounts import commands as accounts
from xiejiao.calendar import queries as calendars
from xiejiao.cards import commands as cards
from xiejiao.cluster import Role
from xiejiao.config import Config
from xiejiao.errors import OperatorError
from xiejiao.hours import CHINA
from xiejiao.idempotency import commands as idempotency
from xiejiao.jobs import commands as jobs
from xiejiao.jobs import rules
from xiejiao.jobs.rules import Handler, Job, Later
from xiejiao.membership import commands as membership
from xiejiao.membership import forgetting, members
from xiejiao.messages import commands as messages
from xiejiao.messages import settings
from xiejiao.messages.delivery import Delivery
from xiejiao.messages.rules import KIND as MESSAGE
from xiejiao.quotas import commands as quotas
from xiejiao.sealed import Keys
from xiejiao.sites.almanac import calendar_of
from xiejiao.upkeep import commands as upkeep

_IDLE_S = 0.5
_AFTER_A_FAULT_S = 1.0
_ENDS_WITHIN_S = 1.0
_ASKS_TO_STOP = (signal.SIGINT, signal.SIGTERM)

HOUSEKEEPING: tuple[Callable[..., None], ...] = (
    messages.expire,
    messages.forget,
    idempotency.forget,
    quotas.forget,
    jobs.forget,
    accounts.forget_ended,
    upkeep.forget,
    cards.forget,
)
"""What is cleared away every minute; each is told the time."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Kinds of jobs that wait for one another; another lane goes on meanwhile.

    A job is taken for `for_`; then it counts as left by a worker that is gone. Kinds in `recurrent` have a period.
    """

    handlers: Mapping[str, Handler]
    for_: dt.timedelta
    recurrent: Mapping[str, dt.timedelta]


def lanes(config: Config) -> tuple[Lane, ...]:
    """Every kind of job and who works on it; somebody waits at a door for a message, so nothing else delays one."""
    keys = keyring.installation_keys(config)
    provider = settings.provider(config, now=utc_now, draw=os.urandom)
    return (
        Lane({MESSAGE: Delivery(keys, provider, utc_now)}, dt.timedelta(minutes=1), {}),
        Lane(
            {
                "housekeeping": _housekeeping,
                "escalation": _escalation,
                "weighing": _weighing,
                "overdue": Overdue(keys),
                "retention": Retention(keys, *_kept_for(config)),
                members.EFFECT: Effect(keys),
            },
            dt.timedelta(minutes=10),
            {
                "overdue": dt.timedelta(minutes=10),
                "retention": dt.timedelta(hours=1),
                "housekeeping": dt.timedelta(minutes=1),
                "escalation": dt.timedelta(minutes=10),
                "weighing": dt.timedelta(seconds=30),
            },
        ),
    )


def utc_now() -> dt.datetime:
    """The time."""
    return dt.datetime.now(dt.UTC)


def _housekeeping(_job: Job) -> None:
    for clear in HOUSEKEEPING:
        with database.writing() as connection:
            clear(connection, now=utc_now())


def _escalation(_job: Job) -> None:
    now = utc_now()
    with database.writing() as connection:
        upkeep.escalate(connection, today=now.astimezone(CHINA).date(), now=now)


def _weighing(_job: Job) -> None:
    with database.writing() as connection:
        calendar = calendar_of(calendars.announced(connection))
        upkeep.weigh_ripened(connection, calendar=calendar, now=utc_now())


@dataclass(frozen=True, slots=True)
class Effect:
    """Lets a decision about an application take effect; a handler of jobs."""

    keys: Keys

    def __call__(self, job: Job) -> None:
        """Begin the membership and write the message, unless the decision was taken back."""
        with database.writing() as connection:
            members.take_effect(connection, self.keys, int(job.subject), now=utc_now(), draw=os.urandom)


@dataclass(frozen=True, slots=True)
class Overdue:
    """Marks applications whose clock has run out; a handler of jobs."""

    keys: Keys

    def __call__(self, _job: Job) -> None:
        """Mark them part by part, so that nobody waits long for the history."""
        marked = True
        while marked:
            with database.writing() as connection:
                marked = bool(membership.mark_overdue(connection, self.keys, now=utc_now(), draw=os.urandom))


@dataclass(frozen=True, slots=True)
class Retention:
    """Erases applications that ended long ago; a handler of jobs."""

    keys: Keys
    refused_for: dt.timedelta
    withdrawn_for: dt.timedelta

    def __call__(self, _job: Job) -> None:
        """Erase them part by part."""
        erased = True
        while erased:
            with database.writing() as connection:
                erased = bool(
                    forgetting.retain(
                        connection,
                        self.keys,
                        refused_for=self.refused_for,
                        withdrawn_for=self.withdrawn_for,
                        now=utc_now(),
                        draw=os.urandom,
                    )
                )


def _kept_for(config: Config) -> tuple[dt.timedelta, dt.timedelta]:
    """How long refused and withdrawn applications are kept; OperatorError for a setting that cannot be."""
    # A second look may be asked for within thirty days.
    refused = config.number("refused_days", 30, 3_650)
    return dt.timedelta(days=refused), dt.timedelta(days=config.number("withdrawn_days", 0, 3_650))


def work(config: Config, *, once: bool) -> None:
    """Work until SIGINT or SIGTERM; with `once` until nothing is due. OperatorError when that cannot begin."""
    if config.private and not cluster.at(config.folder).running():
        message = "The private cluster is not running; `xiejiao serve` starts it, and works too."
        raise OperatorError(message)
    found = lanes(config)
    pools = database.pools(cluster.address(config, Role.APP), pooled=config.pooled)
    database.bind(pools)
    if once:
        for lane in found:
            _plan(lane)
            while work_on_next(lane):
                pass
        pools.close()
        return
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for each in _ASKS_TO_STOP:
        signal.signal(each, stop)
    # What a thread is in the middle of when its time is up is left, as if the power had failed: whoever takes the job
    # again knows what to make of that.
    threads = [threading.Thread(target=_go, args=(lane, stopping), daemon=True) for lane in found]
    for thread in threads:
        thread.start()
    stopping.wait()
    until = time.monotonic() + _ENDS_WITHIN_S
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))


def _go(lane: Lane, stopping: threading.Event) -> None:
    """Work in a lane until told to stop; a database that is away is waited for."""
    planned = away = False
    while not stopping.is_set():
        try:
            if not planned:
                _plan(lane)
                planned = True
            worked = work_on_next(lane)
        except DBAPIError as fault:
            if not away:
                progress.say(f"The worker waits for the database ({type(fault.orig).__name__}).")
            away = True
            stopping.wait(_AFTER_A_FAULT_S)
            continue
        if away:
            progress.say("The worker goes on.")
            away = False
        if not worked:
            stopping.wait(_IDLE_S)


def _plan(lane: Lane) -> None:
    with database.writing() as connection:
        for kind, period in lane.recurrent.items():
            jobs.every(connection, kind, period, now=utc_now())


def work_on_next(lane: Lane) -> bool:
    """Work on the job of a lane that has been due longest; False when there is none."""
    with database.writing() as connection:
        job = jobs.take(connection, lane.handlers, now=utc_now(), for_=lane.for_)
    if job is None:
        return False
    try:
        later = lane.handlers[job.kind](job)
    except Exception as fault:  # noqa: BLE001 - one job that fails must not end the others
        later = None
        why = f"{type(fault).__name__} at {_where(fault)}"
        retry_at = rules.retry_at(job.tries, utc_now())
        again = f"tried again at {retry_at:%H:%M:%S}" if retry_at else "not tried again"
        progress.say(f"The job {job.kind} {job.id} failed ({why}); it is {again}.")
        with database.writing() as connection:
            jobs.fail(connection, job, why, now=utc_now(), retry_at=retry_at)
        return True
    with database.writing() as connection:
        _settle(connection, job, later)
    return True


def _settle(connection: Connection, job: Job, later: Later | None) -> None:
    if later is None:
        jobs.end(connection, job, now=utc_now())
    else:
        jobs.fail(connection, job, later.why, now=utc_now(), retry_at=later.at)


def _where(fault: Exception) -> str:
    """File and line; what a fault says of itself may be personal."""
    last = traceback.extract_tb(fault.__traceback__)[-1]
    return f"{os.path.basename(last.filename)}:{last.lineno}"  # noqa: PTH119 - a word, not a file
