/** A member's card: the pass that the server signs, the code that a phone makes of it each minute, and what that is worth. */

const VERSION = 1;
/** Where the parts of a pass begin. */
const KEY_ID = 1;
const REFERENCE = 5;
const DAYS = 21;
const PHONE_KEY = 25;
const NAME = 89;
const SIGNATURE = 64;
const MINUTE = 4;
/** Bytes of the shortest and of the longest code there can be; a number of any other length is none. */
const SHORTEST = NAME + 2 + SIGNATURE + MINUTE + SIGNATURE;
const LONGEST = SHORTEST + 2 * 255;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const CHINA_MS = 8 * 3_600_000;
/** By how many minutes clocks of phones may differ. */
const SKEW = 3;

/** Bytes that lie in a buffer of their own, as WebCrypto wants them. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** What a pass says; keys and references in base64url, days as the first and the last instant, in milliseconds since 1970. */
export interface Pass {
  readonly keyId: string;
  readonly reference: string;
  readonly from: number;
  readonly until: number;
  readonly phoneKey: Bytes;
  readonly name: string;
  readonly union: string;
}

/** What a phone shows: a pass, when that was, and both signatures with what they cover. */
export interface Code {
  readonly pass: Pass;
  readonly at: number;
  readonly byServer: Signed;
  readonly byPhone: Signed;
}

interface Signed {
  readonly told: Bytes;
  readonly signature: Bytes;
}

/** Keys of the server by their ids, and the references of passes that ended before their time. */
export interface Known {
  readonly keys: ReadonlyMap<string, Bytes>;
  readonly revoked: ReadonlySet<string>;
}

/** Whether `signature` is that of `told` by the owner of `key`. */
export type Verify = (key: Bytes, signature: Bytes, told: Bytes) => Promise<boolean>;

/** What a card is worth. */
export type Worth = "valid" | "expired" | "not-yet" | "forged" | "revoked" | "stale-code" | "unknown-key";

/** The code in a text: its digits, or an address that ends with them; null: there is none, `newer`: of a later form. */
export function codeIn(text: string): Code | "newer" | null {
  const digits = text.slice(text.lastIndexOf("#") + 1).replaceAll(/\s/g, "");
  if (!/^[1-9]\d{500,1800}$/.test(digits)) return null;
  const hex = BigInt(digits).toString(16);
  const whole = fromHex(hex.padStart(hex.length + (hex.length % 2), "0"));
  if (whole.length < SHORTEST || whole.length > LONGEST) return null;
  if (whole[0] !== VERSION) return "newer";
  const told = whole.slice(0, -SIGNATURE);
  const pass = told.slice(0, -MINUTE);
  const read = passIn(pass);
  if (!read) return null;
  return {
    pass: read,
    at: numberAt(told, pass.length, MINUTE) * MINUTE_MS,
    byServer: { told: pass.slice(0, -SIGNATURE), signature: pass.slice(-SIGNATURE) },
    byPhone: { told, signature: whole.slice(-SIGNATURE) },
  };
}

/** What a pass says, whoever signed it; null where it is none. */
export function passIn(whole: Bytes): Pass | null {
  const union = NAME + 1 + (whole[NAME] ?? 0);
  const end = union + 1 + (whole[union] ?? 0);
  if (whole[0] !== VERSION || whole.length !== end + SIGNATURE) return null;
  const day = (at: number) => numberAt(whole, at, 2) * DAY_MS - CHINA_MS;
  try {
    const words = new TextDecoder("utf-8", { fatal: true });
    return {
      keyId: toBase64(whole.slice(KEY_ID, REFERENCE)),
      reference: toBase64(whole.slice(REFERENCE, DAYS)),
      from: day(DAYS),
      until: day(DAYS + 2) + DAY_MS - 1,
      phoneKey: whole.slice(PHONE_KEY, NAME),
      name: words.decode(whole.slice(NAME + 1, union)),
      union: words.decode(whole.slice(union + 1, end)),
    };
  } catch {
    return null;
  }
}

/** What a code is worth at an instant (ms), by what is known and two ways to verify signatures. */
export async function worth(code: Code, known: Known, at: number, verify: { readonly ed25519: Verify; readonly p256: Verify }): Promise<Worth> {
  const { pass, byServer, byPhone } = code;
  const key = known.keys.get(pass.keyId);
  if (!key) return "unknown-key";
  if (!(await verify.ed25519(key, byServer.signature, byServer.told))) return "forged";
  if (!(await verify.p256(pass.phoneKey, byPhone.signature, byPhone.told))) return "forged";
  if (known.revoked.has(pass.reference)) return "revoked";
  if (at < pass.from - SKEW * MINUTE_MS) return "not-yet";
  if (at > pass.until + SKEW * MINUTE_MS) return "expired";
  return Math.abs(minutesOld(code, at)) > SKEW ? "stale-code" : "valid";
}

/** How many minutes before `at` the code was made, by the clock of its phone. */
export function minutesOld(code: Code, at: number): number {
  return Math.floor(at / MINUTE_MS) - code.at / MINUTE_MS;
}

/** What a phone signs at an instant (ms): the pass, and the minute. */
export function toSign(pass: Bytes, at: number): Bytes {
  const told = new Uint8Array(pass.length + MINUTE);
  told.set(pass);
  new DataView(told.buffer).setUint32(pass.length, Math.floor(at / MINUTE_MS));
  return told;
}

/** The digits of a code: what was signed, and the phone's signature. */
export function digitsOf(told: Bytes, signature: Bytes): string {
  const hex = [...told, ...signature].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return BigInt(`0x${hex}`).toString();
}

/** Bytes of base64url without padding. */
export function fromBase64(text: string): Bytes {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

/** Bytes as base64url without padding. */
export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromHex(hex: string): Bytes {
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) => parseInt(hex.slice(2 * at, 2 * at + 2), 16));
}

function numberAt(bytes: Uint8Array, at: number, length: number): number {
  return bytes.slice(at, at + length).reduce((number, byte) => number * 256 + byte, 0);
}
