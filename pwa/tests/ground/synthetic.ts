/** Synthetic places and the documents that tell of them, in the columns that docs/cells.md describes. */

import type { Compiled, Dated } from "@/ground/hours";
import type { AmenityState, Mode } from "@/ground/places";
import type { Position } from "@/ground/position";
import type { Tile } from "@/ground/tiles";

/** A place that does not exist. Longitude and latitude are whole hundred-thousandths of a degree. */
export interface Synthetic {
  readonly code: string;
  readonly name: string;
  readonly address: string;
  readonly kind: string;
  readonly organisation: string;
  readonly lon: number;
  readonly lat: number;
  readonly hours: Compiled | null;
  readonly access: readonly (readonly [Mode, Compiled | null])[];
  readonly amenities: readonly (readonly [code: string, state: AmenityState, sinceH?: number])[];
  readonly confirmedH: number | null;
  readonly conflictingH?: number;
  readonly dated?: Dated;
  readonly notice?: string;
}

/** Numbers from 0 to 1 that are the same every time (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const KINDS = ["rest_station", "mothers_room", "workers_home", "reading_room", "service_window"] as const;
export const AMENITIES = [
  ..."drinking_water hot_water seats air_conditioning heating microwave refrigerator phone_charging".split(" "),
  ..."ebike_charging battery_swap wifi toilet medicine_box aed rain_gear tools books television recliner".split(" "),
  ..."shower laundry haircut legal_advice counselling membership_desk blood_pressure_meter".split(" "),
  ..."wheelchair_access truck_parking cheap_meal gift_shelf nappy_table hand_basin cot feeding_seat".split(" "),
];

/** Some 300 texts of hours: most by day, some only on workdays, a few at night or round the clock, some not known. */
function hours(random: () => number): Compiled | null {
  const quarter = (from: number, to: number) => Math.round((from + random() * (to - from)) * 2) * 30;
  const drawn = random();
  if (drawn < 0.03) return null;
  if (drawn < 0.05) return [[101, "0000000000000000", [[[0, 1440]]]]];
  if (drawn < 0.07) return [[101, "0000000111111100", [[[quarter(20, 23), 1440 + quarter(5, 7)]], []]]];
  const day = [[quarter(7, 9), quarter(16, 21)]] as const;
  if (drawn < 0.4) return [[101, "0000000000000000", [day]]];
  if (drawn < 0.6) return [[101, "0000011222222200", [day, [], [[0, 1440, "unknown"]]]]];
  if (drawn < 0.7) return [[501, "0000000000000000", [day]], [1001, "0000000000000000", [[[540, 1020]]]]];
  return [[101, "0000011111111100", [day, []]]];
}

/** Places around a position, gathered about its middle; `spread` is in degrees. */
export function scattered(count: number, around: Position, spread: number, random: () => number): Synthetic[] {
  const bell = () => (random() + random() + random() + random() - 2) * spread;
  return Array.from({ length: count }, (_, number) => {
    const text = hours(random);
    return {
      code: (number + 32 ** 5).toString(32).toUpperCase().padStart(6, "0"),
      name: `驿站 ${String(number)}`,
      address: `${String(number)} 号`,
      kind: KINDS[Math.floor(random() ** 3 * KINDS.length)] ?? "rest_station",
      organisation: `总工会 ${String(number % 40)}`,
      lon: Math.round((around.lon + bell()) * 100_000),
      lat: Math.round((around.lat + bell()) * 100_000),
      hours: text,
      access: [["staffed", text]],
      amenities: AMENITIES.filter((_, place) => random() < 0.7 / (1 + place / 4)).map((code) => {
        const state = random();
        return [code, state < 0.8 ? "works" : state < 0.9 ? "unknown" : state < 0.95 ? "broken" : "empty"] as const;
      }),
      confirmedH: null,
    };
  });
}

/** What a document says of itself. */
export interface Head {
  readonly tile: Tile;
  readonly generatedAt: string;
  readonly completeWithinM?: number;
}

const MARKS: Readonly<Record<AmenityState, string>> = { works: "", unknown: "?", broken: "!", empty: "-" };

