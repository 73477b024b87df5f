"""What a job is, and what comes of one that was worked on."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

KEPT_FOR = dt.timedelta(days=30)
"""How long a job that has ended can be looked up."""
MOST_TRIES = 6
_FIRST_PAUSE = dt.timedelta(seconds=10)


class State(StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to do; `tries` counts how often it was taken, this time included."""

    id: UUID
    kind: str
    subject: str
    tries: int


@dataclass(frozen=True, slots=True)
class Later:
    """It could not be done now: why, as a code without personal data, and when to try again."""

    at: dt.datetime
    why: str


Handler = Callable[[Job], Later | None]
"""Works on a job; None when it is done. What it raises counts as a try that failed."""


def retry_at(tries: int, now: dt.datetime) -> dt.datetime | None:
    """When a job that failed for the `tries`th time is tried again, each time later; None for never."""
    return now + _FIRST_PAUSE * 2 ** (tries - 1) if tries < MOST_TRIES else None
