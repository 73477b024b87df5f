/** What the list shows: the places around, as the rider wants them, told for this minute. */
import { computed, ref, watch, watchEffect } from "vue";
import { place } from "@/ground/places";
import { say } from "@/locales";
import { useTime } from "@/offline/clock";
import { here, locating } from "@/offline/here";
import { dataAt, fetching, needPacks } from "@/offline/nearby";
import { preferences } from "@/offline/preferences";
import { wordsSettled } from "@/offline/words";
import { distance, moment } from "@/ui/telling";
import { found, told } from "./found";

const PAGE = 20;
const FIRST_SCREEN = 4;
const MOST = 100;

/** How many places are shown: who comes back from one finds the list as long as it was. */
const limit = ref(PAGE);
/** How many of them are drawn: the first screen first, since all at once hold a cheap phone up; once, at the start. */
const drawn = ref(FIRST_SCREEN);

/** The places that the list shows, and what is to be said about them. */
export function useFound() {
  const now = useTime();
  watch([here, () => preferences.groups, () => preferences.openOnArrival], () => (limit.value = PAGE));

  const ranked = computed(() => found(limit.value, now.value));
  const listed = computed(() => (wordsSettled.value ? (ranked.value?.hits ?? []) : []));
  watch(
    listed,
    ({ length }) => {
      if (length && drawn.value === FIRST_SCREEN) requestAnimationFrame(() => setTimeout(() => (drawn.value = MOST)));
    },
    { immediate: true },
  );
  const shown = computed(() => listed.value.slice(0, drawn.value).map((hit) => told(place(hit.places, hit.number), hit.distanceM, now.value)));
  const waiting = computed(() => locating.value || !wordsSettled.value || (fetching.value && !ranked.value?.hits.length));
  watchEffect(() => {
    needPacks(ranked.value !== null && ranked.value.neededWithinM > ranked.value.exactWithinM);
  });
  const more = computed(() => shown.value.length === limit.value && limit.value < MOST);

  const age = computed(() => (dataAt.value === null ? null : moment(dataAt.value, now.value, say.value)));

  const note = computed(() => {
    if (waiting.value || !ranked.value) return null;
    const asked = preferences.groups.map((group) => say.value.groups[group]);
    if (shown.value.length === 0 && asked.length) return say.value.list.noneWith(asked, preferences.openOnArrival);
    if (shown.value.length === 0) return preferences.openOnArrival ? say.value.list.noneOpen : say.value.list.none;
    if (ranked.value.neededWithinM > ranked.value.exactWithinM && fetching.value) {
      return say.value.list.notComplete(distance(ranked.value.exactWithinM, say.value));
    }
    const unsure = ranked.value.unsureNear ? say.value.list.unsureNear(ranked.value.unsureNear) : "";
    return age.value && unsure + say.value.age.data(age.value);
  });

  return { shown, waiting, now, more, note, age, showMore: () => (limit.value = Math.min(MOST, limit.value + PAGE)) };
}
