/** Where a page that was come to from elsewhere may lead on to: nowhere but here. */

/** `wanted` as a path of `origin`, or null: what leads to another origin, or could be read as if it did, leads nowhere. */
export function pathHere(wanted: unknown, origin: string): string | null {
  if (typeof wanted !== "string" || !wanted.startsWith("/")) return null;
  try {
    const url = new URL(wanted, origin);
    // Browsers take `/\host` and `//host` for another host; a path may still begin so once its dots are gone.
    return url.origin === origin && !url.pathname.startsWith("//") ? url.pathname + url.search + url.hash : null;
  } catch {
    return null;
  }
}
