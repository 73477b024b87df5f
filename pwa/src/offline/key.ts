/** Names for what is done once, however often it is sent. */

/** 128 random bits, which no other change has. */
export function newKey(): string {
  // Not randomUUID, which there is on secure connections only.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
