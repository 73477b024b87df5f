// @vitest-environment node
import { describe, expect, test } from "vitest";
import { state } from "@/ground/hours";
import { codeOf, places, type Places } from "@/ground/places";
import { distanceM, leastM, nearestPoint, type Position } from "@/ground/position";
import { nearest, openFirst, travelMs, type Found, type Hit, type Prospect, type Travel, type Wanted } from "@/ground/ranking";
import { CELL_ZOOM, PACK_ZOOM, rectangleOf, tileAt } from "@/ground/tiles";
import { CALENDAR } from "./cases";
import { ANSWERED, CELL, PACKS } from "./fixtures";
import { AMENITIES, KINDS, chance, documentOf, scattered, type Synthetic } from "./synthetic";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
// Looking at every place takes its time where much else runs.
const PATIENCE_MS = 30_000;
const FRIDAY = "2026-11-20T14:00:00+08:00";
const TIMES = [FRIDAY, "2026-11-20T03:00:00+08:00", "2026-11-21T19:40:00+08:00", "2026-10-01T06:50:00+08:00"].map((at) => Date.parse(at));
const CORNER: Position = { lon: 113.2, lat: 23.24 };

const positionOf = ({ lon, lat }: Synthetic): Position => ({ lon: lon / 100_000, lat: lat / 100_000 });
const drawn = <Value>(from: readonly Value[], random: () => number): Value => from[Math.floor(random() * from.length)] as Value;

/** Some places with dated events, in half hours around Friday afternoon; some disputed, some confirmed lately or not. */
function dated(of: Synthetic[], random: () => number): Synthetic[] {
  const half = Date.parse(FRIDAY) / MINUTE_MS;
  return of.map((each) => {
    const confirmedH = random() < 0.3 ? null : half / 60 - Math.floor(random() * 50 * 24);
    const place = { ...each, confirmedH, ...(random() < 0.15 && { conflictingH: half / 60 }) };
    if (random() > 0.1) return place;
    const from = half + 30 * Math.round((random() - 0.7) * 40);
    const period = [[from, random() < 0.2 ? null : from + 30 * Math.round(1 + random() * 20)]] as const;
    return { ...place, dated: { [drawn(["shut", "extra", "mask"], random)]: period } };
  });
}

function wishes(count: number, random: () => number): Wanted[] {
  const some = <Value>(from: readonly Value[], most: number) =>
    Array.from({ length: Math.floor(random() * (most + 1)) }, () => drawn(from, random));
  return Array.from({ length: count }, () => ({
    here: { lon: CORNER.lon + (random() - 0.5) * 0.6, lat: CORNER.lat + (random() - 0.5) * 0.6 },
    kinds: [...new Set(some(KINDS, 2))],
    amenities: [...new Set(some(AMENITIES, 2))],
    limit: drawn([1, 5, 20], random),
    withinM: drawn([500, 5_000, 50_000], random),
  }));
}

// What the index is held against: every place is looked at, with nothing but the hours and the distance.

type Named = readonly [code: string, distanceM: number];

function fitting(world: readonly Synthetic[], { here, kinds, amenities, withinM }: Wanted): [Synthetic, number][] {
  const offers = (place: Synthetic, wanted: string) =>
    place.amenities.some(([code, held]) => code === wanted && (held === "works" || held === "unknown"));
  return world
    .filter(({ kind }) => !kinds.length || kinds.includes(kind))
    .filter((place) => amenities.every((wanted) => offers(place, wanted)))
    .map((place): [Synthetic, number] => [place, distanceM(here, positionOf(place))])
    .filter(([, metres]) => metres <= withinM)
    .sort(([a, near], [b, far]) => near - far || (a.code < b.code ? -1 : 1));
}

