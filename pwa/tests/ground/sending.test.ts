// @vitest-environment node
/** What is sent when, and what becomes of what was refused. */
import { describe, expect, test } from "vitest";
import { type Unsent, due, verdict } from "@/ground/sending";

const NOON = Date.UTC(2026, 10, 20, 4);

function unsent(id: string, more: Partial<Unsent> = {}): Unsent {
  return { id, account: "me", about: { code: "AAAAAA", name: "甲" }, method: "POST", path: "/rounds", body: {}, at: NOON, notBefore: 0, refused: null, ...more };
}
const ids = (found: readonly Unsent[]) => found.map(({ id }) => id);

describe("what is due", () => {
  test("goes in the order in which it was done, whatever order it lies in", () => {
    expect(ids(due([unsent("later", { at: NOON + 1 }), unsent("first")], "me", NOON))).toEqual(["first", "later"]);
  });

  test("is nobody else's", () => {
    expect(due([unsent("theirs", { account: "somebody" })], "me", NOON)).toEqual([]);
  });

  test("is not what may still be thought better of, until its time", () => {
    const held = unsent("held", { notBefore: NOON + 10_000 });
    expect(due([held], "me", NOON + 9_999)).toEqual([]);
    expect(ids(due([held], "me", NOON + 10_000))).toEqual(["held"]);
  });

  test("is nothing about a place behind what waits there, but all about others", () => {
    const waits = unsent("waits", { notBefore: NOON + 1 });
    const behind = unsent("behind", { at: NOON + 1 });
    const elsewhere = unsent("elsewhere", { at: NOON + 2, about: { code: "BBBBBB", name: "乙" } });
    expect(ids(due([waits, behind, elsewhere], "me", NOON))).toEqual(["elsewhere"]);
  });

  test("is nothing that was refused, which holds nothing else up", () => {
    expect(ids(due([unsent("refused", { refused: { kind: "faulty", faults: {} } }), unsent("next", { at: NOON + 1 })], "me", NOON))).toEqual(["next"]);
  });
});

test.each([
  ["offline", null, 0, "stop"],
  ["slow", null, 0, "stop"],
  ["signed-out", null, 0, "stop"],
  ["too-many", null, 60, "stop"],
  ["forbidden", "password", 0, "stop"],
  ["server", null, 0, "skip"],
  ["conflict", null, 1, "skip"],
  ["conflict", null, 0, "refused"],
  ["faulty", null, 0, "refused"],
  ["missing", null, 0, "refused"],
  ["forbidden", null, 0, "refused"],
])("refused as %s (needs %s, after %i s) means: %s", (kind, needs, seconds, means) => {
  expect(verdict({ kind, needs, seconds })).toBe(means);
});
