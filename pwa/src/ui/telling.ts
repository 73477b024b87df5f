/** How numbers and moments are told: distances, clocks, ages, and what a place's state means for an arrival. */
import type { Messages } from "@/locales";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const CHINA = 8 * 60 * MINUTE;
/** Minutes before closing from which the rider is told how many are left. */
const SOON = 60;

/** Metres as a rider reads them: 50 m steps near by, a tenth of a kilometre farther off. */
export function distance(metres: number, say: Messages): string {
  const near = metres < 100 ? Math.round(metres / 10) * 10 : Math.round(metres / 50) * 50;
  if (near < 1000) return say.distance.metres(near);
  return say.distance.kilometres(metres < 10_000 ? (metres / 1000).toFixed(1) : String(Math.round(metres / 1000)));
}

/** Minutes on the way; from an hour and a half on as hours. */
export function duration(minutes: number, say: Messages): string {
  return minutes < 90 ? say.distance.minutes(minutes) : say.distance.hours(Math.floor(minutes / 60), minutes % 60);
}

/** An instant (ms) as a clock in China, with the day where it is not today. */
function clock(at: number, now: number, say: Messages): string {
  const there = new Date(at + CHINA);
  const hours = there.getUTCHours();
  const time = `${String(hours)}:${String(there.getUTCMinutes()).padStart(2, "0")}`;
  const days = Math.floor((at + CHINA) / DAY) - Math.floor((now + CHINA) / DAY);
  if (days === 0) return time;
  // Midnight that ends today is told as 24:00, which nobody takes for tomorrow's.
  if (days === 1 && time === "0:00") return "24:00";
  const weekday = say.state.weekdays[(there.getUTCDay() + 6) % 7] ?? "";
  const day = days === 1 ? say.state.tomorrow : Math.abs(days) < 7 ? weekday : say.state.on(there.getUTCMonth() + 1, there.getUTCDate());
  return `${day} ${time}`;
}

/** When data were true, in a few words. */
export function moment(at: number, now: number, say: Messages): string {
  const told = clock(at, now, say);
  return told.includes(" ") ? told : `${say.state.today} ${told}`;
}

/** What is posted: the state now, when it changes next (ms, null: not within a year), and the state on arrival. */
export interface Posted {
  readonly now: "open" | "closed" | "unknown";
  readonly changesAt: number | null;
  readonly onArrival: "open" | "closed" | "unknown";
  /** Whether reports say that it is shut while its hours say open. */
  readonly conflicting: boolean;
}

/** An amenity in words, and whether it can be counted on. */
interface ShownAmenity {
  readonly code: string;
  readonly sign: string;
  readonly words: string;
  readonly state: "works" | "unknown" | "broken" | "empty";
  /** Whether the rider asked for it. */
  readonly wanted: boolean;
}

/** What the list tells of a place. */
export interface ShownPlace {
  readonly code: string;
  readonly name: string;
  readonly kind: string;
  /** How far it is and how long it takes; null where that is not known. */
  readonly way: { readonly metres: number; readonly minutes: number } | null;
  readonly posted: Posted;
  readonly amenities: readonly ShownAmenity[];
  /** How long ago somebody confirmed it. */
  readonly trust: "today" | "week" | "month" | "long" | "never";
  readonly synthetic: boolean;
  readonly position: { readonly lon: number; readonly lat: number };
}

/** How a state looks: its colour and sign, never told by colour alone. */
export type Tone = "good" | "warn" | "doubt" | "shut" | "unsure";

/** What a state means for a rider who arrives at `arrival` (ms), in a few words. */
export function stateOf(posted: Posted, now: number, say: Messages): { words: string; tone: Tone } {
  const { changesAt } = posted;
  const at = changesAt === null ? "" : clock(changesAt, now, say);
  if (posted.conflicting && posted.onArrival === "open") return { words: say.state.conflicting, tone: "doubt" };
  if (posted.now === "unknown") return { words: say.state.unknown, tone: "unsure" };
  if (posted.now === "open") {
    if (changesAt === null) return { words: say.state.always, tone: "good" };
    if (posted.onArrival === "closed") return { words: say.state.closedOnArrival(at), tone: "shut" };
    const minutes = Math.ceil((changesAt - now) / MINUTE);
    if (minutes <= SOON) return { words: say.state.closesIn(minutes), tone: "warn" };
    return { words: say.state.openUntil(at), tone: "good" };
  }
  if (changesAt === null) return { words: say.state.closed, tone: "shut" };
  if (posted.onArrival === "open") return { words: say.state.opensBeforeArrival(at), tone: "good" };
  return { words: say.state.opensAt(at), tone: "shut" };
}
