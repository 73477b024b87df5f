/** The words for kinds and amenities: the server's vocabulary, kept; codes stand in until it has come. */
import { shallowRef } from "vue";
import { type Answer, type Schemas, ask } from "@/api/client";
import { time } from "./clock";
import { keep, kept } from "./shelf";

type Term = Schemas["KindWords"] | Schemas["AmenityWords"];
type Vocabulary = Answer<"/api/v1/vocabulary">;

const KEY = "vocabulary";
const FRESH_MS = 86_400_000;
/** Milliseconds that a list waits for its words: with codes it would stand sooner, and jump when they come. */
const PATIENCE_MS = 1_000;
const terms = shallowRef<ReadonlyMap<string, Term>>(new Map());

/** The codes of all amenities, in the order of the vocabulary. */
export const amenityCodes = shallowRef<readonly string[]>([]);

/** Whether the words are there, or not worth waiting for. */
export const wordsSettled = shallowRef(false);

function use({ kinds, amenities }: Vocabulary): void {
  terms.value = new Map([...kinds, ...amenities].map((term) => [term.code, term]));
  amenityCodes.value = amenities.map(({ code }) => code);
  wordsSettled.value = true;
}

/** The short word for a kind or an amenity. */
export function wordFor(code: string, language: "zh" | "en"): string {
  const term = terms.value.get(code);
  if (!term) return code.replaceAll("_", " ");
  return language === "zh" ? term.label : term.en;
}

/** Bring the vocabulary: what is kept at once, then what the server has. */
export async function bringWords(): Promise<void> {
  const found = await kept<Vocabulary>(KEY);
  if (found) use(found.document);
  if (found && Math.abs(time() - found.at) < FRESH_MS) return;
  setTimeout(() => (wordsSettled.value = true), PATIENCE_MS);
  try {
    const fetched = await ask("/api/v1/vocabulary");
    use(fetched);
    await keep(KEY, fetched, time());
  } catch {
    // The list works with codes; the next visit tries again.
    wordsSettled.value = true;
  }
}

/** Amenities in the order of the vocabulary: what riders ask for most comes first. */
export function inOrder<Of extends { readonly code: string }>(amenities: readonly Of[]): Of[] {
  const rank = new Map([...terms.value.keys()].map((code, at) => [code, at]));
  return [...amenities].sort((a, b) => (rank.get(a.code) ?? rank.size) - (rank.get(b.code) ?? rank.size));
}
