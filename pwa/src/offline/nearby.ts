/**
 * The places around the rider: the cell first, then the packs that could hold a nearer one. What is kept is shown at
 * once and refreshed behind it. Only tiles are ever asked for, never a position.
 */
import { computed, shallowRef, watch } from "vue";
import { Fault, type FaultName, ask } from "@/api/client";
import { type Places, UnreadableError, places } from "@/ground/places";
import { CELL_ZOOM, PACK_ZOOM, type Tile, tileAt, tilesWithin } from "@/ground/tiles";
import { here } from "./here";
import { keep, kept, keptKeys, letGo, storageRefused } from "./shelf";

/** Metres within which packs are fetched in the background. */
const PACK_REACH_M = 20_000;
/** Milliseconds for which a tile counts as fresh, as the server's caches have it. */
const FRESH_MS = { [CELL_ZOOM]: 30_000, [PACK_ZOOM]: 3_600_000 } as const;
const MOST_PACKS = 12;
const MOST_CELLS = 40;
/** A phone whose clock is farther off than this is told so: what is open hangs on it. */
const CLOCK_OFF_MS = 10 * 60_000;

/** A tile as it is used, and when it was last found true. */
interface Held {
  readonly places: Places;
  readonly at: number;
}

const held = shallowRef<ReadonlyMap<string, Held>>(new Map());
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
/** What went wrong last, in a word; null: nothing. */
export const nearbyFault = shallowRef<Exclude<FaultName, "missing"> | "newer" | "storage" | "clock" | null>(null);

/** The name under which a tile is kept. */
export const tileName = ([z, x, y]: Tile) => `${String(z)}/${String(x)}/${String(y)}`;
/** Where the server gives a tile. */
export const tileAddress = ([z, x, y]: Tile) =>
  `/api/v1/${z === CELL_ZOOM ? "cells/14" : "packs/9"}/${String(x)}/${String(y)}` as const;

function use(tile: Tile, document: unknown, at: number): void {
  const read = places(document);
  const wanted = wantedTiles();
  if (!wanted.has(tileName(tile))) return;
  held.value = new Map([...held.value, [tileName(tile), { places: read, at }]]);
}

function wantedTiles(): Map<string, Tile> {
  const position = here.value?.position;
  if (!position) return new Map();
  const packs = tilesWithin(position, PACK_ZOOM, PACK_REACH_M).map((each) => each.tile);
  const tiles: Tile[] = [tileAt(position, CELL_ZOOM), ...packs];
  return new Map(tiles.map((tile) => [tileName(tile), tile]));
}

/** Show what is kept of `tile`, and fetch it when that is not fresh. */
async function bring(tile: Tile, hurry: boolean): Promise<void> {
  const key = tileName(tile);
  const found = await kept<unknown>(key);
  if (found && !held.value.has(key)) {
    try {
      use(tile, found.document, found.at);
    } catch {
      await letGo(key);
    }
  }
  const fresh = FRESH_MS[tile[0] as keyof typeof FRESH_MS];
  if (found && !hurry && Date.now() - found.at < fresh) return;
  asking.value++;
  try {
    const document = await ask(tileAddress(tile));
    use(tile, document, Date.now());
    nearbyFault.value = null;
    await keep(key, document, Date.now());
    if (storageRefused()) nearbyFault.value = "storage";
    const drawn = held.value.get(key)?.places.generatedAt ?? 0;
    if (drawn - Date.now() > CLOCK_OFF_MS) nearbyFault.value = "clock";
  } catch (error) {
    if (error instanceof UnreadableError) nearbyFault.value = error.reason === "newer" ? "newer" : "broken";
    else if (error instanceof Fault) nearbyFault.value = error.kind === "missing" ? "server" : error.kind;
    else throw error;
  } finally {
    asking.value--;
  }
}

/** Whether the rider pays for every byte, or asked the browser to spare. */
function sparing(): boolean {
  return (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true;
}

/** Bring the tiles around the rider: the cell, then the packs; `hurry` fetches what is fresh too. */
export async function refresh(hurry = true): Promise<void> {
  const tiles = wantedTiles();
  held.value = new Map([...held.value].filter(([key]) => tiles.has(key)));
  const [cell, ...packs] = tiles.values();
  if (!cell) return;
  await bring(cell, hurry);
  for (const pack of sparing() ? [] : packs) await bring(pack, false);
  await prune(tiles);
}

/** Let go of the tiles that were used longest ago. */
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

watch(here, () => void refresh(false));
addEventListener("online", () => void refresh());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") void refresh(false);
});
