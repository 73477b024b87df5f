/** One place by its code: from what is around or kept, else from the server. */
import { computed } from "vue";
import { DAY_MS, MINUTE_MS, type Periods, dayOf, nextChange, state, weekdayOf } from "@/ground/hours";
import { distanceM } from "@/ground/position";
import { travelMs } from "@/ground/ranking";
import { trustAt } from "@/ground/trust";
import { dayWords, words as hoursWords } from "@/ground/words";
import { language, say } from "@/locales";
import { told } from "@/locales/place";
import { useTime } from "@/offline/clock";
import { here } from "@/offline/here";
import { usePlaceOf } from "@/offline/places";
import { preferences } from "@/offline/preferences";
import { bringWords, inOrder, wordFor } from "@/offline/words";
import type { Posted } from "@/ui/telling";
import { moment } from "@/ui/telling";

const DAYS_SHOWN = 7;

/** Everything the page of a place tells. */
export function usePlace(code: () => string) {
  const { known, fault, seek } = usePlaceOf(code);
  const found = computed(() => known.value?.place ?? null);
  const now = useTime();
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

  /** How far it is from where the rider counts; null where that is not known. */
  const way = computed(() => {
    if (!here.value || !found.value) return null;
    const metres = distanceM(here.value.position, found.value.position);
    return { metres, minutes: Math.max(1, Math.round(travelMs(metres, preferences.travel) / MINUTE_MS)) };
  });

  const posted = computed<Posted>(() => {
    const at = found.value;
    if (!at) return { now: "unknown", changesAt: null, onArrival: "unknown", conflicting: false };
    const stateAt = (instant: number) => state(at.hours, instant, at.calendar, at.dated).state;
    return {
      now: stateAt(now.value),
      changesAt: nextChange(at.hours, now.value, at.calendar, at.dated),
      onArrival: stateAt(now.value + (way.value?.minutes ?? 0) * MINUTE_MS),
      conflicting: at.conflictingSince !== null,
    };
  });

  /** Since when reports speak against the hours, in words; null: none do. */
  const reported = computed(() => {
    const since = found.value?.conflictingSince;
    return since == null ? null : told.value.reported(moment(since, now.value, say.value));
  });

  const trust = computed(() => trustAt(found.value?.confirmedAt ?? null, now.value));
  const age = computed(() => known.value && moment(known.value.drawnAt, now.value, say.value));

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
            until === null ? told.value.furtherNotice : told.value.until(moment(until * MINUTE_MS, now.value, say.value));
          return `${told.value.exceptions[effect]} ${moment(from * MINUTE_MS, now.value, say.value)} ${end}`;
        }),
    ),
  );

  return { place, week, exceptions, fault, now, posted, reported, trust, way, age, words: (each: string) => wordFor(each, language.value), seek };
}
