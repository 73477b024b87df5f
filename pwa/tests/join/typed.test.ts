// @vitest-environment node
/** What is read from what was typed and drawn. */
import { expect, test } from "vitest";
import { placesNamed } from "@/features/join/named";
import { longEnough, thinned } from "@/ui/signature";

test.each([
  ["梅州市梅江区江南街道", ["梅江区", "梅州市"]],
  ["广东省广州市天河区体育西路", ["天河区", "广州市", "广东省"]],
  ["新疆伊犁哈萨克自治州新源县", ["新源县", "新疆伊犁哈萨克自治州"]],
  ["区政府旁边", []],
  ["somewhere", []],
])("in %s the places are %j", (address, names) => {
  expect(placesNamed(address)).toEqual(names);
});

const line = (points: number, step: number): [number, number][] => Array.from({ length: points }, (_, at) => [0.1 + at * step, 0.5]);

test.each<[string, [number, number][][], boolean]>([
  ["nothing", [], false],
  ["one dot", [[[0.5, 0.5]]], false],
  ["many dots in one spot", [line(40, 0.0005)], false],
  ["a line of eleven points", [line(11, 0.05)], false],
  ["a line of twelve", [line(12, 0.05)], true],
])("%s can be a signature: %s", (_, strokes, can) => {
  expect(longEnough(strokes)).toBe(can);
});

test("points that lie on each other are left out, the first and the last never", () => {
  const stroke: [number, number][] = [[0, 0], [0.001, 0], [0.5, 0], [0.5, 0.001]];
  expect(thinned(stroke)).toEqual([[0, 0], [0.5, 0], [0.5, 0.001]]);
  expect(thinned([[0.2, 0.2]])).toEqual([[0.2, 0.2]]);
});
