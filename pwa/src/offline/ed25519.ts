/** Ed25519 for browsers that lack it; as strict as they are (RFC 8032). */
import { verifyAsync } from "@noble/ed25519";
import type { Verify } from "@/ground/card";

export const verify: Verify = async (key, signature, told) => {
  try {
    return await verifyAsync(signature, told, key, { zip215: false });
  } catch {
    return false;
  }
};
