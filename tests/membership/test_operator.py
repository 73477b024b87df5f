"""What an operator sees to: the history holds, the keys turn, the worker does what is due, backups leave keys out."""

import datetime as dt
import json
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import Engine, text

import people
from conftest import FRIDAY_14, KEYS
from membership.conftest import MEIJIANG, SIGNATURE, Address, Chance, Somebody
from xiejiao import backup, cli, database, sealed, working
from xiejiao.accounts import queries as accounts
from xiejiao.cluster import Role as Database
from xiejiao.config import Config
from xiejiao.errors import OperatorError
from xiejiao.jobs.rules import Job
from xiejiao.membership import members
from xiejiao.organisations import queries as organisations
from xiejiao.roles import Role, Scope

pytestmark = pytest.mark.db


class Operator:
    """Who gives commands at a terminal."""

    def __init__(self, where: Address, key_file: Path) -> None:
        self.where = where
        self.settings = {
            "DATABASE_URL": where(Database.APP),
            "DATABASE_OWNER_URL": where(Database.OWNER),
            "KEY_FILE": str(key_file),
            "LANG": "C",
        }

    def says(self, *words: str) -> Result:
        """Give a command."""
        return CliRunner().invoke(cli.main, words, env=self.settings, catch_exceptions=False)

    def sql(self, statement: str) -> None:
        """Change something behind the server's back."""
        with database.connected(self.where(Database.OWNER)) as connection, connection.begin():
            connection.execute(text(statement))


@pytest.fixture
def operator(where: Address, tmp_path: Path) -> Operator:
    """An operator with the file of keys."""
    file = tmp_path / "keys" / "installation.json"
    sealed.save(KEYS, file)
    return Operator(where, file)


@pytest.fixture
def approved(served: Flask, engine: Engine) -> str:
    """The id of an application that was approved a moment ago."""
    draw = Chance()
    with engine.begin() as connection:
        token = people.rider(connection, KEYS, people.phone(1), now=FRIDAY_14, draw=draw)
        union = organisations.ids(connection, [MEIJIANG])[MEIJIANG]
        account = people.staff(connection, "officer", Role.REVIEWER, now=FRIDAY_14, draw=draw, organisation=union)
        office = people.signed_in(connection, account, now=FRIDAY_14, draw=draw)
    form = {
        "name": "王明", "id_number": people.id_number(1), "trade": "courier", "employer": "某快递",
        "workplace": "江南路", "organisation": str(union), "consent": {"version": "1", "id_number": True},
        "signature": SIGNATURE,
    }  # fmt: skip
    rider, officer = (Somebody(people.client_of(served, each), form, "") for each in (token, office))
    taken = rider.send().json
    address = f"/api/v1/applications/{taken['id']}"
    for version, decision in ((1, "approve"), (2, "undo"), (3, "approve")):
        answer = officer.post(f"{address}/decisions", {"decision": decision, "version": version})
        assert answer.status_code == 200
    return str(taken["id"])


@pytest.mark.usefixtures("approved")
def test_the_history_is_walked_and_the_first_row_that_does_not_fit_is_named(operator: Operator) -> None:
    whole = operator.says("history", "verify")
    assert whole.exit_code == 0
    head = whole.stdout.strip().rpartition(" ")[2]
    assert whole.stdout == f"4 rows hold. Head: {head}\n"
    assert operator.says("history", "verify", "--head", head).exit_code == 0
    for statement, row in (
        ("UPDATE membership_event SET reason = 'other' WHERE id = 2", 2),
        ("UPDATE membership_event SET reason = NULL WHERE id = 2", None),
        ("UPDATE membership_event SET id = CASE id WHEN 2 THEN 103 ELSE 102 END WHERE id IN (2, 3)", 4),
        ("UPDATE membership_event SET id = id - 100 WHERE id > 100", 2),
        ("UPDATE membership_event SET id = CASE id WHEN 2 THEN 103 ELSE 102 END WHERE id IN (2, 3)", 4),
    ):
        operator.sql(statement)
        said = operator.says("history", "verify")
        assert said.exit_code == (0 if row is None else 1), statement
        assert row is None or said.stderr.startswith(f"Row {row} does not fit"), (statement, said.stderr)


