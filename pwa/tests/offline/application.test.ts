/** An application on a phone that keeps things in memory: sealed, for a week, sent once, and taken back whole. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { dropDraft, hand, handed, keepDraft, keptDraft, takenBack } from "@/offline/application";
import { drain, empty } from "@/offline/outbox";
import { kept, keptKeys } from "@/offline/shelf";
import { setMark } from "@/offline/signedIn";
import { APPLICATION, type Draft, SEAL, blank } from "@/offline/unfinished";

const NOON = Date.UTC(2026, 10, 20, 4);
const DAY = 86_400_000;
const SECRET = "something that nobody else reads";
let sent: { path: string; key: string | null; body: Record<string, unknown> }[] = [];
/** What the server answers to an application; null: there is no network. */
let answer: (() => Response) | null = null;

beforeEach(async () => {
  vi.useFakeTimers({ now: NOON, toFake: ["Date", "setTimeout", "clearTimeout"] });
  await empty();
  await dropDraft();
  sent = [];
  answer = () => new Response("{}", { status: 201 });
  vi.stubGlobal("fetch", (path: string, how: RequestInit) => {
    if (path === "/api/v1/me") return Promise.resolve(new Response(JSON.stringify({ account: "me", kind: "rider", first_step: null, permissions: [], grants: [] })));
    if (!answer) return Promise.reject(new TypeError("no network"));
    sent.push({ path, key: new Headers(how.headers).get("Idempotency-Key"), body: JSON.parse(how.body as string) as Record<string, unknown> });
    return Promise.resolve(answer());
  });
  setMark(true);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const filled = () =>
  ({
    ...blank(),
    step: 5,
    account: "me",
    consented: true,
    idNumberConsented: true,
    name: SECRET,
    idNumber: SECRET,
    trade: "courier",
    employer: SECRET,
    workplace: SECRET,
    union: { id: "u", name: "工会", why: "poster" },
    site: "AAAAAA",
    key: "k",
    signature: [[[0.1, 0.2], [0.3, 0.4]]],
  }) satisfies Draft;

/** All that lies on the shelf, sealed or not, as text. */
async function shelf(): Promise<string> {
  const found = await Promise.all((await keptKeys()).map((key) => kept(key)));
  return JSON.stringify(found, (_, value: unknown) => (value instanceof ArrayBuffer ? new TextDecoder().decode(value) : value));
}

test("a draft is kept sealed, and comes back as it was", async () => {
  const draft = filled();
  await keepDraft(draft);
  expect(await shelf()).not.toContain(SECRET);
  expect((await kept<CryptoKey>(SEAL))?.document.extractable).toBe(false);
  expect(await keptDraft()).toEqual(draft);
});

test("what is changed last is what stays", async () => {
  const draft = filled();
  void keepDraft(draft);
  void keepDraft({ ...draft, employer: "second" });
  await keepDraft({ ...draft, employer: "third" });
  expect((await keptDraft())?.employer).toBe("third");
});

test("a draft is gone a week after it was begun, however lately it was changed", async () => {
  const draft = filled();
  await keepDraft(draft);
  vi.setSystemTime(NOON + 7 * DAY);
  await keepDraft(draft);
  expect(await keptDraft()).toEqual(draft);
  vi.setSystemTime(NOON + 7 * DAY + 1);
  expect(await keptDraft()).toBeNull();
  expect(await keptKeys()).not.toContain(APPLICATION);
});

test("without a key a draft is nothing", async () => {
  await keepDraft(filled());
  const { letGo } = await import("@/offline/shelf");
  await letGo(SEAL);
  expect(await keptDraft()).toBeNull();
});

test("where nothing can be sealed, ID number and signature are not kept", async () => {
  vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
  await keepDraft({ ...filled(), name: "who", employer: "whom for", workplace: "where" });
  expect(await shelf()).not.toContain(SECRET);
  const found = await keptDraft();
  expect([found?.name, found?.idNumber, found?.signature]).toEqual(["who", "", []]);
});

test("what is handed over is sealed, sent once, and leaves nothing behind", async () => {
  answer = null;
  await keepDraft(filled());
  await hand(filled());
  await drain();
  expect(await shelf()).not.toContain(SECRET);
  expect(await keptDraft()).toBeNull();
  answer = () => new Response("{}", { status: 201 });
  await drain();
  await drain();
  expect(sent).toHaveLength(1);
  expect(sent[0]).toMatchObject({ path: "/api/v1/applications", body: { name: SECRET, organisation: "u", key: "k", more: null, consent: { id_number: true } } });
  expect(handed()).toBeUndefined();
  expect((await keptKeys()).filter((key) => key.startsWith("outbox/"))).toEqual([]);
});

test("what waits is taken back whole, and what puts right goes where it belongs", async () => {
  answer = null;
  const draft = { ...filled(), correcting: { id: "one", version: 3 } };
  await hand(draft);
  await drain();
  expect(await takenBack()).toEqual({ ...draft, union: { id: "u", name: "工会", why: null } });
  expect(handed()).toBeUndefined();
  answer = () => new Response("{}");
  await hand(draft);
  await drain();
  expect(sent[0]).toMatchObject({ path: "/api/v1/applications/one", body: { version: 3 } });
});

test("what was refused says at which field, and waits for the person", async () => {
  answer = () => new Response(JSON.stringify({ errors: [{ field: "id_number", message: "wrong" }] }), { status: 400 });
  await hand(filled());
  await drain();
  expect(handed()?.refused).toEqual({ kind: "faulty", faults: { id_number: "wrong" }, now: null });
  expect(await shelf()).not.toContain(SECRET);
});

test("signing out lets go of the draft, of what waits, and of the key", async () => {
  answer = null;
  await hand(filled());
  await drain();
  await keepDraft(filled());
  await empty();
  expect((await keptKeys()).filter((key) => key === SEAL || key === APPLICATION || key.startsWith("outbox/"))).toEqual([]);
});
