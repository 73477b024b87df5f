/** Opening hours in the words of people: the whole week for a place's page, one day for a list. */

import {
  DAY_OFF,
  MAKE_UP_SATURDAY,
  SATURDAY,
  dayClass,
  dayIn,
  monthDayOf,
  spansIn,
  weekdayOf,
  yearOf,
  type Calendar,
  type Compiled,
  type Day,
  type Season,
  type Span,
} from "./hours";

/** The product's two languages. */
export type Lang = "zh" | "en";

const ZH = {
  always: "24小时开放",
  never: "不开放",
  daily: "每天",
  wholeDay: "24小时",
  closed: "休息",
  unknown: "不详",
  hoursUnknown: "时间不详",
  holiday: "节假日",
  holidays: "节假日",
  holidaysOn: (weekdays: string) => `${weekdays}逢节假日`,
  holidaysClosed: "法定节假日休息",
  holidaysUnknown: "节假日不详",
  makeUpDay: "调休上班日",
  notAnnounced: "当年放假安排未公布",
  otherwiseClosed: "其余时间不开放",
  nextDay: (time: string) => `次日 ${time}`,
  weekday: (weekday: number) => `周${"一二三四五六日".charAt(weekday)}`,
  month: (month: number) => `${String(month)}月`,
  run: (first: string, last: string) => `${first}至${last}`,
  overNewYear: (first: string, last: string) => `${first}至次年${last}`,
  date: (month: string, day: number) => `${month}${String(day)}日`,
  comment: (said: string, comment: string) => `${said}（${comment}）`,
  also: "、",
  clause: "，",
  season: "；",
  gap: "",
};

type Vocabulary = typeof ZH;

const EN: Vocabulary = {
  always: "open 24 hours",
  never: "closed",
  daily: "daily",
  wholeDay: "24 hours",
  closed: "closed",
  unknown: "unknown",
  hoursUnknown: "hours unknown",
  holiday: "public holiday:",
  holidays: "public holidays:",
  holidaysOn: (weekdays) => `public holidays on ${weekdays}:`,
  holidaysClosed: "closed on public holidays",
  holidaysUnknown: "public holidays unknown",
  makeUpDay: "make-up workday:",
  notAnnounced: "holidays of that year not yet announced",
  otherwiseClosed: "otherwise closed",
  nextDay: (time) => `${time} next day`,
  weekday: (weekday) => "MonTueWedThuFriSatSun".slice(weekday * 3, weekday * 3 + 3),
  month: (month) => "JanFebMarAprMayJunJulAugSepOctNovDec".slice(month * 3 - 3, month * 3),
  run: (first, last) => `${first}–${last}`,
  overNewYear: (first, last) => `${first}–${last}`,
  date: (month, day) => `${String(day)} ${month}`,
  comment: (said, comment) => `${said} (${comment})`,
  also: ", ",
  clause: ", ",
  season: "; ",
  gap: " ",
};

const MINUTES_A_DAY = 1440;
const LEAP_YEAR = 2000;
const WEEK = [0, 1, 2, 3, 4, 5, 6] as const;

/** The week, season by season; closed weekdays go without saying, days off are named where they differ. */
export function words(compiled: Compiled, lang: Lang): string {
  const say = lang === "zh" ? ZH : EN;
  const alike = new Map<string, { season: Season; stretches: string[] }>();
  compiled.forEach((season, place) => {
    const [first, ...held] = season;
    const following = (compiled[place + 1] ?? compiled[0] ?? season)[0];
    const entry = upsert(alike, JSON.stringify(held), { season, stretches: [] });
    entry.stretches.push(stretchSaid(first, following, say));
  });
  const seasons = [...alike.values()];
  if (seasons.length === 1) return seasons.map(({ season }) => seasonSaid(season, say)).join("");
  const said = seasons
    .filter(({ season }) => opens(season))
    .map(({ season, stretches }) => beside(stretches.join(say.also), seasonSaid(season, say), say));
  if (said.length < seasons.length) said.push(say.otherwiseClosed);
  return said.join(say.season);
}

/**
 * What begins on one day (days since 1970); names a day off or make-up day on which that differs from the natural
 * weekday. In a year that is not announced it says so, if the hours of that weekday depend on the notice.
 */
export function dayWords(compiled: Compiled, on: number, calendar: Calendar, lang: Lang): string {
  const say = lang === "zh" ? ZH : EN;
  const weekday = weekdayOf(on);
  const classOfDay = dayClass(on, calendar);
  const day = (each: number) => spansIn(compiled, monthDayOf(on), each);
  const differs = (each: number) => JSON.stringify(day(each)) !== JSON.stringify(day(weekday));
  const said = daySaid(day(classOfDay), say);
  if (differs(classOfDay)) return beside(classOfDay < MAKE_UP_SATURDAY ? say.holiday : say.makeUpDay, said, say);
  const depends =
    differs(DAY_OFF + weekday) || (weekday >= SATURDAY && differs(MAKE_UP_SATURDAY + weekday - SATURDAY));
  return depends && !calendar[yearOf(on)] ? say.comment(said, say.notAnnounced) : said;
}

