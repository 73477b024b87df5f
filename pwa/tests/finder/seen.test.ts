// @vitest-environment node
/** Where positions are drawn on a base map in GCJ-02, by the golden vectors. */
import { describe, expect, test } from "vitest";
import { meant, shownAt } from "@/features/finder/map/seen";
import { distanceM } from "@/ground/position";
import { cases } from "../ground/cases";

type Pair = readonly [lon: number, lat: number];
const VECTORS = cases("coordinates") as { readonly shifted: readonly { readonly name?: string; readonly wgs84: Pair; readonly gcj02: Pair }[] };

describe("on a base map in GCJ-02", () => {
  test.each(VECTORS.shifted)("$name is drawn where the map has it, and a point there means it", ({ wgs84, gcj02 }) => {
    const position = { lon: wgs84[0], lat: wgs84[1] };
    const point = { lon: gcj02[0], lat: gcj02[1] };
    expect(distanceM(shownAt(position, "gcj02"), point)).toBeLessThan(0.01);
    expect(distanceM(meant(point, "gcj02"), position)).toBeLessThan(0.01);
    expect(distanceM(shownAt(position, "gcj02"), position)).toBeGreaterThan(50);
  });

  test("without a shift a position is drawn where it is", () => {
    const position = { lon: 116.12, lat: 24.3 };
    expect(shownAt(position, "wgs84")).toEqual(position);
    expect(meant(position, "wgs84")).toEqual(position);
  });
});
