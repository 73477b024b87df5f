/** What somebody types to change a part of a place: kept until it is saved, and shown beside what another has changed. */
import { type Ref, computed, onScopeDispose, ref, watch } from "vue";
import { Refusal } from "@/api/own";
import { whenLeft } from "@/offline/leaving";
import { type Trying, useTrying } from "@/offline/trying";
import { atDesk } from "./useDesk";

const PREFIX = "xiejiao.draft/";

/** A draft, and what stood when it was begun. */
interface Draft<V> {
  readonly value: V;
  readonly base: string;
}

function read<V>(key: string): Draft<V> | null {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "null") as Draft<V> | null;
  } catch {
    return null;
  }
}

function write(key: string, draft: Draft<unknown> | null): void {
  try {
    if (draft) sessionStorage.setItem(key, JSON.stringify(draft));
    else sessionStorage.removeItem(key);
  } catch {
    // Storage is refused: the draft lasts as long as the page.
  }
}

/** Let go of drafts, or of those of others than `account`. */
function wipe(account?: string): void {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX) && !(account && key.startsWith(`${PREFIX}${account}/`))) sessionStorage.removeItem(key);
  } catch {
    // Storage is refused: there is nothing in it.
  }
}
whenLeft(wipe);

const copy = <V>(value: V): V => JSON.parse(JSON.stringify(value)) as V;

export interface Drafting<V> extends Trying {
  readonly draft: Ref<V>;
  /** Whether anything was changed. */
  readonly touched: Readonly<Ref<boolean>>;
  /** Whether somebody else has changed the same meanwhile: both are shown, and one is chosen. */
  readonly contested: Readonly<Ref<boolean>>;
  /** Whether it was saved and nothing changed since. */
  readonly saved: Readonly<Ref<boolean>>;
  readonly save: () => Promise<boolean>;
  /** Save one's own all the same. */
  readonly insist: () => Promise<boolean>;
  /** Let go of one's own. */
  readonly yield_: () => void;
}

/** A draft of `part`, of which `stands` is what there is; `send` saves it. */
export function useDraft<V>(part: string, stands: () => V, send: (draft: V) => Promise<unknown>): Drafting<V> {
  const desk = atDesk();
  const trying = useTrying();
  const key = `${PREFIX}${desk.account.value ?? ""}/${desk.code}/${part}`;
  wipe(desk.account.value ?? "");
  const now = () => JSON.stringify(stands());
  const begun = read<V>(key);
  const draft = ref(begun ? begun.value : copy(stands())) as Ref<V>;
  const base = ref(begun?.base ?? now());
  const contested = ref(false);
  const saved = ref(false);
  const touched = computed(() => JSON.stringify(draft.value) !== base.value);

  function follow(): void {
    draft.value = copy(stands());
    base.value = now();
    contested.value = false;
    write(key, null);
  }
  watch(stands, () => {
    if (!touched.value) follow();
  });
  watch(
    draft,
    () => {
      if (touched.value) saved.value = false;
      write(key, touched.value ? { value: draft.value, base: base.value } : null);
    },
    { deep: true },
  );

  const save = () =>
    trying.attempt(async () => {
      for (let tries = 0; ; tries += 1) {
        if (now() !== base.value) {
          contested.value = true;
          return;
        }
        try {
          await send(draft.value);
          follow();
          saved.value = true;
          return;
        } catch (error) {
          const overtaken = error instanceof Refusal && error.kind === "conflict" && error.seconds === 0;
          if (!overtaken || tries === 2) throw error;
          // Something was changed; if it was something else, this goes on by itself.
          await desk.renew();
        }
      }
    });
  const insist = () => {
    base.value = now();
    contested.value = false;
    return save();
  };
  onScopeDispose(() => {
    if (touched.value) write(key, { value: draft.value, base: base.value });
  });
  return { ...trying, draft, touched, contested, saved, save, insist, yield_: follow };
}
