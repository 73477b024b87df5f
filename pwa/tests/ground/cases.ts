/** The golden vectors that the server's tests run too. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Calendar, Compiled, Dated, Periods } from "@/ground/hours";

/** A file of vectors, by its name in tests/ground/cases; its shape is for the test to say. */
export function cases(name: string): unknown {
  const path = fileURLToPath(new URL(`../../../tests/ground/cases/${name}.json`, import.meta.url).href);
  return JSON.parse(readFileSync(path, "utf-8"));
}

/** The calendar of the vectors, as the server sends it. */
export const CALENDAR = (cases("hours_calendar") as { json: Calendar }).json;

const COMPILED = cases("hours_compiled") as Record<string, Compiled>;

/** The compiled form of an OSM text; throws when the vectors have none. */
export function compiledOf(text: string): Compiled {
  const found = COMPILED[text];
  if (!found) throw new Error(`hours_compiled.json lacks ${text}`);
  return found;
}

/** Dated events as the vectors write them: instants in RFC 3339. */
export type Written = Partial<Record<keyof Dated, readonly (readonly [string, string | null])[]>>;

/** Dated events in minutes, as the server sends them. */
export function datedOf(written: Written = {}): Dated {
  const minutes = (instant: string) => Date.parse(instant) / 60_000;
  return Object.fromEntries(
    Object.entries(written).map(([effect, periods]): [string, Periods] => [
      effect,
      periods.map(([from, until]) => [minutes(from), until === null ? null : minutes(until)]),
    ]),
  );
}
