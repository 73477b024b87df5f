/** Which of many names fit on the map: the first ones that leave room for each other. */
import type { Position } from "@/ground/position";
import { inTiles } from "@/ground/tiles";

/** What a name takes, in tiles of 256 pixels. */
const WIDTH = 112 / 256;
const HEIGHT = 60 / 256;

/** The last part of a division's name, which is all that there is room for: the county, else the city. */
export const shortName = (name: string): string => name.replace(/^.*[省市](?=..)/, "");

/** Those of `all` that can stand beside each other at `zoom`, the first before the later ones. */
export function fitting<Of extends Position>(all: readonly Of[], zoom: number, most: number): Of[] {
  const taken: { readonly x: number; readonly y: number }[] = [];
  return all.filter((each) => {
    if (taken.length === most) return false;
    const { x, y } = inTiles(each, zoom);
    if (taken.some((other) => Math.abs(other.x - x) < WIDTH && Math.abs(other.y - y) < HEIGHT)) return false;
    taken.push({ x, y });
    return true;
  });
}
