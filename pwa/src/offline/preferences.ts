/** What the rider chose, kept for the next visit: filters, travel, looks, map app. Never a position. */
import { reactive, watch } from "vue";
import type { MapApp } from "@/ground/handover";
import type { Group } from "@/ground/needs";
import type { Travel } from "@/ground/ranking";

interface Preferences {
  groups: Group[];
  openOnArrival: boolean;
  travel: Travel;
  theme: "system" | "light" | "dark";
  elder: boolean;
  language: "zh" | "en";
  /** Which map app navigates; null asks each time. */
  mapApp: MapApp | null;
  /** Hints that need not be shown again. */
  hintsRead: string[];
}

const KEY = "xiejiao.preferences";
const first: Preferences = {
  groups: [],
  openOnArrival: true,
  travel: "ebike",
  theme: "light",
  elder: false,
  language: "zh",
  mapApp: null,
  hintsRead: [],
};

function stored(): Partial<Preferences> {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof found === "object" && found !== null ? found : {};
  } catch {
    return {};
  }
}

/** The choices, as of the last visit; a change is kept at once. */
export const preferences: Preferences = reactive({ ...first, ...stored() });

watch(preferences, (now) => {
  try {
    localStorage.setItem(KEY, JSON.stringify(now));
  } catch {
    // Storage is refused: the choice holds for this visit.
  }
});

// What is chosen in another tab holds here too.
window.addEventListener("storage", ({ key }) => {
  if (key === KEY) Object.assign(preferences, stored());
});
