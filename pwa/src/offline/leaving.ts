/** Signing out on purpose, told apart from a sign-in that ran out: what was not sent yet outlives only the latter. */
import { watch } from "vue";
import { whenSignedOut } from "@/api/own";
import { mark } from "./signedIn";

const heeding = new Set<() => void>();
let excused = false;

/** Have `listener` called when the person has signed out in this tab. */
export function whenLeft(listener: () => void): void {
  heeding.add(listener);
}

/** For what happens now, the person did not sign out here: the server ended it, or another tab, which sees to it itself. */
function excuse(): void {
  excused = true;
  setTimeout(() => (excused = false));
}

whenSignedOut(excuse);
window.addEventListener("storage", excuse);
watch(
  mark,
  (now, before) => {
    if (now !== null || before === null) return;
    // In a task of its own: why it ended may be said only after it has.
    const excusedBefore = excused;
    setTimeout(() => {
      if (!excused && !excusedBefore) heeding.forEach((listener) => { listener(); });
    });
  },
  { flush: "sync" },
);
