/** Opening hours as the server compiled them: what holds at an instant, and when that changes next. */

/** What hours say of one moment; unknown is neither open nor closed. */
export type State = "open" | "closed" | "unknown";

/**
 * Minutes from the midnight of the day on which it begins, end excluded, at most 2880; open where no state follows.
 * Minutes in no span are closed.
 */
export type Span = readonly [start: number, end: number, state?: State, comment?: string];

/** What begins on one day: in order, without overlaps. */
export type Day = readonly Span[];

/** Part of the year from `first` (month × 100 + day): a hexadecimal digit per class of day, the days they point into. */
export type Season = readonly [first: number, classes: string, days: readonly Day[]];

/** One text of hours: its seasons in order; days before the first belong to the last, across New Year. */
export type Compiled = readonly Season[];

/**
 * By announced year the days off, as month × 100 + day and length in turn, and the make-up workdays (调休). A year that
 * is missing is not announced; its days are what their weekday says.
 */
export type Calendar = Readonly<Record<string, readonly [off: readonly number[], work: readonly number[]]>>;

/** Half-open ranges in minutes since 1970 (UTC); null is until further notice. */
export type Periods = readonly (readonly [from: number, until: number | null])[];

/** Dated events of one place: `shut` beats everything, `extra` opens, `mask` suspends the regular hours. */
export interface Dated {
  readonly shut?: Periods;
  readonly extra?: Periods;
  readonly mask?: Periods;
}

/** What holds at an instant, and the comment that the text gives with it. */
export interface Answer {
  readonly state: State;
  readonly comment: string;
}

/** Milliseconds of a minute. */
export const MINUTE_MS = 60_000;

/** Milliseconds of a day; China has no summer time. */
export const DAY_MS = 86_400_000;

/** The class of a day off that falls on a Monday. */
export const DAY_OFF = 7;

/** The class of a make-up Saturday; a make-up Sunday follows. */
export const MAKE_UP_SATURDAY = 14;

/** Saturday, counted from Monday as 0. */
export const SATURDAY = 5;

// UTC+8 all over China, whatever the zone of the phone.
const CHINA_MS = 28_800_000;
const MINUTES_A_DAY = 1440;
// More than any year with its seasons and holidays.
const LONGEST_LOOK_AHEAD = 400;

const CLOSED: Answer = { state: "closed", comment: "" };
const OPEN: Answer = { state: "open", comment: "" };
const UNKNOWN: Answer = { state: "unknown", comment: "" };

/** The date in China of an instant (epoch milliseconds), as days since 1 January 1970. */
export const dayOf = (at: number): number => Math.floor((at + CHINA_MS) / DAY_MS);

/** Epoch milliseconds of the midnight in China with which a day begins. */
export const midnightOf = (day: number): number => day * DAY_MS - CHINA_MS;

/** The hour in China of an instant (epoch milliseconds), 0 to 23. */
export const hourOf = (at: number): number => Math.floor((at - midnightOf(dayOf(at))) / 3_600_000);

/** The weekday of a day, Monday as 0; 1 January 1970 was a Thursday. */
export const weekdayOf = (day: number): number => (day + 3) % 7;

/** The year of a day. */
export const yearOf = (day: number): number => new Date(day * DAY_MS).getUTCFullYear();

/** Month × 100 + day of the month. */
export function monthDayOf(day: number): number {
  const date = new Date(day * DAY_MS);
  return (date.getUTCMonth() + 1) * 100 + date.getUTCDate();
}

/** The day of a year (month × 100 + day), as days since 1 January 1970. */
export const dayIn = (year: number, monthDay: number): number =>
  Date.UTC(year, Math.floor(monthDay / 100) - 1, monthDay % 100) / DAY_MS;

/** 0–6 natural weekday from Monday, 7–13 day off by weekday, 14 and 15 make-up Saturday and Sunday. */
export function dayClass(day: number, calendar: Calendar): number {
  const weekday = weekdayOf(day);
  const year = yearOf(day);
  const [off, work] = calendar[year] ?? [[], []];
  if (work.includes(monthDayOf(day))) {
    return weekday < SATURDAY ? weekday : weekday - SATURDAY + MAKE_UP_SATURDAY;
  }
  const rests = off.some((first, place) => {
    const since = day - dayIn(year, first);
    return place % 2 === 0 && since >= 0 && since < (off[place + 1] ?? 0);
  });
  return rests ? weekday + DAY_OFF : weekday;
}

