/** Seconds that are left until something may be done again. */
import { onScopeDispose, ref } from "vue";

/** `left` counts down to 0 after `start`. Reads a clock each time: a phone in a pocket runs its timers late. */
export function useCountdown() {
  const left = ref(0);
  let until = 0;
  let ticking: ReturnType<typeof setInterval> | undefined;
  const stop = () => {
    clearInterval(ticking);
  };
  const tick = () => {
    left.value = Math.max(0, Math.ceil((until - performance.now()) / 1000));
    if (left.value === 0) stop();
  };
  const start = (seconds: number) => {
    stop();
    until = performance.now() + seconds * 1000;
    ticking = setInterval(tick, 1000);
    tick();
  };
  onScopeDispose(stop);
  return { left, start };
}