function nearestOfAll(world: readonly Synthetic[], wanted: Wanted, openAt: number | null): Named[] {
  const last = ([{ conflictingH }]: [Synthetic, number]) => (openAt !== null && conflictingH !== undefined ? 1 : 0);
  return fitting(world, wanted)
    .filter(([{ hours, dated }]) => openAt === null || state(hours, openAt, CALENDAR, dated).state === "open")
    .sort((a, b) => last(a) - last(b))
    .map(([{ code }, metres]): Named => [code, metres])
    .slice(0, wanted.limit);
}

const ORDER: readonly Prospect[] = ["open", "conflicting", "unknown", "opens_later", "closed"];

/** Metres with what is added for a place that was not confirmed for thirty days. */
const weighed = ({ confirmedH }: Synthetic, metres: number, now: number): number =>
  metres + (confirmedH !== null && now / HOUR_MS - confirmedH < 30 * 24 ? 0 : 300);

function openFirstOfAll(world: readonly Synthetic[], wanted: Wanted, now: number, speed: number): [string, Prospect][] {
  const prospect = ({ hours, dated, conflictingH }: Synthetic, arrival: number): Prospect => {
    const then = state(hours, arrival, CALENDAR, dated).state;
    if (then === "open" && conflictingH !== undefined) return "conflicting";
    if (then !== "closed") return then;
    // Synthetic places open at full and half hours.
    const half = Math.floor(arrival / (30 * MINUTE_MS)) * 30 * MINUTE_MS;
    for (let later = half; later <= arrival + 24 * HOUR_MS; later += 30 * MINUTE_MS) {
      if (later > arrival && state(hours, later, CALENDAR, dated).state === "open") return "opens_later";
    }
    return "closed";
  };
  return fitting(world, wanted)
    .sort(([a, near], [b, far]) => weighed(a, near, now) - weighed(b, far, now) || (a.code < b.code ? -1 : 1))
    .map(([place, metres]): [string, Prospect] => [place.code, prospect(place, now + (metres / speed) * 1000)])
    .sort(([, a], [, b]) => ORDER.indexOf(a) - ORDER.indexOf(b))
    .slice(0, wanted.limit);
}

const named = ({ hits }: Found<Hit>): Named[] => hits.map(({ places: of, number, distanceM: metres }) => [codeOf(of, number), metres]);

const packOf = (world: readonly Synthetic[]): Places => places(documentOf(world, { tile: tileAt(CORNER, PACK_ZOOM), generatedAt: FRIDAY }));

