/** The nearest places that fit, those first that will be open on arrival: worked out on the phone from cells and packs. */

import { BRANCHES, fits, likelyBits, openAtBits, type Asked, type Level } from "./facets";
import { DAY_MS, MINUTE_MS, dayOf, exception, midnightOf, type State } from "./hours";
import { asked, codeOf, confirmedAt, courseOn, covers, numberOf, type Places } from "./places";
import { distanceM, leastM, nearestPoint, type Position } from "./position";
import { PACK_ZOOM, tilesWithin } from "./tiles";
import { doubtM } from "./trust";

/** How one gets there. */
export type Travel = "foot" | "ebike";

/** What a rider looks for: any of the kinds, all of the amenities (works or not known), at most `withinM` metres away. */
export interface Wanted {
  readonly here: Position;
  readonly kinds: readonly string[];
  readonly amenities: readonly string[];
  readonly limit: number;
  readonly withinM: number;
}

/** A place that was found, by its number among those of a cell or pack. */
export interface Hit {
  readonly places: Places;
  readonly number: number;
  readonly distanceM: number;
  /** The distance by which it is ranked: never less than `distanceM`. */
  readonly weighedM: number;
}

/** What one will find on arrival: open, open by its hours but not by reports, not known, shut but open within a day, shut. */
export type Prospect = "open" | "conflicting" | "unknown" | "opens_later" | "closed";

/** A place that was found, and what one will find on arrival. */
export interface Expected extends Hit {
  readonly prospect: Prospect;
}

/**
 * Places in their order. Every place is known up to `exactWithinM` metres; those up to `neededWithinM` can change the
 * answer. It is exact when the second is not beyond the first, else more packs make it so.
 */
export interface Found<Of extends Hit> {
  readonly hits: readonly Of[];
  readonly exactWithinM: number;
  readonly neededWithinM: number;
}

// Metres a second on the way: a brisk walk, an e-bike in traffic (GB 17761 allows 25 km/h). Streets are longer than the
// straight line by about three tenths in towns.
const SPEED: Readonly<Record<Travel, number>> = { foot: 1.3, ebike: 5.5 };
const DETOUR = 1.3;
// Documents round positions to about a metre.
const ROUNDING_M = 1;

/** Milliseconds to a place so many metres away in a straight line. */
export const travelMs = (metres: number, travel: Travel): number => (metres * DETOUR * 1000) / SPEED[travel];

/**
 * The nearest places that fit, nearest first, as the server's nearest query gives them: with `openAt` (epoch
 * milliseconds) only those open then by their posted hours, and those against whose hours reports speak after the others.
 */
export function nearest(wanted: Wanted, openAt: number | null, known: readonly Places[]): Found<Hit> {
  const [best = [], conflicting = []] = search(wanted, known, {
    ranks: 2,
    hours: () => (openAt === null ? null : openAtBits(openAt)),
    rankOf: (places, number) => {
      if (openAt === null) return 0;
      return stateAt(places, number, openAt) !== "open" ? -1 : places.conflicting.has(number) ? 1 : 0;
    },
    doubtM: () => 0,
  });
  return found(wanted, known, [...best, ...conflicting].slice(0, wanted.limit), best);
}

/**
 * The places that fit in the order in which one would go there: open on arrival, then conflicting, then not known, then
 * shut but open again within a day of arrival, then shut; each nearest first, where those long not confirmed count as
 * farther away. `now` is epoch milliseconds.
 */
