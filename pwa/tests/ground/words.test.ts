// @vitest-environment node
import { describe, expect, test } from "vitest";
import { dayOf } from "@/ground/hours";
import { dayWords, words } from "@/ground/words";
import { CALENDAR, cases, compiledOf } from "./cases";

interface Said {
  readonly hours: string;
  readonly zh: string;
  readonly en: string;
}

const { week, day } = cases("hours_words") as { week: Said[]; day: (Said & { on: string })[] };

describe("golden vectors", () => {
  test.each(week)("$hours is $zh", ({ hours, zh, en }) => {
    expect(words(compiledOf(hours), "zh")).toBe(zh);
    expect(words(compiledOf(hours), "en")).toBe(en);
  });

  test.each(day)("$hours on $on is $zh", ({ hours, on, zh, en }) => {
    const date = dayOf(Date.parse(`${on}T12:00+08:00`));
    expect(dayWords(compiledOf(hours), date, CALENDAR, "zh")).toBe(zh);
    expect(dayWords(compiledOf(hours), date, CALENDAR, "en")).toBe(en);
  });
});