describe("among the places of one document", () => {
  test.each([0, 1, 17, 64, 65, 1500])("the nearest of %i are those that looking at all of them finds", (size) => {
    const random = chance(size + 1);
    const world = dated(scattered(size, CORNER, 0.2, random), random);
    const index = packOf(world);
    for (const wanted of wishes(40, random)) {
      for (const openAt of [null, ...TIMES]) {
        expect(named(nearest(wanted, openAt, [index]))).toEqual(nearestOfAll(world, wanted, openAt));
      }
    }
  }, PATIENCE_MS);

  // Effective metres a second: 1.3 on foot and 5.5 on an e-bike, on ways three tenths longer than the straight line.
  test.each<[Travel, number]>([["foot", 1], ["ebike", 5.5 / 1.3]])("those open on arrival come first, going by %s", (travel, speed) => {
    const random = chance(77);
    const world = dated(scattered(500, CORNER, 0.2, random), random);
    const index = packOf(world);
    const seen = new Set<Prospect>();
    for (const wanted of wishes(40, random)) {
      for (const now of TIMES) {
        const { hits } = openFirst(wanted, now, travel, [index]);
        for (const { prospect } of hits) seen.add(prospect);
        expect(hits.map(({ number, prospect }) => [codeOf(index, number), prospect])).toEqual(openFirstOfAll(world, wanted, now, speed));
      }
    }
    expect(seen.size).toBe(5);
  }, PATIENCE_MS);

  test("a place that nobody confirmed for a month gives way to one that is 300 m farther away, and to none farther", () => {
    const [one] = scattered(1, CORNER, 0, chance(1)) as [Synthetic];
    const now = Date.parse(FRIDAY);
    const hour = now / HOUR_MS;
    const base: Synthetic = { ...one, hours: [[101, "0000000000000000", [[[0, 1440]]]]], kind: "rest_station" };
    const step = (code: string, metres: number, confirmedH: number | null) => ({ ...base, code, lat: base.lat + Math.round(metres / 1.107), confirmedH });
    const world = [step("00000A", 1000, null), step("00000B", 1280, hour), step("00000C", 1320, hour), step("00000D", 900, hour - 31 * 24)];
    const wanted = { here: CORNER, kinds: [], amenities: [], limit: 4, withinM: 5000 };
    const order = (found: Found<Hit>) => named(found).map(([code]) => code.slice(-1)).join("");
    expect(order(openFirst(wanted, now, "foot", [packOf(world)]))).toBe("DBAC");
    expect(order(nearest(wanted, now, [packOf(world)]))).toBe("DABC");
  });

  test("places at one spot stand in the order of their codes", () => {
    const [place] = scattered(1, CORNER, 0, chance(1)) as [Synthetic];
    const world = ["00000D", "00000B", "00000C", "00000A"].map((code) => ({ ...place, code }));
    const wanted = { here: CORNER, kinds: [], amenities: [], limit: 3, withinM: 1000 };
    expect(named(nearest(wanted, null, [packOf(world)])).map(([code]) => code)).toEqual(["00000A", "00000B", "00000C"]);
  });

  test("an hour on foot is what 1.3 metres a second make of a detour of three tenths", () => {
    expect(travelMs(3600, "foot")).toBeCloseTo(HOUR_MS);
    expect(travelMs(5500, "ebike")).toBeCloseTo(1300 * 1000);
  });
});

describe("over the documents of the server", () => {
  const wanted = (each: (typeof ANSWERED)[number]): Wanted => ({
    here: { lon: each.lon, lat: each.lat },
    kinds: each.kind,
    amenities: each.amenity,
    limit: each.limit,
    withinM: each.within_m,
  });

  /** Both name the same places, but for those at the end of the answer whose rounded positions decide. */
  function agree(phone: readonly Named[], { found, limit, within_m: within }: (typeof ANSWERED)[number]): boolean {
    const alike = (one: number, other: number) => Math.abs(one - other) <= Math.max(3, 0.001 * other);
    const last = found.length === limit ? (found[limit - 1]?.[1] ?? 0) : within;
    const [there, here] = [new Map(found.map(([code, metres]) => [code, metres])), new Map(phone)];
    const differing = [...found, ...phone].filter(([code]) => there.has(code) !== here.has(code));
    return (
      differing.every(([, metres]) => alike(metres, last)) &&
      phone.every(([code, metres], place) => alike(metres, there.get(code) ?? metres) && metres >= (phone[place - 1]?.[1] ?? 0))
    );
  }

  const ask = (each: (typeof ANSWERED)[number], known: readonly Places[]) =>
    nearest(wanted(each), each.open === null ? null : Date.parse(each.open), known);

  test.each(ANSWERED)("the phone answers $lon $lat as the server does", (each) => {
    for (const known of [PACKS, [CELL, ...PACKS], [...PACKS, CELL]]) {
      const found = ask(each, known);
      expect(found.neededWithinM).toBeLessThanOrEqual(found.exactWithinM);
      expect(agree(named(found), each)).toBe(true);
    }
  });

  test("the cell alone answers where it says that it is exact", () => {
    const exact = ANSWERED.filter((each) => {
      const { exactWithinM, neededWithinM } = ask(each, [CELL]);
      return neededWithinM <= exactWithinM;
    });
    expect(exact.length).toBeGreaterThan(10);
    for (const each of exact) expect(agree(named(ask(each, [CELL])), each)).toBe(true);
  });

  test("leaving out a pack is told, and would be seen", () => {
    const [small, ...rest] = [...PACKS].sort((a, b) => b.size - a.size);
    expect(small).toBeDefined();
    const partly = ANSWERED.map((each) => [each, ask(each, rest)] as const);
    const wrong = partly.filter(([each, found]) => !agree(named(found), each));
    expect(wrong.length).toBeGreaterThan(10);
    for (const [, { exactWithinM, neededWithinM }] of wrong) expect(neededWithinM).toBeGreaterThan(exactWithinM);
  });
});