/** What begins on a month × 100 + day of the given class. */
export function spansIn(compiled: Compiled, monthDay: number, classOfDay: number): Day {
  let held = compiled[compiled.length - 1];
  for (const season of compiled) {
    if (season[0] <= monthDay) held = season;
  }
  return held?.[2][parseInt(held[1].charAt(classOfDay), 16)] ?? [];
}

/** What begins on one day. */
export const spansOn = (compiled: Compiled, day: number, calendar: Calendar): Day =>
  spansIn(compiled, monthDayOf(day), dayClass(day, calendar));

/**
 * What spans say of a minute of the day: those of the day itself and those of the day before, whose nights reach over
 * midnight. Of all that hold it, open beats unknown beats closed.
 */
function regular(own: Day, night: Day, minute: number): Answer {
  let best: Answer = CLOSED;
  for (let step = 0; step < 2; step++) {
    const now = minute + step * MINUTES_A_DAY;
    for (const [start, end, state = "open", comment = ""] of step ? night : own) {
      if (start <= now && now < end) {
        if (state === "open") return { state, comment };
        if (best === CLOSED || (state === "unknown" && best.state === "closed")) best = { state, comment };
      }
    }
  }
  return best;
}

/** What holds on one day in China: until which minute and in which state, in turn; the last until its midnight. */
export type Course = readonly (readonly [until: number, state: State])[];

/** The course of a day, from what begins on it and on the day before. */
export function courseOf(own: Day, night: Day): Course {
  const edges = own.flatMap(([start, end]) => [start, end]);
  edges.push(MINUTES_A_DAY, ...night.flatMap(([start, end]) => [start - MINUTES_A_DAY, end - MINUTES_A_DAY]));
  const inOrder = edges.filter((edge) => edge > 0 && edge <= MINUTES_A_DAY).sort((a, b) => a - b);
  return inOrder.map((until, place) => [until, regular(own, night, inOrder[place - 1] ?? 0).state]);
}

/** What dated events say of an instant; null when the regular hours hold. */
export function exception(dated: Dated, at: number): Answer | null {
  if (holds(dated.shut, at)) return CLOSED;
  if (holds(dated.extra, at)) return OPEN;
  return holds(dated.mask, at) ? CLOSED : null;
}

/** What holds at an instant (epoch milliseconds); without hours unknown, where no dated event says more. */
export function state(compiled: Compiled | null, at: number, calendar: Calendar, dated: Dated = {}): Answer {
  const day = dayOf(at);
  return holding(compiled && spansOn(compiled, day, calendar), compiled && spansOn(compiled, day - 1, calendar), at, dated);
}

/**
 * The first instant after `at` (epoch milliseconds) at which state or comment differ from those at `at`; null when
 * nothing changes within so many days.
 */
export function nextChange(
  compiled: Compiled | null,
  at: number,
  calendar: Calendar,
  dated: Dated = {},
  days: number = LONGEST_LOOK_AHEAD,
): number | null {
  const now = state(compiled, at, calendar, dated);
  const bounds = [dated.shut, dated.extra, dated.mask].flatMap((periods = []) =>
    periods.flat().map((bound) => (bound ?? NaN) * MINUTE_MS),
  );
  const today = dayOf(at);
  let night = compiled && spansOn(compiled, today - 1, calendar);
  for (let day = today; day <= today + days; day++) {
    const own = compiled && spansOn(compiled, day, calendar);
    const midnight = midnightOf(day);
    const edges = [midnight, ...bounds];
    [own, night].forEach((spans, before) => {
      const begins = midnight - before * DAY_MS;
      for (const [start, end] of spans ?? []) edges.push(begins + start * MINUTE_MS, begins + end * MINUTE_MS);
    });
    edges.sort((a, b) => a - b);
    for (const edge of edges) {
      if (edge > at && edge >= midnight && edge < midnight + DAY_MS) {
        const then = holding(own, night, edge, dated);
        if (then.state !== now.state || then.comment !== now.comment) return edge;
      }
    }
    night = own;
  }
  return null;
}

function holding(own: Day | null, night: Day | null, at: number, dated: Dated): Answer {
  const minute = Math.floor((at - midnightOf(dayOf(at))) / MINUTE_MS);
  return exception(dated, at) ?? (own && night ? regular(own, night, minute) : UNKNOWN);
}

const holds = (periods: Periods | undefined, at: number): boolean =>
  periods?.some(([from, until]) => from * MINUTE_MS <= at && (until === null || at < until * MINUTE_MS)) ?? false;
