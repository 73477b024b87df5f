"""The nearest query in the database, against a plain point index, a full sort, and other ways to index hours.

Every rival answers the same positions in the same run, one after the other at each position. All but the full sort
run the very statements of `xiejiao.sites.queries.nearest`, on copies of the table that differ by `facets` and index.
The full sort is also what tells whether an answer is exact.
"""

import argparse
import datetime as dt
import random
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import psycopg
from bench import installation
from bench.installation import WORKDAY, Installation
from psycopg import pq, sql
from sqlalchemy import Connection, event

from xiejiao import database, hours
from xiejiao.cluster import Role
from xiejiao.coordinates import Position
from xiejiao.hours import CHINA
from xiejiao.sites import queries
from xiejiao.sites.almanac import Almanac, OpenHours
from xiejiao.sites.changes import Known
from xiejiao.sites.rules import Wanted

LIMIT = 20
FULL_SORTS = 12
"""Positions at which the full sort runs, since it takes so long."""
CLASS_HOURS = 48
FIRST_CLASS_HOUR = 256


class Rival(StrEnum):
    """Ways to find the nearest."""

    SERVED = "as served"
    NO_HOURS = "no hours in facets"
    CLASS_HOUR = "class x hour in facets"
    PLAIN = "plain gist(spot)"
    SORT = "full sort"


FINDERS: tuple[Rival, ...] = (Rival.SERVED, Rival.NO_HOURS, Rival.CLASS_HOUR, Rival.PLAIN)
"""Those that run the statements of the product."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is looked for, from where, how far."""

    name: str
    wanted: Wanted
    remote: bool = False
    within_m: float = 50_000.0


def _at(hour: int) -> dt.datetime:
    return dt.datetime.combine(WORKDAY, dt.time(hour), CHINA)


_KIND, _THREE = ("rest_station",), ("drinking_water", "microwave", "phone_charging")
CASES = (
    Case("unfiltered", Wanted()),
    Case("kind + 3 amenities", Wanted(_KIND, _THREE)),
    Case("+ open at 14:00", Wanted(_KIND, _THREE, _at(14))),
    Case("+ open at 03:00", Wanted(_KIND, _THREE, _at(3))),
    Case("1 in 2,000 (haircut)", Wanted((), ("haircut",))),
    Case("far from everything", Wanted(_KIND, _THREE), remote=True, within_m=500_000.0),
)


# ── the copies ──

_COPIES = {
    Rival.NO_HOURS: ("no_hours", "offers || CASE WHEN isempty(extra) THEN '{}'::integer[] ELSE ARRAY[511] END"),
    Rival.CLASS_HOUR: (
        "class_hour",
        """
        offers || CASE WHEN isempty(extra) THEN '{}'::integer[] ELSE ARRAY[511] END
        || coalesce((SELECT class_hours FROM bench_hours WHERE bench_hours.hours_id = site.hours_id), '{}')
        """,
    ),
    Rival.PLAIN: ("plain", "facets"),
}
"""Schema of the copy and what its facets are; the statements find it by the search path."""
_INDEXES = {
    Rival.NO_HOURS: "gist (spot, facets gist__intbig_ops (siglen = 32))",
    Rival.CLASS_HOUR: "gist (spot, facets gist__intbig_ops (siglen = 128))",
    Rival.PLAIN: "gist (spot)",
}


def class_hours(compiled: hours.Compiled) -> list[int]:
    """A number for each class of day and each hour (0 to 47) in which a span that begins then can be open."""
    return sorted(
        {
            _class_hour(day_class, hour)
            for season in compiled.seasons
            for day_class, day in enumerate(season.days)
            for span in day
            if span.state is hours.State.OPEN
            for hour in range(span.start // 60, -(-span.end // 60))
        }
    )


def _class_hour(day_class: int, hour: int) -> int:
    return FIRST_CLASS_HOUR + day_class * CLASS_HOURS + hour


def make_copy(there: Installation, rival: Rival, almanac: Almanac) -> None:
    """The table of a rival, made once; what is served needs none."""
    schema, facets = _COPIES.get(rival, ("public", ""))
    with psycopg.connect(there.url(Role.OWNER), autocommit=True) as connection:
        if connection.execute("SELECT to_regclass(%s)", (f"{schema}.site",)).fetchall() != [(None,)]:
            return
        connection.execute("CREATE TABLE IF NOT EXISTS bench_hours (hours_id integer, class_hours integer[] NOT NULL)")
        connection.execute("TRUNCATE bench_hours")
        rows = [(number, class_hours(text.compiled)) for number, text in almanac.texts.items()]
        connection.cursor().executemany("INSERT INTO bench_hours VALUES (%s, %s)", rows)
        connection.execute("ANALYZE bench_hours")
        _make_copy(connection, schema, facets, _INDEXES[rival])


def _make_copy(connection: psycopg.Connection, schema: str, facets: str, index: str) -> None:
    name = sql.Identifier(schema)
    columns = [
        str(column)
        for (column,) in connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'public.site'::regclass AND attnum > 0"
            " AND NOT attisdropped AND attname <> 'facets' ORDER BY attnum"
        )
    ]
    kept = sql.SQL(", ").join(map(sql.Identifier, columns))
    connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO xiejiao_app").format(name))
    connection.execute(
        sql.SQL("CREATE TABLE {}.site AS SELECT {}, {} AS facets FROM public.site").format(
            name,
            kept,
            sql.SQL(facets),
        )
    )
    connection.execute(sql.SQL("CREATE INDEX ON {}.site USING {} WHERE status = 'active'").format(name, sql.SQL(index)))
    connection.execute(sql.SQL("CREATE UNIQUE INDEX ON {}.site (id)").format(name))
    connection.execute(sql.SQL("GRANT SELECT ON {}.site TO xiejiao_app").format(name))
    connection.execute(sql.SQL("VACUUM ANALYZE {}.site").format(name))


