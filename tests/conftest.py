"""What tests stand on: a private cluster, a database for each worker, one rolled-back transaction for each test."""

import datetime as dt
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from sqlalchemy import Connection, Engine, select

from machine import Machine
from people import Draw
from xiejiao import cluster, database, sealed, seeding
from xiejiao.app import create_app
from xiejiao.cluster import Cluster, Role
from xiejiao.config import Config
from xiejiao.coordinates import Datum
from xiejiao.hours import CHINA
from xiejiao.organisations import commands as organisations
from xiejiao.organisations.rules import Level, Organisation
from xiejiao.sealed import Keys
from xiejiao.sites import commands as sites
from xiejiao.sites import models, queries
from xiejiao.sites.commands import Deed
from xiejiao.sites.rules import Access, DatedException, Effect, Located, Mode, Site, SiteDraft
from xiejiao.vocabulary.queries import vocabulary
from xiejiao.vocabulary.rules import Vocabulary

ROOT = Path(__file__).parents[1]
FRIDAY_14 = dt.datetime(2026, 11, 20, 14, 0, tzinfo=CHINA)
"""An ordinary workday, two in the afternoon: the time that tests begin with."""
DEED = Deed("test", FRIDAY_14)
# What is slow here is a busy machine, not an example. The daily run tries the same examples each time, so that it only
# turns red by a change; the long run looks for new ones.
settings.register_profile("daily", deadline=None, derandomize=True)
settings.register_profile("long", deadline=None)
_WAS_RUNNING = pytest.StashKey[bool]()


def _cluster() -> Cluster:
    folder = Path(os.environ.get("XIEJIAO_VAR") or ROOT / "var").absolute() / "test"
    return cluster.at(folder)


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("daily" if "not long" in config.option.markexpr else "long")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Machine())


def pytest_sessionstart(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):
        session.config.stash[_WAS_RUNNING] = _cluster().running()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not session.config.stash.get(_WAS_RUNNING, True):
        _cluster().stop()


@pytest.fixture(scope="session")
def private_cluster() -> Cluster:
    """The cluster of the tests, started by the first that needs it."""
    found = _cluster()
    found.start()
    return found


@pytest.fixture(scope="session")
def database_name(private_cluster: Cluster) -> str:
    """A database built by the migrations, with words, calendars and unions in it, for this worker alone."""
    name = f"xiejiao_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    make_database(private_cluster, name)
    owner = private_cluster.url(Role.OWNER, name)
    database.upgrade(owner)
    with database.connected(owner) as connection, connection.begin():
        seeding.load_words(connection)
        seeding.load_calendars(connection)
        organisations.add(connection, TREE)
    return name


