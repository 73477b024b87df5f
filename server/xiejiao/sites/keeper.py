"""What one server process keeps in memory: words, almanac and drawn tiles, true within seconds of a COMMIT."""

import datetime as dt
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import RLock

from sqlalchemy import Connection

from xiejiao.database import reading
from xiejiao.encodings import Encoded, as_json
from xiejiao.sites import changes, tiles
from xiejiao.sites.changes import Known
from xiejiao.sites.mercator import Box, Tile, plane
from xiejiao.sites.rules import Site

LOOK_EVERY_S = 2.0
"""A COMMIT is seen by every process within this time; the promise is 5 seconds."""
SLACK_M = 1.0
"""Metres by which a tile reaches farther than it says when it is asked whether a change touches it."""
KEPT_BYTES = 24 * 1024 * 1024
"""Bytes of the drawn tiles that one process keeps."""
KEPT_TILES = 4_000
"""As many tiles at the most: an empty one has few bytes, but costs memory and looking after all the same."""
COMPARED = 200_000
"""Pairs of a change and a tile beyond which everything is forgotten: comparing them would hold up the answers."""
CELL_QUALITY = 6
PACK_QUALITY = 9


@dataclass(frozen=True, slots=True)
class _Kept:
    encoded: Encoded
    size: int
    box: Box
    reach: float

    def is_touched_by(self, points: Iterable[tuple[float, float]]) -> bool:
        # PostGIS and this process differ in the last bits of a position; too much forgotten does no harm.
        return any(self.box.distance(x, y) <= self.reach + SLACK_M for x, y in points)


class Keeper:
    """The memory of one process; `seconds` is a clock that never goes back, `now` tells the time."""

    def __init__(self, *, seconds: Callable[[], float], now: Callable[[], dt.datetime]) -> None:
        self.now = now
        self._seconds = seconds
        self._looked_s = -LOOK_EVERY_S
        self._known: Known | None = None
        self._tiles: OrderedDict[Tile, _Kept] = OrderedDict()
        self._bytes = 0
        self._lock = RLock()

    def known(self) -> Known:
        """Words and almanac, looked at anew when the last look is `LOOK_EVERY_S` old."""
        with self._lock:
            known = self._known
            if known is None or self._seconds() - self._looked_s >= LOOK_EVERY_S:
                with reading() as connection:
                    known = self._look(connection)
            return known

    def knowing(self, connection: Connection, known: Known, sites: Iterable[Site]) -> Known:
        """`known`, or what `connection` knows after it has read `sites`, when one of them has hours that are new."""
        texts = known.almanac.texts
        wanted = {number for site in sites for number in (site.hours_id, *(way[1] for way in site.access))}
        if wanted - {None} <= texts.keys():
            return known
        with self._lock:
            return self._look(connection)

    def tile(self, tile: Tile) -> Encoded:
        """The cell or pack at `tile`, from memory or drawn."""
        with self._lock:
            self.known()
            kept = self._tiles.get(tile)
            if kept is None:
                kept = self._draw(tile)
                self._keep(tile, kept)
            else:
                self._tiles.move_to_end(tile)
            return kept.encoded

    def _look(self, connection: Connection) -> Known:
        looked_s = self._seconds()
        found = changes.look(connection, self._known)
        self._known, self._looked_s = found.known, looked_s
        if found.touched is None or len(found.touched) * len(self._tiles) > COMPARED:
            self._tiles.clear()
            self._bytes = 0
        elif found.touched:
            points = [plane(lon, lat) for lon, lat in found.touched]
            for tile in [tile for tile, kept in self._tiles.items() if kept.is_touched_by(points)]:
                self._bytes -= self._tiles.pop(tile).size
        return found.known

    def _draw(self, tile: Tile) -> _Kept:
        with reading() as connection:
            # Looked at in the snapshot that is drawn from: no text of hours is missing, no change can fall between.
            known = self._look(connection)
            draw, quality = (tiles.cell, CELL_QUALITY) if tile.z == tiles.CELL_ZOOM else (tiles.pack, PACK_QUALITY)
            drawn = draw(connection, tile, almanac=known.almanac, at=self.now())
        encoded = Encoded.of(as_json(drawn.document), media_type="application/json", quality=quality)
        return _Kept(encoded, encoded.size, tile.box, drawn.reach)

    def _keep(self, tile: Tile, kept: _Kept) -> None:
        """Keep a drawn tile; those asked for longest ago make room."""
        self._tiles[tile] = kept
        self._bytes += kept.size
        while len(self._tiles) > 1 and (self._bytes > KEPT_BYTES or len(self._tiles) > KEPT_TILES):
            _, gone = self._tiles.popitem(last=False)
            self._bytes -= gone.size
