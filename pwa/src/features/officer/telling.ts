/** How applications are told: where they stand, how long is left, and when things were. */
import type { Schemas } from "@/api/client";
import { daysUntil } from "@/ground/days";
import { review } from "@/locales/officer";
import type { Tone } from "@/ui/telling";

export type Status = Schemas["Status"];
/** An application as who decides sees it. */
export type Review = Schemas["ApplicationForReview"];
export type Row = Schemas["QueueRow"];
/** What an officer decides, or takes back. */
export type Step = Review["can"][number];

const TONES: Readonly<Record<Status, Tone>> = { submitted: "unsure", approved_basic: "warn", returned: "doubt", approved: "good", refused: "shut", withdrawn: "unsure" };

/** Something told on a tint. */
interface Told {
  readonly words: string;
  readonly tone: Tone;
}

/** Where an application stands. */
export const standing = (status: Status): Told => ({ words: review.value.statuses[status], tone: TONES[status] });

/** How many days from which on it is pressing. */
const SOON_DAYS = 3;

/** How long is left until a first decision is due; null: nobody's clock runs. */
export function clockOf({ due_on: due, overdue }: Pick<Row, "due_on" | "overdue">, now: number): Told | null {
  if (due === null) return null;
  const days = daysUntil(due, now);
  if (overdue || days < 0) return { words: review.value.late(Math.max(0, -days)), tone: "shut" };
  return { words: review.value.left(days), tone: days <= SOON_DAYS ? "warn" : "unsure" };
}

/** A moment of the server as files have it: `2026-11-20 14:05`; the server tells the time of China. */
export const stamp = (at: string): string => at.slice(0, 16).replace("T", " ");

/** Milliseconds within which a decision can be taken back. */
const UNDO_MS = 600_000;
/** Steps of which one that is undone, or undoes, is the last. */
const DECIDED: ReadonlySet<string> = new Set(["approve", "return", "refuse", "move"]);

/** The decision that can still be taken back, and seconds until it cannot; null: there is none. */
export function undoable({ can, events }: Review, now: number): { readonly what: Exclude<Step, "undo">; readonly seconds: number } | null {
  if (!can.includes("undo")) return null;
  const last = events.findLast(({ what }) => DECIDED.has(what));
  const seconds = last ? Math.ceil((Date.parse(last.at) + UNDO_MS - now) / 1000) : 0;
  return last && seconds > 0 ? { what: last.what as Exclude<Step, "undo">, seconds } : null;
}
