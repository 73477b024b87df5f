/** What the installation tells about itself: who runs it, its privacy text, its base map; kept for when offline. */
import { shallowRef } from "vue";
import { ask } from "@/api/client";
import { keep, kept } from "./shelf";

/** A base map of image tiles: their address with `{z}`, `{x}`, `{y}`, and the datum in which they are drawn. */
export interface BaseMap {
  readonly tiles: string;
  readonly datum: "wgs84" | "gcj02";
  readonly most_zoom: number;
  readonly attribution: string;
  readonly review_number: string;
}

/** What the operator says; empty where nothing is said. */
interface Installation {
  readonly operator: string;
  readonly icp_number: string;
  readonly police_number: string;
  readonly privacy: readonly { readonly heading: string; readonly paragraphs: readonly string[] }[];
  readonly map: BaseMap | null;
}

const KEY = "installation";
const FRESH_MS = 3_600_000;

/** The installation; null: not known yet. */
export const installation = shallowRef<Installation | null>(null);

/** Bring what the installation tells: what is kept at once, then what the server has. */
export async function bringInstallation(): Promise<void> {
  const found = await kept<Installation>(KEY);
  if (found) installation.value = found.document;
  if (found && Date.now() - found.at < FRESH_MS) return;
  try {
    const fetched = await ask<Installation>("/api/v1/installation");
    installation.value = fetched;
    await keep(KEY, fetched, Date.now());
  } catch {
    // Nothing here is needed to find a place; the next visit tries again.
  }
}
