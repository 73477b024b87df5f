/** Keys that do something wherever one is on a page; not where one types or chooses, nor beneath a sheet. */
import { onMounted, onScopeDispose } from "vue";

const ELSEWHERE = "input:not([type=checkbox]), textarea, select, dialog";

/** Has each key, by its name, do what it stands for while the page is open and `areOn`. */
export function useKeys(keys: Readonly<Record<string, () => void>>, areOn = (): boolean => true): void {
  function onKey(event: KeyboardEvent): void {
    const act = keys[event.key];
    const elsewhere = document.querySelector("dialog[open]") ?? (event.target instanceof HTMLElement && event.target.closest(ELSEWHERE));
    // What a letter needs Shift for is named by that letter; an arrow with Shift is the browser's.
    const isCombined = event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key.length > 1);
    if (!act || elsewhere || isCombined || !areOn()) return;
    event.preventDefault();
    act();
  }
  onMounted(() => {
    addEventListener("keydown", onKey);
  });
  onScopeDispose(() => {
    removeEventListener("keydown", onKey);
  });
}
