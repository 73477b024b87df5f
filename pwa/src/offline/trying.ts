/** Something of one's own that is tried: one try at a time, and why the last one was refused. */
import { type Ref, type ShallowRef, ref, shallowRef } from "vue";
import { Refusal } from "@/api/own";

/** A try, as a form or a page sees it. */
export interface Trying {
  readonly busy: Readonly<Ref<boolean>>;
  readonly refusal: ShallowRef<Refusal | null>;
  /** Do it, unless something is under way; whether it was done. */
  readonly attempt: (act: () => Promise<unknown>) => Promise<boolean>;
  /** What is wrong with a field, as the server said. */
  readonly fault: (field: string) => string | undefined;
}

/** A way to try things. */
export function useTrying(): Trying {
  const busy = ref(false);
  const refusal = shallowRef<Refusal | null>(null);
  async function attempt(act: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false;
    busy.value = true;
    refusal.value = null;
    try {
      await act();
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refusal.value = error;
      return false;
    } finally {
      busy.value = false;
    }
  }
  return { busy, refusal, attempt, fault: (field) => refusal.value?.faults.get(field) };
}
