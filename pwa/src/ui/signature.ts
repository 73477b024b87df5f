/** Signatures as strokes of points, each a share of the pad's width and height. */

export type Strokes = readonly (readonly (readonly [number, number])[])[];

/** The shape of the pad: its width and its height. */
export const PAD = { wide: 1000, high: 600 };

/** The server takes as many. */
export const MOST_POINTS = 4000;
const FEWEST_POINTS = 12;
const SMALLEST = 0.05;
/** Points nearer to each other than this share say nothing. */
const NEAR = 0.004;

/** A stroke without points that lie on each other; its first and last stay. */
export function thinned(stroke: readonly [number, number][]): [number, number][] {
  const kept: [number, number][] = [];
  for (const [number, point] of stroke.entries()) {
    const before = kept.at(-1);
    const far = !before || Math.hypot(point[0] - before[0], point[1] - before[1]) >= NEAR;
    if (far || (number === stroke.length - 1 && number > 0)) kept.push(point);
  }
  return kept;
}

/** Whether it can be a signature: no dot, and no dash in a corner. */
export function longEnough(strokes: Strokes): boolean {
  const points = strokes.flat();
  const reach = (axis: 0 | 1) => Math.max(...points.map((point) => point[axis])) - Math.min(...points.map((point) => point[axis]));
  return points.length >= FEWEST_POINTS && Math.max(reach(0), reach(1)) >= SMALLEST;
}
