/** Asks the server for JSON, and says in one word what went wrong. */

/** Why nothing came: no network, too slow, the server's fault, gone, or what came cannot be read. */
export type FaultName = "offline" | "slow" | "server" | "missing" | "broken";

/** A question that brought no answer. */
export class Fault extends Error {
  constructor(readonly kind: FaultName) {
    super(kind);
  }
}

/** Milliseconds after which a question is given up; a weak network needs patience, a rider has little. */
const PATIENCE_MS = 12_000;

/** How something is asked for. */
interface Manner {
  /** Past every cache of the browser: for who asks again because what came was wrong. */
  readonly anew?: boolean;
  /** Told the server's time (epoch milliseconds), as the answer has it. */
  readonly heard?: (at: number) => void;
}

/** The JSON at `path`; Fault when there is none. */
export async function ask<T>(path: string, { anew = false, heard }: Manner = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { signal: AbortSignal.timeout(PATIENCE_MS), credentials: "omit", cache: anew ? "reload" : "default" });
  } catch (error) {
    throw new Fault(error instanceof DOMException && error.name === "TimeoutError" ? "slow" : "offline");
  }
  if (!response.ok) throw new Fault(response.status === 404 ? "missing" : "server");
  const at = Date.parse(response.headers.get("Date") ?? "");
  if (!Number.isNaN(at)) heard?.(at);
  try {
    return (await response.json()) as T;
  } catch (error) {
    throw new Fault(error instanceof DOMException && error.name === "TimeoutError" ? "slow" : "broken");
  }
}
