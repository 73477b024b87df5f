/** The trades of the vocabulary: of the words that are kept, else as the server has them. */
import { type Answer, type Schemas, ask } from "@/api/client";
import { kept } from "./shelf";

/** All trades, in their order; Fault where they are not kept and do not come. */
export async function bringTrades(): Promise<readonly Schemas["TradeWords"][]> {
  const found = await kept<Answer<"/api/v1/vocabulary">>("vocabulary");
  return (found?.document ?? (await ask("/api/v1/vocabulary"))).trades;
}
