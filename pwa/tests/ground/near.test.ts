/** Whether somebody stands at a place: from their phone's own word, never from a place that they picked. */

import { expect, it } from "vitest";
import { isNear } from "@/ground/near";

const PLACE = { lon: 116.12, lat: 24.3 };
/** So many metres north of the place. */
const north = (metres: number) => ({ lon: 116.12, lat: 24.3 + metres / 110_770 });

it.each([
  [0, 10, true],
  [159, 10, true],
  [161, 10, false],
  [640, 500, true],
  [660, 500, false],
])("%i metres off, known to %i: %s", (metres, accuracyM, near) => {
  expect(isNear({ position: north(metres), accuracyM }, PLACE)).toBe(near);
});

it("takes no word from a position that was picked, or from none", () => {
  expect(isNear({ position: PLACE, accuracyM: null }, PLACE)).toBe(false);
  expect(isNear(null, PLACE)).toBe(false);
});
