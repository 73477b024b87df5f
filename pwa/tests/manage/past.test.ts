// @vitest-environment node
/** What reverting would do is told the other way round than what was done. */
import { expect, test } from "vitest";
import { turned } from "@/features/manage/past";

test.each([
  ["微波炉：正常 → 坏了", { name: "微波炉：", now: "坏了", then: "正常" }],
  ["Notice: none → “Closed: back soon”", { name: "Notice: ", now: "“Closed: back soon”", then: "none" }],
  // What cannot be told apart is not guessed at.
  ["公告：“北 → 南” → 无", null],
  ["移动了 30 米", null],
])("%s", (line, told) => {
  expect(turned(line)).toEqual(told);
});
