/** Signatures verified by the browser: P-256 by WebCrypto, Ed25519 too where it can, else by a library loaded for that. */
import type { Bytes, Verify } from "@/ground/card";

/** Whether the browser verifies at all: on plain http, but for this machine itself, it does not. */
export const canVerify = (): boolean => (crypto as { subtle?: SubtleCrypto }).subtle !== undefined;

/** P-256 with SHA-256; a key is its x and y, a signature r and s. */
export const p256: Verify = async (key, signature, told) => {
  try {
    const imported = await crypto.subtle.importKey("raw", new Uint8Array([4, ...key]), { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
    return await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, imported, signature, told);
  } catch {
    // No point of the curve: nobody's key.
    return false;
  }
};

const native: Verify = async (key, signature, told) => {
  const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", imported, signature, told);
};

/** A point of the curve: the one from which all others are counted (RFC 8032, 5.1). */
const SOME_KEY: Bytes = new Uint8Array(32).fill(0x66).fill(0x58, 0, 1);

/** Ed25519 by the browser, or by the library, which is fetched now. */
export async function bringEd25519(): Promise<Verify> {
  try {
    await crypto.subtle.importKey("raw", SOME_KEY, "Ed25519", false, ["verify"]);
    return native;
  } catch {
    return (await import("./ed25519")).verify;
  }
}
