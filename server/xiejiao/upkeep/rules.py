"""What keeping a place true means: when votes are believed, how long a task may take, what a round says."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from xiejiao.hours import CHINA, Calendar
from xiejiao.quotas.rules import Quota
from xiejiao.sites.rules import Effect


class Says(StrEnum):
    """What somebody at a place says of it."""

    OPEN = "open"
    SHUT = "shut"
    BROKEN = "broken"
    WRONG_PLACE = "wrong_place"


# ── how often ──

GROWN_AFTER = dt.timedelta(minutes=10)
"""A device's token counts from this age on: fresh ones by the thousand prove nothing."""
VOTE_KEPT_FOR = dt.timedelta(days=180)
"""How long what one phone said of several places may be put together, once nothing hangs on it any more."""
DEVICES_OF_A_NETWORK = Quota("devices of a network", 600, dt.timedelta(hours=1))
"""Carriers put a city behind one address: hundreds, never one."""
VOTES_OF_A_NETWORK = Quota("votes of a network", 300, dt.timedelta(hours=1))
WEIGHED_WITHIN = dt.timedelta(minutes=30)
"""How long after a token has come of age its votes are weighed anew, should the worker have been away."""
PLACE_OF_A_DEVICE = dt.timedelta(minutes=10)
"""Nobody is at two places within this time."""
VOTES_OF_A_DEVICE = Quota("votes of a device", 10, dt.timedelta(hours=1))
PHOTOS_OF_A_SITE = 12

# ── votes ──

COUNTED_FOR = dt.timedelta(hours=24)
"""How long a vote speaks for what is so now."""


@dataclass(frozen=True, slots=True)
class Vote:
    """What a vote proves: by whom and from where, as far as that is known."""

    says: Says
    amenity: str | None
    device: UUID
    grown: bool
    account: UUID | None
    network: str
    keyed: bool
    posted_open: bool

    @property
    def proves(self) -> bool:
        """Whether it came with the poster's key, or from somebody who has signed in."""
        return self.keyed or self.account is not None


_DIFFERENT = 2


def believed(votes: Sequence[Vote]) -> bool:
    """Whether two of the votes are independent and at least one of them proves something.

    Neither the key, which a photograph of the poster shows, nor the phone's word that it is near proves much alone.
    """
    # Of those who share account and network none is independent of another, so two of their devices stand for all:
    # else hundreds of votes from one network would be compared with each other at each further one.
    alike: dict[tuple[UUID | None, str, bool], dict[UUID, Vote]] = {}
    for vote in votes:
        devices = alike.setdefault((vote.account, vote.network, vote.proves), {})
        if vote.grown and len(devices) < _DIFFERENT:
            devices[vote.device] = vote
    few = [vote for devices in alike.values() for vote in devices.values()]
    return any(_independent(one, other) for one in few if one.proves for other in few)


def _independent(one: Vote, other: Vote) -> bool:
    different_accounts = one.account is not None and other.account is not None and one.account != other.account
    same_account = one.account is not None and one.account == other.account
    return (
        one.grown
        and other.grown
        and one.device != other.device
        and not same_account
        and (different_accounts or one.network != other.network)
    )


def believed_shut(votes: Iterable[Vote]) -> bool:
    """Whether the place is shut against its posted hours, by those who stood before it since somebody found it open.

    `votes` are in order of time.
    """
    since: list[Vote] = []
    for vote in votes:
        if found_open([vote]):
            since = []
        elif vote.says is Says.SHUT and vote.posted_open:
            since.append(vote)
    return believed(since)


def found_open(votes: Iterable[Vote]) -> bool:
    """Whether somebody who proves to have stood there found it open."""
    return any(vote.says is Says.OPEN and vote.proves and vote.grown for vote in votes)


# ── tasks ──

WORKDAYS = {Says.SHUT: 2, Says.BROKEN: 5, Says.WRONG_PLACE: 5}
"""Working days in which a task is to be closed, not counting the day on which it was opened."""
REOPENED_WITHIN = dt.timedelta(days=30)
"""How long a reporter may say that it is still not right."""


def due_on(says: Says, opened_at: dt.datetime, calendar: Calendar) -> dt.date:
    """The last day of the clock: so many working days after the day of opening, make-up workdays among them."""
    return calendar.workdays_after(opened_at.astimezone(CHINA).date(), WORKDAYS[says])


class TaskState(StrEnum):
    """How far a task is, as its reporter and the union above see it."""

    OPEN = "open"
    OVERDUE = "overdue"
    REOPENED = "reopened"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be put right at a place, with its clock."""

    id: UUID
    site: UUID
    site_code: str
    site_name: str
    organisation: str
    says: Says
    amenity: str | None
    opened_at: dt.datetime
    due_on: dt.date
    escalated: bool
    closed_at: dt.datetime | None
    reply: str | None
    reopened: int
    votes: int

    def state(self, today: dt.date) -> TaskState:
        """How far it is on a day."""
        if self.closed_at is not None:
            return TaskState.CLOSED
        if self.due_on < today:
            return TaskState.OVERDUE
        return TaskState.REOPENED if self.reopened else TaskState.OPEN


@dataclass(frozen=True, slots=True)
class Report:
    """What a reporter sees behind the private link: their own vote, and what became of it."""

    site_code: str
    site_name: str
    says: Says
    amenity: str | None
    at: dt.datetime
    cleared: bool
    task: Task | None
    may_reopen: bool


# ── rounds and photos ──


@dataclass(frozen=True, slots=True)
class Closure:
    """A dated exception of a place; `until` None: until further notice, asked about again on `ask_again_on`."""

    id: UUID
    effect: Effect
    since: dt.datetime
    until: dt.datetime | None
    reason: str | None
    ask_again_on: dt.date | None


@dataclass(frozen=True, slots=True)
class Round:
    """The three questions of a round and when they were answered."""

    hours_as_posted: bool
    everything_works: bool
    stock_all_right: bool
    at: dt.datetime


OLDEST_ROUND = dt.timedelta(days=3)
"""How long an answer given offline may take to arrive and still say how things are."""


@dataclass(frozen=True, slots=True)
class PhotoListed:
    """A photo of a place, without its bytes."""

    id: UUID
    width: int
    height: int
    added_at: dt.datetime


class Lack(StrEnum):
    """What a place may lack, as the staff's table filters by it."""

    TASK = "task"
    UNCONFIRMED = "unconfirmed"
    BROKEN = "broken"
    EXPIRING = "expiring"
    ESCALATED = "escalated"
    """A task whose clock ran out, or that a reporter reopened: for the union above, until it is closed."""
    CLOSED = "closed"
    """Closed until further notice, and not said again for a week."""


UNCONFIRMED_AFTER = dt.timedelta(days=30)
EXPIRING_WITHIN = dt.timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Kept:
    """A place in the table of those who keep it true."""

    id: UUID
    code: str
    name: str
    kind: str
    organisation: str
    confirmed_at: dt.datetime | None
    conflicting_since: dt.datetime | None
    broken: int
    next_expiry_on: dt.date | None
    tasks: int
    overdue: int
    reopened: int
    oldest_task_at: dt.datetime | None
    escalated: bool