describe("what is known of the world", () => {
  const random = chance(4242);
  const world = dated(scattered(1200, CORNER, 0.45, random), random);
  const tileOf = (place: Synthetic) => tileAt(positionOf(place), PACK_ZOOM);
  const tiles = new Map(world.map((place) => [String(tileOf(place)), tileOf(place)]));
  const packs = [...tiles].map(([name, tile]) =>
    places(documentOf(world.filter((place) => String(tileOf(place)) === name), { tile, generatedAt: FRIDAY })),
  );

  /** The cell as a server draws it: everything inside, and the nearest outside until there are a hundred. */
  function cellAt(here: Position): Places {
    const tile = tileAt(here, CELL_ZOOM);
    const rectangle = rectangleOf(tile);
    const away = (place: Synthetic) => distanceM(positionOf(place), nearestPoint(positionOf(place), rectangle));
    const outward = world.map((place) => ({ place, metres: away(place) })).sort((a, b) => a.metres - b.metres);
    const listed = outward.slice(0, 100).map(({ place }) => place);
    const complete = Math.min(...outward.slice(100).map(({ place }) => leastM(positionOf(place), rectangle)));
    return places(documentOf(listed, { tile, generatedAt: FRIDAY, completeWithinM: Math.floor(complete) }));
  }

  test("decides whether an answer is exact, and then it is", () => {
    const told = { exact: 0, open: 0 };
    for (const wanted of wishes(150, random)) {
      const some = packs.filter(() => random() < 0.7);
      // The cell may be one that the rider has left since.
      const left = { lon: wanted.here.lon + (random() - 0.5) * 0.1, lat: wanted.here.lat };
      const known = [...some, cellAt(random() < 0.5 ? wanted.here : left)];
      const at = drawn(TIMES, random);
      const strict = nearest(wanted, at, known);
      if (strict.neededWithinM <= strict.exactWithinM) {
        told.exact++;
        expect(named(strict)).toEqual(nearestOfAll(world, wanted, at));
      }
      const first = openFirst(wanted, at, "ebike", known);
      if (first.neededWithinM <= first.exactWithinM) {
        told.open++;
        expect(first.hits.map(({ places: of, number, prospect }) => [codeOf(of, number), prospect])).toEqual(
          openFirstOfAll(world, wanted, at, 5.5 / 1.3),
        );
      }
    }
    for (const each of Object.values(told)) {
      expect(each).toBeGreaterThan(40);
      expect(each).toBeLessThan(140);
    }
  }, PATIENCE_MS);

  test("must reach as far as the last place weighs: beyond it a confirmed one may come first", () => {
    const tile = tileAt(CORNER, CELL_ZOOM);
    const [one] = scattered(1, CORNER, 0, chance(1)) as [Synthetic];
    const south = (metres: number, confirmedH: number | null): Synthetic => ({
      ...one,
      hours: [[101, "0000000000000000", [[[0, 1440]]]]],
      lat: one.lat - Math.round(metres / 1.107),
      confirmedH,
    });
    const wanted = { here: CORNER, kinds: [], amenities: [], limit: 1, withinM: 5000 };
    const needed = (confirmedH: number | null) => {
      const cell = places(documentOf([south(900, confirmedH)], { tile, generatedAt: FRIDAY, completeWithinM: 1000 }));
      const { neededWithinM, exactWithinM } = openFirst(wanted, Date.parse(FRIDAY), "foot", [cell]);
      return { weighed: Math.round(neededWithinM / 100) * 100, isExact: neededWithinM <= exactWithinM };
    };
    expect(needed(null)).toEqual({ weighed: 1200, isExact: false });
    expect(needed(Date.parse(FRIDAY) / HOUR_MS)).toEqual({ weighed: 900, isExact: true });
  });

  test("of a cell that the rider has left reaches less far by the way gone", () => {
    const tile = tileAt(CORNER, CELL_ZOOM);
    const cell = places(documentOf([], { tile, generatedAt: FRIDAY, completeWithinM: 3000 }));
    const { east } = rectangleOf(tile);
    const edge = { lon: east, lat: CORNER.lat };
    const exact = (here: Position) => nearest({ here, kinds: [], amenities: [], limit: 20, withinM: 50_000 }, null, [cell]).exactWithinM;
    const gone = { ...edge, lon: east + 0.02 };
    expect(exact(CORNER)).toBe(3000);
    expect(exact(edge)).toBeCloseTo(3000);
    expect(exact(gone)).toBeCloseTo(3000 - distanceM(edge, gone));
    expect(exact({ ...edge, lon: east + 0.04 })).toBe(0);
  });

  test("is nothing without documents", () => {
    const wanted = { here: CORNER, kinds: [], amenities: [], limit: 20, withinM: 5000 };
    expect(nearest(wanted, null, [])).toEqual({ hits: [], exactWithinM: 0, neededWithinM: 5000 });
  });
});

