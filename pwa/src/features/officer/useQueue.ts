/** The queue of one's own part of the tree: narrowed and searched on the server, a page at a time. */
import { onScopeDispose, reactive, ref, shallowRef, watch } from "vue";
import type { Schemas } from "@/api/client";
import { askOwn } from "@/api/own";
import { useSignedIn } from "@/offline/useSignedIn";
import type { Review, Row, Status } from "./telling";

const PAUSE_MS = 100;

/** What the queue is narrowed by. */
interface Wanted {
  /** Empty: all that wait for a union. */
  status: Status | "";
  trade: string;
  overdue: boolean;
  mine: boolean;
  /** Never a part of the page's address: it may be four digits of somebody's number. */
  sought: string;
}

/** The queue, and what it is narrowed by. */
export function useQueue() {
  const wanted = reactive<Wanted>({ status: "", trade: "", overdue: false, mine: false, sought: "" });
  const rows = shallowRef<readonly Row[] | null>(null);
  const counts = shallowRef<Schemas["QueueCounts"] | null>(null);
  const next = ref<string | null>(null);
  let turn = 0;

  const query = (cursor: string | null) => {
    const { status, trade, overdue, mine, sought } = wanted;
    const parts = { ...(status && { status }), ...(trade && { trade }), ...(overdue && { overdue: "true" }), ...(mine && { assigned: "me" }), ...(sought.trim() && { q: sought.trim() }) };
    return new URLSearchParams({ ...parts, ...(cursor !== null && { cursor }) }).toString();
  };
  async function bring(cursor: string | null = null): Promise<void> {
    const mine = ++turn;
    const found = await askOwn(`/api/v1/applications?${query(cursor)}`);
    // Asked again meanwhile: this is an answer to what nobody asks any more.
    if (mine !== turn) return;
    rows.value = cursor === null ? found.applications : [...(rows.value ?? []), ...found.applications];
    counts.value = found.counts ?? counts.value;
    next.value = found.next;
  }
  const { busy, refusal, attempt, begin, fault } = useSignedIn(() => bring());
  let pause: ReturnType<typeof setTimeout> | undefined;
  /** One try at a time: what was asked meanwhile is asked after it. */
  const again = () => {
    clearTimeout(pause);
    if (busy.value) pause = setTimeout(again, PAUSE_MS);
    else void attempt(() => bring());
  };
  watch(wanted, again);
  onScopeDispose(() => {
    clearTimeout(pause);
  });

  /** What was decided about stays in its row, with what it is now, so that nothing moves under the finger; counts are renewed. */
  async function renew(known: readonly Pick<Review, "id" | "status" | "version">[]): Promise<void> {
    const changed = new Map(known.map((each) => [each.id, each]));
    rows.value = (rows.value ?? []).map((row) => ({ ...row, ...part(changed.get(row.id)) }));
    await attempt(async () => (counts.value = (await askOwn(`/api/v1/applications?${query(null)}`)).counts));
  }
  return { wanted, rows, counts, next, busy, refusal, begin, again, renew, fault, goOn: () => attempt(() => bring(next.value)) };
}

/** What the queue shows of an application that has changed. */
function part(changed: Partial<Review> | undefined): Partial<Row> {
  const names = ["status", "version", "above", "due_on", "overdue", "assigned", "organisation"] as const;
  return Object.fromEntries(names.flatMap((name) => (changed?.[name] === undefined ? [] : [[name, changed[name]]])));
}
