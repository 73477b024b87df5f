/** One place by its code: from what is around or kept, else from the server. */
import { computed, ref, shallowRef, watch } from "vue";
import { Fault, type FaultName } from "@/api/client";
import { DAY_MS, MINUTE_MS, type Periods, dayOf, nextChange, state, weekdayOf } from "@/ground/hours";
import type { Place } from "@/ground/places";
import { dayWords, words as hoursWords } from "@/ground/words";
import { language, say } from "@/locales";
import { useTime } from "@/offline/clock";
import { findPlace } from "@/offline/places";
import { bringWords, inOrder, wordFor } from "@/offline/words";
import type { Posted } from "@/ui/telling";
import { moment } from "@/ui/telling";

const DAYS_SHOWN = 7;

/** Everything the page of a place tells. */
export function usePlace(code: () => string) {
  const found = shallowRef<Place | null>(null);
  const fault = ref<Exclude<FaultName, "missing"> | null>(null);
  const missing = ref(false);
  const now = useTime();

  async function bring(): Promise<void> {
    fault.value = null;
    missing.value = false;
    try {
      found.value = await findPlace(code());
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      if (error.kind === "missing") missing.value = true;
      else fault.value = error.kind;
    }
  }
  watch(code, bring, { immediate: true });
  void bringWords();

  const place = computed(() => {
    if (!found.value) return null;
    const lang = language.value;
    const access = found.value.access.map((way) => ({
      mode: way.mode,
      words: way.hours ? hoursWords(way.hours, lang) : say.value.state.unknown,
    }));
    return { ...found.value, access, amenities: inOrder(found.value.amenities) };
  });

  const posted = computed<Posted>(() => {
    const at = found.value;
    if (!at) return { now: "unknown", changesAt: null, onArrival: "unknown" };
    const is = state(at.hours, now.value, at.calendar, at.dated).state;
    return { now: is, changesAt: nextChange(at.hours, now.value, at.calendar, at.dated), onArrival: is };
  });

  const week = computed(() => {
    const at = found.value;
    if (!at) return [];
    const today = dayOf(now.value);
    return Array.from({ length: DAYS_SHOWN }, (_, step) => {
      const day = today + step;
      const date = new Date(day * DAY_MS);
      const weekday = say.value.state.weekdays[weekdayOf(day)] ?? "";
      return {
        name: `${step === 0 ? say.value.state.today : weekday} ${say.value.state.on(date.getUTCMonth() + 1, date.getUTCDate())}`,
        special: Object.values(at.dated).some((periods: Periods) =>
          periods.some(([from, until]) => dayOf(from * MINUTE_MS) <= day && (until === null || dayOf(until * MINUTE_MS - 1) >= day)),
        ),
        words: at.hours ? dayWords(at.hours, day, at.calendar, language.value) : say.value.state.unknown,
        today: step === 0,
      };
    });
  });

  const exceptions = computed(() =>
    (["shut", "extra", "mask"] as const).flatMap((effect) =>
      (found.value?.dated[effect] ?? [])
        .filter(([, until]) => until === null || until * MINUTE_MS > now.value)
        .map(([from, until]) => {
          const end =
            until === null ? say.value.place.furtherNotice : say.value.place.until(moment(until * MINUTE_MS, now.value, say.value));
          return `${say.value.exceptions[effect]} ${moment(from * MINUTE_MS, now.value, say.value)} ${end}`;
        }),
    ),
  );

  return { place, week, exceptions, fault, missing, now, posted, words: (each: string) => wordFor(each, language.value), bring };
}
