/** What is sent with a change, and what is said of a refusal. */
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from "vitest";
import type { Schemas } from "@/api/client";
import { Refusal, askOwn, change, whenSignedOut } from "@/api/own";

const asked = vi.fn<typeof fetch>();
beforeEach(() => {
  document.documentElement.lang = "en";
  asked.mockReset();
  vi.stubGlobal("fetch", asked);
});
afterEach(() => vi.unstubAllGlobals());

function answers(status: number, document: unknown = null, headers: Record<string, string> = {}): void {
  asked.mockResolvedValue(new Response(status === 204 ? null : JSON.stringify(document), { status, headers }));
}

/** What `trying` was refused for. */
async function refusal(trying: Promise<unknown>): Promise<Refusal> {
  const found: unknown = await trying.then(() => null, (error: unknown) => error);
  if (found instanceof Refusal) return found;
  throw new Error("not refused", { cause: found });
}

describe("a change", () => {
  it("goes with the cookie, the app's header, the language and its key, and answers as the document says", async () => {
    answers(202, { lasts_s: 300, again_after_s: 60 });
    const sent = await change("POST", "/api/v1/sign-in-codes", { phone: "1" }, { key: "12345678" });
    expectTypeOf(sent).toEqualTypeOf<Schemas["CodeSent"]>();
    expect(sent.again_after_s).toBe(60);
    const [path, how] = asked.mock.calls[0] ?? [];
    expect(path).toBe("/api/v1/sign-in-codes");
    expect(how).toMatchObject({
      method: "POST",
      body: `{"phone":"1"}`,
      credentials: "same-origin",
      cache: "no-store",
      headers: { "Xiejiao-App": "1", "Content-Type": "application/json", "Accept-Language": "en", "Idempotency-Key": "12345678" },
    });
  });

  it("says nothing of a body or a key that it has not", async () => {
    answers(204);
    const sent = change("DELETE", "/api/v1/sign-ins/0");
    expectTypeOf(sent).toEqualTypeOf<Promise<undefined>>();
    await sent;
    expect(Object.keys(asked.mock.calls[0]?.[1]?.headers ?? {}).sort()).toEqual(["Accept-Language", "Xiejiao-App"]);
    expect(asked.mock.calls[0]?.[1]?.body).toBeUndefined();
  });

  it("takes what the server's document knows only", () => {
    // @ts-expect-error -- nothing is put there
    expectTypeOf(() => change("PUT", "/api/v1/sign-ins", {})).toBeFunction();
    // @ts-expect-error -- a password is changed from one to another
    expectTypeOf(() => change("PUT", "/api/v1/me/password", { current: "" })).toBeFunction();
    // @ts-expect-error -- one signs out without saying anything
    expectTypeOf(() => change("DELETE", "/api/v1/sign-ins", { id: "" })).toBeFunction();
  });
});

describe("a refusal", () => {
  it.each([
    [400, "faulty"],
    [401, "signed-out"],
    [403, "forbidden"],
    [404, "missing"],
    [409, "conflict"],
    [415, "server"],
    [429, "too-many"],
    [500, "server"],
    [503, "server"],
  ])("of status %i is %s", async (status, kind) => {
    answers(status, {});
    expect((await refusal(askOwn("/api/v1/me"))).kind).toBe(kind);
  });

  it("names every faulty field with all its faults", async () => {
    const errors = [
      { field: "new", message: "too short" },
      { field: "new", message: "too easy" },
      { field: "current", message: "wrong" },
    ];
    answers(400, { errors });
    const { faults } = await refusal(change("PUT", "/api/v1/me/password", { current: "a", new: "b" }));
    expect([...faults]).toEqual([["new", "too short\ntoo easy"], ["current", "wrong"]]);
  });

  it("says what comes first, what holds now, and how long to wait", async () => {
    answers(403, { needs: "password" });
    expect((await refusal(askOwn("/api/v1/grants"))).needs).toBe("password");
    answers(409, { now: { version: 3 } });
    expect((await refusal(change("POST", "/api/v1/grants/0/second"))).now).toEqual({ version: 3 });
    answers(429, {}, { "Retry-After": "41" });
    expect((await refusal(change("POST", "/api/v1/sign-in-codes", { phone: "1" }))).seconds).toBe(41);
  });

  it("is told from any answer, however broken", async () => {
    asked.mockResolvedValueOnce(new Response("<html>", { status: 502 }));
    expect((await refusal(askOwn("/api/v1/me"))).kind).toBe("server");
    asked.mockResolvedValueOnce(new Response("null", { status: 400 }));
    expect((await refusal(askOwn("/api/v1/me"))).faults.size).toBe(0);
    asked.mockResolvedValueOnce(new Response("{", { status: 200 }));
    expect((await refusal(askOwn("/api/v1/me"))).kind).toBe("server");
  });

  it("is offline or slow where no answer comes", async () => {
    asked.mockRejectedValueOnce(new TypeError("no network"));
    expect((await refusal(askOwn("/api/v1/me"))).kind).toBe("offline");
    asked.mockRejectedValueOnce(new DOMException("late", "TimeoutError"));
    expect((await refusal(askOwn("/api/v1/me"))).kind).toBe("slow");
  });

  it("tells whoever heeds it that nobody is signed in, and of no other", async () => {
    const heeded = vi.fn();
    whenSignedOut(heeded);
    answers(403, {});
    await refusal(askOwn("/api/v1/me"));
    expect(heeded).not.toHaveBeenCalled();
    answers(401, {});
    await refusal(askOwn("/api/v1/me"));
    expect(heeded).toHaveBeenCalledOnce();
  });
});
