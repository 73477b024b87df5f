/** Nothing is carried to the phone that nobody sees: every word that the app can say and every sign is used. */

import { describe, expect, it } from "vitest";
import { entry, giving, own, roles } from "@/locales/account";
import { holding } from "@/locales/card";
import { choice, picker } from "@/locales/choosing";
import { hints, pulling } from "@/locales/hints";
import { manage } from "@/locales/manage";
import { onMap } from "@/locales/map";
import { settings } from "@/locales/more";
import { told } from "@/locales/place";
import { refused } from "@/locales/refusals";
import { reporting } from "@/locales/report";
import { desk } from "@/locales/staff";
import { verifying } from "@/locales/verify";
import { zh } from "@/locales/zh";
import signs from "@/ui/signs.json";
import vocabulary from "../../../seed/vocabulary.json";

const sources = import.meta.glob<string>(["../../src/**/*.{vue,ts}", "!../../src/locales/*"], { query: "?raw", import: "default", eager: true });
const code = Object.values(sources).join("\n");

/** The words by their paths, as `place.hours`. */
function paths(of: object, above = ""): string[] {
  return Object.entries(of).flatMap(([name, value]: [string, unknown]) =>
    typeof value === "object" && value !== null && !Array.isArray(value) ? paths(value, `${above}${name}.`) : [above + name],
  );
}

/** The words of `messages`, which sources call `by`, that none says, by name or by a word that chooses in a group. */
function unsaid(messages: object, source: string, by = "say"): string[] {
  const said = (path: string, after: string) => new RegExp(String.raw`\b${by}(\.value)?${path && "\\."}${path.replaceAll(".", String.raw`\.`)}${after}`).test(source);
  return paths(messages).filter((path) => {
    const group = path.slice(0, Math.max(0, path.lastIndexOf(".")));
    return !said(path, String.raw`\b`) && !said(group, String.raw`\[`);
  });
}

/** The signs that are neither of an amenity nor named by a source. */
function unshown(names: readonly string[], source: string): string[] {
  const attributes = source.replaceAll(/\sclass="[^"]*"/g, "");
  const amenities = new Set(vocabulary.amenities.map((amenity) => amenity.code));
  return names.filter((name) => !amenities.has(name) && !new RegExp(`["']${name}["']`).test(attributes));
}

describe("what the phone carries", () => {
  it("holds no word that the app never says", () => {
    expect(unsaid(zh, code)).toEqual([]);
    for (const [by, words] of Object.entries({ choice, desk, entry, giving, hints, holding, manage, onMap, own, picker, pulling, refused, reporting, roles, settings, told, verifying })) expect(unsaid(words.value, code, by)).toEqual([]);
    expect(unsaid({ none: "", tiles: "" }, code, "privacyOfMap")).toEqual([]);
  });

  it("would show a word that is never said", () => {
    const messages = { name: "", list: { none: "", found: "" }, maps: { amap: "" } };
    expect(unsaid(messages, "say.name say.value.list.none say.maps[app]")).toEqual(["list.found"]);
  });

  it("holds a sign for every amenity, and no other that is never shown", () => {
    expect(vocabulary.amenities.map((amenity) => amenity.code).filter((each) => !(each in signs))).toEqual([]);
    expect(unshown(Object.keys(signs), code)).toEqual([]);
  });

  it("would show a sign that is never shown", () => {
    expect(unshown(["toilet", "check", "member"], `<p class="member"><Sign name="check" />`)).toEqual(["member"]);
  });
});
