// @vitest-environment node
/** Ends of closings are those of the calendar in China. */
import { expect, test } from "vitest";
import { commonEnds } from "@/features/manage/days";

test.each([
  // A Saturday night, a Sunday, and a Monday just after midnight.
  ["2026-11-21T23:59", "2026-11-22T00:00", "2026-11-23T00:00", "2026-11-23T06:00"],
  ["2026-11-22T12:00", "2026-11-23T00:00", "2026-11-24T00:00", "2026-11-23T06:00"],
  ["2026-11-23T00:01", "2026-11-24T00:00", "2026-11-25T00:00", "2026-11-30T06:00"],
])("%s", (now, today, tomorrow, monday) => {
  expect(commonEnds(Date.parse(`${now}+08:00`))).toEqual({ today, tomorrow, monday });
});
