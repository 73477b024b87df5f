"""Memory of the server's workers after thousands of mixed requests.

The requests are nearest queries, cells and packs around the places of the whole country, so that every worker fills
what it keeps of drawn tiles.
"""

import argparse
import random
import time
from concurrent.futures import ThreadPoolExecutor

from bench import installation
from bench.http import CASE, cell_path, nearest_path
from bench.installation import Installation
from bench.server import Server, memory, serving

from xiejiao.coordinates import Position
from xiejiao.sites.mercator import tile_at
from xiejiao.sites.tiles import PACK_ZOOM

WANTED_MB = 150
CLIENTS = 4


def pack_path(here: Position) -> str:
    """The address of the pack around a position."""
    tile = tile_at(here.lon, here.lat, PACK_ZOOM)
    return f"/api/v1/packs/{tile.z}/{tile.x}/{tile.y}"


def mixed(there: Installation, count: int) -> list[str]:
    """Addresses in an order drawn anew: of ten requests six cells, three nearest queries, one pack."""
    draw = random.Random(installation.SEED)  # noqa: S311 - nobody's secret
    paths = []
    for here in installation.positions(there, count):
        share = draw.random()
        paths.append(cell_path(here) if share < 0.6 else nearest_path(CASE, here) if share < 0.9 else pack_path(here))  # noqa: PLR2004 - the shares in the first line
    return paths


def _print_memory(server: Server, when: str) -> None:
    for worker in server.workers():
        found = memory(worker)
        print(f"  {when}: worker {found.resident:.0f} MB resident, {found.proportional:.0f} MB proportional")


def _seconds(server: Server, path: str) -> float:
    began = time.monotonic()
    server.get(path)
    return time.monotonic() - began


def run(places: int, *, port: int, requests: int) -> None:
    """Start, ask, and measure the workers."""
    with installation.running(places) as there, serving(there, port) as server:
        paths = mixed(there, requests)
        print(f"{places:,} places")
        _print_memory(server, "fresh")
        began = time.monotonic()
        with ThreadPoolExecutor(CLIENTS) as clients:
            # Each request opens a connection of its own, which the kernel gives to either worker.
            took_s = list(clients.map(lambda path: _seconds(server, path), paths))
        print(f"  {requests:,} mixed requests in {time.monotonic() - began:.0f} s, the slowest {max(took_s):.1f} s")
        _print_memory(server, f"then (wanted {WANTED_MB} MB at the most)")


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=200_000, help="places in the database")
    parser.add_argument("--port", type=int, default=8151, help="port of the loopback address to serve on")
    parser.add_argument("--requests", type=int, default=2_000, help="mixed requests before the memory is read")
    given = parser.parse_args()
    run(given.sites, port=given.port, requests=given.requests)


if __name__ == "__main__":
    main()
