"""An installation of the benchmarks' own: a private cluster with so many synthetic places, made once and kept."""

import datetime as dt
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from xiejiao import cluster, config, database, seeding
from xiejiao.cluster import Cluster, Role
from xiejiao.coordinates import Position
from xiejiao.sites.almanac import Almanac
from xiejiao.sites.changes import Known, look

SEED = 20_211_027
WORKDAY = dt.date(2026, 11, 18)
"""An ordinary Wednesday of a year whose holidays are announced."""


@dataclass(frozen=True, slots=True)
class Installation:
    """A running installation and how many synthetic places it holds."""

    places: int
    private: Cluster

    @property
    def var(self) -> Path:
        """What XIEJIAO_VAR must name for a server to serve it."""
        return self.private.installation

    def url(self, role: Role = Role.APP) -> str:
        """The libpq URL under which `role` reaches it."""
        return self.private.url(role)

    def known(self) -> Known:
        """Words and almanac, as a server process knows them."""
        with database.connected(self.url()) as connection:
            return look(connection, None).known

    def almanac(self) -> Almanac:
        """The calendar and the texts of hours."""
        return self.known().almanac


def folder(places: int) -> Path:
    """What XIEJIAO_VAR names for an installation of so many places."""
    return config.from_environment().folder / "bench" / str(places)


@contextmanager
def running(places: int) -> Iterator[Installation]:
    """The installation with so many places, running for a while; filled when it is not filled yet."""
    private = cluster.at(folder(places))
    with private.up():
        installation = Installation(places, private)
        database.upgrade(installation.url(Role.OWNER))
        _fill(installation)
        yield installation


def _fill(installation: Installation) -> None:
    with psycopg.connect(installation.url(Role.OWNER), autocommit=True) as connection:
        ((there,),) = connection.execute("SELECT count(*) FROM site WHERE demo").fetchall()
        if there == installation.places:
            return
        connection.execute("TRUNCATE site, site_history CASCADE")
    now, began = dt.datetime.now(dt.UTC), time.monotonic()
    with database.connected(installation.url(Role.OWNER)) as writing, writing.begin():
        seeding.load(writing, when=now)
        seeding.add_demonstration(writing, installation.places, when=now)
    print(f"{installation.places:,} places loaded in {time.monotonic() - began:.0f} s", flush=True)
    with psycopg.connect(installation.url(Role.OWNER), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def positions(installation: Installation, count: int) -> list[Position]:
    """Where people stand who look for a place: within a kilometre or so of one, the same in every run."""
    draw = random.Random(SEED)  # noqa: S311 - nobody's secret
    with psycopg.connect(installation.url()) as connection:
        rows = connection.execute("SELECT ST_X(position), ST_Y(position) FROM site WHERE demo ORDER BY code").fetchall()
    return [Position(lon + draw.gauss(0, 0.01), lat + draw.gauss(0, 0.01)) for lon, lat in draw.choices(rows, k=count)]


def remote_positions(installation: Installation, count: int) -> list[Position]:
    """Positions in China's west from which the nearest place is more than 100 and less than 400 km away."""
    draw = random.Random(SEED)  # noqa: S311 - nobody's secret
    found: list[Position] = []
    with psycopg.connect(installation.url()) as connection:
        while len(found) < count:
            here = Position(draw.uniform(80, 105), draw.uniform(30, 48))
            ((metres,),) = connection.execute(
                "SELECT ST_Distance(position::geography, ST_Point(%(lon)s, %(lat)s, 4326)::geography) FROM site"
                " WHERE status = 'active' ORDER BY spot <-> ST_Transform(ST_Point(%(lon)s, %(lat)s, 4326), 3857)"
                " LIMIT 1",
                {"lon": here.lon, "lat": here.lat},
            ).fetchall()
            if 100_000 < metres < 400_000:  # noqa: PLR2004 - as the first line says
                found.append(here)
    return found
