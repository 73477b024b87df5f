// @vitest-environment node
import { describe, expect, test } from "vitest";
import { distanceM } from "@/ground/position";
import { CELL_ZOOM, PACK_ZOOM, rectangleOf, tileAt, tilesWithin } from "@/ground/tiles";
import { CELL, PACKS } from "./fixtures";
import { chance } from "./synthetic";

const random = chance(9);
const anywhere = () => ({ lon: 73 + random() * 62, lat: 3 + random() * 51 });

describe("the tile that holds a position", () => {
  // Longitude and latitude of the corner, worked out by hand from the definition of the plane.
  test("begins at 180° west and 85.0511° north, and its second row of zoom 1 at the equator", () => {
    expect(tileAt({ lon: -179.99, lat: 84.9 }, 2)).toEqual([2, 0, 0]);
    expect(tileAt({ lon: 0.01, lat: 0.01 }, 1)).toEqual([1, 1, 0]);
    expect(tileAt({ lon: -0.01, lat: -0.01 }, 1)).toEqual([1, 0, 1]);
    expect(tileAt({ lon: 45, lat: 66.5 }, 2)).toEqual([2, 2, 1]);
    expect(tileAt({ lon: 45, lat: 66.6 }, 2)).toEqual([2, 2, 0]);
  });

  test("is a tile at the rims of the plane too", () => {
    expect(tileAt({ lon: 180, lat: 90 }, 9)[1]).toBe(511);
    expect(tileAt({ lon: 180, lat: -90 }, 9)[2]).toBeLessThan(512);
    expect(tileAt({ lon: -180, lat: 90 }, 9)[1]).toBe(0);
    expect(tileAt({ lon: -180, lat: 90 }, 9)[2]).toBeGreaterThanOrEqual(0);
  });

  test.each([CELL_ZOOM, PACK_ZOOM])("covers it at zoom %i", (z) => {
    for (let each = 0; each < 500; each++) {
      const here = anywhere();
      const { west, south, east, north } = rectangleOf(tileAt(here, z));
      expect(west <= here.lon && here.lon < east && south < here.lat && here.lat <= north).toBe(true);
    }
  });

  test("is the one in which the server puts its places", () => {
    for (const pack of PACKS) {
      for (let number = 0; number < pack.size; number++) {
        expect(tileAt({ lon: pack.lon[number] ?? 0, lat: pack.lat[number] ?? 0 }, PACK_ZOOM)).toEqual(pack.tile);
      }
    }
    expect(tileAt({ lon: 113.2644, lat: 23.1291 }, CELL_ZOOM)).toEqual(CELL.tile);
  });
});

describe("the tiles within reach", () => {
  test("are all in which a position so near can lie, nearest first", () => {
    for (let each = 0; each < 60; each++) {
      const here = anywhere();
      const withinM = 10 ** (3 + random() * 2.2);
      const reached = tilesWithin(here, PACK_ZOOM, withinM);
      const names = new Set(reached.map(({ tile }) => String(tile)));
      expect(names.size).toBe(reached.length);
      expect(reached[0]).toEqual({ tile: tileAt(here, PACK_ZOOM), leastM: 0 });
      expect(reached.map(({ leastM }) => leastM)).toEqual(reached.map(({ leastM }) => leastM).sort((a, b) => a - b));
      for (let bearing = 0; bearing < 2 * Math.PI; bearing += 0.05) {
        const degrees = (withinM * 0.9999) / 111_700;
        const lat = here.lat + Math.sin(bearing) * degrees;
        const edge = { lon: here.lon + (Math.cos(bearing) * degrees) / Math.cos((Math.min(here.lat, lat) * Math.PI) / 180), lat };
        const found = reached.find(({ tile }) => String(tile) === String(tileAt(edge, PACK_ZOOM)));
        if (distanceM(here, edge) <= withinM) {
          expect(found).toBeDefined();
          expect(found?.leastM).toBeLessThanOrEqual(distanceM(here, edge));
        }
      }
    }
  });

  test("are few: none whose nearest point is clearly beyond", () => {
    const here = { lon: 113.2644, lat: 23.1291 };
    expect(tilesWithin(here, PACK_ZOOM, 1)).toHaveLength(1);
    expect(tilesWithin(here, PACK_ZOOM, 50_000).length).toBeLessThanOrEqual(9);
    expect(tilesWithin({ lon: 179.99, lat: 0.01 }, PACK_ZOOM, 20_000).every(({ tile }) => tile[1] < 512)).toBe(true);
  });
});
