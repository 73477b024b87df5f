/** The outbox on a phone that keeps things in memory: what is sent, what stays, and as whom. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { drain, empty, put, release, takeBack, unsent, waiting } from "@/offline/outbox";
import { setMark } from "@/offline/signedIn";

const NOON = Date.UTC(2026, 10, 20, 4);
/** What the server answers to a change; undefined: there is no network. */
let answers: (() => Response | undefined)[] = [];
let account = "me";
let sent: { path: string; key: string | null }[] = [];

const json = (status: number, document: unknown = {}) => () => new Response(JSON.stringify(document), { status });

beforeEach(async () => {
  vi.useFakeTimers({ now: NOON, toFake: ["Date", "setTimeout", "clearTimeout"] });
  await empty();
  answers = [];
  sent = [];
  account = "me";
  vi.stubGlobal("fetch", (path: string, how: RequestInit) => {
    if (path === "/api/v1/me") return Promise.resolve(json(200, { account, kind: "staff", first_step: null, permissions: [], grants: [] })());
    sent.push({ path, key: new Headers(how.headers).get("Idempotency-Key") });
    const answer = (answers.shift() ?? json(201))();
    return answer ? Promise.resolve(answer) : Promise.reject(new TypeError("no network"));
  });
  setMark(true);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function done(id: string, more: Partial<Parameters<typeof put>[0]> = {}): Promise<void> {
  await put({ id, account: "me", about: { code: "AAAAAA", name: "甲" }, method: "POST", path: `/api/v1/keeping/${id}/rounds`, body: {}, at: Date.now(), notBefore: 0, refused: null, ...more });
  await drain();
}

describe("the outbox", () => {
  test("sends once, with the entry's own key", async () => {
    await done("one");
    await Promise.all([drain(), drain()]);
    expect(sent).toEqual([{ path: "/api/v1/keeping/one/rounds", key: "one" }]);
    expect(unsent.value).toEqual([]);
  });

  test("keeps what found no network, and sends the same again by itself", async () => {
    // Once for being put in, once for the drain.
    answers = [() => undefined, () => undefined];
    await done("one");
    expect(waiting.value).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(30_000);
    await drain();
    expect(sent.map(({ key }) => key)).toEqual(["one", "one", "one"]);
    expect(unsent.value).toEqual([]);
  });

  test("keeps what was refused, with why, and does not send it again", async () => {
    answers = [json(400, { errors: [{ field: "at", message: "too old" }] })];
    await done("one");
    await drain();
    expect(sent).toHaveLength(1);
    expect(unsent.value[0]?.refused).toEqual({ kind: "faulty", faults: { at: "too old" }, now: null });
    expect(waiting.value).toEqual([]);
  });

  test("sends nothing as somebody else", async () => {
    account = "somebody";
    await done("one");
    expect(sent).toEqual([]);
    account = "me";
    await drain();
    expect(sent).toHaveLength(1);
  });

  test("keeps what waits when the server says that nobody is signed in, until somebody is", async () => {
    answers = [json(401)];
    await done("one");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent).toHaveLength(1);
    expect(waiting.value).toHaveLength(1);
    setMark(true);
    await drain();
    expect(unsent.value).toEqual([]);
  });

  test("lets one think better of it, and goes on when one does not", async () => {
    await done("undone", { notBefore: NOON + 10_000 });
    expect(await takeBack("undone")).toBe(true);
    await done("meant", { notBefore: NOON + 10_000 });
    expect(sent).toEqual([]);
    await release("meant");
    expect(sent.map(({ key }) => key)).toEqual(["meant"]);
    expect(await takeBack("meant")).toBe(false);
  });
});
