/** Cells and packs as an index that is searched fast; a place becomes an object only when it is shown. */

import { DATED, WORD, hoursFacets, set, topOf, type Asked, type Level } from "./facets";
import { courseOf, spansOn, type Calendar, type Compiled, type Course, type Dated } from "./hours";
import { distanceM, nearestPoint, type Position, type Rectangle } from "./position";
import { rectangleOf, type Tile } from "./tiles";

/** The format of cells and packs that this code reads. */
const FORMAT = 1;

/** Why a document is not read: its format is of an older or a newer server, or it is not what it says. */
export type Unreadable = "older" | "newer" | "broken";

/** A document that is not read, and why. */
export class UnreadableError extends Error {
  constructor(readonly reason: Unreadable) {
    super(`a cell or pack is ${reason}`);
  }
}

/** What is known of an amenity today. */
export type AmenityState = "works" | "unknown" | "broken" | "empty";

/** How one gets in. */
export type Mode = "open_door" | "staffed" | "self_service" | "key";

/** A place as it is shown; what nobody said is null. */
export interface Place {
  /** Six characters, as on the poster. */
  readonly code: string;
  readonly name: string;
  readonly kind: string;
  readonly organisation: string;
  readonly address: string;
  readonly position: Position;
  /** Radius in metres within which the entrance is thought to lie. */
  readonly accuracyM: number | null;
  /** When one gets in by any way. */
  readonly hours: Compiled | null;
  readonly access: readonly { readonly mode: Mode; readonly hours: Compiled | null }[];
  /** `since` (epoch milliseconds) is when the state was first said. */
  readonly amenities: readonly { readonly code: string; readonly state: AmenityState; readonly since: number | null }[];
  readonly dated: Dated;
  readonly calendar: Calendar;
  /** When somebody responsible last said that it is true, in epoch milliseconds. */
  readonly confirmedAt: number | null;
  /** Since when reports say that it is shut while its hours say open, in epoch milliseconds; null: none do. */
  readonly conflictingSince: number | null;
  readonly host: string | null;
  readonly phone: string | null;
  readonly notice: string | null;
  readonly brands: readonly string[];
  /** A synthetic place, for demonstration. */
  readonly demo: boolean;
}

/** The places of one cell or pack. */
export interface Places {
  readonly tile: Tile;
  readonly rectangle: Rectangle;
  /** When the server drew it, in epoch milliseconds. */
  readonly generatedAt: number;
  /** Metres around its rectangle up to which it lists every place; 0 for a pack. */
  readonly completeWithinM: number;
  readonly calendar: Calendar;
  readonly size: number;
  /** Degrees. */
  readonly lon: Float64Array;
  readonly lat: Float64Array;
  /** The level of one node that stands for all places; of none where there are no places. */
  readonly top: Level;
  readonly dated: ReadonlyMap<number, Dated>;
  /** Hours since 1970 since when reports speak against the hours of a place. */
  readonly conflicting: ReadonlyMap<number, number>;
  readonly document: TileDocument;
  /** The course of a day by text of hours, kept once it was asked. */
  readonly courses: Map<number, Course[]>;
  /** The columns of text, a line for each place. */
  readonly lines: Readonly<Record<"name" | "address" | "amenities", readonly string[]>>;
}

/** A document as the server draws it; docs/cells.md describes every part. */
interface TileDocument {
  readonly format: number;
  readonly generated_at: string;
  readonly tile: Tile;
  readonly complete_within_m?: number;
  readonly calendar: Calendar;
  readonly kinds: readonly string[];
  readonly organisations: readonly string[];
  readonly amenities: readonly string[];
  readonly hours: readonly Compiled[];
  readonly access: readonly (readonly (readonly [Mode, number | null])[])[];
  readonly columns: {
    readonly code: string;
    readonly name: string;
    readonly address: string;
    readonly kind: readonly number[];
    readonly organisation: readonly number[];
    readonly access: readonly number[];
    readonly hours: readonly (number | null)[];
    readonly lon: readonly number[];
    readonly lat: readonly number[];
    readonly amenities: string;
    readonly confirmed_h: readonly (number | null)[];
  };
  readonly sparse: {
    readonly host?: Sparse<string>;
    readonly phone?: Sparse<string>;
    readonly notice?: Sparse<string>;
    readonly brands?: Sparse<readonly string[]>;
    readonly accuracy_m?: Sparse<number>;
    readonly demo?: Sparse<true>;
    readonly dated?: Sparse<Dated>;
    readonly conflicting_h?: Sparse<number>;
    readonly since_h?: readonly (readonly [place: number, amenity: number, hours: number])[];
  };
}

