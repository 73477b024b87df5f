/** Days are counted as the calendar in China has them, whatever the hour. */

import { expect, it } from "vitest";
import { daysSince, daysUntil } from "@/ground/days";

const at = (text: string) => Date.parse(`${text}+08:00`);

it.each([
  ["2026-11-24", "2026-11-24T23:59", 0],
  ["2026-11-24", "2026-11-25T00:00", -1],
  ["2026-11-24", "2026-11-20T00:01", 4],
])("%s is so far from %s: %i", (day, now, days) => {
  expect(daysUntil(day, at(now))).toBe(days);
});

it("never counts days since what is yet to come", () => {
  expect(daysSince(at("2026-11-19T23:59"), at("2026-11-20T00:01"))).toBe(1);
  expect(daysSince(at("2026-11-21T00:00"), at("2026-11-20T00:00"))).toBe(0);
});