export function openFirst(wanted: Wanted, now: number, travel: Travel, known: readonly Places[]): Found<Expected> {
  const arrival = (metres: number) => now + travelMs(metres, travel);
  const hits: Expected[] = [];
  const add = (ranked: readonly (readonly Hit[])[], ...prospects: readonly Prospect[]) => {
    ranked.forEach((each, rank) => {
      const prospect = prospects[rank];
      if (prospect) hits.push(...each.slice(0, wanted.limit - hits.length).map((hit) => ({ ...hit, prospect })));
    });
  };
  const doubt = (places: Places, number: number) => doubtM(confirmedAt(places, number), now);
  const likely = search(wanted, known, {
    ranks: 3,
    hours: ({ calendar }) => likelyBits(now, arrival(wanted.withinM), calendar),
    rankOf: (places, number, metres) => {
      const then = stateAt(places, number, arrival(metres));
      if (then === "open") return places.conflicting.has(number) ? 1 : 0;
      return then === "unknown" ? 2 : -1;
    },
    doubtM: doubt,
  });
  add(likely, "open", "conflicting", "unknown");
  if (hits.length < wanted.limit) {
    const shut = search({ ...wanted, limit: wanted.limit - hits.length }, known, {
      ranks: 2,
      hours: () => null,
      rankOf: (places, number, metres) => {
        const then = arrival(metres);
        if (stateAt(places, number, then) !== "closed") return -1;
        return opensWithinADay(places, number, then) ? 0 : 1;
      },
      doubtM: doubt,
    });
    add(shut, "opens_later", "closed");
  }
  return found(wanted, known, hits, likely[0] ?? []);
}

/** What a search is for. */
interface Aim {
  readonly ranks: number;
  /** Bits of hours of which a place must have one; null where hours do not matter. */
  readonly hours: (places: Places) => number | null;
  /** The rank of a place that fits, 0 the best; -1 leaves it out. */
  readonly rankOf: (places: Places, number: number, metres: number) => number;
  /** Metres by which a place counts as farther away than it is, 0 or more. */
  readonly doubtM: (places: Places, number: number) => number;
}

/** A node of an index that may hold something nearer than what was found, and the level that lies beneath it. */
interface Ahead {
  readonly leastM: number;
  readonly of: Searched;
  readonly beneath: Level | null;
  readonly node: number;
}

interface Searched {
  readonly places: Places;
  readonly asked: Asked;
  /** What was drawn later: it knows better. */
  readonly fresher: readonly Places[];
}

/**
 * By rank the places that fit and weigh least, up to the limit; the search ends with the best rank's last. Since none
 * weighs less than its distance, what lies farther away than that one weighs cannot come before it.
 */
function search(wanted: Wanted, known: readonly Places[], aim: Aim): readonly (readonly Hit[])[] {
  const { here, limit, withinM } = wanted;
  const best = Array.from({ length: aim.ranks }, (): Hit[] => []);
  const farthest = (rank: number) => Math.min(withinM, best[rank]?.[limit - 1]?.weighedM ?? withinM);
  const ahead = beginnings(wanted, known, aim);
  for (let next = pop(ahead); next && next.leastM <= farthest(0); next = pop(ahead)) {
    const { of } = next;
    const level = next.beneath;
    if (!level) continue;
    const { west, south, east, north, beneath } = level;
    const end = Math.min((next.node + 1) * BRANCHES, west.length);
    for (let node = next.node * BRANCHES; node < end; node++) {
      if (!fits(level, node, of.asked)) continue;
      const position = { lon: west[node] ?? 0, lat: south[node] ?? 0 };
      if (beneath) {
        const corner = { east: east[node] ?? 0, north: north[node] ?? 0 };
        const least = leastM(here, { west: position.lon, south: position.lat, ...corner });
        if (least <= farthest(0)) push(ahead, { leastM: least, of, beneath, node });
        continue;
      }
      const metres = distanceM(here, position);
      if (metres > farthest(0)) continue;
      const rank = aim.rankOf(of.places, node, metres);
      const list = best[rank];
      if (list && metres <= farthest(rank) && !isOutdated(of, node, position)) {
        const weighedM = metres + aim.doubtM(of.places, node);
        insert(list, { places: of.places, number: node, distanceM: metres, weighedM }, limit);
      }
    }
  }
  return best;
}

