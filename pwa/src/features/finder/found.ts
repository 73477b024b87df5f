/** The places that fit what the rider wants, best first, and how one of them is told; the list and the map show them. */
import { GROUPS } from "@/ground/needs";
import { MINUTE_MS, nextChange, state } from "@/ground/hours";
import type { Place } from "@/ground/places";
import { type Expected, type Found, openFirst, travelMs } from "@/ground/ranking";
import { trustAt } from "@/ground/trust";
import { language } from "@/locales";
import { here } from "@/offline/here";
import { around } from "@/offline/nearby";
import { preferences } from "@/offline/preferences";
import { inOrder, wordFor } from "@/offline/words";
import type { ShownPlace } from "@/ui/telling";

/** As far as one goes for a glass of water: what lies within comes first, even if it is not sure to be open. */
const NEAR_M = 8_000;
/** As far as the list goes when there is little near by. */
const WITHIN_M = 50_000;

/** The places that the rider wants, in the order in which they are shown. */
interface Around extends Found<Expected> {
  /** How many near by may be open and are left out, because nobody knows. */
  readonly unsureNear: number;
}

/**
 * At most `limit` places around the rider at `now`, those near by first and among them those that will be open; null
 * while it is not known where that is or what is there.
 */
export function found(limit: number, now: number): Around | null {
  const position = here.value?.position;
  if (!position || around.value.length === 0) return null;
  const needs = preferences.groups.map((group) => GROUPS[group]);
  const wanted = {
    here: position,
    kinds: needs.flatMap((need) => need.kind ?? []),
    amenities: needs.flatMap((need) => need.amenity ?? []),
    limit,
  };
  const shows = ({ prospect }: Expected) => !preferences.openOnArrival || prospect === "open" || prospect === "conflicting";
  const near = openFirst({ ...wanted, withinM: NEAR_M }, now, preferences.travel, around.value);
  const hits = near.hits.filter(shows);
  const unsureNear = near.hits.filter((hit) => hit.prospect === "unknown" && !shows(hit)).length;
  if (hits.length >= limit) return { ...near, hits, unsureNear };
  const far = openFirst({ ...wanted, withinM: WITHIN_M }, now, preferences.travel, around.value);
  const farther = far.hits.filter((hit) => hit.distanceM > NEAR_M && shows(hit));
  return { ...far, hits: [...hits, ...farther].slice(0, limit), unsureNear };
}

/** A place as it is shown at `now`; `metres` is null where it is not known how far it is. */
export function told(place: Place, metres: number | null, now: number): ShownPlace {
  const arrival = now + travelMs(metres ?? 0, preferences.travel);
  const wanted = new Set(preferences.groups.map((group) => GROUPS[group].amenity));
  const amenities = inOrder(place.amenities).map((each) => ({
    code: each.code,
    sign: each.code,
    words: wordFor(each.code, language.value),
    state: each.state,
    wanted: wanted.has(each.code),
  }));
  return {
    code: place.code,
    name: place.name,
    kind: wordFor(place.kind, language.value),
    way: metres === null ? null : { metres, minutes: Math.max(1, Math.round((arrival - now) / MINUTE_MS)) },
    posted: {
      now: state(place.hours, now, place.calendar, place.dated).state,
      changesAt: nextChange(place.hours, now, place.calendar, place.dated),
      onArrival: state(place.hours, arrival, place.calendar, place.dated).state,
      conflicting: place.conflictingSince !== null,
    },
    // What the rider asks for is what the list must show of each place.
    amenities: [...amenities.filter((each) => each.wanted), ...amenities.filter((each) => !each.wanted)],
    trust: trustAt(place.confirmedAt, now),
    synthetic: place.demo,
    position: place.position,
  };
}
