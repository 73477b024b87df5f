/** Web mercator tiles (EPSG:3857): which one holds a position, what it covers, which others lie within reach. */

import { leastM, type Position, type Rectangle } from "./position";

/** A square of the web mercator plane at zoom `z`: column `x` from the west, row `y` from the north. */
export type Tile = readonly [z: number, x: number, y: number];

/** Zoom of the cells, about 2 km across. */
export const CELL_ZOOM = 14;

/** Zoom of the packs, about 60 km across. */
export const PACK_ZOOM = 9;

// Nearer the poles the plane has no use; the server takes positions there as lying on this latitude too.
const MAX_LATITUDE = 85;
const RADIANS = Math.PI / 180;

/** Where a position lies at a zoom, in tiles from the north-western corner of the plane. */
export function inTiles({ lon, lat }: Position, z: number): { x: number; y: number } {
  const across = 2 ** z;
  const bounded = Math.max(-MAX_LATITUDE, Math.min(MAX_LATITUDE, lat)) * RADIANS;
  const row = (0.5 - Math.log(Math.tan(Math.PI / 4 + bounded / 2)) / (2 * Math.PI)) * across;
  return { x: (lon / 360 + 0.5) * across, y: row };
}

/** The tile of a zoom that holds a position. */
export function tileAt(position: Position, z: number): Tile {
  const { x, y } = inTiles(position, z);
  return [z, Math.min(2 ** z - 1, Math.floor(x)), Math.floor(y)];
}

/** What a tile covers. */
export function rectangleOf([z, x, y]: Tile): Rectangle {
  const across = 2 ** z;
  const latitude = (row: number) => Math.atan(Math.sinh(Math.PI * (1 - (2 * row) / across))) / RADIANS;
  return {
    west: (x / across - 0.5) * 360,
    south: latitude(y + 1),
    east: ((x + 1) / across - 0.5) * 360,
    north: latitude(y),
  };
}

/** A tile, and how many metres it is away at least; 0 for the one that holds the position. */
export interface Reached {
  readonly tile: Tile;
  readonly leastM: number;
}

/** The tiles of a zoom that `withinM` metres around a position may touch, nearest first; none across the date line. */
export function tilesWithin(here: Position, z: number, withinM: number): Reached[] {
  const across = 2 ** z;
  const reached = new Map([[String(tileAt(here, z)), { tile: tileAt(here, z), leastM: 0 }]]);
  // The map grows while it is walked: what lies beside a tile within reach is looked at in turn.
  for (const { tile } of reached.values()) {
    for (const [east, south] of [[1, 0], [-1, 0], [0, 1], [0, -1]] as const) {
      const beside: Tile = [z, tile[1] + east, tile[2] + south];
      const least = leastM(here, rectangleOf(beside));
      const exists = beside[1] >= 0 && beside[1] < across && beside[2] >= 0 && beside[2] < across;
      if (exists && least <= withinM && !reached.has(String(beside))) {
        reached.set(String(beside), { tile: beside, leastM: least });
      }
    }
  }
  return [...reached.values()].sort((a, b) => a.leastM - b.leastM);
}
