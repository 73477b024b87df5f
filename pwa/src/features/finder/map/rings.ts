/** Rings of distance around where the rider counts from, in place of a base map. */

const RADII_M = [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000];
/** Pixels that a ring's radius has at least, so that its words stay apart from what stands in the middle. */
const LEAST_PX = 56;
const MOST_RINGS = 3;

/** The radii in metres of the rings to draw, smallest first; `reachPx` is half the longer side of the map. */
export function radii(metresPerPixel: number, reachPx: number): number[] {
  const fitting = RADII_M.filter((metres) => metres / metresPerPixel >= LEAST_PX && metres / metresPerPixel <= reachPx);
  return fitting.slice(0, MOST_RINGS);
}
