"""The worker as a process: it sends what was committed, and what happens to machines makes it send nothing twice."""

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import select, text

from messages.conftest import KEY_SECRET, FakeCloud
from xiejiao import config, database, keyring, working
from xiejiao.cluster import Cluster, Role
from xiejiao.idempotency import commands as idempotency
from xiejiao.idempotency.rules import Answer
from xiejiao.jobs import commands as jobs
from xiejiao.jobs.models import job
from xiejiao.jobs.rules import Job, Later
from xiejiao.messages import commands
from xiejiao.messages.models import message
from xiejiao.messages.rules import Template
from xiejiao.working import Lane

pytestmark = pytest.mark.db

PHONE, CODE = "13812345678", "042137"
SERVER = Path(__file__).parents[2] / "server"
COMMAND = (sys.executable, "-m", "xiejiao.cli", "work")
ENDS_WITHIN_S = 3.0


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True)
class Installation:
    """A database of its own, with settings that lead messages to the stand-in."""

    settings: dict[str, str]
    owner: str
    name: str
    superuser: str

    def send(self, phone: str = PHONE) -> None:
        """Have a code sent, and commit."""
        keys = keyring.installation_keys(config.from_environment(self.settings))
        with database.connected(self.settings["DATABASE_URL"]) as connection, connection.begin():
            commands.send(
                connection,
                keys,
                phone=phone,
                template=Template.SIGN_IN_CODE,
                parameters={"code": CODE},
                now=now(),
                draw=os.urandom,
                expires=now() + dt.timedelta(minutes=5),
            )

    def value(self, statement: str) -> Any:  # noqa: ANN401 - whatever the statement asks for
        """The one value that a statement of the owner returns; None when it returns none."""
        with psycopg.connect(self.owner, autocommit=True) as connection:
            cursor = connection.execute(statement)
            row = cursor.fetchone() if cursor.description else None
        return row and row[0]

    def everything(self) -> str:
        """All rows that a message leaves."""
        return str(self.value("SELECT string_agg(message::text || job::text, ' ') FROM message, job"))


@pytest.fixture
def there(
    empty_database: Callable[[str], Callable[[Role], str]],
    private_cluster: Cluster,
    settings: Callable[..., dict[str, str]],
    tmp_path: Path,
) -> Installation:
    address = empty_database("worker")
    database.upgrade(address(Role.OWNER))
    named = settings(DATABASE_URL=address(Role.APP), XIEJIAO_VAR=str(tmp_path / "var"))
    with database.connected(address(Role.APP)) as connection, connection.begin():
        keyring.prepare(config.from_environment(named), connection)
        name = connection.scalar(text("SELECT current_database()"))
    return Installation(named, address(Role.OWNER), str(name), private_cluster.url(Role.SUPERUSER, "postgres"))


def words(there: Installation) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "XIEJIAO_"))}
    return {**plain, "PYTHONPATH": str(SERVER), "PYTHONDONTWRITEBYTECODE": "1", **there.settings}


@pytest.fixture
def begin(there: Installation) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    begun: list[subprocess.Popen[str]] = []

    def worker() -> subprocess.Popen[str]:
        begun.append(subprocess.Popen(COMMAND, env=words(there), stderr=subprocess.PIPE, text=True))
        return begun[-1]

    yield worker
    for each in begun:
        each.kill()
        each.wait(10)
        if each.stderr:
            each.stderr.close()


