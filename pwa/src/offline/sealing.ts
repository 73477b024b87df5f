/** Seals what is personal before it is kept on the phone, with a key that no script can take out of the browser. */
import { time } from "./clock";
import { keep, kept, letGo } from "./shelf";

/** Something sealed: AES-GCM, with its own nonce. */
export interface Sealed {
  readonly nonce: Uint8Array<ArrayBuffer>;
  readonly text: ArrayBuffer;
}

const KEY = "seal";
let key: Promise<CryptoKey> | undefined;

/** Whether this browser can seal: on plain http, but for this machine itself, none does. */
export const canSeal = (): boolean => (crypto as { subtle?: SubtleCrypto }).subtle !== undefined;

async function found(): Promise<CryptoKey | undefined> {
  return (await kept<CryptoKey>(KEY))?.document;
}

async function made(): Promise<CryptoKey> {
  const before = await found();
  if (before) return before;
  const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  await keep(KEY, fresh, time());
  return fresh;
}

/** `document` sealed. */
export async function seal(document: unknown): Promise<Sealed> {
  key ??= made();
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  return { nonce, text: await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, await key, new TextEncoder().encode(JSON.stringify(document))) };
}

/** What was sealed; null: its key is gone. */
export async function opened<T>({ nonce, text }: Sealed): Promise<T | null> {
  try {
    const own = await (key ?? found());
    if (!own) return null;
    return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv: nonce }, own, text))) as T;
  } catch {
    return null;
  }
}

/** Let go of the key: what was sealed with it nobody reads any more. */
export async function letGoOfSeal(): Promise<void> {
  key = undefined;
  await letGo(KEY);
}
