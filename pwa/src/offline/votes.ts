/** What this phone says of places: sent once, again where no answer came, and remembered by the link to what became of it. */
import { shallowRef } from "vue";
import type { Schemas } from "@/api/client";
import { Refusal, type RefusalKind, change, freshKey } from "@/api/own";
import { isNear } from "@/ground/near";
import type { Position } from "@/ground/position";
import { time } from "./clock";
import { deviceToken, forgetDevice } from "./device";
import { here } from "./here";
import { posterKeyOf } from "./posterKey";
import { keep, kept, keptKeys, letGo } from "./shelf";

/** What may be said of a place. */
export type Says = Schemas["VoteCast"]["says"];

/** What became of something that was said: it waits for the network, arrived, came too late, or was not taken. */
type Fate = "waiting" | "sent" | "late" | "refused";

/** Something that was said of a place from this phone. */
export interface Said {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  readonly says: Says;
  readonly amenity: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly fate: Fate;
  /** The token of the private link; null where nothing arrived. */
  readonly link: string | null;
}

/** Something that is to be sent; where the phone is, is not in it. */
interface Vote extends Said {
  readonly near: boolean;
  readonly key: string | null;
}

/** Milliseconds after which it says nothing of how the place is now. */
const GOOD_FOR_MS = 15 * 60_000;
const AGAIN_MS = 20_000;
const MOST_KEPT = 50;
const WAITING = "vote/";
const SAID = "report/";
/** Refusals after which the same may well be taken. */
const PASSING: ReadonlySet<RefusalKind> = new Set<RefusalKind>(["offline", "slow", "server", "conflict"]);

/** What was said from this phone, the latest first. */
export const said = shallowRef<readonly Said[]>([]);

/** Say something of a place, once; it waits where there is no network. Refusal when it is not taken. */
export async function cast(place: { code: string; name: string; position: Position }, says: Says, amenity: string | null): Promise<Said> {
  const at = time();
  const { code, name, position } = place;
  const vote: Vote = { id: freshKey(), code, name, says, amenity, at, near: isNear(here.value, position), key: posterKeyOf(code, at), fate: "waiting", link: null };
  await keep(WAITING + vote.id, vote, at);
  try {
    return await settled(vote, "sent", await sent(vote));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (PASSING.has(error.kind)) {
      await bringSaid();
      later();
      return vote;
    }
    await letGo(WAITING + vote.id);
    throw error;
  }
}

/** The token of the private link, once the server has taken the vote. */
async function sent(vote: Vote, again = true): Promise<string> {
  const { id, code, says, amenity, key, near } = vote;
  const device = await deviceToken();
  try {
    const { report } = await change("POST", `/api/v1/sites/${code}/votes`, { says, amenity, device, key, near }, { key: id });
    return report;
  } catch (error) {
    if (!(again && error instanceof Refusal && error.faults.has("device"))) throw error;
    await forgetDevice();
    return sent(vote, false);
  }
}

async function settled({ id, code, name, says, amenity, at }: Vote, fate: Fate, link: string | null): Promise<Said> {
  const told: Said = { id, code, name, says, amenity, at, fate, link };
  await keep(SAID + id, told, at);
  await letGo(WAITING + id);
  await bringSaid();
  return told;
}

/** Bring what was said from this phone. */
export async function bringSaid(): Promise<void> {
  const found = await all<Said>(SAID);
  const waiting = await all<Vote>(WAITING);
  said.value = [...waiting, ...found.slice(0, MOST_KEPT)];
  for (const { id } of found.slice(MOST_KEPT)) await letGo(SAID + id);
}

async function all<Of extends Said>(prefix: string): Promise<Of[]> {
  const keys = (await keptKeys()).filter((key) => key.startsWith(prefix));
  const found = await Promise.all(keys.map((key) => kept<Of>(key)));
  return found.flatMap((each) => each?.document ?? []).sort((a, b) => b.at - a.at);
}

let sending: Promise<void> | null = null;

/** Send what waits; what has waited too long says nothing any more. */
export async function resend(): Promise<void> {
  sending ??= sendAll().finally(() => (sending = null));
  await sending;
}

async function sendAll(): Promise<void> {
  for (const vote of await all<Vote>(WAITING)) {
    if (Math.abs(time() - vote.at) > GOOD_FOR_MS) {
      await settled(vote, "late", null);
      continue;
    }
    try {
      await settled(vote, "sent", await sent(vote));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (PASSING.has(error.kind)) later();
      else await settled(vote, "refused", null);
    }
  }
}

let next: ReturnType<typeof setTimeout> | undefined;
function later(): void {
  clearTimeout(next);
  next = setTimeout(() => void resend(), AGAIN_MS);
}

addEventListener("online", () => void resend());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") void resend();
});