type Sparse<Value> = readonly (readonly [place: number, value: Value])[];

const CODE_LENGTH = 6;
const HOUR_MS = 3_600_000;
const DEGREE = 100_000;
const STEP = 1 / DEGREE;
const LETTER_A = 65;
// Letters skip the backslash, which the 28th amenity would get.
const BACKSLASH = 27;
const LINE_BREAK = 10;
const BROKEN = 33;
const EMPTY = 45;
const STATES: Readonly<Record<string, AmenityState>> = { "?": "unknown", "!": "broken", "-": "empty" };

/** The index of a cell or pack from its parsed JSON; UnreadableError when it is of another format or broken. */
export function places(value: unknown): Places {
  const format = (value as Partial<TileDocument> | null)?.format;
  if (typeof format !== "number") throw new UnreadableError("broken");
  if (format !== FORMAT) throw new UnreadableError(format < FORMAT ? "older" : "newer");
  try {
    return indexed(value as TileDocument);
  } catch {
    throw new UnreadableError("broken");
  }
}

function indexed(document: TileDocument): Places {
  const { columns, sparse, kinds, amenities, tile } = document;
  const size = columns.code.length / CODE_LENGTH;
  // Without places a text has no lines.
  const split = (text: string) => (size ? text.split("\n") : []);
  const lines = { name: split(columns.name), address: split(columns.address), amenities: split(columns.amenities) };
  const { kind, organisation, access, hours, lon, lat, confirmed_h: confirmed } = columns;
  const lists = [kind, organisation, access, hours, lon, lat, confirmed, ...Object.values(lines)];
  const generatedAt = Date.parse(document.generated_at);
  const rectangle = rectangleOf(tile);
  if (lists.some((list) => list.length !== size) || Number.isNaN(generatedAt + rectangle.east + rectangle.south)) {
    throw new UnreadableError("broken");
  }
  const words = 1 + Math.ceil((kinds.length + amenities.length) / WORD);
  const positions = { lon: degrees(lon), lat: degrees(lat) };
  return {
    tile,
    rectangle,
    generatedAt,
    completeWithinM: document.complete_within_m ?? 0,
    // Taken apart so that a missing one is seen here and not where it is asked.
    calendar: Object.fromEntries(Object.entries(document.calendar)),
    size,
    ...positions,
    top: topOf(positions.lon, positions.lat, facetsOf(document, size, words), words),
    dated: new Map(sparse.dated),
    conflicting: new Map(sparse.conflicting_h),
    document,
    courses: new Map(),
    lines,
  };
}

/** The place with this number, 0 to `size` - 1. */
export function place(of: Places, number: number): Place {
  const { document, lon, lat, lines, dated, calendar, conflicting } = of;
  const { columns, sparse, hours } = document;
  const value = <Value>(entries: Sparse<Value> | undefined) => entriesOf(entries, number)[0]?.[1] ?? null;
  const compiled = (text: number | null | undefined) => hours[text ?? -1] ?? null;
  const since = new Map(entriesOf(sparse.since_h, number).map(([, amenity, hour]) => [amenity, hour * HOUR_MS]));
  return {
    code: codeOf(of, number),
    name: lines.name[number] ?? "",
    kind: document.kinds[columns.kind[number] ?? -1] ?? "",
    organisation: document.organisations[columns.organisation[number] ?? -1] ?? "",
    address: lines.address[number] ?? "",
    position: { lon: lon[number] ?? NaN, lat: lat[number] ?? NaN },
    accuracyM: value(sparse.accuracy_m),
    hours: compiled(columns.hours[number]),
    access: (document.access[columns.access[number] ?? -1] ?? []).map(([mode, text]) => ({ mode, hours: compiled(text) })),
    amenities: [...(lines.amenities[number] ?? "").matchAll(/([^?!-])([?!-]?)/g)].map(([, letter = "", mark = ""]) => {
      const amenity = amenityOf(letter.charCodeAt(0));
      return {
        code: document.amenities[amenity] ?? "",
        state: STATES[mark] ?? "works",
        since: since.get(amenity) ?? null,
      };
    }),
    dated: dated.get(number) ?? {},
    calendar,
    confirmedAt: confirmedAt(of, number),
    conflictingSince: instant(conflicting.get(number)),
    host: value(sparse.host),
    phone: value(sparse.phone),
    notice: value(sparse.notice),
    brands: value(sparse.brands) ?? [],
    demo: value(sparse.demo) ?? false,
  };
}

/** When somebody responsible last said that a place is as listed, in epoch milliseconds; null: never. */
export const confirmedAt = ({ document }: Places, number: number): number | null =>
  instant(document.columns.confirmed_h[number]);

