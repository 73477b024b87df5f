/** How long the nearest 20 of 50,000 places take, beside looking at every place in the same run. */

import { dayOf, state, type Compiled, type Dated } from "../src/ground/hours";
import { place, places, type Places } from "../src/ground/places";
import { distanceM, type Position } from "../src/ground/position";
import { nearest, openFirst, type Wanted } from "../src/ground/ranking";
import { tileAt } from "../src/ground/tiles";
import { AMENITIES, KINDS, chance, documentOf, scattered } from "../tests/ground/synthetic";

const PLACES = 50_000;
const QUESTIONS = 500;
const TIMES = 5;
// What 6 × throttling of the processor leaves of 5 ms.
const WANTED_MS = 5 / 6;
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

const figure = (ms: number): string => ms.toFixed(3);

const random = chance(311);
const written = documentOf(scattered(PLACES, CITY, 0.25, random), {
  tile: tileAt(CITY, 9),
  generatedAt: "2026-11-20T14:00:00+08:00",
});
const text = JSON.stringify(written);

const parsedAt = performance.now();
const parsed: unknown = JSON.parse(text);
const readAt = performance.now();
const index = places(parsed);
const doneAt = performance.now();
console.log(`${String(PLACES)} places: JSON ${figure(readAt - parsedAt)} ms, index ${figure(doneAt - readAt)} ms`);

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

/** Milliseconds of one question: the middle of several, so that what else the machine does counts little. */
function median(ask: () => unknown): number {
  const took = Array.from({ length: TIMES }, () => {
    const begun = performance.now();
    ask();
    return performance.now() - begun;
  });
  return took.sort((a, b) => a - b)[Math.floor(TIMES / 2)] ?? NaN;
}

function measured(name: string, ask: (wanted: Wanted) => unknown, questions: readonly Wanted[]): number {
  for (const wanted of questions.slice(0, 50)) ask(wanted);
  const took = questions.map((wanted) => median(() => ask(wanted))).sort((a, b) => a - b);
  const at = (share: number) => took[Math.floor(took.length * share)] ?? NaN;
  console.log(`${name.padEnd(44)} p50 ${figure(at(0.5))}  p95 ${figure(at(0.95))}  max ${figure(at(0.999))} ms`);
  return at(0.95);
}

const questions: Wanted[] = Array.from({ length: QUESTIONS }, () => ({
  here: { lon: CITY.lon + (random() - 0.5) * 0.6, lat: CITY.lat + (random() - 0.5) * 0.6 },
  kinds: draw(KINDS, 2),
  amenities: draw(AMENITIES, 3),
  limit: 20,
  withinM: 50_000,
}));

let wrong = 0;
for (const wanted of questions.slice(0, 100)) {
  for (const openAt of [null, NOON, NIGHT]) {
    const found = nearest(wanted, openAt, [index]).hits.map((hit) => hit.distanceM);
    if (JSON.stringify(found) !== JSON.stringify(byLookingAtAll(wanted, openAt, index))) wrong++;
  }
}
console.log(`answers that differ from looking at every place: ${String(wrong)} of 300 (day ${String(dayOf(NOON))})`);

const all = measured("looking at every place, open at 14:00", (wanted) => byLookingAtAll(wanted, NOON, index), questions.slice(0, 40));
const worst = Math.max(
  measured("nearest 20", (wanted) => nearest(wanted, null, [index]), questions),
  measured("nearest 20, open at 14:00", (wanted) => nearest(wanted, NOON, [index]), questions),
  measured("nearest 20, open at 03:00", (wanted) => nearest(wanted, NIGHT, [index]), questions),
);
measured("open on arrival first, 14:00, on foot", (wanted) => openFirst(wanted, NOON, "foot", [index]), questions);
measured("open on arrival first, 03:00, e-bike", (wanted) => openFirst(wanted, NIGHT, "ebike", [index]), questions);
console.log(`worst p95 ${figure(worst)} ms, wanted < ${figure(WANTED_MS)}; looking at every place takes ${(all / worst).toFixed(0)} ×`);
if (wrong || worst >= WANTED_MS) process.exitCode = 1;