/** The roots of the indexes in which something may fit. */
function beginnings({ kinds, amenities }: Wanted, known: readonly Places[], { hours }: Aim): Ahead[] {
  const freshest = [...known].sort((a, b) => b.generatedAt - a.generatedAt);
  return freshest.flatMap((places, at) => {
    const question = asked(places, kinds, amenities, hours(places));
    if (!question) return [];
    const of = { places, asked: question, fresher: freshest.slice(0, at) };
    return [{ leastM: 0, of, beneath: places.top.beneath, node: 0 }];
  });
}

/** Whether something fresher lists the place, or would list it if it were still there. */
const isOutdated = ({ places, fresher }: Searched, number: number, position: Position): boolean =>
  fresher.some((other) => covers(other, position) || numberOf(other, codeOf(places, number)) >= 0);

function insert(list: Hit[], hit: Hit, limit: number): void {
  const code = codeOf(hit.places, hit.number);
  let at = list.length;
  for (let before = list[at - 1]; before; before = list[at - 1]) {
    const nearer = before.weighedM - hit.weighedM || (codeOf(before.places, before.number) < code ? -1 : 1);
    if (nearer <= 0) break;
    at--;
  }
  list.splice(at, 0, hit);
  if (list.length > limit) list.pop();
}

/** The posted state of a place at an instant. */
function stateAt(places: Places, number: number, at: number): State {
  const dated = places.dated.get(number);
  const told = dated ? exception(dated, at) : null;
  if (told) return told.state;
  const day = dayOf(at);
  const minute = (at - midnightOf(day)) / MINUTE_MS;
  for (const [until, held] of courseOn(places, number, day) ?? []) {
    if (minute < until) return held;
  }
  return "unknown";
}

/** Whether a place that is shut at an instant opens within a day: then it is open at one of the edges of its course. */
function opensWithinADay(places: Places, number: number, at: number): boolean {
  const { shut = [], extra = [], mask = [] } = places.dated.get(number) ?? {};
  const edges = [shut, extra, mask].flatMap((periods) => periods.flat().map((minute) => (minute ?? NaN) * MINUTE_MS));
  for (let day = dayOf(at); day <= dayOf(at) + 1; day++) {
    for (const [until] of courseOn(places, number, day) ?? []) edges.push(midnightOf(day) + until * MINUTE_MS);
  }
  return edges.some((edge) => edge > at && edge <= at + DAY_MS && stateAt(places, number, edge) === "open");
}

function found<Of extends Hit>(
  { here, limit, withinM }: Wanted,
  known: readonly Places[],
  hits: readonly Of[],
  best: readonly Hit[],
): Found<Of> {
  const exact = known.map(
    ({ rectangle, completeWithinM }) => completeWithinM - distanceM(here, nearestPoint(here, rectangle)),
  );
  const packs = new Set(known.map(({ tile }) => String(tile)));
  const missing = tilesWithin(here, PACK_ZOOM, withinM).find(({ tile }) => !packs.has(String(tile)));
  exact.push(missing ? missing.leastM - ROUNDING_M : withinM);
  return {
    hits,
    exactWithinM: Math.min(withinM, Math.max(0, ...exact)),
    neededWithinM: Math.min(withinM, best[limit - 1]?.weighedM ?? withinM),
  };
}

// The nodes ahead stand in a binary heap, the nearest at its top.

function push(heap: Ahead[], added: Ahead): void {
  let at = heap.push(added) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent];
    if (!above || above.leastM <= added.leastM) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = added;
}

function pop(heap: Ahead[]): Ahead | undefined {
  const [top] = heap;
  const last = heap.pop();
  if (!last || !heap.length) return top;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    const [left, right] = [heap[child], heap[child + 1]];
    if (left && right && right.leastM < left.leastM) child++;
    const nearer = heap[child];
    if (!nearer || nearer.leastM >= last.leastM) break;
    heap[at] = nearer;
    at = child;
  }
  heap[at] = last;
  return top;
}
