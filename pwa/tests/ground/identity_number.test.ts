// @vitest-environment node
/** ID numbers by the vectors that the server's tests run too. */
import { expect, test } from "vitest";
import { ageAt, identityNumber, masked } from "@/ground/identity_number";
import { cases } from "./cases";

interface Case {
  readonly says: string;
  readonly area: string;
  readonly date: string;
  readonly sequence: string;
  readonly check: "right" | "wrong" | "zero" | "letter" | "none";
  readonly typed: string;
  readonly sex?: string;
  readonly born_on?: string;
  readonly fault?: string;
}
const FILE = cases("identity_number") as { today: string; cases: Case[] };
const NOW = Date.parse(`${FILE.today}T00:00:00+08:00`);
const CHARACTERS = "0123456789X";

/** As the standard writes it: weights from 2^17 down, modulo 11. */
function right(digits: string): string {
  const total = Array.from(digits).reduce((sum, digit, at) => sum + Number(digit) * (2 ** (17 - at) % 11), 0);
  return CHARACTERS.charAt((((1 - total) % 11) + 11) % 11);
}

/** The number of a case, put together and written as the case says. */
function written({ area, date, sequence, check, typed }: Case): string {
  const digits = area + date + sequence;
  const fits = /^\d+$/.test(digits) ? right(digits) : "";
  const whole = digits + { right: fits, wrong: CHARACTERS.charAt((CHARACTERS.indexOf(fits) + 1) % 11), zero: "0", letter: "A", none: "" }[check];
  const spellings: Record<string, string> = {
    plain: whole,
    full_width: Array.from(whole).map((each) => String.fromCharCode(each.charCodeAt(0) + 0xfee0)).join(""),
    spaced: ` ${whole.slice(0, 6)} ${whole.slice(6, 14)}\u3000${whole.slice(14)} `,
    lower_case: whole.toLowerCase(),
    exchanged: whole.slice(0, 15) + whole.slice(16, 17) + whole.slice(15, 16) + whole.slice(17),
    fifteen: whole.slice(0, 6) + whole.slice(8, 17),
    without_last: whole.slice(0, -1),
    twice_last: whole + whole.slice(-1),
    arabic: whole.replaceAll(/\d/g, (each) => String.fromCharCode(0x660 + Number(each))),
    marked: `\u202e${whole}`,
  };
  return spellings[typed] ?? "";
}

test.each(FILE.cases)("$says", (each) => {
  const found = identityNumber(written(each), NOW);
  if (each.fault !== undefined) {
    expect(found).toBe(each.fault);
    return;
  }
  if (typeof found === "string") throw new Error(found);
  const [year, month, day] = found.bornOn;
  const on = [year, String(month).padStart(2, "0"), String(day).padStart(2, "0")].join("-");
  expect([found.sex, on]).toEqual([each.sex, each.born_on]);
  expect(masked(found.text)).toBe(`${found.text.slice(0, 3)}***********${found.text.slice(-4)}`);
});

test.each([
  ["2026-11-20T00:00:00+08:00", 15],
  ["2026-11-20T23:59:59+08:00", 15],
  ["2026-11-21T00:00:00+08:00", 16],
  ["2027-01-01T00:00:00+08:00", 16],
])("at %s somebody born on 21 November 2010 is %i", (at, age) => {
  expect(ageAt([2010, 11, 21], Date.parse(at))).toBe(age);
});
