/** What whoever stands at a place may need to say something of it: the poster's key, and a token that is old enough. */
import { watch } from "vue";
import { useRoute } from "vue-router";
import { Refusal } from "@/api/own";
import { time } from "@/offline/clock";
import { holdPosterKey } from "@/offline/posterKey";

/** Takes over the key with which the page was opened; has the phone get a token, behind all that is shown. */
export function useVoting(code: () => string): void {
  const route = useRoute();
  watch(
    () => route.redirectedFrom?.params.key,
    (key) => {
      if (typeof key === "string" && key) holdPosterKey(code(), key, time());
    },
    { immediate: true },
  );
  if (navigator.onLine) void bringDevice();
}

async function bringDevice(): Promise<void> {
  try {
    await (await import("@/offline/device")).deviceToken();
  } catch (error) {
    // Whoever says something later gets one then.
    if (!(error instanceof Refusal)) throw error;
  }
}
