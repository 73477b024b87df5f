/** One application, as who decides sees it, and all that changes it: each try with a key, so that nothing is done twice. */
import { computed, shallowRef } from "vue";
import type { Schemas } from "@/api/client";
import { type Refusal, askOwn, change, freshKey } from "@/api/own";
import { useTrying } from "@/offline/trying";
import type { Review } from "./telling";
import { useKey } from "./useKey";

type Decided = Schemas["Decided"];
/** A decision about the version that is shown. */
export type Decision = Omit<Decided, "version" | "reason" | "words" | "organisation"> & Partial<Pick<Decided, "reason" | "words" | "organisation">>;

/** The application `id`; `onChange` is told whenever something else is known of it. */
export function useReview(id: string, onChange: (found: Review) => void) {
  const found = shallowRef<Review | null>(null);
  /** It is one's own, and others decide about it. */
  const own = shallowRef(false);
  const looking = useTrying();
  const deciding = useTrying();
  const keyOf = useKey();

  function show(seen: Review): void {
    found.value = seen;
    onChange(seen);
  }
  const bring = () =>
    looking.attempt(async () => {
      const seen = await askOwn(`/api/v1/applications/${id}`);
      own.value = !("matches" in seen);
      if ("matches" in seen) found.value = seen;
    });

  /** Whether it was decided; where somebody was faster, what stands now is shown beside the refusal. */
  async function decide(decision: Decision): Promise<boolean> {
    const version = found.value?.version ?? 0;
    const body = { ...decision, version };
    const done = await deciding.attempt(async () => {
      show(await change("POST", `/api/v1/applications/${id}/decisions`, body, { key: keyOf(body) }));
    });
    if (!done && deciding.refusal.value?.kind === "conflict" && (await bring()) && found.value) onChange(found.value);
    return done;
  }

  const noting = useTrying();
  const note = (words: string) =>
    noting.attempt(async () => {
      show(await change("POST", `/api/v1/applications/${id}/notes`, { words }, { key: keyOf({ words }) }));
    });

  const assigning = useTrying();
  const assign = (account: string | null) =>
    assigning.attempt(async () => {
      // Taking, giving back and taking again are three things: each has a key of its own.
      show(await change("PUT", `/api/v1/applications/${id}/assignment`, { account }, { key: freshKey() }));
    });

  /** Refused to look, and nothing to show. */
  const missing = computed<Refusal | null>(() => (found.value ? null : looking.refusal.value));
  return { found, own, missing, looking, deciding, noting, assigning, bring, decide, note, assign };
}
