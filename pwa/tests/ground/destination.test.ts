/** What a link may ask to be led to afterwards: paths of this origin only. */
import { expect, it } from "vitest";
import { pathHere } from "@/ground/destination";

const HERE = "https://xiejiao.example";

it.each(["/", "/me", "/p/6FVX3W", "/me/grants?x=1#y", "/%5Cevil.example"])("leads to %s", (wanted) => {
  expect(pathHere(wanted, HERE)).toBe(wanted);
});

it("takes a path as browsers read it", () => {
  expect(pathHere("/p/../me", HERE)).toBe("/me");
});

it.each([
  "https://evil.example/",
  "//evil.example/",
  "///evil.example/",
  "/\\evil.example/",
  "\\\\evil.example/",
  "/\t/evil.example/",
  "/.//evil.example/",
  "/p/..//evil.example/",
  "javascript:alert(1)",
  "data:text/html,x",
  "me",
  "",
  " /me",
  null,
  undefined,
  ["/me"],
])("leads nowhere for %j", (wanted) => {
  expect(pathHere(wanted, HERE)).toBeNull();
});
