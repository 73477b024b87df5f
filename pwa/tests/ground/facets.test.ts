// @vitest-environment node
import { expect, test } from "vitest";
import { hoursFacets, likelyBits, openAtBits } from "@/ground/facets";
import { state, type Compiled } from "@/ground/hours";
import { CALENDAR, cases } from "./cases";
import { chance } from "./synthetic";

const MINUTE_MS = 60_000;
const TEXTS: Readonly<Record<string, Compiled | null>> = {
  ...(cases("hours_compiled") as Record<string, Compiled>),
  "not known": null,
  // Closed but for the nights of days off, of which nothing more is known.
  "PH 22:00-06:00 unknown": [[101, "0000000111111100", [[], [[1320, 1800, "unknown"]]]]],
  "Mo-Su 16:10-16:40": [[101, "0000000000000000", [[[970, 1000]]]]],
};

/** Minutes of the days around a make-up Sunday, National Day and a New Year that is not announced beyond. */
const MINUTES = ["2026-09-19", "2026-09-30", "2026-10-07", "2026-12-31"].flatMap((on) =>
  Array.from({ length: 3 * 24 * 12 }, (_, place) => Date.parse(`${on}T00:00+08:00`) + place * 5 * MINUTE_MS),
);

test.each(Object.entries(TEXTS))("no minute at which %s is open is missing from its bits", (_, compiled) => {
  const bits = hoursFacets(compiled);
  const missing = MINUTES.filter((at) => state(compiled, at, CALENDAR).state === "open" && !(bits & openAtBits(at)));
  expect(missing).toEqual([]);
});

test.each(Object.entries(TEXTS))("no stretch in which %s is open or not known is missing from its bits", (_, compiled) => {
  const bits = hoursFacets(compiled);
  const random = chance(8);
  const missing = MINUTES.filter((at) => {
    if (state(compiled, at, CALENDAR).state === "closed") return false;
    const from = at - Math.floor(random() ** 3 * 48 * 60) * MINUTE_MS;
    const until = at + Math.floor(random() ** 3 * 48 * 60) * MINUTE_MS;
    return [likelyBits(at, at, CALENDAR), likelyBits(from, until, CALENDAR)].some((asked) => !(bits & asked));
  });
  expect(missing).toEqual([]);
});

test("the bits leave something out: places of the day at night, and holidays on ordinary days", () => {
  const night = Date.parse("2026-11-20T03:00+08:00");
  const daily = hoursFacets(TEXTS["Mo-Su 08:00-20:00"] ?? null);
  expect(daily & openAtBits(night)).toBe(0);
  expect(daily & likelyBits(night, night + 4 * 60 * MINUTE_MS, CALENDAR)).toBe(0);
  expect(daily & likelyBits(night, night + 5 * 60 * MINUTE_MS, CALENDAR)).not.toBe(0);
  expect(hoursFacets(TEXTS["PH 22:00-06:00 unknown"] ?? null) & likelyBits(night, night, CALENDAR)).toBe(0);
});
