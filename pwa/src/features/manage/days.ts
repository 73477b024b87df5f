/** Days and moments as forms have them: local times of China, whatever the phone's zone. */

const DAY_MS = 86_400_000;
const CHINA_MS = 8 * 3_600_000;

/** A moment (ms) as a field of the kind datetime-local has it. */
export function typedMoment(at: number): string {
  return new Date(at + CHINA_MS).toISOString().slice(0, 16);
}

/** Ends of a closing that are wanted often, as such a field has them: with today, with tomorrow, or next Monday before work. */
export function commonEnds(now: number): Record<"today" | "tomorrow" | "monday", string> {
  const today = Math.floor((now + CHINA_MS) / DAY_MS);
  const midnight = (days: number) => typedMoment((today + days) * DAY_MS - CHINA_MS);
  // Day 0, in 1970, was a Thursday.
  const untilMonday = 7 - ((today + 3) % 7);
  return { today: midnight(1), tomorrow: midnight(2), monday: midnight(untilMonday).replace("T00", "T06") };
}

/** What such a field holds as an instant with its zone, as the server takes it. */
export function instant(typed: string): string {
  return `${typed.slice(0, 16)}:00+08:00`;
}
