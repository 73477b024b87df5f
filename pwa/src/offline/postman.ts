/** When the outbox is emptied: at the start, when there is network again, when the app is looked at, after signing in. */
import { watch } from "vue";
import { whenLeft } from "./leaving";
import { drain, empty } from "./outbox";
import { mark } from "./signedIn";

window.addEventListener("online", () => void drain());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") void drain();
});
watch(
  mark,
  (now) => {
    if (now !== null) void drain();
  },
  { immediate: true },
);
// Before, the person was asked.
whenLeft(() => void empty());
