// @vitest-environment node
import { describe, expect, test } from "vitest";
import { BRANCHES, type Level } from "@/ground/facets";
import type { Compiled } from "@/ground/hours";
import { codeOf, covers, numberOf, place, places, UnreadableError, type Places } from "@/ground/places";
import { CELL, PACKS, cellDocument } from "./fixtures";
import { AMENITIES, chance, documentOf, scattered, type Synthetic } from "./synthetic";

const HEAD = { tile: [9, 417, 222], generatedAt: "2026-11-20T14:00:00+08:00" } as const;
const DAILY: Compiled = [[101, "0000000000000000", [[[480, 1200]]]]];
const PLAIN: Synthetic = {
  code: "0A1B2C",
  name: "梅江桥头驿站",
  address: "江南路 1 号",
  kind: "rest_station",
  organisation: "梅江区总工会",
  lon: 11_612_000,
  lat: 2_430_000,
  hours: DAILY,
  access: [["open_door", DAILY], ["key", null]],
  amenities: [["microwave", "broken", 494_000], ["toilet", "unknown"], ["seats", "works"], ["wifi", "empty", 494_001]],
  confirmedH: 494_010,
  conflictingH: 494_012,
};

const read = (...of: Synthetic[]): Places => places(documentOf(of, HEAD));

function unreadable(document: unknown): string {
  try {
    places(document);
  } catch (error) {
    if (error instanceof UnreadableError) return error.reason;
    throw error;
  }
  return "read";
}

describe("a document of the server", () => {
  test("says what it is", () => {
    expect(CELL.tile).toEqual([14, 13346, 7109]);
    expect(CELL.completeWithinM).toBe(23_816);
    expect(CELL.generatedAt).toBe(Date.parse("2026-11-20T14:00:00+08:00"));
    expect(CELL.size).toBe(100);
    expect(PACKS.map(({ size }) => size).sort((a, b) => a - b)).toEqual([1, 3, 64, 101]);
    expect(PACKS.every(({ completeWithinM }) => completeWithinM === 0)).toBe(true);
  });

  test("tells every place in full", () => {
    for (const each of [CELL, ...PACKS]) {
      for (let number = 0; number < each.size; number++) {
        const { code, name, kind, organisation, position, amenities, access, demo, hours } = place(each, number);
        expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{6}$/);
        expect(numberOf(each, code)).toBe(number);
        for (const text of [name, kind, organisation]) expect(text).not.toBe("");
        expect(position.lon).toBeGreaterThan(112);
        expect(position.lat).toBeGreaterThan(22);
        expect(amenities.every((amenity) => AMENITIES.includes(amenity.code) || amenity.code)).toBe(true);
        expect(access.length).toBeGreaterThan(0);
        expect(hours === null).toBe(access.every((way) => way.hours === null));
        expect(demo).toBe(true);
      }
    }
  });

  test("tells of the same place alike in the cell and in its pack", () => {
    let shared = 0;
    for (const pack of PACKS) {
      for (let number = 0; number < pack.size; number++) {
        const there = numberOf(CELL, codeOf(pack, number));
        if (there < 0) continue;
        shared++;
        expect(place(CELL, there)).toEqual(place(pack, number));
      }
    }
    expect(shared).toBeGreaterThan(50);
  });
});

describe("a place", () => {
  test("has everything that its document says", () => {
    const dated = { shut: [[29_000_000, null]] } as const;
    const [first, second] = [PLAIN, { ...PLAIN, code: "ZZZZZZ", lon: 11_613_000, notice: "装修", dated, hours: null }];
    const index = read(first, second);
    expect(place(index, numberOf(index, "0A1B2C"))).toEqual({
      code: "0A1B2C",
      name: "梅江桥头驿站",
      kind: "rest_station",
      organisation: "梅江区总工会",
      address: "江南路 1 号",
      position: { lon: 116.12, lat: 24.3 },
      accuracyM: null,
      hours: DAILY,
      access: [
        { mode: "open_door", hours: DAILY },
        { mode: "key", hours: null },
      ],
      amenities: [
        { code: "microwave", state: "broken", since: 494_000 * 3_600_000 },
        { code: "toilet", state: "unknown", since: null },
        { code: "seats", state: "works", since: null },
        { code: "wifi", state: "empty", since: 494_001 * 3_600_000 },
      ],
      dated: {},
      calendar: index.calendar,
      confirmedAt: 494_010 * 3_600_000,
      conflictingSince: 494_012 * 3_600_000,
      host: null,
      phone: null,
      notice: null,
      brands: [],
      demo: false,
    });
    expect(place(index, numberOf(index, "ZZZZZZ"))).toMatchObject({ notice: "装修", dated, hours: null });
  });

  test("keeps its amenities apart also beyond the letter before the backslash", () => {
    const codes = Array.from({ length: 70 }, (_, number) => `amenity_${String(number)}`);
    const marks = ["works", "unknown", "broken", "empty"] as const;
    const amenities = codes.map((code, number) => [code, marks[number % 4] ?? "works"] as const);
    expect(place(read({ ...PLAIN, amenities }), 0).amenities).toEqual(
      amenities.map(([code, state]) => ({ code, state, since: null })),
    );
  });

  test("is found by its code and by nothing that only looks like one", () => {
    const index = read({ ...PLAIN, code: "AAB0AA" }, { ...PLAIN, code: "B0AAB0", lon: PLAIN.lon + 1 });
    for (const code of ["AAB0AA", "B0AAB0"]) expect(codeOf(index, numberOf(index, code))).toBe(code);
    // Stands across two codes, or within one.
    for (const code of ["0AAB0A", "AB0AAB", "ZZZZZZ"]) expect(numberOf(index, code)).toBe(-1);
  });
});