describe("of two documents the fresher one", () => {
  const [LATER, EARLIER] = ["2026-11-20T14:00:00+08:00", "2026-11-20T13:00:00+08:00"];
  const cell = { tile: tileAt(CORNER, CELL_ZOOM), completeWithinM: 3000 };
  const pack = { tile: tileAt(CORNER, PACK_ZOOM) };
  const [first] = scattered(1, CORNER, 0, chance(3)) as [Synthetic];
  const here: Synthetic = { ...first, code: "00000A", kind: "rest_station", hours: null, amenities: [["toilet", "works"]] };
  const moved = { ...here, lat: here.lat - 200 };
  const far: Synthetic = { ...here, code: "00000B", lat: here.lat - 8000 };
  const wanted: Wanted = { here: CORNER, kinds: [], amenities: [], limit: 20, withinM: 20_000 };
  const codes = (...known: Places[]) => named(nearest(wanted, null, known)).map(([code]) => code);

  test("takes away what has gone, as far as it lists every place", () => {
    const older = places(documentOf([here, far], { ...pack, generatedAt: EARLIER }));
    expect(codes(places(documentOf([], { ...cell, generatedAt: LATER })), older)).toEqual(["00000B"]);
    expect(codes(older, places(documentOf([], { ...cell, generatedAt: LATER })))).toEqual(["00000B"]);
  });

  test("is the pack where the pack is the fresher", () => {
    const older = places(documentOf([here, far], { ...cell, generatedAt: EARLIER }));
    expect(codes(older, places(documentOf([far], { ...pack, generatedAt: LATER })))).toEqual(["00000B"]);
  });

  test("says what works now", () => {
    const broken: Synthetic = { ...here, amenities: [["toilet", "broken"]] };
    const older = places(documentOf([here], { ...pack, generatedAt: EARLIER }));
    const fresher = places(documentOf([broken], { ...cell, generatedAt: LATER }));
    expect(named(nearest({ ...wanted, amenities: ["toilet"] }, null, [older, fresher]))).toEqual([]);
    expect(named(nearest({ ...wanted, amenities: ["toilet"] }, null, [older]))).toHaveLength(1);
  });

  test("says where a place is now, and it is named once", () => {
    const older = places(documentOf([here, far], { ...pack, generatedAt: EARLIER }));
    const fresher = places(documentOf([moved, far], { ...cell, generatedAt: LATER }));
    const found = nearest(wanted, null, [older, fresher]).hits;
    expect(found.map(({ places: of, number }) => [of, codeOf(of, number)])).toEqual([
      [fresher, "00000A"],
      [fresher, "00000B"],
    ]);
  });
});
