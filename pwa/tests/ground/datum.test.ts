// @vitest-environment node
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { fromWgs84, insideChina, toWgs84, type Datum } from "@/ground/datum";
import * as outlines from "@/ground/outline";
import { distanceM, type Position } from "@/ground/position";
import { cases } from "./cases";
import { chance } from "./synthetic";

type Pair = readonly [lon: number, lat: number];
type Converted = Readonly<Record<Datum, Pair>> & { readonly name?: string };

const VECTORS = cases("coordinates") as {
  readonly shifted: readonly Converted[];
  readonly strip: readonly Converted[];
  readonly unshifted: readonly { readonly name: string; readonly wgs84: Pair; readonly inside_china: boolean }[];
};
const AGREEMENT = 1e-8;
const DATUMS = ["wgs84", "gcj02", "bd09"] as const;
const at = ([lon, lat]: Pair): Position => ({ lon, lat });

const apart = (a: Position, [lon, lat]: Pair): number => Math.max(Math.abs(a.lon - lon), Math.abs(a.lat - lat));

describe("golden vectors", () => {
  test.each([...VECTORS.shifted, ...VECTORS.strip])("$wgs84 $name in both datums and back", (vector) => {
    for (const datum of DATUMS) {
      expect(apart(fromWgs84(at(vector.wgs84), datum), vector[datum])).toBeLessThan(AGREEMENT);
      expect(apart(toWgs84(at(vector[datum]), datum), vector.wgs84)).toBeLessThan(AGREEMENT);
    }
  });

  test.each(VECTORS.shifted)("$name is in China", ({ wgs84 }) => {
    expect(insideChina(at(wgs84))).toBe(true);
  });

  test.each(VECTORS.unshifted)("$name is not shifted", ({ wgs84, inside_china: inside }) => {
    for (const datum of DATUMS) {
      expect(fromWgs84(at(wgs84), datum)).toEqual(at(wgs84));
      expect(toWgs84(at(wgs84), datum)).toEqual(at(wgs84));
    }
    expect(insideChina(at(wgs84))).toBe(inside);
  });
});

test.each(["MAINLAND", "XISHA", "TAIWAN"] as const)("%s is the server's outline, corner by corner", (name) => {
  const path = fileURLToPath(new URL("../../../server/xiejiao/coordinates.py", import.meta.url).href);
  const written = new RegExp(`^${name} = "+([^"]+)"`, "m").exec(readFileSync(path, "utf-8"))?.[1] ?? "";
  const corners = written.trim().split(/\s+/).map((corner) => corner.split(",").map(Number));
  const [sum, ring] = [[0, 0], outlines[name]];
  const walked = Array.from({ length: ring.length / 2 }, (_, place) =>
    [0, 1].map((axis) => (sum[axis] = (sum[axis] ?? 0) + (ring[2 * place + axis] ?? NaN))),
  );
  expect(corners.length).toBeGreaterThan(3);
  expect(walked).toEqual(corners);
});

test("there and back again is within a centimetre, even across the border", () => {
  const random = chance(20);
  const corners: Position[] = [];
  let [lon, lat] = [0, 0];
  for (let place = 0; place < outlines.MAINLAND.length; place += 2) {
    lon += outlines.MAINLAND[place] ?? 0;
    lat += outlines.MAINLAND[place + 1] ?? 0;
    corners.push({ lon: lon / 100 + (random() - 0.5) * 0.12, lat: lat / 100 + (random() - 0.5) * 0.12 });
  }
  for (const position of corners) {
    for (const datum of DATUMS) {
      expect(distanceM(toWgs84(fromWgs84(position, datum), datum), position)).toBeLessThan(0.01);
      expect(distanceM(fromWgs84(toWgs84(position, datum), datum), position)).toBeLessThan(0.01);
    }
  }
});
