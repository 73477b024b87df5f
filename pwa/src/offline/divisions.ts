/** The divisions that have places, to count from where the phone gives no position; found by name, pinyin, initials. */
import { type Answer, Fault, type Schemas, ask } from "@/api/client";
import { time } from "./clock";
import { keep, kept } from "./shelf";

/** A division or functional zone as the places' sources write it, with the middle of its places. */
export type Division = Schemas["DivisionWords"];

const KEY = "divisions";
const FRESH_MS = 86_400_000;

/** All divisions, those with the most places first; what is kept where the server does not answer. */
export async function divisions(): Promise<readonly Division[]> {
  const found = await kept<Answer<"/api/v1/divisions">>(KEY);
  if (found && Math.abs(time() - found.at) < FRESH_MS) return found.document.divisions;
  try {
    const fetched = await ask("/api/v1/divisions");
    if (!Array.isArray(fetched.divisions)) throw new Fault("broken");
    await keep(KEY, fetched, time());
    return fetched.divisions;
  } catch (error) {
    if (found) return found.document.divisions;
    throw error;
  }
}

/** The divisions that `typed` may mean: in their name, or how their pinyin or its initials contain it. */
export function meant(typed: string, all: readonly Division[]): readonly Division[] {
  const wanted = typed.normalize("NFKC").toLowerCase().replaceAll(/\s/g, "");
  if (!wanted) return all;
  const rank = (each: Division) =>
    each.name.includes(wanted) ? 0 : each.initials.includes(wanted) ? 1 : each.pinyin.includes(wanted) ? 2 : 3;
  return all
    .map((each) => ({ each, rank: rank(each) }))
    .filter(({ rank: at }) => at < 3)
    .sort((a, b) => a.rank - b.rank)
    .map(({ each }) => each);
}
