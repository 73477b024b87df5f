/** Numbers of resident identity cards and residence permits after GB 11643: checked as they are typed, and masked. */

/** What such a number says. */
export interface IdentityNumber {
  readonly text: string;
  readonly sex: "male" | "female";
  /** Year, month and day of birth. */
  readonly bornOn: readonly [number, number, number];
}

/** Why something is no such number. */
export type IdentityFault = "empty" | "old" | "length" | "characters" | "area" | "birth_date" | "check";

const LENGTH = 18;
/** First two digits of an area: provinces, and 81, 82, 83 of the permits; what follows is not looked up, since counties come and go. */
const PROVINCES = /^(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|8[1-3])/;
const FIRST_YEAR = 1900;
const DAY_MS = 86_400_000;
const CHINA_MS = 8 * 3_600_000;

/** What was typed in one spelling: full-width characters as plain ones, no spaces, a capital X. */
export function normalised(typed: string): string {
  return typed.normalize("NFKC").replaceAll(/\s/g, "").toUpperCase();
}

/** The character that follows seventeen digits (ISO 7064, MOD 11-2). */
function checkCharacter(digits: string): string {
  let left = 0;
  for (const digit of digits) left = ((left + Number(digit)) * 2) % 11;
  return "0123456789X".charAt((12 - left) % 11);
}

/** The number that was typed, or the first thing that speaks against it; `now` (epoch ms) bounds the date of birth. */
export function identityNumber(typed: string, now: number): IdentityNumber | IdentityFault {
  const text = normalised(typed);
  // In characters as Python counts them.
  const { length } = Array.from(text);
  if (length === 0) return "empty";
  if (length !== LENGTH) return /^\d{15}$/.test(text) ? "old" : "length";
  if (!/^\d{17}[\dX]$/.test(text)) return "characters";
  if (!PROVINCES.test(text)) return "area";
  const [year, month, day] = [Number(text.slice(6, 10)), Number(text.slice(10, 12)), Number(text.slice(12, 14))];
  const born = new Date(Date.UTC(year, month - 1, day));
  const today = Math.floor((now + CHINA_MS) / DAY_MS) * DAY_MS;
  if (year < FIRST_YEAR || born.getUTCMonth() !== month - 1 || born.getUTCDate() !== day || born.getTime() > today) return "birth_date";
  if (checkCharacter(text.slice(0, -1)) !== text.at(-1)) return "check";
  return { text, sex: Number(text[16]) % 2 ? "male" : "female", bornOn: [year, month, day] };
}

/** The number as it may be shown: its first three and last four characters. */
export function masked(text: string): string {
  return `${text.slice(0, 3)}${"*".repeat(LENGTH - 7)}${text.slice(-4)}`;
}

/** Whole years of age at `now` (epoch ms), by the day in China. */
export function ageAt([year, month, day]: IdentityNumber["bornOn"], now: number): number {
  const there = new Date(now + CHINA_MS);
  const passed = there.getUTCMonth() + 1 > month || (there.getUTCMonth() + 1 === month && there.getUTCDate() >= day);
  return there.getUTCFullYear() - year - (passed ? 0 : 1);
}
