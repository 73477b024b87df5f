"""Bytes a place in packs as they are served, beside the same places as GeoJSON and as FlatGeobuf.

The rivals hold what the pack holds: GeoJSON as the API says its features, and FlatGeobuf with one column for each
property as GDAL takes them from that GeoJSON, without the lists of brands. All are compressed with brotli at the
quality of packs; FlatGeobuf is shown as it is too, since it is made to be read in ranges. GDAL is installed into a
folder of the benchmark, not into the product's.
"""

import argparse
import datetime as dt
import subprocess
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path

import brotli
from bench import installation
from bench.installation import Installation

from xiejiao import database
from xiejiao.cluster import Role
from xiejiao.coordinates import Position
from xiejiao.encodings import as_json
from xiejiao.hours import CHINA
from xiejiao.sites import queries, schemas, tiles
from xiejiao.sites.changes import Known
from xiejiao.sites.keeper import PACK_QUALITY
from xiejiao.sites.mercator import Tile, tile_at
from xiejiao.sites.rules import Site, Wanted

TILES = {
    "dense (上海)": Position(121.47, 31.23),
    "large (成都)": Position(104.07, 30.66),
    "medium (威海)": Position(122.12, 37.51),
    "small (拉萨)": Position(91.13, 29.65),
}
WANTED_BYTES = 45
GDAL = "pyogrio==0.11.1"
# Runs in the folder with GDAL: GeoJSON in, FlatGeobuf out, with the index that FlatGeobuf has by default.
_TO_FLATGEOBUF = """
import sys
import pyogrio.raw
meta, _, geometry, fields = pyogrio.raw.read(sys.argv[1])
pyogrio.raw.write(sys.argv[2], geometry, fields, meta["fields"], geometry_type="Point", crs="EPSG:4326",
                  driver="FlatGeobuf")
"""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes of one tile in each form, how many places it holds, and how long drawing and compressing took."""

    places: int
    pack: int
    geojson: int
    flatgeobuf: int
    flatgeobuf_plain: int
    drawn_s: float
    compressed_s: float


def places_in(there: Installation, tile: Tile, known: Known) -> list[Site]:
    """Every active place of a tile."""
    with database.connected(there.url(Role.OWNER)) as connection:  # the owner may take longer than a request may
        return list(
            queries.page(
                connection,
                Wanted(),
                words=known.words,
                box=tile.box,
                search_text=None,
                organisation=None,
                after=None,
                limit=there.places + 1_000,
            ).sites
        )


def measured(there: Installation, tile: Tile, known: Known, gdal: Path) -> Sizes:
    """The sizes of one tile."""
    now = dt.datetime.combine(installation.WORKDAY, dt.time(14), CHINA)
    began = time.monotonic()
    with database.connected(there.url(Role.OWNER)) as connection:
        document = as_json(tiles.pack(connection, tile, almanac=known.almanac, at=now).document)
    drawn = time.monotonic()
    pack = brotli.compress(document, quality=PACK_QUALITY)
    compressed = time.monotonic()
    sites = places_in(there, tile, known)
    geojson = as_json(schemas.features(sites, almanac=known.almanac, at=now, language="zh"))
    flatgeobuf = _flatgeobuf(geojson, gdal)
    return Sizes(
        len(sites),
        len(pack),
        len(brotli.compress(geojson, quality=PACK_QUALITY)),
        len(brotli.compress(flatgeobuf, quality=PACK_QUALITY)),
        len(flatgeobuf),
        drawn - began,
        compressed - drawn,
    )


def _flatgeobuf(geojson: bytes, gdal: Path) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "places.geojson", Path(folder) / "places.fgb"
        given.write_bytes(geojson)
        subprocess.run([gdal, "-c", _TO_FLATGEOBUF, given, made], check=True, timeout=300)  # noqa: S603 - our own words
        return made.read_bytes()


def python_with_gdal(folder: Path) -> Path:
    """The Python of a folder that has GDAL, which is made when it is not there yet."""
    python = folder / "bin" / "python"
    if not (folder / "made").exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", GDAL], check=True, timeout=600)  # noqa: S603 - our own words
        (folder / "made").touch()
    return python


def run(places: int) -> None:
    """Measure every tile and print bytes a place."""
    gdal = python_with_gdal(installation.folder(places).parent / "gdal")
    with installation.running(places) as there:
        known = there.known()
        print(f"{places:,} places; bytes a place, brotli {PACK_QUALITY} (wanted {WANTED_BYTES} in a pack)")
        print("tile             places    pack  GeoJSON  FlatGeobuf  (plain)   drawn  compressed")
        for name, where in TILES.items():
            found = measured(there, tile_at(where.lon, where.lat, tiles.PACK_ZOOM), known, gdal)
            forms = (found.pack, found.geojson, found.flatgeobuf, found.flatgeobuf_plain)
            pack, geojson, flatgeobuf, plain = (size / found.places for size in forms)
            print(
                f"{name:14} {found.places:8,} {pack:7.1f} {geojson:8.1f} {flatgeobuf:11.1f} {plain:8.0f}"
                f" {found.drawn_s:6.2f} s {found.compressed_s:6.2f} s",
                flush=True,
            )


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=200_000, help="places in the database")
    run(parser.parse_args().sites)


if __name__ == "__main__":
    main()
