/** Seals what is personal before it is kept on the phone, with a key that no script can take out of the browser. */
import { time } from "./clock";
import { keep, kept } from "./shelf";
import { SEAL } from "./unfinished";

/** Something sealed: AES-GCM, with its own nonce. */
export interface Sealed {
  readonly nonce: Uint8Array<ArrayBuffer>;
  readonly text: ArrayBuffer;
}

/** Whether this browser can seal: on plain http, but for this machine itself, none does. */
export const canSeal = (): boolean => (crypto as { subtle?: SubtleCrypto }).subtle !== undefined;

async function found(): Promise<CryptoKey | undefined> {
  return (await kept<CryptoKey>(SEAL))?.document;
}

/** Made once, also where two things are sealed at the same moment. */
let making: Promise<CryptoKey> | undefined;
async function made(): Promise<CryptoKey> {
  const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  await keep(SEAL, fresh, time());
  return fresh;
}

/** `document` sealed. */
export async function seal(document: unknown): Promise<Sealed> {
  const key = (await found()) ?? (await (making ??= made().finally(() => (making = undefined))));
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  return { nonce, text: await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, key, new TextEncoder().encode(JSON.stringify(document))) };
}

/** What was sealed; null: its key is gone. */
export async function opened<T>({ nonce, text }: Sealed): Promise<T | null> {
  try {
    const key = await found();
    if (!key) return null;
    return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv: nonce }, key, text))) as T;
  } catch {
    return null;
  }
}
