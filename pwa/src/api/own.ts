/** Asks for what is somebody's own, and changes things: with their cookie, kept by nobody; says what a refusal is about. */
import { type Address, type Answer, type Operation, PATIENCE_MS } from "./client";

/** Methods by which something changes. */
type Method = "POST" | "PUT" | "DELETE";

/** What may be null may be left out. */
type Lenient<Body> = { [Name in keyof Body as null extends Body[Name] ? never : Name]: Body[Name] } & {
  [Name in keyof Body as null extends Body[Name] ? Name : never]?: Body[Name];
};
type Asked<Path extends string, By extends Method> = Operation<Path, Lowercase<By>>;

/** What `By` at `Path` is sent; undefined where it takes nothing. */
type Sent<Path extends string, By extends Method> = Asked<Path, By> extends { requestBody: { content: { "application/json": infer Body } } }
  ? Lenient<Body>
  : undefined;
type Content<Answered> = Answered extends { content: { "application/json": infer Document } } ? Document : undefined;

/** What `By` at `Path` answers; undefined where there is nothing to say. */
type Changed<Path extends string, By extends Method> = Asked<Path, By> extends { responses: infer Responses }
  ? { [Status in keyof Responses]: Status extends 200 | 201 | 202 | 204 ? Content<Responses[Status]> : never }[keyof Responses]
  : never;
/** Addresses at which `By` changes something. */
type Changing<Path extends string, By extends Method> = [Asked<Path, By>] extends [never] ? never : Path;

/** Why something was refused. */
export type RefusalKind =
  | "offline"
  | "slow"
  | "server"
  | "missing"
  | "signed-out"
  | "forbidden"
  | "faulty"
  | "conflict"
  | "too-many";

/** The parts of a problem document that some refusals have. */
interface Told {
  /** Faulty fields and what is wrong with each, a line for each fault, in the language in use. */
  readonly faults: ReadonlyMap<string, string>;
  /** What must come first, or from whom. */
  readonly needs: string | null;
  /** What holds now, where somebody else was faster. */
  readonly now: unknown;
  /** Seconds until it may be tried again. */
  readonly seconds: number;
}

/** Something own that was not given, or not done. */
export class Refusal extends Error implements Told {
  readonly faults: Told["faults"];
  readonly needs: Told["needs"];
  readonly now: Told["now"];
  readonly seconds: Told["seconds"];

  constructor(
    readonly kind: RefusalKind,
    { faults = new Map(), needs = null, now = null, seconds = 0 }: Partial<Told> = {},
  ) {
    super(kind);
    this.faults = faults;
    this.needs = needs;
    this.now = now;
    this.seconds = seconds;
  }
}

const KINDS: Readonly<Record<number, RefusalKind>> = {
  400: "faulty",
  401: "signed-out",
  403: "forbidden",
  404: "missing",
  409: "conflict",
  429: "too-many",
};

const heeding = new Set<() => void>();

/** Have `listener` called when the server says that nobody is signed in (any more). */
export function whenSignedOut(listener: () => void): void {
  heeding.add(listener);
}

interface Problem {
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
  readonly needs?: string;
  readonly now?: unknown;
}

async function refusal(response: Response): Promise<Refusal> {
  const read: unknown = await response.json().catch(() => null);
  const { errors = [], needs = null, now = null } = (typeof read === "object" && read !== null ? read : {}) as Problem;
  const faults = new Map<string, string>();
  for (const { field, message } of errors) faults.set(field, [faults.get(field), message].filter(Boolean).join("\n"));
  const seconds = Number(response.headers.get("Retry-After") ?? 0) || 0;
  return new Refusal(KINDS[response.status] ?? "server", { faults, needs, now, seconds });
}

async function fetched(path: string, how: RequestInit): Promise<unknown> {
  try {
    const response = await fetch(path, { ...how, credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!response.ok) throw await refusal(response);
    return response.status === 204 ? undefined : await response.json();
  } catch (error) {
    if (error instanceof Refusal) {
      if (error.kind === "signed-out") heeding.forEach((listener) => { listener(); });
      throw error;
    }
    if (error instanceof DOMException && error.name === "TimeoutError") throw new Refusal("slow");
    throw new Refusal(error instanceof SyntaxError ? "server" : "offline");
  }
}

/** The language in which faults are told: that of the page. */
const spoken = () => ({ "Accept-Language": document.documentElement.lang });

/** What is somebody's own at `path`; Refusal when there is none. */
export async function askOwn<Path extends Address>(path: Path): Promise<Answer<Path>> {
  return (await fetched(path, { headers: spoken() })) as Answer<Path>;
}

/** A key by which the server knows what it is sent twice; also where `randomUUID` is missing, as on plain http. */
export const freshKey = (): string => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36).padStart(7, "0")).join("");

/** How something is changed. */
interface Manner {
  /** By which the server knows a change that it is sent twice. */
  readonly key?: string;
}

/** Change something; Refusal when it was not done. After `slow` and `offline` it may have been done all the same. */
export async function change<By extends Method, const Path extends Address>(
  method: By,
  path: Path & Changing<Path, By>,
  ...[body, { key } = {}]: undefined extends Sent<Path, By> ? [body?: undefined, manner?: Manner] : [body: Sent<Path, By>, manner?: Manner]
): Promise<Changed<Path, By>> {
  const headers = {
    ...spoken(),
    "Xiejiao-App": "1",
    ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    ...(key === undefined ? {} : { "Idempotency-Key": key }),
  };
  return (await fetched(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })) as Changed<Path, By>;
}
