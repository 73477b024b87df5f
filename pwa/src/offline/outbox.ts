/** What was done without network, or may still be thought better of: kept on the phone, sent once, told when refused. */
import { computed, shallowRef } from "vue";
import { Refusal, change } from "@/api/own";
import { type Unsent, due, verdict } from "@/ground/sending";
import { time } from "./clock";
import { bringPerson } from "./person";
import type { Sealed } from "./sealing";
import { keep, keptKeys, keptUnder, letGo } from "./shelf";
import { SEAL, UNFINISHED } from "./unfinished";
import { mark } from "./signedIn";

export type { Unsent } from "@/ground/sending";

/** Not under what is somebody's own: it must outlive a sign-in that ran out. It names no person but by a number. */
const PREFIX = "outbox/";
const LOCK = "xiejiao.outbox";
/** Milliseconds after which something is tried again while the app is in use. */
const AGAIN_MS = 30_000;

/** What was sealed, opened for sending; Refusal where its key is gone, since nobody can read it any more. */
async function unsealed(body: unknown): Promise<unknown> {
  const { opened } = await import("./sealing");
  const found = await opened(body as Sealed);
  if (found === null) throw new Refusal("missing");
  return found;
}

/** Sends anything; that path and body belong together was checked when it was put in. */
type Send = (method: Unsent["method"], path: string, body: unknown, manner: { key: string }) => Promise<unknown>;
const send = change as unknown as Send;

/** All that has not reached the server, in the order in which it was done. */
export const unsent = shallowRef<readonly Unsent[]>([]);
/** What still waits, and has not been refused. */
export const waiting = computed(() => unsent.value.filter(({ refused }) => refused === null));

async function look(): Promise<readonly Unsent[]> {
  const found = await keptUnder<Unsent>(PREFIX);
  unsent.value = found.sort((a, b) => a.at - b.at);
  return unsent.value;
}

/** How many have not reached the server, refused ones too: signing out lets go of them. */
export async function stillUnsent(): Promise<number> {
  return (await look()).length;
}

async function write(entry: Unsent): Promise<void> {
  await keep(PREFIX + entry.id, entry, entry.at);
  await look();
}

/** Have `entry` sent, but not before its time. */
export async function put(entry: Unsent): Promise<void> {
  await write(entry);
  void drain();
}

/** Let go of what was put in; false: it has been sent already. */
export async function takeBack(id: string): Promise<boolean> {
  return alone(async () => {
    const there = (await look()).some((each) => each.id === id);
    await letGo(PREFIX + id);
    await look();
    return there;
  });
}

/** It is not thought better of any more: send it as soon as may be. */
export async function release(id: string): Promise<void> {
  const entry = (await look()).find((each) => each.id === id);
  if (entry && entry.notBefore > 0) await write({ ...entry, notBefore: 0 });
  await drain();
}

/** Do `act` while no other tab sends; where tabs cannot agree, the server still knows by its key what comes twice. */
async function alone<T>(act: () => Promise<T>): Promise<T> {
  const { locks } = navigator as { locks?: LockManager };
  return locks ? await locks.request(LOCK, act) : await act();
}

let again: ReturnType<typeof setTimeout> | undefined;
function tryAgainIn(ms: number): void {
  clearTimeout(again);
  again = setTimeout(() => void drain(), ms);
}

async function sendDue(): Promise<void> {
  const found = await look();
  if (mark.value === null || !found.some(({ refused }) => refused === null)) return;
  let account: string;
  try {
    // Asked anew: another tab may have signed somebody else in.
    ({ account } = await bringPerson({ anew: true }));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.kind !== "signed-out") tryAgainIn(AGAIN_MS);
    return;
  }
  const skipped = new Set<string>();
  for (const entry of due(found, account, time())) {
    if (skipped.has(entry.about.code)) continue;
    try {
      const body = entry.sealed ? await unsealed(entry.body) : entry.body;
      await send(entry.method, entry.path, body, { key: entry.id });
      await letGo(PREFIX + entry.id);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const what = verdict(error);
      if (what === "refused") await write({ ...entry, refused: { kind: error.kind, faults: Object.fromEntries(error.faults), now: error.now } });
      else if (error.kind !== "signed-out") tryAgainIn(Math.max(error.seconds * 1000, AGAIN_MS));
      if (what === "stop") break;
      if (what === "skip") skipped.add(entry.about.code);
    }
  }
  const left = await look();
  const now = time();
  const next = Math.min(...left.filter(({ notBefore }) => notBefore > now).map(({ notBefore }) => notBefore - now));
  if (next < AGAIN_MS) tryAgainIn(next);
}

let wanted = false;
let draining: Promise<void> | null = null;

/** Send what is due, in order; what is put in meanwhile is sent too. */
export function drain(): Promise<void> {
  wanted = true;
  draining ??= (async () => {
    try {
      while (wanted) {
        wanted = false;
        await alone(sendDue);
      }
    } finally {
      draining = null;
    }
  })();
  return draining;
}

/** Let go of everything, of what was not finished too: the person signs out, and was asked. */
export async function empty(): Promise<void> {
  const keys = await keptKeys();
  await Promise.all(keys.filter((key) => [PREFIX, UNFINISHED, SEAL].some((prefix) => key.startsWith(prefix))).map(letGo));
  await look();
}
