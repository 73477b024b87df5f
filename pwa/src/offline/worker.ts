/** Registers the service worker and tells when a new version waits; it takes over by one tap, never by itself. */
import { ref } from "vue";

/** A new version: `ready` to take over, or it has `replaced` this one, as another tab asked; null: none is known. */
export const update = ref<"ready" | "replaced" | null>(null);
let waiting: ServiceWorker | null = null;
let registration: ServiceWorkerRegistration | null = null;
let asked = false;

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
  const workers = (navigator as { serviceWorker?: ServiceWorkerContainer }).serviceWorker;
  if (!workers) return;
  // What it keeps must not stand in the way of the first list.
  if (document.readyState !== "complete") await new Promise((resolve) => {
    addEventListener("load", resolve, { once: true });
  });
  let controlled = workers.controller !== null;
  workers.addEventListener("controllerchange", () => {
    if (asked) location.reload();
    else if (controlled) update.value = "replaced";
    controlled = true;
  });
  try {
    const found = (registration = await workers.register(workerAddress()));
    const offer = (worker: ServiceWorker | null) => {
      if (worker?.state !== "installed" || !workers.controller) return;
      waiting = worker;
      update.value = "ready";
    };
    const noticed = (worker: ServiceWorker | null) => {
      worker?.addEventListener("statechange", () => {
        offer(worker);
      });
    };
    offer(found.waiting);
    noticed(found.installing);
    found.addEventListener("updatefound", () => {
      noticed(found.installing);
    });
  } catch {
    // A web view that refuses workers: everything but offline start works.
  }
}

/** Ask whether there is a new version: a part of this one that does not come may be gone with it. */
export function lookForUpdate(): void {
  registration?.update().catch(() => undefined);
}

/** Show the new version; it takes over first where it has not yet. */
export function takeUpdate(): void {
  if (update.value === "replaced") location.reload();
  asked = true;
  waiting?.postMessage("take over");
}