@pytest.mark.usefixtures("approved")
@pytest.mark.parametrize(("gone", "named"), [("id = 1", 2), ("id = 2", 3), ("id = 3", 4), ("id = 4", None)])
def test_a_row_that_was_taken_out_is_missed(operator: Operator, gone: str, named: int | None) -> None:
    head = operator.says("history", "verify").stdout.strip().rpartition(" ")[2]
    operator.sql(f"DELETE FROM membership_event WHERE {gone}")  # noqa: S608 - of the rows above
    said = operator.says("history", "verify")
    assert said.exit_code == (0 if named is None else 1)
    assert named is None or said.stderr.startswith(f"Row {named} does not fit")
    if named is None:
        cut = operator.says("history", "verify", "--head", head)
        assert (cut.exit_code, cut.stderr) == (1, f"The mac {head} is met nowhere: rows after 3 were taken away.\n")


def test_what_is_no_mac_is_refused(operator: Operator) -> None:
    assert operator.says("history", "verify", "--head", "x").exit_code == 2
    assert operator.says("history", "verify", "--head", "00").exit_code == 2


@pytest.mark.usefixtures("approved")
def test_keys_are_turned_at_the_terminal(operator: Operator) -> None:
    said = operator.says("keys", "rotate")
    assert said.exit_code == 0
    assert said.stdout.startswith("A new key wraps from now on; ")
    assert len(json.loads(Path(operator.settings["KEY_FILE"]).read_text())["wrapping"]) == 2
    assert operator.says("history", "verify").exit_code == 0, "the chain hangs on the key that stays"


def test_the_worker_lets_a_decision_take_effect_once_though_it_comes_twice(approved: str, engine: Engine) -> None:
    with engine.begin() as connection:
        jobs = connection.execute(text("SELECT id, subject FROM job WHERE kind = 'membership_effect' ORDER BY subject"))
        rows = jobs.all()
    assert len(rows) == 2, "of the approval that was taken back, and of the one that stands"
    for _ in range(2):
        for row in rows:
            working.Effect(KEYS)(Job(row.id, members.EFFECT, row.subject, 1))
    with engine.begin() as connection:
        accounts.act(connection, None, Scope(everywhere=True))
        found = connection.execute(text("SELECT application_id, status FROM membership")).all()
        sent = connection.scalar(text("SELECT count(*) FROM message WHERE template = 'membership_news'"))
    assert [tuple(row) for row in found] == [(UUID(approved), "current")]
    assert sent == 1


def test_the_worker_marks_what_is_overdue_and_erases_what_was_kept_long_enough(approved: str, engine: Engine) -> None:
    with engine.begin() as connection:
        accounts.act(connection, None, Scope(everywhere=True))
        connection.execute(text("UPDATE application SET status = 'submitted', due_on = '2020-01-01'"))
    job = Job(UUID(approved), "overdue", "", 1)
    working.Overdue(KEYS)(job)
    with engine.begin() as connection:
        accounts.act(connection, None, Scope(everywhere=True))
        assert connection.scalar(text("SELECT overdue_at IS NOT NULL FROM application"))
        connection.execute(text("UPDATE application SET status = 'refused', due_on = NULL, ended_at = '2020-01-01'"))
    working.Retention(KEYS, dt.timedelta(days=90), dt.timedelta(days=30))(job)
    with engine.begin() as connection:
        accounts.act(connection, None, Scope(everywhere=True))
        assert connection.scalar(text("SELECT erased_at IS NOT NULL FROM application"))
        assert connection.scalar(text("SELECT count(*) FROM file_key")) == 0


@pytest.mark.parametrize("setting", [{"refused_days": "29"}, {"refused_days": "x"}, {"withdrawn_days": "-1"}])
def test_periods_that_cannot_be_are_refused(operator: Operator, setting: dict[str, str]) -> None:
    with pytest.raises(OperatorError, match="DAYS"):
        working.lanes(Config(key_file=operator.settings["KEY_FILE"], **setting))


def test_keys_of_files_are_kept_apart_and_of_what_was_erased_never_put_back(
    approved: str, operator: Operator, engine: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "apart.keys"
    assert backup.write_keys(operator.where(Database.OWNER), file) == 2
    operator.sql("DELETE FROM file_key")
    assert backup.restore_keys(operator.where(Database.OWNER), file) == 1
    operator.sql("DELETE FROM file_key")
    operator.sql(
        "UPDATE application SET erased_at = now(), id_digest = NULL, id_tail_digest = NULL, person_digest = NULL,"
        " likeness = NULL, form = NULL, id_number = NULL, signature = NULL"
    )
    assert backup.restore_keys(operator.where(Database.OWNER), file) == 0
    with engine.begin() as connection:
        accounts.act(connection, None, Scope(everywhere=True))
        assert str(connection.scalar(text("SELECT id FROM application"))) == approved
    assert file.stat().st_mode & 0o077 == 0
