/** How long the nearest 20 of 50,000 places take, beside looking at every place in the same run. */

import { state, type Compiled, type Dated } from "../src/ground/hours";
import { place, places, type Places } from "../src/ground/places";
import { distanceM, type Position } from "../src/ground/position";
import { nearest, openFirst, type Wanted } from "../src/ground/ranking";
import { tileAt } from "../src/ground/tiles";
import { AMENITIES, KINDS, chance, documentOf, scattered } from "../tests/ground/synthetic";

const PLACES = 50_000;
const QUESTIONS = 500;
const TIMES = 20;
const CITY: Position = { lon: 121.47, lat: 31.23 };
const NOON = Date.parse("2026-11-20T14:00+08:00");
const NIGHT = Date.parse("2026-11-20T03:00+08:00");

/** A place in the plain form that looking at every place is given. */
interface Plain {
  readonly position: Position;
  readonly kind: string;
  readonly offers: ReadonlySet<string>;
  readonly hours: Compiled | null;
  readonly dated: Dated;
}

/** Milliseconds that a kind of question takes. */
interface Took {
  readonly name: string;
  readonly p50: number;
  readonly p95: number;
}

const random = chance(311);
const written = documentOf(scattered(PLACES, CITY, 0.25, random), {
  tile: tileAt(CITY, 9),
  generatedAt: "2026-11-20T14:00:00+08:00",
});
const index = places(JSON.parse(JSON.stringify(written)));

const everything: readonly Plain[] = Array.from({ length: index.size }, (_, number) => {
  const each = place(index, number);
  const offers = each.amenities.filter((amenity) => ["works", "unknown"].includes(amenity.state));
  return { ...each, offers: new Set(offers.map(({ code }) => code)) };
});

const draw = <Value>(from: readonly Value[], most: number): Value[] =>
  [...from].sort(() => random() - 0.5).slice(0, Math.floor(random() * (most + 1)));

/** Everything sorted by distance, the dearest honest way: what the index is measured against. */
function byLookingAtAll({ here, kinds, amenities, limit, withinM }: Wanted, openAt: number | null, of: Places): number[] {
  return everything
    .filter(
      ({ kind, offers, hours, dated }) =>
        (!kinds.length || kinds.includes(kind)) &&
        amenities.every((amenity) => offers.has(amenity)) &&
        (openAt === null || state(hours, openAt, of.calendar, dated).state === "open"),
    )
    .map(({ position }) => distanceM(here, position))
    .filter((metres) => metres <= withinM)
    .sort((a, b) => a - b)
    .slice(0, limit);
}

/**
 * Milliseconds of one question, the mean of several in a row: a processor that is slowed down rests between slices of
 * work, and a single question may fall between two rests.
 */
function mean(ask: () => unknown): number {
  const begun = performance.now();
  for (let time = 0; time < TIMES; time++) ask();
  return (performance.now() - begun) / TIMES;
}

function took(name: string, ask: (wanted: Wanted) => unknown, asked: readonly Wanted[]): Took {
  for (const wanted of asked.slice(0, 50)) ask(wanted);
  const all = asked.map((wanted) => mean(() => ask(wanted))).sort((a, b) => a - b);
  const at = (share: number) => all[Math.floor(all.length * share)] ?? NaN;
  return { name, p50: at(0.5), p95: at(0.95) };
}

const questions: Wanted[] = Array.from({ length: QUESTIONS }, () => ({
  here: { lon: CITY.lon + (random() - 0.5) * 0.6, lat: CITY.lat + (random() - 0.5) * 0.6 },
  kinds: draw(KINDS, 2),
  amenities: draw(AMENITIES, 3),
  limit: 20,
  withinM: 50_000,
}));

/** How many answers differ from looking at every place, by day, by night and whenever. */
export function checked(): { readonly places: number; readonly asked: number; readonly wrong: number } {
  const instants = [null, NOON, NIGHT];
  const asked = questions.slice(0, 100).flatMap((wanted) => instants.map((openAt) => ({ wanted, openAt })));
  const wrong = asked.filter(({ wanted, openAt }) => {
    const found = nearest(wanted, openAt, [index]).hits.map((hit) => hit.distanceM);
    return JSON.stringify(found) !== JSON.stringify(byLookingAtAll(wanted, openAt, index));
  });
  return { places: PLACES, asked: asked.length, wrong: wrong.length };
}

/** Looking at every place first, then each kind of question. */
export function measured(): readonly Took[] {
  return [
    took("looking at every place, open at 14:00", (wanted) => byLookingAtAll(wanted, NOON, index), questions.slice(0, 20)),
    took("nearest", (wanted) => nearest(wanted, null, [index]), questions),
    took("open at 14:00", (wanted) => nearest(wanted, NOON, [index]), questions),
    took("open at 03:00", (wanted) => nearest(wanted, NIGHT, [index]), questions),
    took("open on arrival first, 14:00, on foot", (wanted) => openFirst(wanted, NOON, "foot", [index]), questions),
    took("open on arrival first, 03:00, e-bike", (wanted) => openFirst(wanted, NIGHT, "ebike", [index]), questions),
  ];
}
