"""What people wrote down for certain dates of one place: closures, openings and suspensions of its regular hours."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Period(NamedTuple):
    """A half-open range of aware instants; no end is until further notice."""

    start: datetime
    end: datetime | None

    def holds(self, at: datetime) -> bool:
        """Whether an instant lies in it."""
        return self.start <= at and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True)
class Dated:
    """Dated events of one place, those that touch or overlap joined; ValueError for naive or empty periods.

    `shut` beats everything, `extra` opens whatever the rule says, `mask` suspends the regular rule.
    """

    shut: tuple[Period, ...] = ()
    extra: tuple[Period, ...] = ()
    mask: tuple[Period, ...] = ()

    def __post_init__(self) -> None:
        for name in self.__slots__:
            object.__setattr__(self, name, _joined(getattr(self, name)))

    def bounds(self) -> list[datetime]:
        """Every instant at which one of the periods begins or ends, in order."""
        found = {bound for period in (*self.shut, *self.extra, *self.mask) for bound in period}
        return sorted(bound for bound in found if bound is not None)


def holds(periods: Iterable[Period], at: datetime) -> bool:
    """Whether an instant lies in one of the periods."""
    return any(period.holds(at) for period in periods)


def _joined(periods: Iterable[tuple[datetime, datetime | None]]) -> tuple[Period, ...]:
    joined: list[Period] = []
    for start, end in sorted((_checked(Period(*period)) for period in periods), key=_start):
        reached = joined[-1].end if joined else start
        if not joined or (reached is not None and reached < start):
            joined.append(Period(start, end))
        elif reached is not None:
            joined[-1] = Period(joined[-1].start, None if end is None else max(reached, end))
    return tuple(joined)


def _start(period: Period) -> datetime:
    return period.start


def _checked(period: Period) -> Period:
    start, end = period
    if start.tzinfo is None or (end is not None and end.tzinfo is None):
        message = "a dated period needs instants with a zone"
        raise ValueError(message)
    if end is not None and end <= start:
        message = "a dated period ends after it begins"
        raise ValueError(message)
    return period


UNDATED = Dated()
