/** The words for trades; codes stand in until they have come. */
import { computed, shallowRef } from "vue";
import { type Schemas, Fault } from "@/api/client";
import { bringTrades as bring } from "@/offline/trades";

const known = shallowRef<readonly Schemas["TradeWords"][]>([]);

/** All trades, in the order of the vocabulary. */
export const trades = computed(() => known.value);

/** The word for a trade. */
export function tradeWord(code: string, language: "zh" | "en"): string {
  return known.value.find((each) => each.code === code)?.[language] ?? code.replaceAll("_", " ");
}

/** Bring the trades, unless they are here. */
export async function bringTrades(): Promise<void> {
  if (known.value.length) return;
  try {
    known.value = await bring();
  } catch (error) {
    // Codes will do; the next page tries again.
    if (!(error instanceof Fault)) throw error;
  }
}
