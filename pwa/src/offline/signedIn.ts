/** Whether somebody is signed in on this phone. What counts is the cookie, which scripts cannot see; this is its shadow. */
import { ref } from "vue";
import { KEY, stored } from "./mark";

/** Random, another one with each sign-in, and says nothing about the person; null: nobody is signed in. */
export const mark = ref(stored());

/** Say that somebody has signed in, or that nobody is signed in any more. */
export function setMark(signedIn: boolean): void {
  mark.value = signedIn ? Array.from(crypto.getRandomValues(new Uint32Array(2)), (part) => part.toString(36)).join("") : null;
  try {
    if (mark.value === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, mark.value);
  } catch {
    // Storage is refused: it holds for this visit.
  }
}

// Who signs in or out in another tab does so here too. A name of null: all was cleared.
window.addEventListener("storage", ({ key }) => {
  if (key === KEY || key === null) mark.value = stored();
});
