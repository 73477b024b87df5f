/** One place by its code, wherever it is known from: what is around, what is kept, the server. */
import { type ShallowRef, shallowRef, watch } from "vue";
import { Fault, type FaultName, type Schemas, ask } from "@/api/client";
import { type Place, type Places, UnreadableError, codeMeant, numberOf, place, places } from "@/ground/places";
import type { Position } from "@/ground/position";
import { CELL_ZOOM, tileAt } from "@/ground/tiles";
import { time } from "./clock";
import { around, tileAddress, tileName } from "./nearby";
import { keep, kept, keptKeys } from "./shelf";

/** A place, and when the server drew what is known of it (epoch milliseconds). */
interface Known {
  readonly place: Place;
  readonly drawnAt: number;
}

const ALONE = "alone/";
/** Milliseconds after which a place that is not around is asked for anew. */
const FRESH_MS = 60_000;

/** A place that is looked for by its code: what is known of it so far, and why there is not more. */
interface Sought {
  /** Null: nothing is known yet. */
  readonly known: ShallowRef<Known | null>;
  readonly fault: ShallowRef<FaultName | null>;
  readonly seek: () => Promise<void>;
}

/** The place with the code that `code` says, if it says one; looked for again when that changes or fresher tiles come. */
export function usePlaceOf(code: () => string | null): Sought {
  const known = shallowRef<Known | null>(null);
  const fault = shallowRef<FaultName | null>(null);
  let turn = 0;

  async function seek(): Promise<void> {
    const mine = ++turn;
    const meant = codeMeant(code() ?? "");
    const show = (found: Known | null) => {
      if (mine === turn) known.value = found;
    };
    if (known.value?.place.code !== meant) known.value = null;
    fault.value = null;
    try {
      if (meant) await find(meant, show);
      else if (code() !== null) throw new Fault("missing");
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      if (mine === turn) fault.value = error.kind;
    }
  }
  watch([code, around], seek, { immediate: true });
  return { known, fault, seek };
}

/** Shows what is kept of the place at once, then what the server has; Fault when it has none or does not say. */
async function find(code: string, show: (found: Known) => void): Promise<void> {
  const near = newest(around.value.flatMap((each) => listed(code, each)));
  if (near) {
    show(near);
    return;
  }
  const before = newest(await listedInKept(code));
  if (before) show(before);
  if (before && Math.abs(time() - before.drawnAt) < FRESH_MS) return;
  const found = (before && (await fetched(code, before.place.position))) ?? (await fetched(code, await whereabouts(code))) ?? (await alone(code));
  if (!found) throw new Fault("broken");
  show(found);
}

/** Where the place lies, which is public: its tile is what every phone around asks for. */
async function whereabouts(code: string): Promise<Position> {
  const feature: Partial<Schemas["SiteFeature"]> = await ask(`/api/v1/sites/${code}`);
  const [lon, lat] = feature.geometry?.coordinates ?? [];
  if (lon === undefined || lat === undefined) throw new Fault("broken");
  return { lon, lat };
}

/** The place as the cell around `position` lists it; null when it does not. */
async function fetched(code: string, position: Position): Promise<Known | null> {
  const tile = tileAt(position, CELL_ZOOM);
  const document = await ask(tileAddress(tile));
  const found = readable(document).flatMap((each) => listed(code, each))[0] ?? null;
  if (found) await keep(tileName(tile), document, time());
  return found;
}

/** The place by itself: whose position is not known well enough stands in no tile. */
async function alone(code: string): Promise<Known | null> {
  const document = await ask(`/api/v1/sites/${code}/alone`);
  const found = readable(document).flatMap((each) => listed(code, each))[0] ?? null;
  if (found) await keep(ALONE + code, document, time());
  return found;
}

async function listedInKept(code: string): Promise<Known[]> {
  const found = await Promise.all((await tilesKept()).map(async (key) => readable((await kept(key))?.document)));
  return found.flat().flatMap((tile) => listed(code, tile));
}

const tilesKept = async (): Promise<string[]> => (await keptKeys()).filter((key) => /^\d+\/\d+\/\d+$/.test(key) || key.startsWith(ALONE));

/** A tile, unless it is of another version of the app. */
function readable(tile: unknown): Places[] {
  try {
    return [places(tile)];
  } catch (error) {
    if (error instanceof UnreadableError) return [];
    throw error;
  }
}

function listed(code: string, tile: Places): Known[] {
  const number = numberOf(tile, code);
  return number < 0 ? [] : [{ place: place(tile, number), drawnAt: tile.generatedAt }];
}

const newest = (found: readonly Known[]): Known | null =>
  found.reduce<Known | null>((best, each) => (best && best.drawnAt >= each.drawnAt ? best : each), null);

/** A place that one can count from, by its name. */
export interface Named {
  readonly code: string;
  readonly name: string;
  readonly lon: number;
  readonly lat: number;
}

/** All places that the phone knows, each once. Their names are looked through here: what a rider types stays here too. */
export async function placesKnown(): Promise<Named[]> {
  const kepts = await Promise.all((await tilesKept()).map(async (key) => readable((await kept(key))?.document)));
  const all = new Map<string, Named>();
  for (const tile of [...around.value, ...kepts.flat()]) {
    for (let number = 0; number < tile.lon.length; number++) {
      const { code, name, position } = place(tile, number);
      if (!all.has(code)) all.set(code, { code, name, ...position });
    }
  }
  return [...all.values()];
}
