/** What checks members' cards without a network: the server's keys and the passes that have ended, kept from the last visit. */
import { shallowRef } from "vue";
import { type Answer, Fault, ask } from "@/api/client";
import { type Known, fromBase64 } from "@/ground/card";
import { keep, kept } from "./shelf";

type Told = Answer<"/api/v1/cards/keys">;

/** What is known, and as of when (ms). */
export interface Brought extends Known {
  readonly at: number;
}

const KEY = "card-keys";

/** What is known of keys and ended passes; null: nothing was ever brought. */
export const brought = shallowRef<Brought | null>(null);

function take({ keys, revoked, at }: Told): void {
  const known = { keys: new Map(keys.map((key) => [key.id, fromBase64(key.public_key)])), revoked: new Set(revoked), at: Date.parse(at) };
  // An answer may have lain in a cache longer than what is kept.
  if (known.at >= (brought.value?.at ?? 0)) brought.value = known;
}

/** Take what is kept; nothing is asked. */
export async function takeKept(): Promise<void> {
  const found = await kept<Told>(KEY);
  if (found) take(found.document);
}

/** Bring what the server tells, `anew` past every cache; Fault where it does not come. */
export async function bringKeys({ anew = false } = {}): Promise<void> {
  const told = await ask("/api/v1/cards/keys", { anew });
  try {
    take(told);
  } catch {
    throw new Fault("broken");
  }
  await keep(KEY, told, Date.parse(told.at));
}
