// @vitest-environment node
import { describe, expect, test } from "vitest";
import { type Bytes, type Code, type Known, type Worth, codeIn, digitsOf, fromBase64, minutesOld, passIn, toBase64, toSign, worth } from "@/ground/card";
import { verify as byLibrary } from "@/offline/ed25519";
import { bringEd25519, p256 } from "@/offline/signatures";
import { cases } from "./cases";

const vectors = cases("card") as {
  readonly keys: readonly { readonly id: string; readonly public_key: string }[];
  readonly revoked: readonly string[];
  readonly pass: string;
  readonly reads: Readonly<Record<"reference" | "from" | "until" | "phone_key" | "name" | "union", string>>;
  readonly cases: readonly { readonly about: string; readonly text: string; readonly at: string; readonly state: Worth | "newer" }[];
  readonly no_cards: readonly string[];
};
const KNOWN: Known = { keys: new Map(vectors.keys.map(({ id, public_key }) => [id, fromBase64(public_key)])), revoked: new Set(vectors.revoked) };
const [GOOD] = vectors.cases;
if (!GOOD) throw new Error("card.json is empty");
const AT = Date.parse(GOOD.at);

function code(text: string): Code {
  const found = codeIn(text);
  if (found === null || found === "newer") throw new Error("not a code");
  return found;
}

const ways = { "the browser": await bringEd25519(), "the library": byLibrary };

describe.each(Object.entries(ways))("with Ed25519 of %s", (_, ed25519) => {
  test.each(vectors.cases)("$about: $state", async ({ text, at, state }) => {
    const found = codeIn(text);
    expect(found).not.toBeNull();
    expect(found === null || found === "newer" ? found : await worth(found, KNOWN, Date.parse(at), { ed25519, p256 })).toBe(state);
  });
});

test("the browser of these tests has Ed25519 of its own", () => {
  expect(ways["the browser"]).not.toBe(byLibrary);
});

test("a pass is read as the server wrote it", () => {
  const { reads } = vectors;
  expect(passIn(fromBase64(vectors.pass))).toEqual({
    keyId: vectors.keys[0]?.id,
    reference: reads.reference,
    from: Date.parse(`${reads.from}T00:00:00+08:00`),
    until: Date.parse(`${reads.until}T23:59:59.999+08:00`),
    phoneKey: fromBase64(reads.phone_key),
    name: reads.name,
    union: reads.union,
  });
});

test("no bit of a code can be altered", async () => {
  const { byPhone } = code(GOOD.text);
  const whole = [...byPhone.told, ...byPhone.signature];
  const verify = { ed25519: ways["the browser"], p256 };
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const altered = whole.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    const found = codeIn(digitsOf(new Uint8Array(altered), new Uint8Array()));
    if (found !== null && found !== "newer") expect(await worth(found, KNOWN, AT, verify), `bit ${String(bit)}`).not.toBe("valid");
  }
});

test.each(vectors.no_cards)("%j is no card", (text) => {
  expect(codeIn(text)).toBeNull();
});

test("an address that ends with the digits is read, and digits that somebody broke into lines", () => {
  const { pass } = code(GOOD.text);
  expect(code(`https://xiejiao.example.org/verify#${GOOD.text}`).pass).toEqual(pass);
  expect(code(` ${GOOD.text.replaceAll(/(\d{60})/g, "$1\n ")}`).pass).toEqual(pass);
  expect(codeIn(`${GOOD.text} and more`)).toBeNull();
});

test("a phone makes a code of its pass that holds for the minute", async () => {
  const { privateKey, publicKey } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
  const pass: Bytes = fromBase64(vectors.pass);
  pass.set(raw.slice(1), 25);
  const told = toSign(pass, AT + 59_999);
  const signature = new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, told));
  const made = code(digitsOf(told, signature));
  expect(made.at).toBe(AT);
  expect(minutesOld(made, AT + 5 * 60_000)).toBe(5);
  // The phone signed it; that the server did not, is seen.
  const trusting = { ed25519: () => Promise.resolve(true), p256 };
  expect(await worth(made, KNOWN, AT, trusting)).toBe("valid");
  expect(await worth(made, KNOWN, AT, { ed25519: ways["the browser"], p256 })).toBe("forged");
});

test("base64url goes both ways", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
  expect(fromBase64(toBase64(bytes))).toEqual(bytes);
});
