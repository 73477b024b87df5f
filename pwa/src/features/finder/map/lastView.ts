/** What the map showed last: coming back from a place finds it as it was. It lasts as long as the page. */
import { shallowRef } from "vue";
import type { Here } from "@/offline/here";
import type { View } from "./drawing";

/** The view, and where distances counted from then: counting from elsewhere begins anew. */
export const lastView = shallowRef<{ readonly view: View; readonly from: Here | null } | null>(null);
