/** The time, as often as what is told by the minute changes. */
import { type Ref, onScopeDispose, ref } from "vue";

const HALF_A_MINUTE_MS = 30_000;

/** Now, in milliseconds since 1970, for as long as the page is shown. */
export function useMinute(): Readonly<Ref<number>> {
  const now = ref(Date.now());
  const ticking = setInterval(() => (now.value = Date.now()), HALF_A_MINUTE_MS);
  onScopeDispose(() => {
    clearInterval(ticking);
  });
  return now;
}
