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

/** The JSON at `path`; `heard` is told the server's time (epoch ms) with it. Fault when there is none. */
export async function ask<T>(path: string, heard?: (at: number) => void): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { signal: AbortSignal.timeout(PATIENCE_MS), credentials: "omit" });
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
