/** What the map shows of the places around Guangzhou, as the server drew them: each once, as the rider's filters want. */
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type EffectScope, effectScope, nextTick, ref, shallowRef } from "vue";
import type { View } from "@/features/finder/map/drawing";
import type { Mark } from "@/features/finder/map/marks";
import { useMapped } from "@/features/finder/useMapped";
import { onMap } from "@/locales/map";
import { here } from "@/offline/here";
import { fetching } from "@/offline/nearby";
import { preferences } from "@/offline/preferences";
import cell from "../fixtures/cell-14-13346-7109.json";
import pack from "../fixtures/pack-9-417-222.json";

const SERVED: Readonly<Record<string, unknown>> = {
  "/api/v1/cells/14/13346/7109": cell,
  "/api/v1/packs/9/417/222": pack,
  "/api/v1/divisions": {
    divisions: [{ name: "广东省广州市越秀区", pinyin: "yuexiu", initials: "yx", lon: 113.26, lat: 23.13, sites: 3 }],
  },
};
const MIDDLE = { lon: 113.255, lat: 23.135 };
const around = (zoom: number, degrees: number): View => ({
  zoom,
  centre: MIDDLE,
  bounds: { west: MIDDLE.lon - degrees, south: MIDDLE.lat - degrees, east: MIDDLE.lon + degrees, north: MIDDLE.lat + degrees },
});
const FROM_AFAR = around(6, 5);
const CITY = around(11, 0.2);
const STREETS = around(18, 0.2);

const view = shallowRef<View | null>(null);
const chosen = ref<string | null>(null);
let scope: EffectScope;
let mapped: ReturnType<typeof useMapped>;

beforeAll(async () => {
  vi.stubGlobal("fetch", (path: string) => Promise.resolve(path in SERVED ? Response.json(SERVED[path]) : new Response("", { status: 404 })));
  vi.useFakeTimers({ now: Date.parse("2026-11-20T14:00:00+08:00"), toFake: ["Date"] });
  here.value = { position: MIDDLE, accuracyM: 20, name: null };
  scope = effectScope();
  scope.run(() => {
    mapped = useMapped(view, () => chosen.value);
  });
  await mapped.bringDivisions();
  await vi.waitFor(() => {
    expect(fetching.value).toBe(false);
    expect(mapped.hits.value.length).toBeGreaterThan(0);
  });
});
afterAll(() => {
  scope.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});
beforeEach(() => {
  preferences.openOnArrival = false;
  chosen.value = null;
  view.value = CITY;
});

/** How many places the marks stand for. */
const counted = (marks: readonly Mark[]): number =>
  marks.reduce((sum, mark) => sum + (mark.kind === "cluster" ? mark.count : mark.kind === "place" ? 1 : 0), 0);

function inView({ bounds }: View): number {
  return mapped.hits.value.filter(({ places, number }) => {
    const [lon, lat] = [places.lon[number] ?? 0, places.lat[number] ?? 0];
    return lon >= bounds.west && lon <= bounds.east && lat >= bounds.south && lat <= bounds.north;
  }).length;
}

test("near by, every place stands for itself; farther off, places stand together and none is lost", () => {
  view.value = STREETS;
  const places = inView(STREETS);
  expect(places).toBeGreaterThan(20);
  expect(mapped.marks.value.every((mark) => mark.kind === "place")).toBe(true);
  expect(counted(mapped.marks.value)).toBe(places);
  view.value = around(CITY.zoom, 9);
  expect(mapped.marks.value.some((mark) => mark.kind === "cluster")).toBe(true);
  expect(counted(mapped.marks.value)).toBe(mapped.hits.value.length);
});

test("a tap on a cluster goes to where it falls apart", () => {
  const cluster = mapped.marks.value.find((mark) => mark.kind === "cluster");
  expect(mapped.zoomOf(cluster?.key ?? "")).toBeGreaterThan(CITY.zoom);
  expect(mapped.zoomOf("000000")).toBeNull();
});

test("the filter of the list holds here: only what will be open", () => {
  view.value = STREETS;
  const all = counted(mapped.marks.value);
  preferences.openOnArrival = true;
  const open = mapped.marks.value;
  expect(counted(open)).toBeGreaterThan(0);
  expect(counted(open)).toBeLessThan(all);
  expect(open.every((mark) => mark.kind === "place" && (mark.tone === "good" || mark.tone === "warn"))).toBe(true);
  view.value = CITY;
  const clusters = mapped.marks.value.filter((mark) => mark.kind === "cluster");
  expect(clusters.length).toBeGreaterThan(0);
  expect(clusters.every(({ open: counts, count }) => counts === count)).toBe(true);
});

test("the chosen place leaves its cluster, stands once, and is told in full", async () => {
  view.value = STREETS;
  const places = counted(mapped.marks.value);
  chosen.value = mapped.marks.value[0]?.key ?? null;
  await vi.waitFor(() => {
    expect(mapped.card.value?.code).toBe(chosen.value);
  });
  expect(mapped.marks.value.filter((mark) => mark.key === chosen.value)).toMatchObject([{ chosen: true }]);
  expect(counted(mapped.marks.value)).toBe(places);
  expect(mapped.card.value?.way?.metres).toBeGreaterThan(0);
});

test("a chosen place that is not there is said, and only as long as it is chosen", async () => {
  chosen.value = "ZZZZZZ";
  await vi.waitFor(() => {
    expect(mapped.note.value).toBe(onMap.value.noPlace);
  });
  chosen.value = null;
  await vi.waitFor(() => {
    expect(mapped.note.value).toBeNull();
  });
});

test("a place that turns out to be missing late leaves the one chosen since", async () => {
  view.value = STREETS;
  chosen.value = "ZZZZZZ";
  await nextTick();
  const since = mapped.marks.value.find((mark) => mark.kind === "place")?.key ?? "";
  chosen.value = since;
  await vi.waitFor(() => {
    expect(mapped.card.value?.code).toBe(since);
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(mapped.card.value?.code).toBe(since);
  expect(mapped.note.value).toBeNull();
});

test("from afar there are names of divisions, and a name leads to its division", () => {
  view.value = FROM_AFAR;
  expect(mapped.marks.value).toMatchObject([{ kind: "division", name: "越秀区", label: "广东省广州市越秀区，3 处站点" }]);
  expect(mapped.division(mapped.marks.value[0]?.key ?? "")).toMatchObject({ lon: 113.26, lat: 23.13 });
});
