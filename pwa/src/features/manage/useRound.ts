/** A round: three answers, ten seconds to think better of it, and on its way, with or without network. */
import { computed, onScopeDispose, reactive, ref } from "vue";
import type { Schemas } from "@/api/client";
import { time } from "@/offline/clock";
import { newKey } from "@/offline/key";
import type { Place } from "@/offline/keeping";
import { put, release, takeBack, unsent } from "@/offline/outbox";

/** Seconds in which a round may be thought better of. */
const UNDO_S = 10;
export const QUESTIONS = ["hours", "works", "stock"] as const;
export type Question = (typeof QUESTIONS)[number];
type Answers = Record<Question, boolean | null>;

const noAnswers = (): Answers => ({ hours: null, works: null, stock: null });

/** A round at the place `code`; `place` is known once it is. */
export function useRound(code: string, place: () => Place | null) {
  const answers = reactive(noAnswers());
  /** The key of the round that was gone; null as long as a question is open. */
  const gone = ref<string | null>(null);
  const left = ref(0);
  const undone = ref<"undone" | "tooLate" | null>(null);
  const entry = computed(() => unsent.value.find(({ id }) => id === gone.value));
  let last: Question = "stock";
  let counting: ReturnType<typeof setInterval> | undefined;

  function over(): void {
    clearInterval(counting);
    if (left.value === 0) return;
    left.value = 0;
    if (gone.value !== null) void release(gone.value);
  }

  async function submit({ account, id, name }: Place): Promise<void> {
    const at = time();
    gone.value = newKey();
    const body: Schemas["RoundGone"] = {
      hours_as_posted: answers.hours === true,
      everything_works: answers.works === true,
      stock_all_right: answers.stock === true,
      at: new Date(at).toISOString(),
    };
    left.value = UNDO_S;
    await put({
      id: gone.value,
      account,
      about: { code, name },
      method: "POST",
      path: `/api/v1/keeping/${id}/rounds`,
      body,
      at,
      notBefore: at + UNDO_S * 1000,
      refused: null,
    });
    clearInterval(counting);
    counting = setInterval(() => {
      if (left.value > 1) left.value -= 1;
      else over();
    }, 1000);
  }

  async function answer(question: Question, yes: boolean): Promise<void> {
    const known = place();
    if (gone.value !== null || known === null) return;
    undone.value = null;
    answers[question] = yes;
    last = question;
    if (QUESTIONS.every((each) => answers[each] !== null)) await submit(known);
  }

  async function undo(): Promise<void> {
    if (gone.value === null || left.value === 0) return;
    clearInterval(counting);
    left.value = 0;
    undone.value = (await takeBack(gone.value)) ? "undone" : "tooLate";
    if (undone.value === "tooLate") return;
    gone.value = null;
    answers[last] = null;
  }

  function again(): void {
    over();
    gone.value = null;
    undone.value = null;
    Object.assign(answers, noAnswers());
  }

  // Who leaves, or puts the phone away, means it.
  const hidden = () => {
    if (document.visibilityState === "hidden") over();
  };
  document.addEventListener("visibilitychange", hidden);
  onScopeDispose(() => {
    document.removeEventListener("visibilitychange", hidden);
    over();
  });

  /** Whether the server has it. */
  const sent = computed(() => gone.value !== null && left.value === 0 && undone.value === null && !entry.value);
  return { answers, gone, left, undone, sent, refused: computed(() => entry.value?.refused ?? null), answer, undo, again };
}
