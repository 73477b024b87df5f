/** What time it is: the phone's clock, unless the server's says that it is far off. What is open hangs on it. */
import { type Ref, computed, onScopeDispose, shallowRef, watch } from "vue";

/** Milliseconds that the phone's clock may differ from the server's; an answer may lie in a cache for a while. */
const TOLERANCE_MS = 10 * 60_000;

/** How far the server's clock is ahead of the phone's, as its last fresh answer told. */
const aheadMs = shallowRef(0);

/** Whether the phone's clock is so far off that the server's is counted by. */
export const clockOff = computed(() => Math.abs(aheadMs.value) > TOLERANCE_MS);

/** The server said that it is `at` (epoch milliseconds). */
export function heard(at: number): void {
  aheadMs.value = at - Date.now();
}

/** The time in epoch milliseconds. */
export function time(): number {
  return Date.now() + (clockOff.value ? aheadMs.value : 0);
}

const STEP_MS = 30_000;

/** The time, renewed twice a minute while a page shows it. */
export function useTime(): Readonly<Ref<number>> {
  const now = shallowRef(time());
  const step = () => (now.value = time());
  const stepping = setInterval(step, STEP_MS);
  watch(clockOff, step);
  onScopeDispose(() => {
    clearInterval(stepping);
  });
  return now;
}