describe("the levels of an index", () => {
  const sizes = [0, 1, BRANCHES - 1, BRANCHES, BRANCHES + 1, BRANCHES ** 2 + 1];

  test.each(sizes)("hold all of %i places beneath one node", (size) => {
    const { top } = places(documentOf(scattered(size, { lon: 113, lat: 23 }, 0.3, chance(size)), HEAD));
    expect(top.west.length).toBe(Math.min(size, 1));
    let above: Level = top;
    for (; above.beneath; above = above.beneath) expect(leftOut(above, above.beneath)).toEqual([]);
    expect(above.west.length).toBe(size);
  });

  /** What lies beneath a node and not in it. */
  function leftOut(above: Level, beneath: Level): number[] {
    return Array.from({ length: beneath.west.length }, (_, number) => number).filter((number) => {
      const node = Math.floor(number / BRANCHES);
      const inside = ([["west", 1], ["south", 1], ["east", -1], ["north", -1]] as const).every(
        ([name, sign]) => sign * (above[name][node] ?? NaN) <= sign * (beneath[name][number] ?? NaN),
      );
      const { words } = beneath;
      const held = (level: Level, at: number) => [...level.facets.subarray(at * words, (at + 1) * words)];
      const facets = held(above, node);
      return !inside || held(beneath, number).some((word, place) => word & ~(facets[place] ?? 0));
    });
  }
});

describe("what a document covers", () => {
  test("of a pack is its tile, and of a cell that and the metres around it", () => {
    const { west, south, east, north } = CELL.rectangle;
    const middle = { lon: (west + east) / 2, lat: (south + north) / 2 };
    const beside = { lon: west - 0.05, lat: middle.lat };
    const pack = { ...CELL, completeWithinM: 0 };
    expect([covers(CELL, middle), covers(pack, middle)]).toEqual([true, true]);
    expect([covers(CELL, beside), covers(pack, beside)]).toEqual([true, false]);
    expect(covers(CELL, { lon: west - 0.3, lat: middle.lat })).toBe(false);
    // Positions are rounded: within a metre of the edge nobody can tell.
    expect(covers(pack, { lon: west + 0.000_005, lat: middle.lat })).toBe(false);
  });
});

describe("a document that cannot be read", () => {
  test("of another format says whether it is older or newer", () => {
    expect(unreadable({ ...cellDocument(), format: 0 })).toBe("older");
    expect(unreadable({ ...cellDocument(), format: 2 })).toBe("newer");
    expect(unreadable(cellDocument())).toBe("read");
  });

  test.each([null, undefined, 7, "", [], {}, { format: "1" }, { format: 1 }])("%j is broken", (document) => {
    expect(unreadable(document)).toBe("broken");
  });

  test.each(["generated_at", "tile", "calendar", "kinds", "amenities", "hours", "columns", "sparse"])("without %s is broken", (member) => {
    expect(unreadable({ ...cellDocument(), [member]: undefined })).toBe("broken");
  });

  test.each(["code", "kind", "organisation", "access", "hours", "lon", "lat", "name", "address", "amenities", "confirmed_h"])("with a part of column %s is broken", (name) => {
    const columns = cellDocument().columns as Record<string, string | unknown[]>;
    const column = columns[name] ?? "";
    expect(unreadable({ ...cellDocument(), columns: { ...columns, [name]: column.slice(0, column.length / 2) } })).toBe("broken");
    expect(unreadable({ ...cellDocument(), columns: { ...columns, [name]: undefined } })).toBe("broken");
  });
});
