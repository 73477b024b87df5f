/// <reference lib="webworker" />
/** The worker: keeps the app itself on the phone. Places are kept by the app, in `offline/`; nothing personal is here. */

export {};

declare const self: ServiceWorkerGlobalScope & {
  __WB_MANIFEST: { url: string; revision: string | null }[];
  /** A digest of the page's Content-Security-Policy, which the server writes before this script. */
  readonly POLICY?: string;
};

const FILES = self.__WB_MANIFEST;
// The page is kept with its policy, which an operator's settings change though no file does.
const VERSION = `app-${fingerprint([self.POLICY ?? "", ...FILES.map((file) => `${file.url}:${file.revision ?? ""}`)].join())}`;
function fingerprint(text: string): string {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return (hash >>> 0).toString(36);
}

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(VERSION);
      await cache.addAll(FILES.map((file) => new Request(file.url, { cache: "no-cache" })));
      // Without these the app still starts.
      await usedBefore().then((paths) => cache.addAll(paths)).catch(() => undefined);
    })(),
  );
});

/** Files of pages that were used in the version before, under their names in this one: what works offline goes on to. */
async function usedBefore(): Promise<string[]> {
  const plain = (path: string) => path.replace(/-[\w-]{8}(?=\.\w+$)/, "");
  const before = new Set<string>();
  for (const name of await caches.keys()) {
    if (name === VERSION) continue;
    for (const { url } of await (await caches.open(name)).keys()) before.add(plain(new URL(url).pathname));
  }
  if (!before.size) return [];
  const built = (await (await fetch("/built.json")).json()) as Record<string, { file: string; css?: string[] }>;
  const already = new Set(FILES.map(({ url }) => new URL(url, self.location.origin).pathname));
  const paths = new Set(Object.values(built).flatMap(({ file, css = [] }) => [file, ...css].map((path) => `/${path}`)));
  return [...paths].filter((path) => before.has(plain(path)) && !already.has(path));
}

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const names = await caches.keys();
      await Promise.all(names.filter((name) => name !== VERSION).map((name) => caches.delete(name)));
      await self.clients.claim();
    })(),
  );
});

// The rider says when the new version takes over; it never does so by itself.
self.addEventListener("message", (event) => {
  if (event.data === "take over") void self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin || url.pathname.startsWith("/api/")) return;
  if (request.mode === "navigate") {
    // Addresses of the app only: the API's page and what else the server shows come from the server.
    if (/^\/(?:$|map$|[ps]\/|report$|staff$|more$|privacy$|sign-in$|me$|me\/(?:applications|card|grants)$|join$|verify$|manage(?:$|\/))/.test(url.pathname)) {
      event.respondWith(page(request));
    }
    return;
  }
  if (url.pathname.startsWith("/assets/") || FILES.some((file) => new URL(file.url, self.location.origin).pathname === url.pathname)) {
    event.respondWith(file(request));
  }
});

async function page(request: Request): Promise<Response> {
  return (await caches.match("/index.html", { cacheName: VERSION, ignoreSearch: true })) ?? fetch(request);
}

async function file(request: Request): Promise<Response> {
  const here = await caches.match(request, { cacheName: VERSION, ignoreVary: true });
  if (here) return here;
  const response = await fetch(request);
  // Files of other pages are kept once they were used, as long as the version that knows them.
  if (response.ok) await (await caches.open(VERSION)).put(request, response.clone());
  return response;
}