def make_database(where: Cluster, name: str) -> None:
    """An empty database with the extensions, in place of what had that name."""
    with psycopg.connect(where.url(Role.SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE xiejiao OWNER xiejiao_owner')


@pytest.fixture(scope="session")
def empty_database(private_cluster: Cluster) -> Callable[[str], Callable[[Role], str]]:
    """Makes an empty database of this worker; what it returns gives the address of a role."""

    def make(purpose: str) -> Callable[[Role], str]:
        name = f"xiejiao_{purpose}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
        make_database(private_cluster, name)
        return lambda role: private_cluster.url(role, name)

    return make


SYNTHETIC = 3_000
EXCEPTIONS: tuple[tuple[Effect, int], ...] = tuple((effect, hour) for effect in Effect for hour in (3, 14))


@pytest.fixture(scope="session")
def populated(private_cluster: Cluster, testrun_uid: str) -> Callable[[Role], str]:
    """The address, by role, of a database with the seed and 3,000 synthetic places: some closed, some with reports.

    All workers share it, so no test writes to it; the first that needs it builds it.
    """
    name = "xiejiao_populated"
    built_by = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    with psycopg.connect(private_cluster.url(Role.SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
        row = connection.execute(built_by, [name]).fetchone()
        if row is None or row[0] != testrun_uid:
            make_database(private_cluster, name)
            _populate(private_cluster.url(Role.OWNER, name))
            connection.execute(f"COMMENT ON DATABASE {name} IS '{testrun_uid}'")
    return lambda role: private_cluster.url(role, name)


def _populate(owner_url: str) -> None:
    database.upgrade(owner_url)
    with database.connected(owner_url) as connection:
        with connection.begin():
            seeding.load(connection, when=DEED.when)
            seeding.add_demonstration(connection, SYNTHETIC, when=DEED.when)
            synthetic = select(models.site.c.id).where(models.site.c.demo).order_by(models.site.c.code)
            ids = connection.scalars(synthetic).all()
            for place, identity in enumerate(ids[::15]):
                if place % 7 == 0:
                    sites.close(connection, identity, on=FRIDAY_14.date(), reason="拆除", version=1, deed=DEED)
                else:
                    effect, hour = EXCEPTIONS[place % len(EXCEPTIONS)]
                    since = FRIDAY_14.replace(hour=hour) - dt.timedelta(hours=1)
                    exception = DatedException(effect, since, since + dt.timedelta(hours=2))
                    sites.except_dated(connection, identity, exception, version=1, deed=DEED)
            for identity in ids[7::9]:
                sites.set_conflicting(connection, identity, FRIDAY_14, deed=DEED)
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")


TREE = [
    Organisation("cn", "中华全国总工会", Level.NATIONAL, None, None, accepts_applications=False),
    Organisation("cn.guangdong", "广东省总工会", Level.PROVINCE, "440000", None, accepts_applications=False),
    Organisation("cn.guangdong.meizhou", "梅州市总工会", Level.CITY, "441400", None, accepts_applications=True),
    Organisation(
        "cn.guangdong.meizhou.meijiang", "梅江区总工会", Level.COUNTY, "441402", None, accepts_applications=True
    ),
    Organisation("cn.guangdong.chaozhou", "潮州市总工会", Level.CITY, "445100", None, accepts_applications=True),
    Organisation("cn.shandong", "山东省总工会", Level.PROVINCE, "370000", None, accepts_applications=False),
    Organisation("cn.shandong.weihai", "威海市总工会", Level.CITY, "371000", None, accepts_applications=True),
]


@dataclass(frozen=True, slots=True)
class OneTransaction:
    """Doors that open savepoints of one transaction, which the test rolls back."""

    connection: Connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read-only savepoint that ends in rollback."""
        savepoint = self.connection.begin_nested()
        self.connection.exec_driver_sql("SET LOCAL transaction_read_only = on")
        try:
            yield self.connection
        finally:
            savepoint.rollback()

    reading_once = reading

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A savepoint that is released, or rolled back when the block raises."""
        with self.connection.begin_nested():
            yield self.connection


@pytest.fixture(scope="session")
def app_engine(private_cluster: Cluster, database_name: str) -> Iterator[Engine]:
    """Connections as the role that the server runs with."""
    engine = database.engine(private_cluster.url(Role.APP, database_name))
    yield engine
    engine.dispose()


@pytest.fixture
def connection(app_engine: Engine) -> Iterator[Connection]:
    """A transaction of the app role that is rolled back; `reading()` and `writing()` open savepoints of it."""
    with app_engine.connect() as opened:
        database.bind(OneTransaction(opened))
        yield opened
        database.bind(None)
        opened.rollback()


@dataclass(slots=True)
class Clock:
    """Time that stands still until a test moves it."""

    time: dt.datetime = FRIDAY_14
    elapsed_s: float = 1_000.0

    def now(self) -> dt.datetime:
        """The time."""
        return self.time

    def seconds(self) -> float:
        """A clock that never goes back."""
        return self.elapsed_s

    def pass_(self, seconds: float) -> None:
        """Let time go by."""
        self.time += dt.timedelta(seconds=seconds)
        self.elapsed_s += seconds


@pytest.fixture
def clock() -> Clock:
    """The time of the test."""
    return Clock()


@pytest.fixture
def draw() -> Draw:
    """Where random bytes come from."""
    return Draw()


KEYS = sealed.fresh(bytes(range(2 * sealed.KEY_BYTES)))


@pytest.fixture
def keys() -> Keys:
    """The keys of the installation."""
    return KEYS


@pytest.fixture
def app(connection: Connection, clock: Clock, draw: Draw, keys: Keys) -> Flask:  # noqa: ARG001 - the connection binds the database
    """The application in the transaction of the test."""
    return create_app(Config(rate_public="0"), now=clock.now, seconds=clock.seconds, draw=draw, keys=keys)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client that sends requests to the application."""
    return app.test_client()


HERE = Located(116.12, 24.30, "116.12,24.30", Datum.WGS84, "test", 10.0)
PLAIN = SiteDraft(
    name="梅江桥头驿站",
    kind="rest_station",
    organisation="cn.guangdong.meizhou.meijiang",
    located=HERE,
    access=(Access(Mode.OPEN_DOOR, "Mo-Su 08:00-20:00"),),
)


@pytest.fixture
def words(connection: Connection) -> Vocabulary:
    """The words of the seed."""
    return vocabulary(connection)


@pytest.fixture
def deed() -> Deed:
    """Who writes in tests, and when."""
    return DEED


@pytest.fixture
def plain() -> SiteDraft:
    """The place that `make_site` adds where nothing is named."""
    return PLAIN


@pytest.fixture
def make_site(connection: Connection, words: Vocabulary) -> Callable[..., Site]:
    """Adds a place like PLAIN but for what is named; `lon`, `lat` and `hours` are short for the usual parts."""

    def make(
        *,
        lon: float = HERE.lon,
        lat: float = HERE.lat,
        hours: str | None = "Mo-Su 08:00-20:00",
        **parts: object,
    ) -> Site:
        draft = replace(
            PLAIN,
            located=replace(HERE, lon=lon, lat=lat),
            access=(Access(Mode.OPEN_DOOR, hours),),
        )
        (identity,) = sites.add(connection, [replace(draft, **parts)], words=words, deed=DEED)  # type: ignore[arg-type]  # a test may name any part
        return queries.one(connection, identity)

    return make
