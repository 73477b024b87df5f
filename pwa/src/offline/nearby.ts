/**
 * The places around the rider: the cell first, then the packs that could hold a nearer one. What is kept is shown at
 * once and refreshed behind it. Only tiles are ever asked for, never a position.
 */
import { computed, shallowRef, watch } from "vue";
import { Fault, ask } from "@/api/client";
import { type Places, UnreadableError, places } from "@/ground/places";
import { CELL_ZOOM, PACK_ZOOM, type Tile, tileAt, tilesWithin } from "@/ground/tiles";
import { clockOff, heard, time } from "./clock";
import { here } from "./here";
import { type Kept, keep, kept, keptKeys, letGo, storageRefused } from "./shelf";

/** Metres within which packs are fetched in the background. */
const PACK_REACH_M = 20_000;
/** Milliseconds for which a tile counts as fresh, as the server's caches have it. */
const FRESH_MS = { [CELL_ZOOM]: 30_000, [PACK_ZOOM]: 3_600_000 } as const;
/**
 * Milliseconds after the cell in which packs wait, unless the list needs them: to take one in keeps a cheap phone busy
 * for a quarter of a second, just when the rider begins to scroll.
 */
const REST_MS = 5_000;
const MOST_PACKS = 12;
const MOST_CELLS = 40;

/** What can be wrong with the places around, what matters most to the rider first. */
const FAULTS = ["offline", "slow", "server", "broken", "newer", "storage", "clock"] as const;
type NearbyFault = (typeof FAULTS)[number];

/** A tile as it is used, and when it was last found true. */
interface Held {
  readonly places: Places;
  readonly at: number;
}

const held = shallowRef<ReadonlyMap<string, Held>>(new Map());
const faults = shallowRef<ReadonlyMap<string, NearbyFault>>(new Map());
const online = shallowRef(navigator.onLine);
const asking = shallowRef(0);

/** What the list ranks: the cell of the position and the packs around it. */
export const around = computed<readonly Places[]>(() => [...held.value.values()].map((each) => each.places));
/** Whether tiles are on their way. */
export const fetching = computed(() => asking.value > 0);
/** When the oldest of the tiles in use was true; null while there are none. */
export const dataAt = computed(() => {
  const times = [...held.value.values()].map((each) => each.at);
  return times.length ? Math.min(...times) : null;
});
/** What is wrong, in a word; null: nothing. */
export const nearbyFault = computed<NearbyFault | null>(() => {
  const all = new Set<NearbyFault>(faults.value.values());
  if (!online.value) all.add("offline");
  if (storageRefused.value) all.add("storage");
  if (clockOff.value) all.add("clock");
  return FAULTS.find((each) => all.has(each)) ?? null;
});

/** The name under which a tile is kept. */
export const tileName = ([z, x, y]: Tile) => `${String(z)}/${String(x)}/${String(y)}`;
/** Where the server gives a tile. */
export const tileAddress = ([z, x, y]: Tile) =>
  `/api/v1/${z === CELL_ZOOM ? "cells/14" : "packs/9"}/${String(x)}/${String(y)}` as const;

function use(tile: Tile, document: unknown, at: number): void {
  const read = places(document);
  if (wantedTiles().has(tileName(tile))) held.value = new Map([...held.value, [tileName(tile), { places: read, at }]]);
}

function blame(key: string, fault: NearbyFault | null): void {
  // What went wrong on the way to a place that the rider has left is nothing to them.
  if (!wantedTiles().has(key)) return;
  const others = [...faults.value].filter(([each]) => each !== key);
  faults.value = new Map(fault ? [...others, [key, fault]] : others);
}

function wantedTiles(): Map<string, Tile> {
  const position = here.value?.position;
  if (!position) return new Map();
  const packs = tilesWithin(position, PACK_ZOOM, PACK_REACH_M).map((each) => each.tile);
  const tiles: Tile[] = [tileAt(position, CELL_ZOOM), ...packs];
  return new Map(tiles.map((tile) => [tileName(tile), tile]));
}

function inWord(error: unknown): NearbyFault {
  if (error instanceof UnreadableError) return error.reason === "newer" ? "newer" : "broken";
  if (error instanceof Fault) return error.kind === "missing" ? "server" : error.kind;
  throw error;
}

/** Show what is kept of `tile`, and fetch it when that is not fresh. */
async function bring(tile: Tile, hurry: boolean): Promise<void> {
  const key = tileName(tile);
  asking.value++;
  try {
    const found = await kept<unknown>(key);
    if (found && !held.value.has(key)) await useKept(tile, found);
    // A clock that was set back must not make what is kept fresh for ever.
    const isFresh = found && Math.abs(time() - found.at) < FRESH_MS[tile[0] as keyof typeof FRESH_MS];
    if (!online.value || (isFresh && !hurry)) return;
    // Packs may have waited in a cache for an hour: they do not tell the time.
    const document = await ask(tileAddress(tile), { anew: hurry, ...(tile[0] === CELL_ZOOM && { heard }) });
    use(tile, document, time());
    blame(key, null);
    await keep(key, document, time());
  } catch (error) {
    blame(key, inWord(error));
  } finally {
    asking.value--;
  }
}

async function useKept(tile: Tile, found: Kept<unknown>): Promise<void> {
  try {
    use(tile, found.document, found.at);
  } catch {
    // Kept by another version of the app.
    await letGo(tileName(tile));
  }
}

/** Whether the rider pays for every byte, or asked the browser to spare. */
function sparing(): boolean {
  return (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true;
}

let hasten: () => void = () => undefined;
let needed = false;

/** Whether the list needs more than the cell: then the packs come at once. */
export function needPacks(need: boolean): void {
  needed = need;
  if (need) hasten();
}

const rest = (): Promise<void> =>
  new Promise((resolve) => {
    hasten = resolve;
    if (needed) resolve();
    setTimeout(resolve, REST_MS);
  });

/** Counts the walks through the tiles: a new one ends those before it. */
let walks = 0;

/** Bring the tiles around the rider: the cell, then the packs that are not fresh; `hurry` asks for the cell anyway. */
export async function refresh(hurry = true): Promise<void> {
  const walk = ++walks;
  const tiles = wantedTiles();
  held.value = new Map([...held.value].filter(([key]) => tiles.has(key)));
  faults.value = new Map([...faults.value].filter(([key]) => tiles.has(key)));
  const [cell, ...packs] = tiles.values();
  if (!cell) return;
  await bring(cell, hurry);
  await rest();
  for (const pack of sparing() ? [] : packs) {
    if (walk !== walks) return;
    await bring(pack, faults.value.has(tileName(pack)));
  }
  if (walk === walks) await prune(tiles);
}

/** Let go of the tiles that were fetched longest ago. */
async function prune(inUse: ReadonlyMap<string, Tile>): Promise<void> {
  const keys = (await keptKeys()).filter((key) => !inUse.has(key));
  for (const [zoom, most] of [[CELL_ZOOM, MOST_CELLS], [PACK_ZOOM, MOST_PACKS]] as const) {
    const dated = await Promise.all(
      keys.filter((key) => key.startsWith(`${String(zoom)}/`)).map(async (key) => ({ key, at: (await kept(key))?.at ?? 0 })),
    );
    dated.sort((a, b) => b.at - a.at);
    for (const { key } of dated.slice(most)) await letGo(key);
  }
}

watch(here, () => void refresh(false), { immediate: true });
addEventListener("online", () => {
  online.value = true;
  void refresh();
});
addEventListener("offline", () => (online.value = false));
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") void refresh(false);
});
