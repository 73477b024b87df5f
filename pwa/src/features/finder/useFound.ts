/** What the list shows: the places around, as the rider wants them, told for this minute. */
import { computed, ref, watch } from "vue";
import { GROUPS } from "@/ground/needs";
import { MINUTE_MS, nextChange, state } from "@/ground/hours";
import { place } from "@/ground/places";
import { type Expected, openFirst, travelMs } from "@/ground/ranking";
import { language, say } from "@/locales";
import { useTime } from "@/offline/clock";
import { here, locating } from "@/offline/here";
import { around, dataAt, fetching } from "@/offline/nearby";
import { preferences } from "@/offline/preferences";
import { inOrder, wordFor, wordsSettled } from "@/offline/words";
import type { ShownPlace } from "@/ui/PlaceCard.vue";
import { distance, moment } from "@/ui/telling";

const PAGE = 20;
const MOST = 100;
/** Nobody rides farther for a glass of water. */
const WITHIN_M = 50_000;

/** The places that the list shows, and what is to be said about them. */
export function useFound() {
  const limit = ref(PAGE);
  const now = useTime();
  watch([here, () => preferences.groups, () => preferences.openOnArrival], () => (limit.value = PAGE));

  const found = computed(() => {
    const position = here.value?.position;
    if (!position || around.value.length === 0) return null;
    const needs = preferences.groups.map((group) => GROUPS[group]);
    const wanted = {
      here: position,
      kinds: needs.flatMap((need) => need.kind ?? []),
      amenities: needs.flatMap((need) => need.amenity ?? []),
      limit: limit.value,
      withinM: WITHIN_M,
    };
    const ranked = openFirst(wanted, now.value, preferences.travel, around.value);
    const hits = preferences.openOnArrival ? ranked.hits.filter((hit) => hit.prospect === "open") : ranked.hits;
    return { ...ranked, hits };
  });

  const shown = computed(() => (wordsSettled.value ? (found.value?.hits ?? []) : []).map((hit) => told(hit, now.value)));
  const waiting = computed(() => locating.value || !wordsSettled.value || (fetching.value && !found.value?.hits.length));
  const more = computed(() => shown.value.length === limit.value && limit.value < MOST);

  const age = computed(() => (dataAt.value === null ? null : moment(dataAt.value, now.value, say.value)));

  const note = computed(() => {
    if (waiting.value || !found.value) return null;
    if (shown.value.length === 0) return preferences.openOnArrival ? say.value.list.noneOpen : say.value.list.none;
    if (found.value.neededWithinM > found.value.exactWithinM && fetching.value) {
      return say.value.list.notComplete(distance(found.value.exactWithinM, say.value));
    }
    return age.value && say.value.age.data(age.value);
  });

  return { shown, waiting, now, more, note, age, showMore: () => (limit.value = Math.min(MOST, limit.value + PAGE)) };
}

function told({ places, number, distanceM }: Expected, now: number): ShownPlace {
  const found = place(places, number);
  const arrival = now + travelMs(distanceM, preferences.travel);
  return {
    code: found.code,
    name: found.name,
    kind: wordFor(found.kind, language.value),
    metres: distanceM,
    minutes: Math.max(1, Math.round((arrival - now) / MINUTE_MS)),
    posted: {
      now: state(found.hours, now, found.calendar, found.dated).state,
      changesAt: nextChange(found.hours, now, found.calendar, found.dated),
      onArrival: state(found.hours, arrival, found.calendar, found.dated).state,
    },
    amenities: inOrder(found.amenities).map((each) => ({
      code: each.code,
      sign: each.code,
      words: wordFor(each.code, language.value),
      state: each.state,
    })),
    confirmedAt: found.confirmedAt,
    synthetic: found.demo,
    position: found.position,
  };
}
