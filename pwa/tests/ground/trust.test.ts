// @vitest-environment node
import { expect, test } from "vitest";
import { doubtM, trustAt, type Trust } from "@/ground/trust";

const NOW = Date.parse("2026-11-20T14:00:00+08:00");

test.each<[confirmed: string | null, Trust, metres: number]>([
  ["2026-11-20T14:00:00+08:00", "today", 0],
  ["2026-11-20T00:00:00+08:00", "today", 0],
  // A phone whose clock is behind hears of a confirmation that is to come.
  ["2026-11-21T09:00:00+08:00", "today", 0],
  // The day ends at midnight in China, which is four in the afternoon in Greenwich.
  ["2026-11-19T23:59:00+08:00", "week", 0],
  ["2026-11-13T14:00:01+08:00", "week", 0],
  ["2026-11-13T14:00:00+08:00", "month", 0],
  ["2026-10-21T14:00:01+08:00", "month", 0],
  ["2026-10-21T14:00:00+08:00", "long", 300],
  ["2020-01-01T00:00:00+08:00", "long", 300],
  [null, "never", 300],
])("confirmed at %s is trusted as %s and counts %i m farther away", (confirmed, trust, metres) => {
  const at = confirmed === null ? null : Date.parse(confirmed);
  expect([trustAt(at, NOW), doubtM(at, NOW)]).toEqual([trust, metres]);
});
