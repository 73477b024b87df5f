/** Pulling the top of a page down to renew what it shows, where the browser does not do so by itself. */
import { onMounted, onScopeDispose, ref } from "vue";

/** Pixels a finger moves before letting go renews. */
const FAR_PX = 96;

/** How far the page is pulled, 0 to 1; `renew` is called when a finger lets go at 1. */
export function usePull(renew: () => void) {
  const pulled = ref(0);
  let from: number | null = null;

  const begin = ({ touches }: TouchEvent) => (from = scrollY <= 0 && touches.length === 1 ? (touches[0]?.clientY ?? null) : null);
  const move = ({ touches }: TouchEvent) => {
    if (from !== null) pulled.value = Math.min(1, Math.max(0, ((touches[0]?.clientY ?? from) - from) / FAR_PX));
  };
  const end = () => {
    if (pulled.value === 1) renew();
    pulled.value = 0;
    from = null;
  };
  const listeners = { touchstart: begin, touchmove: move, touchend: end, touchcancel: end };

  onMounted(() => {
    for (const [name, listener] of Object.entries(listeners)) addEventListener(name, listener as EventListener, { passive: true });
  });
  onScopeDispose(() => {
    for (const [name, listener] of Object.entries(listeners)) removeEventListener(name, listener as EventListener);
  });
  return pulled;
}
