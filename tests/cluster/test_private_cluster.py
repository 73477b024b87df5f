"""The private PostgreSQL starts, stops, and comes back after what happens to machines."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from xiejiao import cluster, postgresql, unprivileged
from xiejiao.cluster import Cluster, Role
from xiejiao.errors import OperatorError

pytestmark = pytest.mark.db

Command = Callable[..., subprocess.CompletedProcess[str]]
Until = Callable[..., bool]
ROLES = "SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls FROM pg_roles WHERE rolname LIKE 'xiejiao%'"
MISLEADING = {
    "LC_ALL": "zh_CN.GB18030",
    "LANG": "garbage",
    "TZ": "Nowhere/Never",
    "PGHOST": "db.invalid",
    "PGPORT": "1",
    "PGUSER": "nobody",
    "PGDATA": "/nonexistent",
    "PGDATABASE": "nothing",
    "PGOPTIONS": "-c no_such_setting=1",
    "PGSSLMODE": "verify-full",
}


def value(where: Cluster, query: str, role: Role = Role.OWNER) -> object:
    with psycopg.connect(where.url(role)) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


def postmaster(where: Cluster) -> int:
    return int((where.data / "postmaster.pid").read_text().split()[0])


def as_its_user(where: Cluster, *words: str, cwd: Path | None = None) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*unprivileged.arguments(where.user), *words], cwd=cwd)


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ("listen_addresses", ""),
        ("server_encoding", "UTF8"),
        ("data_checksums", "on"),
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("unix_socket_permissions", "0700"),
        ("log_parameter_max_length", "0"),
        ("log_error_verbosity", "terse"),
    ],
)
def test_it_stands_as_promised(running: Cluster, setting: str, text: str) -> None:
    assert value(running, f"SHOW {setting}") == text


def test_its_locale_is_the_same_on_every_machine(running: Cluster) -> None:
    assert value(running, "SELECT datcollate || ' ' || datctype FROM pg_database WHERE datname = 'xiejiao'") == (
        "C.UTF-8 C.UTF-8"
    )


def test_only_its_user_can_reach_its_data_and_its_socket(running: Cluster) -> None:
    for private in (running.data, running.sockets):
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
        assert private.stat().st_uid == running.user.uid
    assert running.user.uid != 0


def test_the_three_roles_may_do_nothing_to_the_server(running: Cluster) -> None:
    with psycopg.connect(running.url(Role.OWNER)) as connection:
        found = {name: rights for name, *rights in connection.execute(ROLES)}
    assert found == {
        "xiejiao_owner": [False] * 4,
        "xiejiao_app": [False] * 4,
        "xiejiao_read": [False] * 4,
        "xiejiao_super": [True] * 4,
    }


def test_only_the_owner_makes_tables(running: Cluster) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        value(running, "CREATE TABLE public.planted ()", Role.APP)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        value(running, "CREATE TEMPORARY TABLE planted ()", Role.READ)


@pytest.mark.parametrize("role", [Role.APP, Role.READ])
def test_a_request_gives_up_before_a_person_does(running: Cluster, role: Role) -> None:
    assert value(running, "SHOW statement_timeout", role) == "5s"
    assert value(running, "SHOW lock_timeout", role) == "2s"
    assert value(running, "SHOW plan_cache_mode", role) == "force_generic_plan"


def test_the_extensions_are_there(running: Cluster) -> None:
    names = value(running, "SELECT array_agg(extname::text ORDER BY extname) FROM pg_extension")
    assert names == ["btree_gist", "intarray", "ltree", "pg_trgm", "plpgsql", "postgis"]


def test_a_second_start_finds_it_running_and_a_second_stop_finds_it_stopped(stopped: Cluster) -> None:
    assert stopped.start() is True
    assert stopped.start() is False
    assert stopped.running()
    assert stopped.stop() is True
    assert stopped.stop() is False
    assert not stopped.alive()


def test_what_was_running_before_is_left_running(running: Cluster) -> None:
    with running.up():
        assert running.running()
    assert running.running()


def test_what_was_stopped_before_is_stopped_again(stopped: Cluster) -> None:
    with stopped.up():
        assert stopped.running()
    assert not stopped.alive()


def test_the_environment_of_the_caller_does_not_matter(folder: Path, xiejiao: Command) -> None:
    settings = {**MISLEADING, "XIEJIAO_VAR": str(folder)}
    started = xiejiao("db", "start", **settings)
    assert (started.returncode, started.stdout) == (0, f"PostgreSQL runs in {folder}/postgres.\n")
    assert xiejiao("db", "psql", "-A", "-t", "-c", "SHOW timezone", **settings).stdout == "UTC\n"
    assert xiejiao("db", "upgrade", **settings).returncode == 0
    assert xiejiao("db", "status", **settings).returncode == 0
    assert xiejiao("db", "stop", **settings).returncode == 0
    assert xiejiao("db", "status", **settings).returncode == 1


def test_after_kill_9_it_repairs_itself_and_keeps_what_was_committed(running: Cluster, until: Until) -> None:
    with psycopg.connect(running.url(Role.OWNER)) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept AS SELECT 42 AS number")
    os.kill(postmaster(running), signal.SIGKILL)
    assert until(lambda: not running.alive())
    assert running.start() is True
    assert value(running, "SELECT number FROM kept") == 42


def test_a_lock_file_whose_number_belongs_to_another_program_now_does_not_hinder_it(stopped: Cluster) -> None:
    stopped.start()
    lock = (stopped.data / "postmaster.pid").read_text()
    socket_lock = (stopped.sockets / ".s.PGSQL.5432.lock").read_text()
    stopped.stop()
    with as_its_user(stopped, "/bin/sleep", "60") as other:
        for file, text in (
            (stopped.data / "postmaster.pid", lock),
            (stopped.sockets / ".s.PGSQL.5432.lock", socket_lock),
        ):
            file.write_text(text.replace(text.split()[0], str(other.pid), 1))
            os.chown(file, stopped.user.uid, stopped.user.gid)
        assert not stopped.alive()
        assert stopped.start() is True
        assert other.poll() is None
        other.kill()


@pytest.mark.long
def test_orphans_of_an_earlier_postgresql_are_named_rather_than_joined(stopped: Cluster, until: Until) -> None:
    orphan = as_its_user(stopped, "/bin/sh", "-c", f"cd '{stopped.data}' && exec sleep 60")
    with orphan:
        assert until(lambda: Path(f"/proc/{orphan.pid}/cwd").readlink() == stopped.data)
        with pytest.raises(OperatorError, match=rf"end them \(kill {orphan.pid}\)"):
            stopped.start()
        orphan.kill()


def test_half_a_cluster_left_by_an_interrupted_beginning_is_begun_again(folder: Path) -> None:
    found = cluster.at(folder)
    found.settle()
    with found.user.acting():
        (found.folder / "data.unfinished" / "base").mkdir(parents=True)
    assert found.start() is True
    assert not (found.folder / "data.unfinished").exists()


@pytest.mark.long
def test_two_beginnings_at_once_make_one_cluster(folder: Path, begin: Callable[..., subprocess.Popen[str]]) -> None:
    both = [begin("db", "start", XIEJIAO_VAR=str(folder)) for _ in range(2)]
    assert [each.wait(60) for each in both] == [0, 0]
    assert cluster.at(folder).running()


def test_it_ends_with_the_program_that_wanted_so(stopped: Cluster, until: Until) -> None:
    program = (
        "import pathlib, sys, time; from xiejiao import cluster; "
        "cluster.at(pathlib.Path(sys.argv[1])).start(dies_with_caller=True); print('up', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, stopped.installation],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(cluster.__file__).parents[1])},
    ) as starter:
        assert starter.stdout
        assert starter.stdout.readline() == b"up\n"
        assert stopped.running()
        starter.kill()
    assert until(lambda: not stopped.alive())


@pytest.mark.parametrize("below", ["x" * 120, "劳动者 港湾, it's 100%"])
def test_a_path_that_no_socket_can_have_has_it_elsewhere(make_folder: Callable[..., Path], below: str) -> None:
    folder = make_folder(below)
    found = cluster.at(folder)
    found.start()
    assert not found.sockets.is_relative_to(folder)
    assert stat.S_IMODE(found.sockets.stat().st_mode) == 0o700
    assert value(found, "SELECT 1") == 1


def test_a_folder_for_the_socket_that_someone_laid_ready_is_refused(make_folder: Callable[..., Path]) -> None:
    found = cluster.at(make_folder("x" * 100))
    trap = found.installation.parents[1] / "trap"
    trap.mkdir()
    found.sockets.symlink_to(trap)
    try:
        with pytest.raises(OperatorError, match=r"belongs to .* and not to"):
            found.start()
        assert not list(trap.iterdir())
    finally:
        found.sockets.unlink()


def test_where_its_user_cannot_go_it_lies_elsewhere_and_no_folder_above_changes(
    make_folder: Callable[..., Path], xiejiao: Command
) -> None:
    folder = make_folder("private")
    folder.parent.mkdir(mode=0o700)
    before = {above: above.stat().st_mode for above in folder.parents}
    assert xiejiao("db", "start", XIEJIAO_VAR=str(folder)).returncode == 0
    found = cluster.at(folder)
    assert found.running()
    # An ordinary user reaches every folder of their own; only root's stand-in can be shut out.
    assert found.folder.is_relative_to(folder) is (os.geteuid() != 0)
    note = folder / "postgres-lies-in"
    assert (note.read_text().strip() if note.exists() else str(folder / "postgres")) == str(found.folder)
    assert {above: above.stat().st_mode for above in folder.parents} == before


def test_a_folder_with_other_things_in_it_stays_as_it_is(folder: Path) -> None:
    folder.mkdir()
    (folder / "notes").write_text("mine")
    before = folder.stat()
    cluster.at(folder).start()
    after = folder.stat()
    assert (after.st_uid, after.st_mode) == (before.st_uid, before.st_mode)


def test_a_disk_that_cannot_be_written_is_said_in_one_sentence(xiejiao: Command) -> None:
    said = xiejiao("db", "start", XIEJIAO_VAR="/proc/nowhere")
    assert said.returncode == 1
    assert said.stderr == (
        "/proc/nowhere cannot be written (No such file or directory); "
        "make it writable or set XIEJIAO_VAR to another folder.\n"
    )


def test_a_cluster_of_a_version_that_is_not_installed_is_left_alone(folder: Path) -> None:
    found = cluster.at(folder)
    found.settle()
    with found.user.acting():
        found.data.mkdir()
        (found.data / "PG_VERSION").write_text("10\n")
    with pytest.raises(OperatorError, match="made by PostgreSQL 10, which is not installed"):
        found.start()
    assert [file.name for file in found.data.iterdir()] == ["PG_VERSION"]


def test_preparing_again_changes_nothing(running: Cluster, xiejiao: Command) -> None:
    printed = xiejiao("db", "prepare").stdout
    assert printed == cluster.PREPARE.read_text()
    before = value(running, "SELECT array_agg(r::text ORDER BY r::text) FROM pg_db_role_setting r")
    psql = [postgresql.client("psql"), "-X", "-d", running.url(Role.SUPERUSER, "postgres")]
    again = unprivileged.run(psql, user=running.user, given=printed)
    assert again.returncode == 0, again.stderr
    assert value(running, "SELECT array_agg(r::text ORDER BY r::text) FROM pg_db_role_setting r") == before


def test_errors_reach_the_log_without_the_values_they_are_about(running: Cluster) -> None:
    with psycopg.connect(running.url(Role.OWNER), autocommit=True) as connection:
        connection.execute("CREATE TEMPORARY TABLE person (phone text UNIQUE)")
        connection.execute("INSERT INTO person VALUES (%s)", ["secret-number"])
        with pytest.raises(psycopg.errors.UniqueViolation, match="secret-number"):
            connection.execute("INSERT INTO person VALUES (%s)", ["secret-number"])
    log = running.log.read_text()
    assert "person_phone_key" in log
    assert "secret-number" not in log


def test_when_roles_cannot_be_made_it_does_not_stay_running(
    stopped: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "prepare.sql"
    broken.write_text("\\set ON_ERROR_STOP on\nCREATE EXTENSION no_such_extension;\n")
    monkeypatch.setattr(cluster, "PREPARE", broken)
    with pytest.raises(OperatorError, match="The roles and extensions could not be made"):
        stopped.start()
    assert not stopped.alive()
