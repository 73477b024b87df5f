/** Whether there is the room of a desk. */
import { type Ref, onScopeDispose, ref } from "vue";

/** True while the window is so wide that a table fits, or two parts side by side. */
export function useWide(): Readonly<Ref<boolean>> {
  const query = matchMedia("(min-width: 64rem)");
  const wide = ref(query.matches);
  const fit = () => (wide.value = query.matches);
  query.addEventListener("change", fit);
  onScopeDispose(() => {
    query.removeEventListener("change", fit);
  });
  return wide;
}
