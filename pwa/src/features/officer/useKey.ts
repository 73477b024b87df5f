/** Keys by which the server knows what it is sent twice. */
import { freshKey } from "@/api/own";

/** A key for each thing that is sent; the same for the same thing sent again. */
export function useKey(): (what: unknown) => string {
  let last = { what: "", key: "" };
  return (what) => {
    const told = JSON.stringify(what);
    if (told !== last.what) last = { what: told, key: freshKey() };
    return last.key;
  };
}
