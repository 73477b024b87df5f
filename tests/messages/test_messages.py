"""Messages: written with what causes them, sent once, unreadable afterwards."""

import datetime as dt
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import IntegrityError

from conftest import Clock
from xiejiao.jobs import commands as jobs
from xiejiao.jobs.rules import Job
from xiejiao.messages import commands
from xiejiao.messages.delivery import Delivery
from xiejiao.messages.models import message
from xiejiao.messages.rules import KIND, NotTaken, Outcome, State, Taken, Template, Unknown
from xiejiao.sealed import Keys

pytestmark = pytest.mark.db

PHONE, CODE = "13812345678", "042137"
FIVE_MINUTES = dt.timedelta(minutes=5)


@dataclass(slots=True)
class Recorder:
    """A provider that makes of each message what the test says, and remembers it."""

    outcomes: list[Outcome | Exception]
    sent: list[tuple[str, Template, Mapping[str, str]]] = field(default_factory=list)

    def send(self, phone: str, template: Template, parameters: Mapping[str, str]) -> Outcome:
        """The next outcome."""
        self.sent.append((phone, template, parameters))
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


Send = Callable[[], UUID]


@pytest.fixture
def send(connection: Connection, keys: Keys, clock: Clock) -> Send:
    """Has a code sent that holds for five minutes."""

    def written() -> UUID:
        return commands.send(
            connection,
            keys,
            phone=PHONE,
            template=Template.SIGN_IN_CODE,
            parameters={"code": CODE},
            now=clock.now(),
            draw=os.urandom,
            expires=clock.now() + FIVE_MINUTES,
        )

    return written


def row(connection: Connection) -> Any:  # noqa: ANN401 - a row, whose columns the tests name
    return connection.execute(select(message)).one()


def due(connection: Connection, clock: Clock) -> Job | None:
    return jobs.take(connection, [KIND], now=clock.now(), for_=dt.timedelta(minutes=1))


@pytest.fixture
def job(connection: Connection, send: Send, clock: Clock) -> Job:
    """The job of a message that was just written."""
    send()
    found = due(connection, clock)
    assert found is not None
    return found


def is_unreadable(connection: Connection) -> bool:
    found = row(connection)
    everything = connection.scalar(text("SELECT string_agg(message::text || job::text, ' ') FROM message, job"))
    assert PHONE not in everything
    assert CODE not in everything
    return (found.wrapped_key, found.destination, found.parameters) == (None, None, None) and found.ended_at is not None


def test_a_message_is_a_row_that_nobody_can_read_and_a_job(connection: Connection, send: Send, clock: Clock) -> None:
    identity = send()
    found = row(connection)
    assert (found.id, found.state, found.template) == (identity, "waiting", "sign_in_code")
    whole = b"".join((found.wrapped_key, found.destination, found.parameters))
    assert PHONE.encode() not in whole
    assert CODE.encode() not in whole
    job = due(connection, clock)
    assert job is not None
    assert job.subject == str(identity)


def test_what_was_sent_is_what_was_written_and_then_nobody_can_read_it(
    connection: Connection, job: Job, keys: Keys, clock: Clock
) -> None:
    recorder = Recorder([Taken("900^0")])
    deliver = Delivery(keys, recorder, clock.now)
    assert deliver(job) is None
    assert recorder.sent == [(PHONE, Template.SIGN_IN_CODE, {"code": CODE})]
    assert (row(connection).state, row(connection).reference) == ("sent", "900^0")
    assert is_unreadable(connection)
    assert deliver(job) is None, "a job that is done once more sends nothing"
    assert len(recorder.sent) == 1


@dataclass(frozen=True, slots=True)
class Ends:
    """An outcome after which a message has ended."""

    outcome: Outcome | Exception
    state: str
    fault: str


@pytest.mark.parametrize(
    "ends",
    [
        Ends(NotTaken("isv.MOBILE_NUMBER_ILLEGAL", again=False), "refused", "isv.MOBILE_NUMBER_ILLEGAL"),
        Ends(Unknown("ReadTimeout"), "unknown", "ReadTimeout"),
        Ends(ValueError(f"{PHONE} {CODE}"), "unknown", "ValueError"),
    ],
    ids=lambda ends: ends.fault,
)
def test_what_was_refused_or_may_have_been_taken_is_never_sent_again(
    connection: Connection, job: Job, keys: Keys, caplog: pytest.LogCaptureFixture, ends: Ends
) -> None:
    recorder = Recorder([ends.outcome])
    deliver = Delivery(keys, recorder, Clock().now)
    with caplog.at_level("DEBUG"):
        assert deliver(job) is None
        assert deliver(job) is None
    assert (row(connection).state, row(connection).fault) == (ends.state, ends.fault)
    assert is_unreadable(connection)
    assert len(recorder.sent) == 1
    assert ends.fault in caplog.text
    assert PHONE not in caplog.text
    assert CODE not in caplog.text


