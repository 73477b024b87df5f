/** Whether somebody stands at a place, as far as their phone can tell. */
import { type Position, distanceM } from "./position";

/** Metres from the point of a place that still are at it: its yard, the other side of the street. */
const AT_A_PLACE_M = 150;

/** Where a phone found itself, and how far off that may be. */
interface Found {
  readonly position: Position;
  /** Null: the position was picked, not found. */
  readonly accuracyM: number | null;
}

/** Whether `found` is at `place`, given how far off it may be; a position that was picked proves nothing. */
export const isNear = (found: Found | null, place: Position): boolean =>
  found !== null && found.accuracyM !== null && distanceM(found.position, place) <= AT_A_PLACE_M + found.accuracyM;
