/** Where the map looks by itself: on a base map its host learns from that which cell the rider is in, and no more. */
import type { Position } from "@/ground/position";
import { CELL_ZOOM, rectangleOf, tileAt } from "@/ground/tiles";
import type { Here } from "@/offline/here";

/** The middle of the cell in which the phone located itself; what the rider picked as it is. */
export function vicinity({ position, name }: Here): Position {
  if (name !== null) return position;
  const { west, south, east, north } = rectangleOf(tileAt(position, CELL_ZOOM));
  return { lon: (west + east) / 2, lat: (south + north) / 2 };
}
