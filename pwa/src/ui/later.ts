/** Parts that open on a tap, or wait until the list stands: fetched when they are wanted, kept by the worker. */
import { type Component, type ShallowRef, shallowRef } from "vue";

/** A part of a page: null until `bring` has fetched it. A fetch that fails is told by the frame around every page. */
export function useLater(load: () => Promise<{ default: Component }>): { part: ShallowRef<Component | null>; bring: () => Promise<void> } {
  const part = shallowRef<Component | null>(null);
  const bring = async () => {
    part.value ??= (await load()).default;
  };
  return { part, bring };
}