def test_what_was_certainly_not_taken_is_tried_ever_later_until_it_expires(
    connection: Connection, job: Job, keys: Keys, clock: Clock
) -> None:
    recorder = Recorder([NotTaken("ConnectError", again=True)] * 20)
    deliver, pauses = Delivery(keys, recorder, clock.now), []
    while later := deliver(job):
        assert (row(connection).state, later.why) == ("waiting", "ConnectError")
        pauses.append((later.at - clock.now()).total_seconds())
        clock.pass_(pauses[-1])
    assert pauses == [2, 4, 8, 16, 32, 64, 128]
    assert (row(connection).state, len(recorder.sent)) == ("expired", 8)
    assert is_unreadable(connection)


def test_a_message_that_a_worker_left_while_sending_is_never_sent_again(
    connection: Connection, send: Send, keys: Keys, clock: Clock
) -> None:
    identity = send()
    assert commands.begin(connection, keys, identity, now=clock.now()) is not None
    assert row(connection).state == State.SENDING
    recorder = Recorder([Taken("900^0")])
    job = due(connection, clock)
    assert job is not None
    assert Delivery(keys, recorder, clock.now)(job) is None
    assert (row(connection).state, recorder.sent) == ("unknown", [])
    assert is_unreadable(connection)


def test_the_late_word_of_a_worker_that_was_given_up_changes_nothing(
    connection: Connection, send: Send, keys: Keys, clock: Clock
) -> None:
    identity = send()
    late = commands.begin(connection, keys, identity, now=clock.now())
    assert late is not None
    assert PHONE not in repr(late)
    assert CODE not in repr(late)
    assert commands.begin(connection, keys, identity, now=clock.now()) is None
    for outcome in (Taken("900^0"), NotTaken("Throttling", again=True)):
        commands.settle(connection, late, outcome, now=clock.now())
        assert row(connection).state == "unknown"


def test_what_expires_unsent_is_not_sent_and_nobody_can_read_it(
    connection: Connection, send: Send, keys: Keys, clock: Clock
) -> None:
    identity = send()
    commands.expire(connection, now=clock.now() + FIVE_MINUTES - dt.timedelta(seconds=1))
    assert row(connection).state == "waiting"
    clock.pass_(300)
    job = due(connection, clock)
    assert job is not None
    recorder = Recorder([])
    assert Delivery(keys, recorder, clock.now)(job) is None
    assert (row(connection).state, recorder.sent) == ("expired", [])
    assert is_unreadable(connection)
    connection.execute(message.delete())
    assert commands.begin(connection, keys, identity, now=clock.now()) is None


def test_housekeeping_ends_what_expired_and_forgets_what_ended_long_ago(
    connection: Connection, send: Send, clock: Clock
) -> None:
    send()
    clock.pass_(300)
    commands.expire(connection, now=clock.now())
    assert row(connection).state == "expired"
    assert is_unreadable(connection)
    commands.forget(connection, now=clock.now() + dt.timedelta(days=29))
    assert row(connection)
    commands.forget(connection, now=clock.now() + dt.timedelta(days=30))
    assert connection.execute(select(message)).all() == []


def test_a_text_without_its_parameters_is_not_written(connection: Connection, keys: Keys, clock: Clock) -> None:
    with pytest.raises(KeyError):
        commands.send(
            connection,
            keys,
            phone=PHONE,
            template=Template.SIGN_IN_CODE,
            parameters={},
            now=clock.now(),
            draw=os.urandom,
            expires=clock.now(),
        )
    assert connection.execute(select(message)).all() == []


def test_the_database_itself_keeps_no_message_readable_after_its_end(connection: Connection, send: Send) -> None:
    send()
    with pytest.raises(IntegrityError, match="message_sealed_check"), connection.begin_nested():
        connection.execute(update(message).values(state="sent", ended_at=dt.datetime.now(dt.UTC)))
    with pytest.raises(IntegrityError, match="message_ended_check"), connection.begin_nested():
        connection.execute(update(message).values(state="sent"))
