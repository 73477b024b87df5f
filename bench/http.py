"""Nearest and warm cells under the production server, against its hello route and against pgbench alone.

One round runs, one after the other: the hello route (`/healthz`), the nearest query, warm cells, and pgbench with the
very SQL of the same nearest queries (prepared, one client, same data). If a request cost no more than hello and the
query one after the other, the server would answer 1 / (1 / hello + 1 / pgbench) a second.
"""

import argparse
import re
import statistics
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench import installation
from bench.installation import Installation
from bench.nearest import CASES, LIMIT, Case, Rival, asked, text_of
from bench.server import Server, load, serving

from xiejiao import postgresql
from xiejiao.coordinates import Position
from xiejiao.sites.mercator import tile_at
from xiejiao.sites.tiles import CELL_ZOOM

CASE = next(case for case in CASES if case.name == "+ open at 14:00")
POSITIONS = 50
HELLO, NEAREST, CELL, PGBENCH = "hello", "nearest", "warm cell", "pgbench"


def nearest_path(case: Case, here: Position) -> str:
    """The address of a nearest query."""
    asked_for = {
        "lon": round(here.lon, 6),
        "lat": round(here.lat, 6),
        "kind": case.wanted.kinds,
        "amenity": case.wanted.amenities,
        "limit": LIMIT,
        **({"open": case.wanted.open_at.isoformat()} if case.wanted.open_at else {}),
    }
    return f"/api/v1/sites/nearest?{urlencode(asked_for, doseq=True)}"


def cell_path(here: Position) -> str:
    """The address of the cell around a position."""
    tile = tile_at(here.lon, here.lat, CELL_ZOOM)
    return f"/api/v1/cells/{tile.z}/{tile.x}/{tile.y}"


def statements(there: Installation, here: Sequence[Position]) -> list[tuple[str, Mapping[str, Any]]]:
    """What the server sends to the database for the nearest queries at these positions."""
    with asked(there, Rival.SERVED, there.known()) as finder:
        found = []
        for position in here:
            finder.ask(CASE, position)
            found += finder.said
        return found


def pgbench(there: Installation, said: Sequence[tuple[str, Mapping[str, Any]]], seconds: int) -> float:
    """Queries a second of one client that does nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        fixed = {name: value for name, value in said[0][1].items() if not isinstance(value, int | float)}
        for number, (statement, values) in enumerate(said):
            moving = [f"\\set {name} {value!r}" for name, value in values.items() if name not in fixed]
            script = Path(folder) / f"{number}.sql"
            script.write_text("\n".join([*moving, re.sub(r"%\((\w+)\)s", r":\1", statement).replace("\n", " "), ";"]))
            files += ["-f", str(script)]
        given = [word for name, value in fixed.items() for word in ("-D", f"{name}={text_of(value)}")]
        words = [postgresql.client("pgbench"), "-n", "-M", "prepared", "-c1", "-j1", "-T", str(seconds)]
        said_back = subprocess.run(  # noqa: S603 - our own words
            [*words, *given, *files, there.url()], capture_output=True, text=True, check=True, timeout=seconds + 60
        )
    return float(re.findall(r"tps = ([\d.]+)", said_back.stdout)[0])


def run(places: int, *, port: int, rounds: int, seconds: int, connections: Sequence[int]) -> None:
    """Measure in rounds and print the medians and ratios."""
    with installation.running(places) as there, serving(there, port) as server:
        here = installation.positions(there, POSITIONS)
        said = statements(there, here)
        paths = {
            HELLO: ["/healthz"],
            NEAREST: [nearest_path(CASE, position) for position in here],
            CELL: [cell_path(position) for position in here],
        }
        for each in paths.values():
            # Many connections reach both workers; each draws its own cells.
            load(server, each, connections=32, seconds=8)
        print(f"{places:,} places; nearest: {CASE.name}, limit {LIMIT}, at {len(here)} positions", flush=True)
        for count in connections:
            _print_rounds(there, server, paths, said, connections=count, rounds=rounds, seconds=seconds)


def _print_rounds(
    there: Installation,
    server: Server,
    paths: Mapping[str, Sequence[str]],
    said: Sequence[tuple[str, Mapping[str, Any]]],
    *,
    connections: int,
    rounds: int,
    seconds: int,
) -> None:
    rates: dict[str, list[float]] = defaultdict(list)
    clients, medians, slowest = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list), 0.0
    for _ in range(rounds):
        rates[PGBENCH].append(pgbench(there, said, seconds))
        for name, asked_for in paths.items():
            found = load(server, asked_for, connections=connections, seconds=seconds)
            rates[name].append(found.a_second)
            clients[name].append(found.client)
            medians[name].append(found.median_ms)
            slowest = max(slowest, found.p99_ms)
    print(f"{connections} connection(s), {rounds} rounds of {seconds} s")
    for name in (HELLO, NEAREST, CELL):
        rate, median_ms = statistics.median(rates[name]), statistics.median(medians[name])
        client = statistics.median(clients[name])
        print(f"  {name:10} {rate:8.0f} a second, median {median_ms:6.2f} ms, wrk used {client:.0%} of a core")
    print(f"  {PGBENCH:10} {statistics.median(rates[PGBENCH]):8.0f} a second")
    each = list(zip(rates[HELLO], rates[NEAREST], rates[CELL], rates[PGBENCH], strict=True))
    ratio = statistics.median(nearest * (1 / hello + 1 / query) for hello, nearest, _, query in each)
    print(f"  nearest / (1 / (1 / hello + 1 / pgbench)) = {ratio:.2f}   (wanted 0.5)")
    print(f"  warm cell / hello = {statistics.median(cell / hello for hello, _, cell, _ in each):.2f}   (wanted 0.7)")
    print(f"  slowest 99th percentile {slowest:.1f} ms", flush=True)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=200_000, help="places in the database")
    parser.add_argument("--port", type=int, default=8150, help="port of the loopback address to serve on")
    parser.add_argument("--rounds", type=int, default=5, help="rounds for each number of connections")
    parser.add_argument("--seconds", type=int, default=3, help="length of each run")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 4], help="connections of the client")
    given = parser.parse_args()
    run(given.sites, port=given.port, rounds=given.rounds, seconds=given.seconds, connections=given.connections)


if __name__ == "__main__":
    main()
