/** What the installation tells about itself: who runs it, its privacy text, its base map; kept for when offline. */
import { shallowRef } from "vue";
import { type Answer, ask } from "@/api/client";
import { time } from "./clock";
import { keep, kept } from "./shelf";

/** A base map of image tiles: their address with `{z}`, `{x}`, `{y}`, and the datum in which they are drawn. */
export type BaseMap = NonNullable<Installation["map"]>;
type Installation = Answer<"/api/v1/installation">;

const KEY = "installation";
const FRESH_MS = 3_600_000;

/** The installation; null: not known yet. */
export const installation = shallowRef<Installation | null>(null);

/** Bring what the installation tells: what is kept at once, then what the server has. */
export async function bringInstallation(): Promise<void> {
  const found = await kept<Installation>(KEY);
  if (found) installation.value = found.document;
  if (found && Math.abs(time() - found.at) < FRESH_MS) return;
  try {
    const fetched = await ask("/api/v1/installation");
    installation.value = fetched;
    await keep(KEY, fetched, time());
  } catch {
    // Nothing here is needed to find a place; the next visit tries again.
  }
}
