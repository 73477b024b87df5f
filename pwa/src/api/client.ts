/** Asks the server for JSON, and says in one word what went wrong. */
import type { components, paths } from "./schema";

/** What the server's document says of its answers, by name. */
export type Schemas = components["schemas"];

/** An address with something in place of each `{parameter}`. */
type Filled<Template extends string> = Template extends `${infer Before}{${string}}${infer After}`
  ? `${Before}${string}${Filled<After>}`
  : Template;
type Filling = Filled<keyof paths>;
/** An address of the server, and what may be asked of it after a question mark. */
export type Address = Filling | `${Filling}?${string}`;
/** As many as an address has parts: `{parameter}` stands for one of them, though any text would fit the pattern. */
type Parts<Path extends string> = Path extends `${string}/${infer After}` ? [unknown, ...Parts<After>] : [];
type TemplateOf<Path extends string> = Path extends `${infer Before}?${string}`
  ? TemplateOf<Before>
  : Path extends keyof paths
    ? Path
    : { [Template in keyof paths]: Path extends Filled<Template> ? (Parts<Path> extends Parts<Template> ? Template : never) : never }[keyof paths];

/** What the server's document says of a method at `Path`; never where it knows none. */
export type Operation<Path extends string, Method extends string> = TemplateOf<Path> extends infer Template
  ? Template extends keyof paths
    ? Exclude<paths[Template][Method & keyof paths[Template]], undefined>
    : never
  : never;

/** What the server answers to who asks at `Path`. */
export type Answer<Path extends string> = Operation<Path, "get"> extends { responses: { 200: { content: infer Content } } }
  ? Content[keyof Content]
  : never;

/** Why nothing came: no network, too slow, the server's fault, gone, or what came cannot be read. */
export type FaultName = "offline" | "slow" | "server" | "missing" | "broken";

/** A question that brought no answer. */
export class Fault extends Error {
  constructor(readonly kind: FaultName) {
    super(kind);
  }
}

/** Milliseconds after which a question is given up; a weak network needs patience, a rider has little. */
export const PATIENCE_MS = 12_000;

/** How something is asked for. */
interface Manner {
  /** Past every cache of the browser: for who asks again because what came was wrong. */
  readonly anew?: boolean;
  /** Told the server's time (epoch milliseconds), as the answer has it. */
  readonly heard?: (at: number) => void;
}

/** The JSON at `path`; Fault when there is none. */
export async function ask<Path extends Address>(path: Path, { anew = false, heard }: Manner = {}): Promise<Answer<Path>> {
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
    return (await response.json()) as Answer<Path>;
  } catch (error) {
    throw new Fault(error instanceof DOMException && error.name === "TimeoutError" ? "slow" : "broken");
  }
}
