/** Registers the service worker and tells when a new version waits; it takes over by one tap, never by itself. */
import { ref } from "vue";

/** Whether a new version is ready to take over. */
export const updateReady = ref(false);
let waiting: ServiceWorker | null = null;

interface Policy {
  createScriptURL(url: string): string;
}

/** The one script address that the app gives to the browser, as Trusted Types want it said. */
function workerAddress(): string {
  const types = (globalThis as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } }).trustedTypes;
  const policy = types?.createPolicy("worker", { createScriptURL: () => "/sw.js" });
  return policy ? policy.createScriptURL("") : "/sw.js";
}

/** Keep the app on the phone from now on; where workers are refused (some web views) the app works online. */
export async function keepApp(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  // What it keeps must not stand in the way of the first list.
  if (document.readyState !== "complete") await new Promise((resolve) => { addEventListener("load", resolve, { once: true }); });
  try {
    const registration = await navigator.serviceWorker.register(workerAddress());
    const noticed = (worker: ServiceWorker | null) => {
      worker?.addEventListener("statechange", () => {
        if (worker.state === "installed" && navigator.serviceWorker.controller) {
          waiting = worker;
          updateReady.value = true;
        }
      });
    };
    if (registration.waiting && navigator.serviceWorker.controller) {
      waiting = registration.waiting;
      updateReady.value = true;
    }
    noticed(registration.installing);
    registration.addEventListener("updatefound", () => {
      noticed(registration.installing);
    });
  } catch {
    // A web view that refuses workers: everything but offline start works.
  }
}

/** Let the new version take over, and show it. */
export function takeUpdate(): void {
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    location.reload();
  });
  waiting?.postMessage("take over");
}
