/** How far what is said of a place can be trusted: by how long ago somebody responsible confirmed it. */

import { DAY_MS, dayOf } from "./hours";

/** When a place was confirmed last: on this day, within a week, within a month, before that, never. */
export type Trust = "today" | "week" | "month" | "long" | "never";

const WEEK_MS = 7 * DAY_MS;
const MONTH_MS = 30 * DAY_MS;

/**
 * Metres by which a place that nobody has confirmed for a month counts as farther away, and one never confirmed: about
 * what going there in vain costs on average. In towns the next place is a kilometre or two on; if one such place in five
 * is not as said, that is some 300 m, five minutes on foot. Where nobody confirms anything the order stays the same.
 */
const DOUBT_M = 300;

/** The trust at `now`; both in epoch milliseconds, `confirmedAt` null: never. */
export function trustAt(confirmedAt: number | null, now: number): Trust {
  if (confirmedAt === null) return "never";
  if (dayOf(confirmedAt) >= dayOf(now)) return "today";
  const age = now - confirmedAt;
  return age < WEEK_MS ? "week" : age < MONTH_MS ? "month" : "long";
}

/** Metres that are added to the distance of a place where places are ranked; never less than nothing. */
export const doubtM = (confirmedAt: number | null, now: number): number =>
  confirmedAt !== null && now - confirmedAt < MONTH_MS ? 0 : DOUBT_M;
