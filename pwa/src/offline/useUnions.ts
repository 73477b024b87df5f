/** Unions looked up while their name is typed. */
import { onScopeDispose, ref, shallowRef, watch } from "vue";
import { type FaultName, type Schemas, Fault, ask } from "@/api/client";

/** A union as it is found by its name. */
export type Found = Schemas["OrganisationShown"];

const SHORTEST = 2;
const WAIT_MS = 250;

/** Those whose name holds `wanted`; `accepting`: only those that take applications. Fault where no answer comes. */
export async function unionsNamed(wanted: string, { accepting }: { accepting: boolean }): Promise<readonly Found[]> {
  return (await ask(`/api/v1/organisations?q=${encodeURIComponent(wanted)}&accepts=${String(accepting)}`)).organisations;
}

/** `listed` follows `typed`; null as long as nothing was asked for. */
export function useUnions({ accepting }: { accepting: boolean }) {
  const typed = ref("");
  const listed = shallowRef<readonly Found[] | null>(null);
  const fault = ref<FaultName | null>(null);
  let waiting: ReturnType<typeof setTimeout> | undefined;

  async function search(): Promise<void> {
    const wanted = typed.value.trim();
    fault.value = null;
    try {
      const found = await unionsNamed(wanted, { accepting });
      if (wanted === typed.value.trim()) listed.value = found;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      fault.value = error.kind;
    }
  }
  watch(typed, (text) => {
    clearTimeout(waiting);
    listed.value = null;
    fault.value = null;
    if (text.trim().length >= SHORTEST) waiting = setTimeout(() => void search(), WAIT_MS);
  });
  onScopeDispose(() => {
    clearTimeout(waiting);
  });
  return { typed, listed, fault, search };
}
