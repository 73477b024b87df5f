/** What a text that was scanned or typed is worth as a member's card, by what this phone knows; nothing of it is kept. */
import { computed, ref, shallowRef, watch } from "vue";
import { Fault, type FaultName } from "@/api/client";
import { type Code, type Pass, type Worth, codeIn, minutesOld, worth } from "@/ground/card";
import { bringKeys, brought, takeKept } from "@/offline/cardKeys";
import { time, useTime } from "@/offline/clock";
import { bringEd25519, p256 } from "@/offline/signatures";

/** What is told of a card. */
export interface Told {
  readonly worth: Worth | "newer" | "no-card" | "no-keys";
  /** What stands on it; null where nobody answers for that, now. */
  readonly pass: Pass | null;
  /** How many minutes old the code was. */
  readonly minutes: number;
  readonly at: number;
}

/** Days after which a list of ended passes is too old to rely on. */
const OLD_DAYS = 7;
const DAY_MS = 86_400_000;
const UNPROVEN: ReadonlySet<Told["worth"]> = new Set(["no-keys", "unknown-key", "forged", "stale-code"]);

export function useVerifying() {
  const now = useTime();
  const told = shallowRef<Told | null>(null);
  const busy = ref(false);
  const renewing = ref(false);
  const fault = shallowRef<FaultName | null>(null);
  let asked: { readonly code: Code; readonly at: number } | null = null;

  async function bring(anew: boolean): Promise<void> {
    renewing.value = true;
    fault.value = null;
    try {
      await bringKeys({ anew });
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      fault.value = error.kind;
    } finally {
      renewing.value = false;
    }
  }
  const taken = takeKept();
  const first = taken.then(() => bring(false));

  async function weigh(code: Code, at: number): Promise<void> {
    await taken;
    // Nothing was ever brought: perhaps it is on its way.
    if (!brought.value) await first;
    const found = brought.value ? await worth(code, brought.value, at, { ed25519: await bringEd25519(), p256 }) : "no-keys";
    if (asked?.code === code) told.value = { worth: found, pass: UNPROVEN.has(found) ? null : code.pass, minutes: minutesOld(code, at), at };
  }

  async function check(text: string): Promise<void> {
    const at = time();
    const code = codeIn(text);
    asked = null;
    if (code === null || code === "newer") {
      told.value = { worth: code ?? "no-card", pass: null, minutes: 0, at };
      return;
    }
    told.value = null;
    asked = { code, at };
    busy.value = true;
    try {
      await weigh(code, at);
    } finally {
      busy.value = false;
    }
  }

  // What is told was true by what was known; by what has come since it may be otherwise.
  watch(brought, (_, before) => {
    if (before && asked) void weigh(asked.code, asked.at);
  });

  const old = computed(() => brought.value !== null && now.value - brought.value.at >= OLD_DAYS * DAY_MS);
  return { told, busy, renewing, fault, now, old, check, renew: () => bring(true) };
}
