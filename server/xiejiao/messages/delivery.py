"""The job that sends one message: marked first, sent then, and never again when it may have been taken."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from xiejiao import database, progress
from xiejiao.jobs.rules import Job, Later
from xiejiao.messages import commands
from xiejiao.messages.providers import Provider
from xiejiao.messages.rules import Message, NotTaken, Outcome, Taken, Unknown
from xiejiao.sealed import Keys


@dataclass(frozen=True, slots=True)
class Delivery:
    """Sends messages through one provider; a handler of jobs."""

    keys: Keys
    provider: Provider
    now: Callable[[], dt.datetime]

    def __call__(self, job: Job) -> Later | None:
        """Send the message that the job is about, unless it was sent already, may have been, or has expired."""
        with database.writing() as connection:
            message = commands.begin(connection, self.keys, UUID(job.subject), now=self.now())
        if message is None:
            return None
        outcome = self._outcome(message)
        with database.writing() as connection:
            at = commands.settle(connection, message, outcome, now=self.now())
        if isinstance(outcome, Taken):
            return None
        again = f"is tried again at {at:%H:%M:%S}" if at else "is not tried again"
        taken = "was not taken" if isinstance(outcome, NotTaken) else "may have been taken or not"
        progress.say(f"Message {message.id} {taken} ({outcome.why}); it {again}.")
        return Later(at, outcome.why) if at else None

    def _outcome(self, message: Message) -> Outcome:
        try:
            return self.provider.send(message.phone, message.template, message.parameters)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the message may be under way
            return Unknown(type(fault).__name__)
