/** The words for trades: the server's vocabulary; codes stand in until it has come. */
import { computed, shallowRef } from "vue";
import { type Schemas, ask } from "@/api/client";

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
    known.value = (await ask("/api/v1/vocabulary")).trades;
  } catch {
    // Codes will do; the next page tries again.
  }
}
