/** The table of the places that one leads: filtered and searched on the server, a page at a time. */
import { type Ref, computed, onScopeDispose, ref, shallowRef, watch } from "vue";
import type { Schemas } from "@/api/client";
import { askOwn } from "@/api/own";
import { useSignedIn } from "@/offline/useSignedIn";

/** What places may lack; null: all of them. */
export type Lack = keyof Schemas["Lacking"];
export const LACKS: readonly Lack[] = ["all", "escalated", "task", "unconfirmed", "closed", "broken", "expiring"];

const PAGE = 50;
const PAUSE_MS = 300;

/** The table, and what it is narrowed by. */
export function useTable() {
  const lack: Ref<Lack> = ref("all");
  const typed = ref("");
  const rows = shallowRef<readonly Schemas["KeptSite"][] | null>(null);
  const counts = shallowRef<Schemas["Lacking"] | null>(null);
  const more = ref(false);
  let turn = 0;

  async function bring(from = 0): Promise<void> {
    const mine = ++turn;
    const wanted = { ...(lack.value !== "all" && { lack: lack.value }), ...(typed.value.trim() && { q: typed.value.trim() }) };
    const query = new URLSearchParams({ ...wanted, offset: String(from), limit: String(PAGE) });
    const found = await askOwn(`/api/v1/keeping?${query.toString()}`);
    // Asked again meanwhile: this is an answer to what nobody asks any more.
    if (mine !== turn) return;
    rows.value = from ? [...(rows.value ?? []), ...found.sites] : found.sites;
    counts.value = found.counts ?? counts.value;
    more.value = found.more;
  }
  const { busy, refusal, attempt, begin } = useSignedIn(() => bring());
  const again = async () => {
    // One try at a time: what was asked meanwhile is asked after it.
    while (busy.value) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    await attempt(() => bring());
  };
  let pause: ReturnType<typeof setTimeout> | undefined;
  watch(lack, again);
  watch(typed, () => {
    clearTimeout(pause);
    pause = setTimeout(() => void again(), PAUSE_MS);
  });
  onScopeDispose(() => {
    clearTimeout(pause);
  });
  const goOn = () => attempt(() => bring(rows.value?.length));
  return { lack, typed, rows, counts, more: computed(() => more.value), busy, refusal, begin, again, goOn };
}
