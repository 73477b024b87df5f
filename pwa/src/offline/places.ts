/** One place by its code, wherever it is known from: what is around, what is kept, the server. */
import { Fault, type Schemas, ask } from "@/api/client";
import { type Place, type Places, UnreadableError, numberOf, place, places } from "@/ground/places";
import { CELL_ZOOM, tileAt } from "@/ground/tiles";
import { time } from "./clock";
import { around, tileAddress, tileName } from "./nearby";
import { keep, kept, keptKeys } from "./shelf";

function listed(code: string, tiles: readonly Places[]): Place | null {
  for (const tile of [...tiles].sort((a, b) => b.generatedAt - a.generatedAt)) {
    const number = numberOf(tile, code);
    if (number >= 0) return place(tile, number);
  }
  return null;
}

/** The place with this code; Fault when there is none (`missing`) or it cannot be had. */
export async function findPlace(code: string): Promise<Place> {
  const here = listed(code, around.value);
  if (here) return here;
  for (const key of await keptKeys()) {
    const tile = /^\d+\/\d+\/\d+$/.test(key) ? (await kept<unknown>(key))?.document : undefined;
    const found = tile === undefined ? null : listedIn(code, tile);
    if (found) return found;
  }
  // Where it lies is public; its tile is what every phone around asks for.
  const feature: Partial<Schemas["SiteFeature"]> = await ask(`/api/v1/sites/${encodeURIComponent(code)}`);
  const [lon, lat] = feature.geometry?.coordinates ?? [];
  if (lon === undefined || lat === undefined) throw new Fault("broken");
  const tile = tileAt({ lon, lat }, CELL_ZOOM);
  const document = await ask(tileAddress(tile));
  const found = listedIn(code, document);
  if (!found) throw new Fault("broken");
  await keep(tileName(tile), document, time());
  return found;
}

/** The place in a tile that may be of another version of the app. */
function listedIn(code: string, tile: unknown): Place | null {
  try {
    return listed(code, [places(tile)]);
  } catch (error) {
    if (error instanceof UnreadableError) return null;
    throw error;
  }
}