# ── a rival at work ──


@dataclass(slots=True)
class Prepared:
    """Statements on one connection, prepared once each and timed without the work of any driver."""

    connection: psycopg.Connection
    names: dict[str, bytes] = field(default_factory=dict)

    def seconds(self, statement: str, values: Mapping[str, Any]) -> float:
        """How long the database takes from the question to the last row."""
        wanted = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", statement)))
        given = [text_of(values[name]).encode() for name in wanted]
        if statement not in self.names:
            name = f"bench_{len(self.names)}".encode()
            numbered = re.sub(r"%\((\w+)\)s", lambda match: f"${wanted.index(match[1]) + 1}", statement)
            self._ask(lambda: self.connection.pgconn.prepare(name, numbered.encode()))
            self.names[statement] = name
        name = self.names[statement]
        began = time.perf_counter()
        self._ask(lambda: self.connection.pgconn.exec_prepared(name, given))
        return time.perf_counter() - began

    def _ask(self, question: Callable[[], pq.abc.PGresult]) -> None:
        result = question()
        if result.status not in {pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK}:
            raise RuntimeError(result.error_message.decode())


def text_of(value: object) -> str:
    """A value as PostgreSQL reads it from text."""
    if isinstance(value, list):
        return "{" + ",".join(map(str, value)) + "}"
    return value.isoformat() if isinstance(value, dt.datetime) else str(value)


@dataclass(slots=True)
class Asked:
    """A connection that answers as one rival does."""

    rival: Rival
    connection: Connection
    prepared: Prepared
    known: Known
    said: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def ask(self, case: Case, here: Position) -> tuple[float, list[str]]:
        """Seconds in the database, and the ids found."""
        self.said.clear()
        found = queries.nearest(
            self.connection,
            here,
            case.wanted,
            words=self.known.words,
            open_hours=self._open_hours(case.wanted),
            within_m=case.within_m,
            limit=LIMIT,
        )
        return sum(self.prepared.seconds(*said) for said in list(self.said)), [site.id for site in found]

    def _open_hours(self, wanted: Wanted) -> OpenHours | None:
        if wanted.open_at is None:
            return None
        served = self.known.almanac.open_hours(wanted.open_at)
        if self.rival is Rival.SERVED:
            return served
        if self.rival is Rival.CLASS_HOUR:
            moment = hours.Moment.of(wanted.open_at, self.known.almanac.calendar)
            hour = moment.minute // 60
            asked = (_class_hour(moment.today_class, hour), _class_hour(moment.yesterday_class, hour + 24))
            return OpenHours(served.ids, asked)
        return OpenHours(served.ids, None)


@contextmanager
def asked(there: Installation, rival: Rival, known: Known) -> Iterator[Asked]:
    """A warm connection that finds the table of `rival`."""
    with database.connected(there.url()) as connection:
        driver = connection.connection.driver_connection
        if not isinstance(driver, psycopg.Connection):
            raise TypeError(driver)
        driver.execute("SET statement_timeout = 0")
        driver.execute(
            sql.SQL("SET search_path = {}, public").format(sql.Identifier(_COPIES.get(rival, ("public",))[0]))
        )
        driver.commit()
        found = Asked(rival, connection, Prepared(driver), known)

        @event.listens_for(connection, "before_cursor_execute")
        def _hear(_c: object, _cursor: object, statement: str, values: Mapping[str, Any], *_: object) -> None:
            found.said.append((statement, values))

        yield found


_FULL_SORT = """
    SELECT id::text FROM (
        SELECT id, ST_Distance(position::geography, ST_Point(%(lon)s, %(lat)s, 4326)::geography) AS distance_m
        FROM site
        WHERE status = 'active' AND kind = ANY(CAST(%(kinds)s AS text[])) AND offers @> CAST(%(amenities)s AS integer[])
        AND (CAST(%(whenever)s AS boolean) OR (
            (hours_id = ANY(CAST(%(open_ids)s AS integer[])) AND NOT mask @> CAST(%(at)s AS timestamptz))
            OR extra @> CAST(%(at)s AS timestamptz)
        ) AND NOT shut @> CAST(%(at)s AS timestamptz))
    ) AS each
    WHERE distance_m <= CAST(%(within_m)s AS float8) ORDER BY distance_m, id LIMIT %(limit)s
"""
"""What the nearest places are, said without any index, facet of hours or plane."""