const instant = (hour: number | null | undefined): number | null => (hour == null ? null : hour * HOUR_MS);

/** The code of a place, six characters as on the poster. */
export const codeOf = ({ document }: Places, number: number): string =>
  document.columns.code.substring(number * CODE_LENGTH, (number + 1) * CODE_LENGTH);

/** The code that somebody typed or followed, as it is listed: Crockford's base 32 reads O as 0, I and L as 1; null: none. */
export function codeMeant(text: string): string | null {
  const code = text.toUpperCase().replaceAll("O", "0").replaceAll(/[IL]/g, "1");
  return new RegExp(`^[0-9A-HJKMNP-TV-Z]{${String(CODE_LENGTH)}}$`).test(code) ? code : null;
}

/** The number of the place with this code; -1 when it is not listed. */
export function numberOf({ document }: Places, code: string): number {
  if (code.length !== CODE_LENGTH) return -1;
  const codes = document.columns.code;
  let found = codes.indexOf(code);
  while (found % CODE_LENGTH > 0) found = codes.indexOf(code, found + 1);
  return found < 0 ? -1 : found / CODE_LENGTH;
}

/** Whether every place at this position is listed, to the rounding of positions. */
export function covers({ rectangle, completeWithinM }: Places, position: Position): boolean {
  const { lon, lat } = position;
  const { west, south, east, north } = rectangle;
  return (
    (west + STEP < lon && lon < east - STEP && south + STEP < lat && lat < north - STEP) ||
    distanceM(position, nearestPoint(position, rectangle)) + 1 < completeWithinM
  );
}

/** What to ask of the facets; null when no place can fit, since the tile has none of what is wanted. */
export function asked(
  { document, top: { words } }: Places,
  kinds: readonly string[],
  amenities: readonly string[],
  hours: number | null,
): Asked | null {
  const any = new Uint32Array(words);
  const all = new Uint32Array(words);
  for (const kind of kinds) {
    const bit = document.kinds.indexOf(kind);
    if (bit >= 0) set(any, 0, bit);
  }
  for (const amenity of amenities) {
    const bit = document.amenities.indexOf(amenity);
    if (bit < 0) return null;
    set(all, 0, document.kinds.length + bit);
  }
  if (kinds.length && !any.some(Boolean)) return null;
  return { hours, any: kinds.length ? any : null, all };
}

/** The regular course of a place's day (days since 1970); null where no hours are known. */
export function courseOn({ document, calendar, courses }: Places, number: number, day: number): Course | null {
  const text = document.columns.hours[number] ?? -1;
  const compiled = document.hours[text];
  if (!compiled) return null;
  let onDay = courses.get(day);
  if (!onDay) courses.set(day, (onDay = []));
  return (onDay[text] ??= courseOf(spansOn(compiled, day, calendar), spansOn(compiled, day - 1, calendar)));
}

function degrees(steps: readonly number[]): Float64Array {
  const values = new Float64Array(steps.length);
  let sum = 0;
  steps.forEach((step, number) => {
    sum += step;
    values[number] = sum / DEGREE;
  });
  return values;
}

const amenityOf = (letter: number): number => letter - LETTER_A - (letter - LETTER_A > BACKSLASH ? 1 : 0);

function facetsOf({ columns, sparse, kinds, hours }: TileDocument, size: number, words: number): Uint32Array {
  const facets = new Uint32Array(size * words);
  const texts = hours.map(hoursFacets);
  const unknown = hoursFacets(null);
  columns.kind.forEach((kind, number) => {
    set(facets, number * words, kind);
    facets[number * words] = texts[columns.hours[number] ?? -1] ?? unknown;
  });
  for (const [number] of sparse.dated ?? []) facets[number * words] = (facets[number * words] ?? 0) | DATED;
  const written = columns.amenities;
  let first = 0;
  for (let at = 0; at < written.length; at++) {
    const letter = written.charCodeAt(at);
    const mark = written.charCodeAt(at + 1);
    if (letter === LINE_BREAK) first += words;
    else if (letter >= LETTER_A && mark !== BROKEN && mark !== EMPTY) set(facets, first, kinds.length + amenityOf(letter));
  }
  return facets;
}

/** The entries of one place; they stand in the order of places. */
function entriesOf<Entry extends readonly [place: number, ...unknown[]]>(
  entries: readonly Entry[] | undefined,
  number: number,
): readonly Entry[] {
  if (!entries) return [];
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.[0] ?? number) < number) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (entries[end]?.[0] === number) end++;
  return entries.slice(low, end);
}
