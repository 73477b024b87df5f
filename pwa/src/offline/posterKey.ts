/** The key of the poster that was scanned: it says for an hour, of that place alone, that somebody stood before it. */

const KEY = "xiejiao.poster";
const HELD_MS = 3_600_000;

interface Held {
  readonly code: string;
  readonly key: string;
  readonly at: number;
}

let held: Held | null = null;

/** Hold the key with which the page of the place was opened, as of `now`; in this tab alone, and not beyond it. */
export function holdPosterKey(code: string, key: string, now: number): void {
  held = { code, key, at: now };
  try {
    sessionStorage.setItem(KEY, JSON.stringify(held));
  } catch {
    // Storage is refused: it holds until the page is loaded anew.
  }
}

/** The key that is held of a place at `now`; null: none. */
export function posterKeyOf(code: string, now: number): string | null {
  const found = held ?? stored();
  return found?.code === code && Math.abs(now - found.at) < HELD_MS ? found.key : null;
}

function stored(): Held | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Held | null;
  } catch {
    return null;
  }
}
