/** Where a position is drawn on a base map, and which position a point of the map means. */
import { type Datum, fromWgs84, toWgs84 } from "@/ground/datum";
import type { Position } from "@/ground/position";

/** What a base map is drawn in. */
export type MapDatum = Exclude<Datum, "bd09">;

/** Where a WGS 84 position is drawn on a map in `datum`. */
export const shownAt = (position: Position, datum: MapDatum): Position => fromWgs84(position, datum);

/** The WGS 84 position that a point of a map in `datum` means. */
export const meant = (point: Position, datum: MapDatum): Position => toWgs84(point, datum);
