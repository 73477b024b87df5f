/** The places that fit what the rider wants, best first, and how one of them is told; the list and the map show them. */
import { GROUPS } from "@/ground/needs";
import { MINUTE_MS, nextChange, state } from "@/ground/hours";
import type { Place } from "@/ground/places";
import { type Expected, type Found, openFirst, travelMs } from "@/ground/ranking";
import { language } from "@/locales";
import { here } from "@/offline/here";
import { around } from "@/offline/nearby";
import { preferences } from "@/offline/preferences";
import { inOrder, wordFor } from "@/offline/words";
import type { ShownPlace } from "@/ui/telling";

/** Nobody rides farther for a glass of water. */
const WITHIN_M = 50_000;

/** At most `limit` places around the rider at `now`; null while it is not known where that is or what is there. */
export function found(limit: number, now: number): Found<Expected> | null {
  const position = here.value?.position;
  if (!position || around.value.length === 0) return null;
  const needs = preferences.groups.map((group) => GROUPS[group]);
  const wanted = {
    here: position,
    kinds: needs.flatMap((need) => need.kind ?? []),
    amenities: needs.flatMap((need) => need.amenity ?? []),
    limit,
    withinM: WITHIN_M,
  };
  const ranked = openFirst(wanted, now, preferences.travel, around.value);
  const hits = preferences.openOnArrival ? ranked.hits.filter((hit) => hit.prospect === "open") : ranked.hits;
  return { ...ranked, hits };
}

/** A place as it is shown at `now`; `metres` is null where it is not known how far it is. */
export function told(place: Place, metres: number | null, now: number): ShownPlace {
  const arrival = now + travelMs(metres ?? 0, preferences.travel);
  return {
    code: place.code,
    name: place.name,
    kind: wordFor(place.kind, language.value),
    way: metres === null ? null : { metres, minutes: Math.max(1, Math.round((arrival - now) / MINUTE_MS)) },
    posted: {
      now: state(place.hours, now, place.calendar, place.dated).state,
      changesAt: nextChange(place.hours, now, place.calendar, place.dated),
      onArrival: state(place.hours, arrival, place.calendar, place.dated).state,
    },
    amenities: inOrder(place.amenities).map((each) => ({
      code: each.code,
      sign: each.code,
      words: wordFor(each.code, language.value),
      state: each.state,
    })),
    confirmedAt: place.confirmedAt,
    synthetic: place.demo,
    position: place.position,
  };
}
