/** The token with which this phone may vote without an account; it names nobody, and is sent with votes alone. */
import { change } from "@/api/own";
import { time } from "./clock";
import { keep, kept, letGo } from "./shelf";

const KEY = "device";
let coming: Promise<string> | undefined;

/** The token: the one that is kept, else a fresh one, which counts once it is ten minutes old; Refusal where none comes. */
export function deviceToken(): Promise<string> {
  coming ??= bring().catch((error: unknown) => {
    coming = undefined;
    throw error;
  });
  return coming;
}

/** Let go of a token that the server does not know. */
export async function forgetDevice(): Promise<void> {
  coming = undefined;
  await letGo(KEY);
}

async function bring(): Promise<string> {
  const found = await kept<string>(KEY);
  if (found) return found.document;
  const { device } = await change("POST", "/api/v1/devices");
  await keep(KEY, device, time());
  return device;
}
