/** The trades of the vocabulary: of the words that are kept, else as the server has them. */
import { type Answer, type Schemas, ask } from "@/api/client";
import { kept } from "./shelf";

/** All trades, those out of doors first and what is left over last; Fault where they are not kept and do not come. */
export async function bringTrades(): Promise<readonly Schemas["TradeWords"][]> {
  const found = await kept<Answer<"/api/v1/vocabulary">>("vocabulary");
  const { trades } = found?.document ?? (await ask("/api/v1/vocabulary"));
  const rank = ({ code, tags }: Schemas["TradeWords"]) => (code === "other" ? 2 : tags.includes("outdoor") ? 0 : 1);
  return [...trades].sort((a, b) => rank(a) - rank(b));
}
