/** Where the rider is, as far as the phone tells or the rider says. It stays in this page and on this phone. */
import { shallowRef } from "vue";
import type { Position } from "@/ground/position";

/** Where distances count from; `name` where the rider picked a place, `accuracyM` where the phone located itself. */
export interface Here {
  readonly position: Position;
  readonly accuracyM: number | null;
  readonly name: string | null;
}

/** Why the phone gives no position. */
export type NoPosition = "denied" | "timeout" | "unavailable" | "insecure";

/** Milliseconds the phone gets to find itself: cheap phones and web views need more than ten seconds. */
const PATIENCE_MS = 20_000;
const FRESH_MS = 60_000;
const RECENT = "xiejiao.recent";
const MOST_RECENT = 5;
/** Whether distances still count from the place picked last. */
const PICKED = "xiejiao.picked";

/** Where the rider is; null: not known yet. At the start it is the place that was picked, never a position of the phone. */
export const here = shallowRef<Here | null>(startingPoint());
/** Whether the phone is being asked. */
export const locating = shallowRef(false);
/** Counts what the rider chose to count from: a position that comes late does not undo a choice made meanwhile. */
let choices = 0;
/** Why there is no position; null: nothing went wrong. */
export const noPosition = shallowRef<NoPosition | null>(null);

/** Whether the phone may be asked without a question to the rider. */
export async function mayLocate(): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: "geolocation" })).state === "granted";
  } catch {
    return false;
  }
}

/** Ask the phone where it is; at the start of a visit what it found a moment ago will do. */
export async function locate({ starting = false } = {}): Promise<void> {
  if (!isSecureContext || !("geolocation" in navigator)) {
    noPosition.value = "insecure";
    return;
  }
  if (locating.value) return;
  const asked = ++choices;
  locating.value = true;
  noPosition.value = null;
  try {
    const { coords } = await new Promise<GeolocationPosition>((resolve, reject) => {
      navigator.geolocation.getCurrentPosition(resolve, reject, {
        enableHighAccuracy: true,
        timeout: PATIENCE_MS,
        maximumAge: starting ? FRESH_MS : 0,
      });
    });
    if (asked !== choices) return;
    here.value = { position: { lon: coords.longitude, lat: coords.latitude }, accuracyM: coords.accuracy, name: null };
    write(PICKED, null);
  } catch (error) {
    if (asked !== choices) return;
    const code = error instanceof GeolocationPositionError ? error.code : 2;
    noPosition.value = code === 1 ? "denied" : code === 3 ? "timeout" : "unavailable";
  } finally {
    if (asked === choices) locating.value = false;
  }
}

/** A place that the rider picked to count from. */
export interface Picked {
  readonly name: string;
  readonly lon: number;
  readonly lat: number;
}

/** Count distances from `position` from now on; it is not remembered: a point of the map may be somebody's home. */
export function countFrom(name: string, position: Position): void {
  choices++;
  locating.value = false;
  here.value = { position, accuracyM: null, name };
  noPosition.value = null;
}

/** Count distances from `picked` from now on, and remember it. */
export function pick(picked: Picked): void {
  countFrom(picked.name, { lon: picked.lon, lat: picked.lat });
  const others = recent().filter((each) => each.name !== picked.name);
  write(RECENT, [picked, ...others].slice(0, MOST_RECENT));
  write(PICKED, true);
}

/** The places picked last, newest first. */
export function recent(): Picked[] {
  const found = read(RECENT);
  return Array.isArray(found) ? (found as Picked[]) : [];
}

function startingPoint(): Here | null {
  const [last] = recent();
  return last && read(PICKED) === true ? { position: { lon: last.lon, lat: last.lat }, accuracyM: null, name: last.name } : null;
}

function read(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Storage is refused: the choice holds for this visit.
  }
}
