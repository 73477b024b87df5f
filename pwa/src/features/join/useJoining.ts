/** One application as it is filled in: kept with every change, and what the server found wrong with it. */
import { reactive, ref, shallowRef, watch } from "vue";
import { type Schemas, ask } from "@/api/client";
import { time } from "@/offline/clock";
import { posterKeyOf } from "@/offline/posterKey";
import { type Draft, blank } from "@/offline/unfinished";

const keeping = () => import("./keeping");

/** What is filled in. */
export const draft = reactive<Draft>(blank());
/** What is wrong, by the field as the server names it; a field that is changed is not wrong any more. */
export const faults = reactive(new Map<string, string>());
/** Why the last sending was refused, where no field is to blame; `known` names what there is already. */
export const refused = shallowRef<{ kind: string; known: "open" | "member" | null } | null>(null);
/** Whether the application waits in the outbox. */
export const waits = ref(false);
/** Whether who is signed in is staff, who cannot apply. */
export const isStaff = ref(false);

let live = false;
watch(
  draft,
  () => {
    // Who has only looked has begun nothing.
    if (live && (draft.consented || draft.idNumberConsented)) void keeping().then(({ keepDraft }) => (live ? keepDraft(draft) : undefined));
  },
  { deep: true, flush: "sync" },
);

/** Fill in what was found. */
export function become(found: Draft): void {
  live = false;
  Object.assign(draft, found);
  live = true;
}

/** Begin anew, with nothing filled in. */
export async function drop(): Promise<void> {
  const { site, key } = draft;
  faults.clear();
  refused.value = null;
  become({ ...blank(), site, key });
  await (await keeping()).dropDraft();
}

/** Begin with nothing filled in; what is kept is taken up after. */
export function start(): void {
  refused.value = null;
  waits.value = false;
  become(blank());
}

/** Hold nothing of it in memory any more; what is kept stays kept. */
export function leave(): void {
  faults.clear();
  become(blank());
  live = false;
}

/** Ask which union it goes to, by what is known: the poster, the county, the trade; Fault where no answer comes. */
export async function routed(): Promise<Schemas["Routed"]> {
  const known = { site: draft.site, division: draft.site ? null : draft.division, trade: draft.trade };
  const query = new URLSearchParams(Object.entries(known).flatMap(([name, value]) => (value ? [[name, value]] : [])));
  const found = await ask(`/api/v1/organisations/routed?${query.toString()}`);
  if (found.union && (!draft.union || draft.union.why)) draft.union = { id: found.union.id, name: found.union.name, why: found.why };
  return found;
}

/** The place whose poster led here, with the key that was on it; its union is asked for now, as there may be no network later. */
export async function comesFrom(site: string): Promise<void> {
  const key = posterKeyOf(site, time());
  if (draft.site !== site) Object.assign(draft, { site, key, union: null });
  else if (key) draft.key = key;
  if (!draft.union) await routed().catch(() => undefined);
}
