/** A poster's key counts for an hour, for its own place. */

import { beforeEach, expect, it, vi } from "vitest";

const HOUR_MS = 3_600_000;
const NOW = Date.parse("2026-11-20T14:00:00+08:00");

/** The module as a page that was just loaded has it. */
async function fresh(): Promise<typeof import("@/offline/posterKey")> {
  vi.resetModules();
  return import("@/offline/posterKey");
}

beforeEach(() => {
  sessionStorage.clear();
});

it("holds for an hour, of its place alone, also once the page is loaded anew", async () => {
  (await fresh()).holdPosterKey("8R1DNJ", "key", NOW);
  const { posterKeyOf } = await fresh();
  expect(posterKeyOf("8R1DNJ", NOW + HOUR_MS - 1)).toBe("key");
  expect(posterKeyOf("8R1DNJ", NOW + HOUR_MS)).toBeNull();
  expect(posterKeyOf("00JR0X", NOW)).toBeNull();
});

it("gives way to the key of the poster that is scanned next", async () => {
  const { holdPosterKey, posterKeyOf } = await fresh();
  holdPosterKey("8R1DNJ", "key", NOW);
  holdPosterKey("00JR0X", "other", NOW);
  expect([posterKeyOf("8R1DNJ", NOW), posterKeyOf("00JR0X", NOW)]).toEqual([null, "other"]);
});

it("reads nothing out of what is no key", async () => {
  sessionStorage.setItem("xiejiao.poster", "{");
  expect((await fresh()).posterKeyOf("8R1DNJ", NOW)).toBeNull();
});
