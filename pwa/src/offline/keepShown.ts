/** Has the worker keep the files of the page that is shown, those too that came before it had taken over. */

/** Once a worker has taken over, let it pass all files of the app that this page has loaded: what passes it, it keeps. */
export async function keepShown(): Promise<void> {
  const workers = (navigator as { serviceWorker?: ServiceWorkerContainer }).serviceWorker;
  if (!workers) return;
  if (!workers.controller) await new Promise((resolve) => {
    workers.addEventListener("controllerchange", resolve, { once: true });
  });
  const files = performance.getEntriesByType("resource").filter(({ name }) => name.startsWith(`${location.origin}/assets/`));
  // Files of the app never change: they come from the browser's own cache.
  await Promise.all(files.map(({ name }) => fetch(name).catch(() => undefined)));
}
