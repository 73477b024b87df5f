/** What waits to be sent: what is due and in which order, and what becomes of it once it was tried. */

/** Something done that has not reached the server. */
export interface Unsent {
  /** By which the server knows it, should it come twice. */
  readonly id: string;
  /** Who did it: it is sent as nobody else. */
  readonly account: string;
  /** What it is about: what is about the same is sent in the order in which it was done. */
  readonly about: { readonly code: string; readonly name: string };
  readonly method: "POST" | "PUT";
  readonly path: string;
  readonly body: unknown;
  /** Whether the body is sealed, since it says something personal. */
  readonly sealed?: boolean;
  /** When it was done, in milliseconds since 1970. */
  readonly at: number;
  /** Until when it may be thought better of, in milliseconds since 1970. */
  readonly notBefore: number;
  /** Why the server did not take it, with what is wrong at each field: it waits for the person then. */
  readonly refused: { readonly kind: string; readonly faults: Readonly<Record<string, string>>; readonly now?: unknown } | null;
}

/** What a try that was refused means: for all, for what is about the same place, or for good. */
export type Verdict = "stop" | "skip" | "refused";

interface Refused {
  readonly kind: string;
  readonly needs: string | null;
  readonly seconds: number;
}

/** What `account` may send at `now`, in order; behind something that waits, nothing about the same goes. */
export function due(unsent: readonly Unsent[], account: string, now: number): Unsent[] {
  const held = new Set<string>();
  return [...unsent]
    .filter((each) => each.account === account && each.refused === null)
    .sort((a, b) => a.at - b.at)
    .filter(({ about, notBefore }) => {
      if (notBefore > now) held.add(about.code);
      return !held.has(about.code);
    });
}

/** What becomes of something that was refused. Only what the server has looked at and will not have is refused for good. */
export function verdict({ kind, needs, seconds }: Refused): Verdict {
  if (kind === "faulty" || kind === "missing" || (kind === "forbidden" && needs === null)) return "refused";
  if (kind === "conflict") return seconds > 0 ? "skip" : "refused";
  return kind === "server" ? "skip" : "stop";
}
