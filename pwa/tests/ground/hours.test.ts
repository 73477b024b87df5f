// @vitest-environment node
import { afterEach, describe, expect, test } from "vitest";
import { dayClass, dayOf, nextChange, state, type Compiled } from "@/ground/hours";
import { CALENDAR, cases, compiledOf, datedOf, type Written } from "./cases";

interface Case {
  readonly about: string;
  readonly hours: string | null;
  readonly dated?: Written;
}

type Answered = Case & { readonly answers: readonly [at: string, state: string, comment?: string][] };
type Changing = Case & { readonly changes: readonly [at: string, next: string | null][] };

const ANSWERS = (cases("hours_state") as Answered[]).flatMap((each) =>
  each.answers.map(([at, holds, comment = ""]) => ({ ...each, at, holds: { state: holds, comment } })),
);
const CHANGES = (cases("hours_next_change") as Changing[]).flatMap((each) =>
  each.changes.map(([at, next]) => ({ ...each, at, next: next === null ? null : Date.parse(next) })),
);
const CLASSES = (cases("hours_calendar") as { classes: { on: string; class: number; about: string }[] }).classes;

const hoursOf = ({ hours }: Case): Compiled | null => (hours === null ? null : compiledOf(hours));
const at = (instant: string): number => Date.parse(instant);

describe("golden vectors", () => {
  test.each(CLASSES)("$on is of class $class: $about", ({ on, class: expected }) => {
    expect(dayClass(dayOf(at(`${on}T00:00+08:00`)), CALENDAR)).toBe(expected);
    expect(dayClass(dayOf(at(`${on}T23:59:59.999+08:00`)), CALENDAR)).toBe(expected);
  });

  test.each(ANSWERS)("$about: $hours at $at", (each) => {
    expect(state(hoursOf(each), at(each.at), CALENDAR, datedOf(each.dated))).toEqual(each.holds);
  });

  test.each(CHANGES)("$about: $hours after $at", (each) => {
    expect(nextChange(hoursOf(each), at(each.at), CALENDAR, datedOf(each.dated))).toBe(each.next);
  });
});

describe("the zone of the phone", () => {
  const before = process.env.TZ;
  afterEach(() => {
    process.env.TZ = before;
  });

  test.each(["America/New_York", "Pacific/Auckland", "Asia/Kolkata", "UTC"])("%s changes nothing", (zone) => {
    process.env.TZ = zone;
    expect(new Date(2026, 0, 1).getTimezoneOffset()).not.toBe(-480);
    for (const each of ANSWERS) {
      expect(state(hoursOf(each), at(each.at), CALENDAR, datedOf(each.dated))).toEqual(each.holds);
    }
    for (const each of CHANGES) {
      expect(nextChange(hoursOf(each), at(each.at), CALENDAR, datedOf(each.dated))).toBe(each.next);
    }
  });
});

describe("next change", () => {
  const minute = 60_000;

  test.each(ANSWERS.filter(({ holds }) => holds.state !== "unknown"))("of $hours after $at: nothing differs before it", (each) => {
    const hours = hoursOf(each);
    const dated = datedOf(each.dated);
    const now = state(hours, at(each.at), CALENDAR, dated);
    const next = nextChange(hours, at(each.at), CALENDAR, dated);
    const looked = at(each.at) - (at(each.at) % minute) + minute;
    for (let then = looked; then < Math.min(next ?? Infinity, looked + 4000 * minute); then += minute) {
      expect(state(hours, then, CALENDAR, dated)).toEqual(now);
    }
    if (next !== null) expect(state(hours, next, CALENDAR, dated)).not.toEqual(now);
  });

  test("looks no farther than the days that are asked for", () => {
    const monday = compiledOf("Mo-Fr 09:00-17:00");
    const friday = at("2026-10-16T17:00+08:00");
    expect(nextChange(monday, friday, CALENDAR, {}, 2)).toBeNull();
    expect(nextChange(monday, friday, CALENDAR, {}, 3)).toBe(at("2026-10-19T09:00+08:00"));
  });
});
