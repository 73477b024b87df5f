"""What a budget is: how much of a purpose in how long a window."""

import datetime as dt
from dataclasses import dataclass

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Quota:
    """At most so many for a purpose in each window; windows follow one another from the epoch."""

    purpose: str
    most: int
    window: dt.timedelta

    def begins(self, now: dt.datetime) -> dt.datetime:
        """When the window that holds `now` began."""
        return _EPOCH + (now - _EPOCH) // self.window * self.window
