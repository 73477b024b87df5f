"""Writes of applications, members and their history. None commits."""

from dataclasses import dataclass
from uuid import UUID

from xiejiao.membership.rules import Reason, Step


@dataclass(frozen=True, slots=True)
class Known:
    """What was found instead of adding an application: one's own that is open, or one's membership."""

    kind: str
    id: UUID


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decides about the version of an application that they looked at."""

    step: Step
    version: int
    reason: Reason | None = None
    words: str | None = None
    organisation: UUID | None = None