const opens = ([, , days]: Season): boolean => days.some((day) => day.length);

function seasonSaid([, classes, days]: Season, say: Vocabulary): string {
  if (days.length === 1 && isWhole(days[0], "open")) return say.always;
  // Days are the same exactly when their digits are.
  const on = (digit: string) => days[parseInt(digit, 16)] ?? [];
  const week = WEEK.map((weekday) => classes.charAt(weekday));
  const daysOff = WEEK.map((weekday) => classes.charAt(DAY_OFF + weekday));
  const said = byDay(WEEK, week)
    .filter(([digit]) => on(digit).length)
    .map(([digit, weekdays]) =>
      beside(weekdays.length === WEEK.length ? say.daily : weekdaysSaid(weekdays, say), daySaid(on(digit), say), say),
    );
  const differing = WEEK.filter((weekday) => week[weekday] !== daysOff[weekday]);
  if (differing.length && new Set(daysOff).size === 1) {
    said.push(everyHolidaySaid(on(daysOff.join("").charAt(0)), say));
  } else {
    for (const [digit, weekdays] of byDay(differing, daysOff)) {
      said.push(beside(say.holidaysOn(weekdaysSaid(weekdays, say)), daySaid(on(digit), say), say));
    }
  }
  return said.join(say.clause) || say.never;
}

function everyHolidaySaid(day: Day, say: Vocabulary): string {
  if (!day.length) return say.holidaysClosed;
  return isWhole(day, "unknown") ? say.holidaysUnknown : beside(say.holidays, daySaid(day, say), say);
}

/** The weekdays that are alike, by the digit of what holds on them. */
function byDay(weekdays: readonly number[], digits: readonly string[]): [string, number[]][] {
  const alike = new Map<string, number[]>();
  for (const weekday of weekdays) upsert(alike, digits[weekday] ?? "", []).push(weekday);
  return [...alike];
}

function weekdaysSaid(weekdays: readonly number[], say: Vocabulary): string {
  const runs: [number, number][] = [];
  for (const weekday of weekdays) {
    const run = runs[runs.length - 1];
    if (run?.[1] === weekday - 1) run[1] = weekday;
    else runs.push([weekday, weekday]);
  }
  return runs
    .map(([first, last]) => {
      const ends = [say.weekday(first), say.weekday(last)] as const;
      return last - first > 1 ? say.run(...ends) : [...new Set(ends)].join(say.also);
    })
    .join(say.also);
}

const daySaid = (day: Day, say: Vocabulary): string => day.map((span) => spanSaid(span, say)).join(say.also) || say.closed;

function spanSaid([start, end, state = "open", comment]: Span, say: Vocabulary): string {
  const whole = start === 0 && end === MINUTES_A_DAY;
  let said = whole ? say.wholeDay : `${clock(start, start >= MINUTES_A_DAY, say)}–${clock(end, end > MINUTES_A_DAY, say)}`;
  if (state === "unknown") said = whole ? say.hoursUnknown : beside(said, say.unknown, say);
  if (state === "closed") said = whole ? say.closed : beside(said, say.closed, say);
  return comment ? say.comment(said, comment) : said;
}

function clock(minutes: number, pastMidnight: boolean, say: Vocabulary): string {
  const minute = pastMidnight ? minutes - MINUTES_A_DAY : minutes;
  const time = `${String(Math.floor(minute / 60))}:${String(minute % 60).padStart(2, "0")}`;
  return pastMidnight ? say.nextDay(time) : time;
}

/** A part of the year by its first day and the first day after it; whole months by their names. */
function stretchSaid(first: number, following: number, say: Vocabulary): string {
  const last = monthDayOf(dayIn(LEAP_YEAR, following) - 1);
  const wholeMonths = first % 100 === 1 && following % 100 === 1;
  const [from, to] = [first, last].map((monthDay) => {
    const month = say.month(Math.floor(monthDay / 100));
    return wholeMonths ? month : say.date(month, monthDay % 100);
  }) as [string, string];
  if (from === to) return from;
  return (first <= last ? say.run : say.overNewYear)(from, to);
}

const isWhole = (day: Day | undefined, state: string): boolean =>
  JSON.stringify(day) === JSON.stringify(state === "open" ? [[0, MINUTES_A_DAY]] : [[0, MINUTES_A_DAY, state]]);

/** Two words side by side: Chinese sets a space before figures only. */
const beside = (left: string, right: string, say: Vocabulary): string =>
  left + (/^\d/.test(right) ? " " : say.gap) + right;

function upsert<Value>(map: Map<string, Value>, key: string, fresh: Value): Value {
  const found = map.get(key) ?? fresh;
  map.set(key, found);
  return found;
}
