/** The pass that makes this phone one's member's card: brought with a key of its own, kept until the sign-in ends. */
import { shallowRef, watch } from "vue";
import type { Schemas } from "@/api/client";
import { Refusal, change } from "@/api/own";
import { type Bytes, digitsOf, fromBase64, passIn, toBase64, toSign } from "@/ground/card";
import { time } from "./clock";
import { ownKey } from "./person";
import { keep, kept, letGo } from "./shelf";
import { mark } from "./signedIn";

/** What is kept: a pass as it was signed, what its owner sees beside it, and the key, which nobody can take out. */
interface Kept extends Omit<Schemas["CardPass"], "pass"> {
  readonly pass: Bytes;
  readonly key: CryptoKey;
}

/** One's card; `validUntil` is its last instant (ms). */
export interface Card extends Kept {
  readonly validUntil: number;
}

const CARD = "card";
/** A pass with less than this left is renewed. */
const RENEWED_MS = 7 * 86_400_000;
const KIND: EcKeyGenParams = { name: "ECDSA", namedCurve: "P-256" };

/** The card on this phone; null: none, or not looked for yet. */
export const card = shallowRef<Card | null>(null);

watch(
  mark,
  () => {
    card.value = null;
  },
  { flush: "sync" },
);

function shown(found: Kept): Card {
  return { ...found, validUntil: passIn(found.pass)?.until ?? 0 };
}

/** Take the card that is kept; nothing is asked. */
export async function takeCard(): Promise<void> {
  const asked = mark.value;
  if (asked === null) return;
  const found = await kept<Kept>(ownKey(CARD));
  if (found && mark.value === asked) card.value = shown(found.document);
}

/** Bring a pass where there is none, or where it ends soon; Refusal: `missing` for who is not a member now. */
export async function bringCard(): Promise<void> {
  if (card.value && card.value.validUntil - time() > RENEWED_MS) return;
  const asked = mark.value;
  const { privateKey, publicKey } = await crypto.subtle.generateKey(KIND, false, ["sign", "verify"]);
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
  try {
    const { pass, ...beside } = await change("POST", "/api/v1/me/card", { public_key: toBase64(raw) });
    // The sign-in is over: nothing of it is kept.
    if (mark.value !== asked) return;
    const found: Kept = { ...beside, pass: fromBase64(pass), key: privateKey };
    card.value = shown(found);
    await keep(ownKey(CARD), found, time());
  } catch (error) {
    if (error instanceof Refusal && error.kind === "missing" && mark.value === asked) {
      card.value = null;
      await letGo(ownKey(CARD));
    }
    throw error;
  }
}

/** The digits of the code that the card shows at an instant (ms). */
export async function codeOf({ pass, key }: Card, at: number): Promise<string> {
  const told = toSign(pass, at);
  const signature = new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, told));
  return digitsOf(told, signature);
}