def once(there: Installation) -> str:
    """What a worker says that does what is due and ends."""
    ended = subprocess.run(
        [*COMMAND, "--once"], env=words(there), capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout + ended.stderr


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def end(worker: subprocess.Popen[str], by: signal.Signals = signal.SIGTERM) -> str:
    """What the worker said, which ends when asked to, soon and in peace."""
    began = time.monotonic()
    worker.send_signal(by)
    _, said = worker.communicate(timeout=20)
    assert worker.returncode == 0
    assert time.monotonic() - began < ENDS_WITHIN_S
    assert "Traceback" not in said
    return said


def test_what_was_committed_is_sent_within_a_second_and_leaves_no_trace(
    there: Installation, begin: Callable[[], subprocess.Popen[str]], cloud: FakeCloud
) -> None:
    worker = begin()
    until(lambda: there.value("SELECT count(*) FROM job WHERE kind = 'housekeeping' AND state = 'waiting'"))
    there.send()
    began = time.monotonic()
    until(lambda: cloud.sent)
    assert time.monotonic() - began < 1.5
    assert cloud.sent[0]["PhoneNumbers"] == PHONE
    assert CODE in cloud.sent[0]["TemplateParam"]
    until(lambda: there.value("SELECT state FROM message") == "sent")
    until(lambda: there.value("SELECT state FROM job WHERE kind = 'message'") == "done")
    said = end(worker, signal.SIGINT)
    shown = said + there.everything()
    assert not [word for word in (PHONE, CODE, KEY_SECRET) if word in shown]


def test_what_was_rolled_back_is_not_sent(there: Installation, cloud: FakeCloud) -> None:
    keys = keyring.installation_keys(config.from_environment(there.settings))
    with database.connected(there.settings["DATABASE_URL"]) as connection:
        commands.send(
            connection,
            keys,
            phone=PHONE,
            template=Template.SIGN_IN_CODE,
            parameters={"code": CODE},
            now=now(),
            draw=os.urandom,
            expires=now() + dt.timedelta(minutes=5),
        )
        connection.rollback()
    once(there)
    assert cloud.sent == []


def test_after_kill_9_while_sending_it_is_unknown_and_never_sent_again(
    there: Installation, begin: Callable[[], subprocess.Popen[str]], cloud: FakeCloud
) -> None:
    cloud.how = "hang"
    there.send()
    worker = begin()
    until(lambda: cloud.sent)
    worker.kill()
    worker.wait(10)
    assert there.value("SELECT state FROM message") == "sending"
    cloud.how = "answer"
    once(there)
    assert there.value("SELECT state FROM message") == "sending", "another worker may still be at it"
    there.value("UPDATE job SET taken_until = now() WHERE kind = 'message'")
    said = once(there)
    assert there.value("SELECT state FROM message") == "unknown"
    assert there.value("SELECT state FROM job WHERE kind = 'message'") == "done"
    assert len(cloud.sent) == 1
    assert not [word for word in (PHONE, CODE) if word in said + there.everything()]
    assert there.value("SELECT num_nulls(wrapped_key, destination, parameters) FROM message") == 3


def test_it_ends_in_time_while_the_provider_hangs(
    there: Installation, begin: Callable[[], subprocess.Popen[str]], cloud: FakeCloud
) -> None:
    cloud.how = "hang"
    there.send()
    worker = begin()
    until(lambda: cloud.sent)
    end(worker)
    assert there.value("SELECT state FROM message") == "sending"


def test_throttled_it_tries_again_and_says_so_without_the_number(there: Installation, cloud: FakeCloud) -> None:
    cloud.status, cloud.body = 400, b'{"Code": "Throttling.User", "Message": "13812345678"}'
    there.send()
    said = once(there)
    assert there.value("SELECT state FROM message") == "waiting"
    assert there.value("SELECT fault FROM job WHERE kind = 'message'") == "Throttling.User"
    assert "was not taken (Throttling.User); it is tried again at " in said
    assert PHONE not in said
    cloud.status, cloud.body = 200, b'{"Code": "OK", "BizId": "9"}'
    there.value("UPDATE job SET due_at = now()")
    once(there)
    assert there.value("SELECT state || tries FROM message") == "sent2"


def test_it_waits_for_a_database_that_is_away(
    there: Installation, begin: Callable[[], subprocess.Popen[str]], cloud: FakeCloud
) -> None:
    worker = begin()
    assert worker.stderr
    until(lambda: there.value("SELECT count(*) FROM job"))
    there.send()
    until(lambda: cloud.sent)
    with psycopg.connect(there.superuser, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{there.name}" ALLOW_CONNECTIONS false')
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [there.name])
        assert next(worker.stderr).startswith("The worker waits for the database (")
        time.sleep(2)
        connection.execute(f'ALTER DATABASE "{there.name}" ALLOW_CONNECTIONS true')
    there.send("13900000000")
    until(lambda: len(cloud.sent) == 2)
    said = end(worker)
    assert "The worker goes on." in said
    assert said.count("waits for the database") <= 1, "each lane says it once"


def test_housekeeping_clears_away_what_is_over(there: Installation) -> None:
    long_ago = now() - dt.timedelta(days=8)
    with database.connected(there.settings["DATABASE_URL"]) as connection, connection.begin():
        idempotency.once(
            connection, by="account", key="12345678", body=b"", now=long_ago, act=lambda: Answer(201, None)
        )
        connection.execute(
            text("INSERT INTO quota VALUES ('sms', '', now() - interval '2 h', now() - interval '1 h', 5)")
        )
        ended = {"state": "done", "ended_at": now() - dt.timedelta(days=31)}
        connection.execute(job.insert().values(kind="old", subject="", due_at=now(), added_at=now(), **ended))
    there.send()
    there.value("UPDATE message SET expires_at = now()")
    there.value("DELETE FROM job WHERE kind = 'message'")
    once(there)
    assert there.value("SELECT state FROM message") == "expired"
    left = "SELECT (SELECT count(*) FROM quota) + (SELECT count(*) FROM idempotency_key) + (SELECT count(*) FROM job)"
    assert there.value(left) == there.value("SELECT count(*) FROM job WHERE state = 'waiting' AND kind <> 'old'")
    assert there.value("SELECT string_agg(kind, ' ' ORDER BY kind) FROM job") == (
        "escalation housekeeping overdue retention weighing"
    )


@pytest.mark.parametrize("more", [{"SMS_KEY_ID": ""}, {"KEY_FILE": "/nowhere/keys.json"}])
def test_what_hinders_it_is_one_sentence(there: Installation, more: dict[str, str]) -> None:
    ended = subprocess.run(
        COMMAND, env={**words(there), **more}, capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert KEY_SECRET not in ended.stderr


# ── jobs that fail, in this process ──


@pytest.fixture
def bound(there: Installation) -> Iterator[None]:
    pools = database.pools(there.settings["DATABASE_URL"])
    database.bind(pools)
    yield
    database.bind(None)
    pools.close()


def fails(_job: Job) -> Later | None:
    raise ValueError(PHONE)


@pytest.mark.usefixtures("bound")
def test_a_job_that_fails_says_where_but_not_what_and_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []
    lane = Lane({"fails": fails, "works": lambda job: done.append(job.subject)}, dt.timedelta(minutes=1), {})
    with database.writing() as connection:
        jobs.add(connection, "fails", "1", due=now() - dt.timedelta(seconds=2), now=now())
        jobs.add(connection, "works", "2", due=now() - dt.timedelta(seconds=1), now=now())
    with caplog.at_level("INFO"):
        assert [working.work_on_next(lane) for _ in range(3)] == [True, True, False]
    assert done == ["2"]
    with database.writing() as connection:
        rows = {row.kind: row for row in connection.execute(select(job))}
        assert connection.execute(select(message)).all() == []
    assert (rows["fails"].state, rows["works"].state) == ("waiting", "done")
    assert rows["fails"].fault.startswith("ValueError at test_worker.py:")
    assert "tried again at" in caplog.text
    assert PHONE not in caplog.text
