"""Writes the whole database into one file and reads such a file into an empty database."""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.pq import Conninfo

from xiejiao import postgresql, progress
from xiejiao.errors import OperatorError

_HOLDS_SOMETHING = """
SELECT EXISTS (
    SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                                                AND d.objid = c.oid AND d.deptype = 'e'))
"""
# Made by `prepare.sql` as a superuser, so the owner neither can make them nor needs to.
_MADE_BEFORE = re.compile(
    r"^\d+; \d+ \d+ (EXTENSION|COMMENT) - (EXTENSION )?(postgis|intarray|ltree|pg_trgm|btree_gist)\b"
)


# The table of datums belongs to PostGIS, which fills it; a message holds what is personal for minutes, and one that
# waited when the backup was written must not be sent when it is restored. The keys of persons are left out so that a
# key once destroyed is not found again in a backup. The owner's policy lets it read every guarded row.
_LEFT_OUT = (
    "--enable-row-security",
    "--exclude-table-data=public.spatial_ref_sys",
    "--exclude-table-data=public.message",
    "--exclude-table-data=public.person_key",
    "--exclude-table-data=public.file_key",
)


def write(url: str, file: Path) -> None:
    """Write the database at `url` into `file`, readable by its owner only, and there only once it is whole."""
    with progress.step(f"Writing the backup {file}"), _whole(file) as fresh:
        dumped = _run("pg_dump", url, "--format=custom", f"--file={fresh}", *_LEFT_OUT)
        if dumped.returncode:
            message = f"The backup was not written: {_why(dumped)}."
            raise OperatorError(message)


@contextmanager
def _whole(file: Path) -> Iterator[Path]:
    """A file to write to, which takes the place of `file` once the block has ended well."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    except OSError as error:
        message = f"{file} cannot be written ({error.strerror}); name a file in a folder that you can write to."
        raise OperatorError(message) from None
    os.close(handle)
    fresh = Path(name)
    try:
        yield fresh
        _to_disk(fresh)
        fresh.replace(file)
        _to_disk(file.parent)
    finally:
        fresh.unlink(missing_ok=True)


# ── the keys of persons, kept apart ──


def write_keys(url: str, file: Path) -> int:
    """Write the wrapped keys of all persons and their files into `file`; how many.

    Kept for seven days at most: until then who was erased is in it.
    """
    with _whole(file) as fresh, psycopg.connect(url) as connection:
        rows = connection.execute(_ALL_KEYS).fetchall()
        fresh.write_text(json.dumps(dict(rows)), "ascii")
        return len(rows)


_FILE = "file "
_ALL_KEYS = (
    "SELECT person::text, encode(wrapped, 'base64') FROM person_key"
    " UNION ALL SELECT 'file ' || file, encode(wrapped, 'base64') FROM file_key"
)
_RESTORE_KEY = (
    "INSERT INTO person_key (person, wrapped) SELECT id, decode(%(wrapped)s, 'base64') FROM account"
    " WHERE id = %(of)s::uuid AND disabled_at IS NULL ON CONFLICT DO NOTHING"
)
# What was erased after the backup is erased again: its row may be there, but not its key.
_RESTORE_FILE_KEY = (
    "INSERT INTO file_key (file, wrapped) SELECT id, decode(%(wrapped)s, 'base64') FROM"
    " (SELECT id FROM application WHERE erased_at IS NULL"
    "  UNION ALL SELECT id FROM membership WHERE erased_at IS NULL) AS files"
    " WHERE id = %(of)s::uuid ON CONFLICT DO NOTHING"
)


def restore_keys(url: str, file: Path) -> int:
    """Put back the keys in `file` of persons and of applications and memberships that are here without; how many."""
    try:
        keys = dict(json.loads(file.read_text("ascii")))
    except (OSError, ValueError, TypeError):
        message = f"{file} is no file that `xiejiao db backup-keys` wrote; nothing was restored."
        raise OperatorError(message) from None
    with psycopg.connect(url) as connection:
        return sum(
            connection.execute(
                _RESTORE_FILE_KEY if of.startswith(_FILE) else _RESTORE_KEY,
                {"of": of.removeprefix(_FILE), "wrapped": wrapped},
            ).rowcount
            for of, wrapped in keys.items()
        )


# Transactions are counted anew in every cluster: a row written in one of the old would look new for ever in the new.
_WRITTEN_HERE = """
    DO $$
    DECLARE holder regclass;
    BEGIN
        FOR holder IN SELECT attrelid FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
            WHERE attname = 'written_in' AND atttypid = 'xid8'::regtype AND relkind = 'r'
        LOOP
            EXECUTE format('UPDATE %s SET written_in = DEFAULT', holder);
        END LOOP;
    END $$
"""


def restore(url: str, file: Path) -> None:
    """Read `file` into the empty database at `url`, wholly or not at all; OperatorError when it is not empty."""
    with psycopg.connect(url) as connection:
        row = connection.execute(_HOLDS_SOMETHING).fetchone()
    if row is None or row[0]:
        message = (
            "The database is not empty, and a backup is restored into an empty one only; "
            "move the cluster's folder away, then run `xiejiao db start` and restore again."
        )
        raise OperatorError(message)
    with progress.step(f"Restoring {file}"):
        listed = _run("pg_restore", "", "--list", str(file))
        wanted = [line for line in listed.stdout.splitlines(keepends=True) if not _MADE_BEFORE.match(line)]
        restored = (
            listed
            if listed.returncode
            else _run(
                "pg_restore",
                url,
                "--enable-row-security",
                "--use-list=/dev/stdin",
                "--single-transaction",
                "--exit-on-error",
                "--no-owner",
                "--dbname=",
                str(file),
                given="".join(wanted),
            )
        )
        if restored.returncode:
            message = f"{file} could not be restored, and the database is as empty as before: {_why(restored)}."
            raise OperatorError(message)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_WRITTEN_HERE)
            connection.execute("ANALYZE")


def environment(url: str) -> dict[str, str]:
    """The process environment in which a client of libpq reaches `url`, so that no password stands in a command line.

    OperatorError when `url` is not one, or says what no variable can.
    """
    try:
        given = {each.keyword: each.val for each in Conninfo.parse(url.encode()) if each.val is not None}
    except psycopg.OperationalError as error:
        message = f"This is not the address of a PostgreSQL database: {str(error).strip()}."
        raise OperatorError(message) from None
    variables = {each.keyword: each.envvar for each in Conninfo.get_defaults()}
    unnamed = [keyword.decode() for keyword in given if not variables.get(keyword)]
    if unnamed:
        message = f"Leave {', '.join(unnamed)} out of the database's address; PostgreSQL's programs cannot be told it."
        raise OperatorError(message)
    named = {(variables[keyword] or b"").decode(): value.decode() for keyword, value in given.items()}
    return {**postgresql.without_variables(os.environ), **named}


def _run(name: str, url: str, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - a program named by absolute path, and no shell reads the words
        [postgresql.client(name), *words],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        env={**environment(url), "LC_ALL": "C.UTF-8"},
    )


def _why(ended: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in ended.stderr.splitlines() if "error:" in line] or [f"it ended with {ended.returncode}"]
    return lines[0].rpartition("error: ")[2].rstrip(".")


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
