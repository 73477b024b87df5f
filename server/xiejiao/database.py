"""The database of this process, behind `reading()`, `reading_once()` and `writing()`; migrations run from here."""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Protocol

import msgspec
import psycopg
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.pool import QueuePool

from xiejiao.errors import OperatorError

MIGRATIONS = Path(__file__).parents[2] / "migrations"

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    }
)
"""All tables of all features; a table names its constraints by this convention."""


class Doors(Protocol):
    """Where connections come from: the pools of a server process, or the one transaction of a test."""

    def reading(self) -> AbstractContextManager[Connection]:
        """A read-only transaction with one snapshot."""

    def reading_once(self) -> AbstractContextManager[Connection]:
        """A connection for single statements that read, each of a snapshot of its own."""

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction that ends in COMMIT, or in rollback when the block raises."""


@dataclass(frozen=True, slots=True)
class Pools:
    """Warm connections: one for each thread that serves, kept for the life of the process."""

    reader: Engine
    once: Engine
    writer: Engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read-only transaction with one snapshot."""
        # It ends in COMMIT, though there is nothing to commit: on ROLLBACK psycopg forgets what it has prepared.
        with self.reader.begin() as connection:
            yield connection

    @contextmanager
    def reading_once(self) -> Iterator[Connection]:
        """A connection for single statements that read, each of a snapshot of its own."""
        with self.once.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that ends in COMMIT, or in rollback when the block raises."""
        with self.writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close the connections that nobody uses."""
        for each in (self.reader, self.once, self.writer):
            each.dispose()


class _Process:
    """What this process is bound to; set once by the composition root, and by each test."""

    doors: Doors | None = None


def bind(doors: Doors | None) -> None:
    """Make `doors` what `reading()` and `writing()` of this process open."""
    _Process.doors = doors


def _bound() -> Doors:
    if _Process.doors is None:
        message = "No database is bound to this process; call database.bind first."
        raise RuntimeError(message)
    return _Process.doors


def reading() -> AbstractContextManager[Connection]:
    """A read-only transaction with one snapshot."""
    return _bound().reading()


def reading_once() -> AbstractContextManager[Connection]:
    """A connection for single statements that read, each of a snapshot of its own.

    It saves the way to the database and back that BEGIN and COMMIT take each.
    """
    return _bound().reading_once()


def writing() -> AbstractContextManager[Connection]:
    """A transaction that ends in COMMIT, or in rollback when the block raises."""
    return _bound().writing()


def pools(url: str, read_url: str = "", *, pooled: bool = False) -> Pools:
    """Pools for the libpq URLs; a transaction pooler (`pooled`) forbids prepared statements."""
    reads = read_url or url
    return Pools(
        engine(reads, pooled=pooled, ready=_holds_snapshots),
        engine(reads, pooled=pooled, ready=_commits_each_statement),
        engine(url, pooled=pooled),
    )


def _holds_snapshots(connection: psycopg.Connection) -> None:
    # Asked for with BEGIN itself: no statement of its own, and none that a pooler could leak to the next client.
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True


def _commits_each_statement(connection: psycopg.Connection) -> None:
    connection.autocommit = True


def engine(url: str, *, pooled: bool = False, ready: Callable[[psycopg.Connection], None] = lambda _: None) -> Engine:
    """An engine for a libpq URL, in any form that libpq reads (several hosts, sockets, `target_session_attrs`).

    `ready` is done once to each new connection.
    """

    def connect() -> psycopg.Connection:
        opened = psycopg.connect(
            url, prepare_threshold=None if pooled else 2, connect_timeout=2, application_name="xiejiao"
        )
        ready(opened)
        return opened

    return create_engine(
        "postgresql+psycopg://", creator=connect, poolclass=QueuePool, pool_size=1, max_overflow=-1, pool_pre_ping=False
    )


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """One connection to a libpq URL, closed afterwards: for commands that an operator gives, not for serving."""
    once = engine(url)
    try:
        with once.connect() as connection:
            yield connection
    finally:
        once.dispose()


_POWERS = text(
    "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR EXISTS ("
    "SELECT FROM pg_class WHERE relname = 'site' AND pg_has_role(current_user, relowner, 'MEMBER')"
    ") FROM pg_roles WHERE rolname = current_user"
)


def refuse_powerful(url: str) -> None:
    """OperatorError when the role at `url` could do more than serve: a superuser, or the owner of the tables."""
    with connected(url) as connection:
        if connection.scalar(_POWERS):
            message = "DATABASE_URL names a role that is a superuser or owns the tables; name the app role there."
            raise OperatorError(message)


def constraint_of(error: IntegrityError) -> str | None:
    """The name of the constraint that was violated."""
    return error.orig.diag.constraint_name if isinstance(error.orig, psycopg.Error) else None


def put(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows that name the same columns of `table`, however many, with one statement and one value: their JSON.

    Every value is written as PostgreSQL reads it from JSON text: geometries as EWKT, instants as RFC 3339.
    """
    if rows:
        columns = ", ".join(column.name for column in table.columns if column.name in rows[0])
        connection.execute(
            text(
                f"INSERT INTO {table.name} ({columns}) SELECT {columns}"  # noqa: S608 - names of our own tables and columns
                f" FROM json_populate_recordset(NULL::{table.name}, CAST(:rows AS json))"
            ),
            {"rows": msgspec.json.encode(rows).decode()},
        )


# ── migrations ──


def _alembic(connection: Connection | None = None, output: StringIO | None = None) -> AlembicConfig:
    configuration = AlembicConfig(output_buffer=output) if output else AlembicConfig()
    configuration.set_main_option("script_location", str(MIGRATIONS))
    configuration.set_main_option("path_separator", "os")
    configuration.attributes["connection"] = connection
    return configuration


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the schema at `url` (owner role) up to `revision`."""
    with connected(url) as connection:
        command.upgrade(_alembic(connection), revision)


def downgrade(url: str, revision: str) -> None:
    """Take the schema at `url` (owner role) back to `revision`; `base` is the empty schema."""
    with connected(url) as connection:
        command.downgrade(_alembic(connection), revision)


def offline_sql() -> str:
    """The SQL of all migrations upwards, as a linter reads it."""
    output = StringIO()
    command.upgrade(_alembic(output=output), "head", sql=True)
    return output.getvalue()


def scripts() -> ScriptDirectory:
    """The migrations as alembic sees them."""
    return ScriptDirectory.from_config(_alembic())


@functools.cache
def head() -> str:
    """The revision that this version of the program runs on."""
    (revision,) = scripts().get_heads()
    return revision


def current(connection: Connection) -> str | None:
    """The revision of the schema behind `connection`; None when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def pending(url: str) -> list[str]:
    """Revisions not yet applied at `url`, oldest first; OperatorError when nothing answers there."""
    try:
        with connected(url) as connection:
            now = current(connection)
    except OperationalError as error:
        message = f"The database does not answer: {str(error.orig).splitlines()[0]}"
        raise OperatorError(message) from error
    return [script.revision for script in scripts().iterate_revisions("head", now or "base")][::-1]