/** The document in which a server would tell of these places, in the order of a curve through them. */
export function documentOf(places: readonly Synthetic[], { tile, generatedAt, completeWithinM }: Head): unknown {
  const [kinds, organisations, amenities, texts, ways] = Array.from({ length: 5 }, () => new Map<string, number>());
  const indexed = (index: Map<string, number> | undefined, value: unknown): number => {
    const key = JSON.stringify(value);
    const found = index?.get(key) ?? index?.size ?? 0;
    index?.set(key, found);
    return found;
  };
  const listed = (index: Map<string, number> | undefined) => [...(index?.keys() ?? [])].map((key): unknown => JSON.parse(key));
  const text = (compiled: Compiled | null) => (compiled ? indexed(texts, compiled) : null);
  const letter = (place: number) => String.fromCharCode(65 + place + (place >= 27 ? 1 : 0));
  const steps = (values: readonly number[]) => values.map((value, place) => value - (values[place - 1] ?? 0));
  const rows = alongCurve(places);
  const where = <Value>(of: (place: Synthetic) => Value | undefined) =>
    rows.flatMap((row, place) => (of(row) === undefined ? [] : [[place, of(row)]]));
  const columns = {
    code: rows.map(({ code }) => code).join(""),
    name: rows.map(({ name }) => name).join("\n"),
    address: rows.map(({ address }) => address).join("\n"),
    kind: rows.map(({ kind }) => indexed(kinds, kind)),
    organisation: rows.map(({ organisation }) => indexed(organisations, organisation)),
    lon: steps(rows.map(({ lon }) => lon)),
    lat: steps(rows.map(({ lat }) => lat)),
    hours: rows.map(({ hours: compiled }) => text(compiled)),
    access: rows.map(({ access }) => indexed(ways, access.map(([mode, compiled]) => [mode, text(compiled)]))),
    amenities: rows
      .map((row) => row.amenities.map(([code, state]) => letter(indexed(amenities, code)) + MARKS[state]).join(""))
      .join("\n"),
    confirmed_h: rows.map(({ confirmedH }) => confirmedH),
  };
  const sparse = {
    since_h: rows.flatMap((row, place) =>
      row.amenities.flatMap(([code, , since]) => (since === undefined ? [] : [[place, indexed(amenities, code), since]])),
    ),
    notice: where(({ notice }) => notice),
    dated: where(({ dated }) => dated),
    conflicting_h: where(({ conflictingH }) => conflictingH),
  };
  return {
    format: 1,
    generated_at: generatedAt,
    tile,
    ...(completeWithinM === undefined ? {} : { complete_within_m: completeWithinM }),
    calendar: { "2026": [[101, 3, 215, 9, 404, 3, 501, 5, 619, 3, 925, 3, 1001, 7], [104, 214, 228, 509, 920, 1010]] },
    kinds: listed(kinds),
    organisations: listed(organisations),
    amenities: listed(amenities),
    hours: listed(texts),
    access: listed(ways),
    columns,
    sparse: Object.fromEntries(Object.entries(sparse).filter(([, entries]) => entries.length)),
  };
}

/** Places in the order of a Hilbert curve, as the server sorts them. */
function alongCurve(places: readonly Synthetic[]): Synthetic[] {
  return places
    .map((place) => ({ place, at: hilbert(Math.round((place.lon / 36_000_000 + 0.5) * 65_535 * 16) & 0xffff, Math.round((place.lat / 18_000_000 + 0.5) * 65_535 * 16) & 0xffff) }))
    .sort((a, b) => a.at - b.at)
    .map(({ place }) => place);
}

function hilbert(x: number, y: number): number {
  let distance = 0;
  for (let side = 0x8000; side > 0; side >>= 1) {
    const right = (x & side) > 0 ? 1 : 0;
    const upper = (y & side) > 0 ? 1 : 0;
    distance += side * side * ((3 * right) ^ upper);
    if (!upper) {
      if (right) {
        x = 0xffff - x;
        y = 0xffff - y;
      }
      [x, y] = [y, x];
    }
  }
  return distance;
}
