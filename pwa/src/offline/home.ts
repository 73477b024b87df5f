/** Whether the app can come onto the home screen, and by which way; whether a web view holds it back. */
import { computed, shallowRef } from "vue";

/** What the rider can do: install by a tap (Android), by the share button (iOS), or leave WeChat's web view first. */
export type WayHome = "android" | "ios" | "wechat";

/** The event by which Chrome and its kin offer the installation; the types of the language do not know it. */
interface InstallOffer extends Event {
  prompt(): Promise<unknown>;
}

const offer = shallowRef<InstallOffer | null>(null);

/** The way that is open on this phone; null: none, or the app is there already. */
export const wayHome = computed<WayHome | null>(() => {
  const agent = navigator.userAgent;
  if (matchMedia("(display-mode: standalone)").matches) return null;
  if (agent.includes("MicroMessenger")) return "wechat";
  if (offer.value) return "android";
  return /iPhone|iPad/.test(agent) ? "ios" : null;
});

/** Show the phone's own question, which it allows once. */
export function askToInstall(): void {
  void offer.value?.prompt();
  offer.value = null;
}

// It may come before the list stands, and not at a moment of the browser's choosing.
addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  offer.value = event as InstallOffer;
});
