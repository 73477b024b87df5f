// @vitest-environment node
import { describe, expect, test } from "vitest";
import { type MapApp, link } from "@/ground/handover";
import { cases } from "./cases";

type Pair = readonly [lon: number, lat: number];
interface Known {
  readonly name: string;
  readonly wgs84: Pair;
  readonly gcj02: Pair;
  readonly bd09: Pair;
}

const { shifted, unshifted } = cases("coordinates") as {
  readonly shifted: readonly Known[];
  readonly unshifted: readonly { readonly name: string; readonly wgs84: Pair }[];
};
const DATUM: Readonly<Record<MapApp, "wgs84" | "gcj02" | "bd09">> = {
  amap: "gcj02",
  baidu: "bd09",
  tencent: "gcj02",
  apple: "gcj02",
  system: "wgs84",
};
const APPS = Object.keys(DATUM) as MapApp[];

/** The position that a link hands over, read as its app reads it. */
function handed(app: MapApp, href: string): Pair {
  const { searchParams, pathname } = new URL(href);
  const text = {
    amap: () => searchParams.get("to"),
    baidu: () => searchParams.get("location"),
    tencent: () => searchParams.get("tocoord"),
    apple: () => searchParams.get("daddr"),
    system: () => pathname,
  }[app]();
  const [first = NaN, second = NaN] = (text ?? "").split(",").map(Number);
  return app === "amap" ? [first, second] : [second, first];
}

describe.each(APPS)("%s", (app) => {
  test.each(shifted)("gets $name in its own datum", (known) => {
    const [lon, lat] = handed(app, link(app, known.name, { lon: known.wgs84[0], lat: known.wgs84[1] }, "foot"));
    const [wantedLon, wantedLat] = known[DATUM[app]];
    expect(Math.abs(lon - wantedLon)).toBeLessThan(1e-6);
    expect(Math.abs(lat - wantedLat)).toBeLessThan(1e-6);
  });

  test.each(unshifted)("gets $name, which no map shifts, as it is", ({ name, wgs84: [lon, lat] }) => {
    const got = handed(app, link(app, name, { lon, lat }, "ebike"));
    expect(Math.abs(got[0] - lon)).toBeLessThan(1e-6);
    expect(Math.abs(got[1] - lat)).toBeLessThan(1e-6);
  });

  test("keeps a name from being read as part of the link", () => {
    const href = link(app, "驿站(东),|:&to=0,0#", { lon: 116.12, lat: 24.3 }, "foot");
    expect(handed(app, href)).toEqual(handed(app, link(app, "x", { lon: 116.12, lat: 24.3 }, "foot")));
    expect(new URL(href).hash).toBe("");
  });
});
