/** One place by its code, wherever it is known from: what is around, what is kept, the server. */
import { ask } from "@/api/client";
import { type Place, type Places, numberOf, place, places } from "@/ground/places";
import { CELL_ZOOM, tileAt } from "@/ground/tiles";
import { around, tileAddress, tileName } from "./nearby";
import { keep, kept, keptKeys } from "./shelf";

function listed(code: string, tiles: readonly Places[]): Place | null {
  for (const tile of [...tiles].sort((a, b) => b.generatedAt - a.generatedAt)) {
    const number = numberOf(tile, code);
    if (number >= 0) return place(tile, number);
  }
  return null;
}

/** The place with this code; Fault `missing` when there is none. */
export async function findPlace(code: string): Promise<Place> {
  const here = listed(code, around.value);
  if (here) return here;
  for (const key of await keptKeys()) {
    const tile = /^\d+\/\d+\/\d+$/.test(key) ? (await kept<unknown>(key))?.document : undefined;
    const found = tile === undefined ? null : listed(code, [places(tile)]);
    if (found) return found;
  }
  // Where it lies is public; its tile is what every phone around asks for.
  const feature = await ask(`/api/v1/sites/${encodeURIComponent(code)}`);
  const [lon, lat] = feature.geometry.coordinates;
  const tile = tileAt({ lon, lat }, CELL_ZOOM);
  const document = await ask(tileAddress(tile));
  const name = tileName(tile);
  await keep(name, document, Date.now());
  const found = listed(code, [places(document)]);
  if (found) return found;
  throw new Error(`the cell ${name} does not list the place it holds`);
}
