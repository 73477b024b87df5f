/** Whether keys of a single letter do something: who speaks to the machine, or slips, can have them off on this device. */
import { ref, watch } from "vue";

const KEY = "xiejiao.officer.keys";

function stored(): boolean {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
}

export const keysOn = ref(stored());
watch(keysOn, (on) => {
  try {
    localStorage.setItem(KEY, on ? "on" : "off");
  } catch {
    // Storage is refused: it holds for this visit.
  }
});
