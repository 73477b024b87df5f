/** What kinds, amenities and hours a place has, in bits; and nodes above the places that tell what lies beneath them. */

import { DAY_MS, DAY_OFF, MAKE_UP_SATURDAY, dayClass, dayOf, hourOf, type Calendar, type Compiled } from "./hours";

/**
 * One level of an index: places, or nodes that each stand for up to `BRANCHES` neighbours of the level beneath. Where
 * each of them begins and ends, in degrees; and its facets, `words` 32-bit words each: the first for its hours, the
 * others with a bit for each kind of the tile and then for each amenity that is offered.
 */
export interface Level {
  readonly west: Float64Array;
  readonly south: Float64Array;
  readonly east: Float64Array;
  readonly north: Float64Array;
  readonly facets: Uint32Array;
  readonly words: number;
  /** The level beneath; null for the places themselves. */
  readonly beneath: Level | null;
}

/** What is asked of facets: one of the bits of hours, one of `any`, all of `all`; null where it does not matter. */
export interface Asked {
  readonly hours: number | null;
  readonly any: Uint32Array | null;
  readonly all: Uint32Array;
}

/** Neighbours that a node stands for. */
export const BRANCHES = 64;

/** Bits of a word of facets. */
export const WORD = 32;

/** The bit of places with dated events: they may be open at any hour. */
export const DATED = 1 << 26;

// The bits 0 to 23 stand for the hours of a day in which a place may be open; then those that may be unknown on
// ordinary days, and on days off alone.
const UNKNOWN = 1 << 24;
const UNKNOWN_ON_DAYS_OFF = 1 << 25;
const HOURS_A_DAY = 24;

/** The bits of a text of hours; null: not known. */
export function hoursFacets(compiled: Compiled | null): number {
  if (!compiled) return UNKNOWN;
  let bits = 0;
  for (const [, classes, days] of compiled) {
    for (let classOfDay = 0; classOfDay < classes.length; classOfDay++) {
      const unknown = isDayOff(classOfDay) ? UNKNOWN_ON_DAYS_OFF : UNKNOWN;
      for (const [start, end, state = "open"] of days[parseInt(classes.charAt(classOfDay), 16)] ?? []) {
        if (state === "unknown") bits |= unknown;
        if (state === "open") bits |= hoursBetween(Math.floor(start / 60), Math.ceil(end / 60));
      }
    }
  }
  return bits;
}

/** The bits of places that may be open at an instant (epoch milliseconds). */
export const openAtBits = (at: number): number => hoursBetween(hourOf(at), hourOf(at) + 1) | DATED;

/** The bits of places that may be open or unknown at some time between two instants (epoch milliseconds). */
export function likelyBits(from: number, until: number, calendar: Calendar): number {
  let bits = UNKNOWN | DATED | hoursBetween(hourOf(from), hourOf(from) + 1 + Math.ceil((until - from) / 3_600_000));
  // A night that begins on the day before may be unknown too.
  for (let day = dayOf(from) - 1; day <= dayOf(until) && until - from < 7 * DAY_MS; day++) {
    if (isDayOff(dayClass(day, calendar))) bits |= UNKNOWN_ON_DAYS_OFF;
  }
  return bits;
}

/** Whether the facets of a place or node hold what is asked for; of a node: whether one beneath it may. */
export function fits({ facets, words }: Level, number: number, { hours, any, all }: Asked): boolean {
  const first = number * words;
  if (hours !== null && !((facets[first] ?? 0) & hours)) return false;
  let found = any === null;
  for (let word = 1; word < words; word++) {
    const held = facets[first + word] ?? 0;
    if (~held & (all[word] ?? 0)) return false;
    if (any !== null && held & (any[word] ?? 0)) found = true;
  }
  return found;
}

/** Sets a bit, counted from the second word on. */
export function set(facets: Uint32Array, first: number, bit: number): void {
  const word = first + 1 + (bit >> 5);
  facets[word] = (facets[word] ?? 0) | (1 << (bit & 31));
}

/**
 * The top of an index: a level of one node that stands for all places (of none where there are none). Places stand in
 * the order of a curve through the tile, so that neighbours in it are neighbours.
 */
export function topOf(lon: Float64Array, lat: Float64Array, facets: Uint32Array, words: number): Level {
  let level: Level = { west: lon, south: lat, east: lon, north: lat, facets, words, beneath: null };
  do level = levelAbove(level);
  while (level.west.length > 1);
  return level;
}

function levelAbove(beneath: Level): Level {
  const { words } = beneath;
  const length = beneath.west.length;
  const size = Math.ceil(length / BRANCHES);
  const west = new Float64Array(size).fill(Infinity);
  const south = new Float64Array(size).fill(Infinity);
  const east = new Float64Array(size).fill(-Infinity);
  const north = new Float64Array(size).fill(-Infinity);
  const facets = new Uint32Array(size * words);
  for (let each = 0; each < length; each++) {
    const node = Math.floor(each / BRANCHES);
    west[node] = Math.min(west[node] ?? 0, beneath.west[each] ?? 0);
    south[node] = Math.min(south[node] ?? 0, beneath.south[each] ?? 0);
    east[node] = Math.max(east[node] ?? 0, beneath.east[each] ?? 0);
    north[node] = Math.max(north[node] ?? 0, beneath.north[each] ?? 0);
    for (let word = 0; word < words; word++) {
      const at = node * words + word;
      facets[at] = (facets[at] ?? 0) | (beneath.facets[each * words + word] ?? 0);
    }
  }
  return { west, south, east, north, facets, words, beneath };
}

const isDayOff = (classOfDay: number): boolean => classOfDay >= DAY_OFF && classOfDay < MAKE_UP_SATURDAY;

/** The bits of the hours from one to another, the last excluded; 24 of them and more are the whole day. */
function hoursBetween(first: number, end: number): number {
  let bits = 0;
  for (let hour = first; hour < Math.min(end, first + HOURS_A_DAY); hour++) bits |= 1 << hour % HOURS_A_DAY;
  return bits;
}
