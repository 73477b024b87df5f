/** What somebody has begun and not sent: where it lies on the shelf, and what an application to join is until then. */
import type { Schemas } from "@/api/client";
import { time } from "./clock";

/** What lies beneath goes when the person signs out, and with it the key with which it is sealed. */
export const UNFINISHED = "unfinished/";
export const APPLICATION = `${UNFINISHED}application`;
export const SEAL = "seal";

/** The version of the consent that the app asks for; its text is in `locales/join.ts`. */
export const CONSENT_VERSION = "2026-11-20";

type Strokes = Schemas["ApplicationSent"]["signature"];
export type More = { [Name in keyof Schemas["MoreSaid"]]-?: string };

/** What was filled in so far. */
export interface Draft {
  /** When it was begun, in milliseconds since 1970. */
  begunAt: number;
  /** The step that was shown last, from 1. */
  step: number;
  /** Whose it is, once that is known: nobody else is shown it. */
  account: string | null;
  consented: boolean;
  idNumberConsented: boolean;
  name: string;
  idNumber: string;
  trade: string;
  employer: string;
  workplace: string;
  more: More;
  /** The union, and in a code why it is this one; null in it: it was chosen by hand. */
  union: { id: string; name: string; why: Why | null } | null;
  /** GB/T 2260 code of the county where one works, once it was chosen. */
  division: string | null;
  /** The place whose poster led here, and the key that was on it. */
  site: string | null;
  key: string | null;
  signature: Strokes;
  /** The returned application that this puts right. */
  correcting: { id: string; version: number } | null;
}
type Why = NonNullable<Schemas["Routed"]["why"]>;

/** A draft in which nothing is filled in. */
export function blank(): Draft {
  return {
    begunAt: time(),
    step: 1,
    account: null,
    consented: false,
    idNumberConsented: false,
    name: "",
    idNumber: "",
    trade: "",
    employer: "",
    workplace: "",
    more: { ethnicity: "", education: "", native_place: "", political_status: "" },
    union: null,
    division: null,
    site: null,
    key: null,
    signature: [],
    correcting: null,
  };
}