def full_sort(there: Asked, case: Case, here: Position) -> tuple[float, list[str]]:
    """Seconds for the distance of every place that fits, and the ids of the nearest."""
    words, wanted = there.known.words, case.wanted
    values = {
        "lon": here.lon,
        "lat": here.lat,
        "kinds": list(wanted.kinds or words.kind_facets),
        "amenities": [words.amenity_facets[code] for code in wanted.amenities],
        "whenever": wanted.open_at is None,
        "at": wanted.open_at or _at(0),
        "open_ids": list(there.known.almanac.open_hours(wanted.open_at).ids) if wanted.open_at else [],
        "within_m": case.within_m,
        "limit": LIMIT,
    }
    rows = there.prepared.connection.execute(_FULL_SORT, values).fetchall()
    return there.prepared.seconds(_FULL_SORT, values), [identity for (identity,) in rows]


# ── the run ──


@dataclass(slots=True)
class Figures:
    """What one case measured: milliseconds by rival, and at how many positions an answer was not the true one."""

    milliseconds: dict[Rival, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: dict[Rival, int] = field(default_factory=lambda: defaultdict(int))

    def median(self, rival: Rival) -> float:
        """The median in milliseconds."""
        return statistics.median(self.milliseconds[rival])

    def line(self, rival: Rival) -> str:
        """10th percentile, median, 95th, how many times as long as the query that is served, and whether exact.

        The 10th percentile is what other programs on the machine disturb least.
        """
        times = sorted(self.milliseconds[rival])
        p10, p95 = times[int(len(times) * 0.1)], times[int(len(times) * 0.95)]
        ratio = self.median(rival) / self.median(Rival.SERVED)
        exact = "exact" if not self.wrong[rival] else f"WRONG at {self.wrong[rival]}"
        return f"  {rival:24} {p10:9.3f} {self.median(rival):9.3f} {p95:9.3f} ms {ratio:7.1f} x   {exact}"


def measured(rivals: Mapping[Rival, Asked], sorting: Asked, case: Case, here: Sequence[Position]) -> Figures:
    """Every rival at every position, in an order that is drawn anew; the full sort at the first few only.

    The full sort has a connection of its own: a process that has just used much time is the last to be given more.
    """
    figures, draw = Figures(), random.Random(installation.SEED)  # noqa: S311 - nobody's secret
    for asking in rivals.values():
        for position in here[:5]:
            asking.ask(case, position)
    for place, position in enumerate(here):
        answers = {}
        for rival in draw.sample(list(rivals), k=len(rivals)):
            seconds, answers[rival] = rivals[rival].ask(case, position)
            figures.milliseconds[rival].append(seconds * 1000)
        if place < FULL_SORTS:
            seconds, truth = full_sort(sorting, case, position)
            figures.milliseconds[Rival.SORT].append(seconds * 1000)
            for rival, found in answers.items():
                figures.wrong[rival] += found != truth
    return figures


def run(places: int, count: int, finders: Sequence[Rival]) -> None:
    """Measure all cases with so many places, at `count` positions each."""
    with installation.running(places) as there, ExitStack() as stack:
        known = there.known()
        for rival in finders:
            make_copy(there, rival, known.almanac)
        rivals = {rival: stack.enter_context(asked(there, rival, known)) for rival in finders}
        sorting = stack.enter_context(asked(there, Rival.SORT, known))
        near, remote = installation.positions(there, count), installation.remote_positions(there, count)
        print(
            f"{places:,} places, {count} positions, limit {LIMIT}: 10th percentile, median, 95th, ratio of medians",
            flush=True,
        )
        for case in CASES:
            figures = measured(rivals, sorting, case, remote if case.remote else near)
            print(case.name)
            for rival in (*finders, Rival.SORT):
                print(figures.line(rival), flush=True)
        _print_sizes(there)


def _print_sizes(there: Installation) -> None:
    with psycopg.connect(there.url()) as connection:
        rows = connection.execute(
            "SELECT schemaname, pg_size_pretty(pg_table_size(quote_ident(schemaname) || '.site')),"
            " pg_size_pretty(pg_relation_size((quote_ident(schemaname) || '.' || quote_ident(indexname))::regclass))"
            " FROM pg_indexes WHERE tablename = 'site' AND indexdef LIKE '%%gist%%' ORDER BY schemaname"
        )
        for schema, table, index in rows:
            print(f"size of {schema}: table {table}, index {index}")


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=200_000, help="places, as 20000, 200000 or 2000000")
    parser.add_argument("--positions", type=int, default=200, help="positions asked for in each case")
    parser.add_argument("--served-only", action="store_true", help="only what is served, beside the full sort")
    given = parser.parse_args()
    run(given.sites, given.positions, FINDERS[:1] if given.served_only else FINDERS)


if __name__ == "__main__":
    main()
