"""A backup is whole or not there, and is restored into an empty database only."""

import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from xiejiao import backup, cluster
from xiejiao.cluster import Cluster, Role
from xiejiao.errors import OperatorError

pytestmark = pytest.mark.db

Command = Callable[..., subprocess.CompletedProcess[str]]
EVERYTHING = """
SELECT string_agg(format('%s %s %s %s', c.relkind, c.relname, c.relacl, obj_description(c.oid)), E'\\n'
                  ORDER BY c.relname)
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'i', 'S', 'v')
"""


def fill(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "CREATE TABLE place (id int PRIMARY KEY, spot geography(Point), path ltree, facets int[],"
            " written_in xid8 DEFAULT pg_current_xact_id())"
        )
        connection.execute("CREATE TABLE message (destination bytea)")
        connection.execute("INSERT INTO message VALUES ('sealed')")
        connection.execute("COMMENT ON TABLE place IS 'where one can rest'")
        connection.execute("CREATE INDEX ON place USING gist (spot, facets gist__intbig_ops(siglen=32))")
        connection.execute("GRANT SELECT ON place TO xiejiao_read")
        connection.execute(
            "INSERT INTO place SELECT n, ST_Point(116, n / 9.0), 'cn.a', ARRAY[n],"
            # Some were written when the cluster was a million transactions old, as after years.
            " CASE WHEN n > 250 THEN '1000000'::xid8 ELSE pg_current_xact_id() END FROM generate_series(1, 500) AS n"
        )


def look(url: str) -> list[object]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT id, ST_AsText(spot), path, facets FROM place ORDER BY id").fetchall()
        return [*rows, *connection.execute(EVERYTHING).fetchall()]


@pytest.fixture(scope="module")
def filled(standing: Cluster) -> Cluster:
    fill(standing.url(Role.OWNER))
    return standing


def test_what_is_restored_is_what_was_there(
    filled: Cluster, make_folder: Callable[..., Path], tmp_path: Path, xiejiao: Command
) -> None:
    file, empty = tmp_path / "all.dump", make_folder()
    written = xiejiao("db", "backup", str(file), XIEJIAO_VAR=str(filled.installation))
    assert (written.returncode, written.stdout) == (0, f"The backup is in {file}.\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]
    restored = xiejiao("db", "restore", str(file), XIEJIAO_VAR=str(empty))
    assert (restored.returncode, restored.stdout) == (0, f"{file} is restored.\n"), restored.stderr
    found = cluster.at(empty)
    assert not found.alive()
    with found.up():
        assert look(found.url(Role.OWNER)) == look(filled.url(Role.OWNER))
        assert written_in_the_future(found.url(Role.OWNER)) == 0
        assert (messages(filled.url(Role.OWNER)), messages(found.url(Role.OWNER))) == (1, 0)


def messages(url: str) -> int:
    """Messages, which are personal and must not be sent once more from a backup."""
    with psycopg.connect(url) as connection:
        (count,) = connection.execute("SELECT count(*) FROM message").fetchone() or (0,)
    return int(count)


def written_in_the_future(url: str) -> int:
    """Rows that no look can ever take for old, since the cluster has not come to their transaction yet."""
    with psycopg.connect(url) as connection:
        (count,) = connection.execute(
            "SELECT count(*) FROM place WHERE written_in >= pg_snapshot_xmax(pg_current_snapshot())"
        ).fetchone() or (None,)
        return int(count or 0)


def test_a_database_that_holds_something_is_left_alone(filled: Cluster, tmp_path: Path) -> None:
    url, file = filled.url(Role.OWNER), tmp_path / "all.dump"
    backup.write(url, file)
    before = look(url)
    with pytest.raises(OperatorError, match="The database is not empty"):
        backup.restore(url, file)
    assert look(url) == before


def test_a_damaged_backup_leaves_the_database_empty(filled: Cluster, folder: Path, tmp_path: Path) -> None:
    whole, damaged = tmp_path / "whole.dump", tmp_path / "damaged.dump"
    backup.write(filled.url(Role.OWNER), whole)
    damaged.write_bytes(whole.read_bytes()[:-200])
    found = cluster.at(folder)
    with found.up():
        url = found.url(Role.OWNER)
        with pytest.raises(OperatorError, match="could not be restored"):
            backup.restore(url, damaged)
        backup.restore(url, whole)
        assert look(url) == look(filled.url(Role.OWNER))


def test_a_backup_that_fails_leaves_the_earlier_one(filled: Cluster, tmp_path: Path) -> None:
    file = tmp_path / "all.dump"
    file.write_text("the earlier one")
    with pytest.raises(OperatorError, match=r"The backup was not written: .*no_such_role"):
        backup.write(filled.url("no_such_role"), file)
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_text() == "the earlier one"


def test_a_backup_into_a_folder_that_is_not_there_is_said_in_one_sentence(filled: Cluster, xiejiao: Command) -> None:
    said = xiejiao("db", "backup", "/nonexistent/all.dump", XIEJIAO_VAR=str(filled.installation))
    assert said.returncode == 1
    assert said.stderr.endswith(
        "cannot be written (No such file or directory); name a file in a folder that you can write to.\n"
    )


def test_no_password_stands_in_a_command_line() -> None:
    variables = backup.environment("postgresql://who:secret@db.example:6543/base?sslmode=verify-full")
    assert {name: text for name, text in variables.items() if name.startswith("PG")} == {
        "PGUSER": "who",
        "PGPASSWORD": "secret",
        "PGHOST": "db.example",
        "PGPORT": "6543",
        "PGDATABASE": "base",
        "PGSSLMODE": "verify-full",
    }


@pytest.mark.parametrize("url", ["mysql://db/base", "postgresql://db/base?keepalives=1"])
def test_an_address_that_cannot_be_handed_on_is_refused(url: str) -> None:
    with pytest.raises(OperatorError):
        backup.environment(url)


def test_the_keys_of_persons_are_backed_up_apart(
    make_folder: Callable[..., Path], tmp_path: Path, xiejiao: Command
) -> None:
    """A restored backup has the people and not their keys; those of who was erased since do not come back."""
    home, file, keys = make_folder(), tmp_path / "all.dump", tmp_path / "all.keys"
    where = str(home)
    assert xiejiao("db", "upgrade", XIEJIAO_VAR=where).returncode == 0
    with cluster.at(home).up():
        url = cluster.at(home).url(Role.OWNER)
        with psycopg.connect(url) as connection:
            for number in (1, 2):
                connection.execute(
                    "WITH one AS (INSERT INTO account (kind, added_at) VALUES ('rider', now()) RETURNING id)"
                    " INSERT INTO person_key SELECT id, %s FROM one",
                    [bytes([number])],
                )
        for command, to in (("backup", file), ("backup-keys", keys)):
            assert xiejiao("db", command, str(to), XIEJIAO_VAR=where).returncode == 0
            assert stat.S_IMODE(to.stat().st_mode) == 0o600
        other = make_folder()
        assert xiejiao("db", "restore", str(file), XIEJIAO_VAR=str(other)).returncode == 0
        with cluster.at(other).up():
            fresh = cluster.at(other).url(Role.OWNER)
            with psycopg.connect(fresh) as connection:
                assert connection.execute("SELECT count(*) FROM account").fetchone() == (2,)
                assert connection.execute("SELECT count(*) FROM person_key").fetchone() == (0,)
                connection.execute("DELETE FROM account WHERE id = (SELECT min(id::text)::uuid FROM account)")
            said = xiejiao("db", "restore-keys", str(keys), XIEJIAO_VAR=str(other))
            assert said.stdout == "1 keys are restored.\n"
