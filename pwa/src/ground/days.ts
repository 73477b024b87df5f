/** Days between now and what is due, as people in China count them. */
import { DAY_MS, dayOf } from "./hours";

/** Days from `now` until a day (`2026-11-24`); negative once it is over. */
export const daysUntil = (day: string, now: number): number => Date.parse(day) / DAY_MS - dayOf(now);

/** Days since an instant, in epoch milliseconds; never less than none. */
export const daysSince = (at: number, now: number): number => Math.max(0, dayOf(now) - dayOf(at));
