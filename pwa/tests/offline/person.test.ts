/** What the phone has of a person goes with their sign-in, and nobody gets what is another's. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { bringPerson, ownKey, person, signIn, signOut } from "@/offline/person";
import { keep, kept, keptKeys } from "@/offline/shelf";
import { mark, setMark } from "@/offline/signedIn";

const MARK = "xiejiao.signed-in";
const ME = { account: "a", kind: "rider", name: null, phone: "139****0000", first_step: null, permissions: [], grants: [] };
const answers = new Map<string, () => Promise<Response>>();
const json = (document: unknown, status = 200) => () => Promise.resolve(new Response(status === 204 ? null : JSON.stringify(document), { status }));

beforeEach(() => {
  answers.clear();
  vi.stubGlobal("fetch", (path: string) => answers.get(path)?.() ?? Promise.reject(new TypeError("no network")));
  setMark(false);
});
afterEach(() => vi.unstubAllGlobals());

async function signedIn(): Promise<void> {
  answers.set("/api/v1/sign-ins", json(null, 204));
  answers.set("/api/v1/me", json(ME));
  await signIn({ phone: "1", code: "2" });
  await bringPerson();
}

test("who is signed in is asked once, and nothing of them is stored", async () => {
  await signedIn();
  answers.delete("/api/v1/me");
  expect((await bringPerson()).phone).toBe(ME.phone);
  const stored = Array.from({ length: localStorage.length }, (_, at) => localStorage.getItem(localStorage.key(at) ?? ""));
  expect(stored).toEqual([mark.value]);
  expect(await keptKeys()).toEqual([]);
});

test("signing out lets go of all that is theirs, and of nothing else", async () => {
  await signedIn();
  await keep(ownKey("outbox"), ["mine"], 0);
  await keep("vocabulary", {}, 0);
  answers.set("/api/v1/sign-ins/present", json(null, 204));
  await signOut();
  await vi.waitFor(async () => {
    expect(await keptKeys()).toEqual(["vocabulary"]);
  });
  expect([person.value, mark.value, localStorage.getItem(MARK)]).toEqual([null, null, null]);
});

test("signing out that does not reach the server is not done", async () => {
  await signedIn();
  await expect(signOut()).rejects.toMatchObject({ kind: "offline" });
  expect(person.value).not.toBeNull();
});

test("a 401 ends the sign-in here too", async () => {
  await signedIn();
  await keep(ownKey("outbox"), ["mine"], 0);
  answers.set("/api/v1/me", json({}, 401));
  await expect(bringPerson({ anew: true })).rejects.toMatchObject({ kind: "signed-out" });
  expect([person.value, mark.value]).toEqual([null, null]);
  await vi.waitFor(async () => {
    expect((await keptKeys()).filter((key) => key.startsWith("own/"))).toEqual([]);
  });
});

test("another tab that signs out or in is followed, and keeps what is the next person's", async () => {
  await signedIn();
  await keep(ownKey("outbox"), ["mine"], 0);
  const before = ownKey("outbox");
  localStorage.setItem(MARK, "another");
  window.dispatchEvent(new StorageEvent("storage", { key: MARK }));
  expect([person.value, mark.value]).toEqual([null, "another"]);
  await keep(ownKey("outbox"), ["theirs"], 0);
  await vi.waitFor(async () => {
    expect(await kept(before)).toBeUndefined();
  });
  expect((await kept<string[]>(ownKey("outbox")))?.document).toEqual(["theirs"]);
  localStorage.clear();
  window.dispatchEvent(new StorageEvent("storage", { key: null }));
  expect(mark.value).toBeNull();
});

test("an answer about the person before is not shown to the next", async () => {
  await signedIn();
  let tell: (response: Response) => void = () => undefined;
  answers.set("/api/v1/me", () => new Promise((resolve) => (tell = resolve)));
  const asking = bringPerson({ anew: true });
  answers.set("/api/v1/me", json({ ...ME, account: "b" }));
  setMark(true);
  tell(await json(ME)());
  expect((await asking).account).toBe("b");
  expect(person.value?.account).toBe("b");
});

test("a cookie that outlived its mark is known again", async () => {
  answers.set("/api/v1/me", json(ME));
  await bringPerson();
  expect([person.value?.account, mark.value === null]).toEqual(["a", false]);
});
