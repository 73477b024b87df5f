// @vitest-environment node
import { describe, expect, test } from "vitest";
import { distanceM, leastM, type Position } from "@/ground/position";
import { cases } from "./cases";
import { chance } from "./synthetic";

type Pair = readonly [lon: number, lat: number];
const { distances } = cases("coordinates") as { distances: { name: string; a: Pair; b: Pair; geodesic_m: number }[] };
const at = ([lon, lat]: Pair): Position => ({ lon, lat });

test.each(distances)("$name is as far as the geodesic to a thousandth", ({ a, b, geodesic_m: geodesic }) => {
  expect(Math.abs(distanceM(at(a), at(b)) / geodesic - 1)).toBeLessThan(0.001);
  expect(distanceM(at(b), at(a))).toBe(distanceM(at(a), at(b)));
});

test("nothing is no distance, and the short way leads over the date line", () => {
  expect(distanceM(at([116, 24]), at([116, 24]))).toBe(0);
  expect(Math.abs(distanceM(at([179.9, 0]), at([-179.9, 0])) / 22_264 - 1)).toBeLessThan(0.001);
});

describe("the least distance to a rectangle", () => {
  const random = chance(5);
  const drawn = Array.from({ length: 400 }, () => {
    const [lon, lat] = [73 + random() * 60, 4 + random() * 49];
    const side = 10 ** (random() * 4 - 3);
    const rectangle = { west: lon, south: lat, east: lon + side, north: lat + side * random() };
    const away = () => (random() - 0.5) * 3 * side;
    return { rectangle, here: { lon: lon + side / 2 + away(), lat: lat + side / 2 + away() }, side };
  });

  test("is never more than the distance to one of its points, and little less than the nearest", () => {
    for (const { rectangle, here } of drawn) {
      const { west, south, east, north } = rectangle;
      let nearest = Infinity;
      for (let step = 0; step <= 40; step++) {
        const lon = west + ((east - west) * step) / 40;
        const lat = south + ((north - south) * step) / 40;
        for (const point of [[lon, south], [lon, north], [west, lat], [east, lat]] as const) {
          nearest = Math.min(nearest, distanceM(here, at(point)));
        }
      }
      const least = leastM(here, rectangle);
      expect(least).toBeLessThanOrEqual(nearest);
      const inside = here.lon >= west && here.lon <= east && here.lat >= south && here.lat <= north;
      if (inside) expect(least).toBe(0);
      // Within a degree the cosine changes little; the rest is the grain of the points tried.
      else if (rectangle.east - west < 0.5) expect(least).toBeGreaterThan(0.9 * nearest - 0.03 * distanceM(at([west, south]), at([east, north])));
    }
  });
});
