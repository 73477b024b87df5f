/** Documents that the server drew; tests/fixtures/README.md says how. */

import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { places, type Places } from "@/ground/places";

const FOLDER = fileURLToPath(new URL("../fixtures/", import.meta.url).href);

const drawn = (name: string): unknown => JSON.parse(readFileSync(FOLDER + name, "utf-8"));

/** The cell in the middle of Guangzhou, as parsed JSON. */
export const cellDocument = (): Record<string, unknown> => drawn("cell-14-13346-7109.json") as Record<string, unknown>;

/** The cell in the middle of Guangzhou. */
export const CELL: Places = places(cellDocument());

/** The four packs around it. */
export const PACKS: readonly Places[] = readdirSync(FOLDER)
  .filter((name) => name.startsWith("pack-"))
  .map((name) => places(drawn(name)));

/** A question to the server's nearest query, and the places that it named. */
export interface Answered {
  readonly lon: number;
  readonly lat: number;
  readonly kind: readonly string[];
  readonly amenity: readonly string[];
  readonly open: string | null;
  readonly limit: number;
  readonly within_m: number;
  readonly found: readonly (readonly [code: string, distanceM: number, state: string])[];
}

/** What the server answered over the same places. */
export const ANSWERED = drawn("nearest.json") as readonly Answered[];
