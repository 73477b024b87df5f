/** What is drawn on the map: rings, names, marks, and the one markup that is let through. */
import { afterEach, describe, expect, test } from "vitest";
import { fitting, shortName } from "@/features/finder/map/labels";
import { type Mark, alike, buttonOf } from "@/features/finder/map/marks";
import { admitProbe } from "@/features/finder/map/probe";
import { radii } from "@/features/finder/map/rings";

test.each([
  [1, 400, [100, 200]],
  [4.3, 400, [500, 1000]],
  [10, 640, [1000, 2000, 5000]],
  [500, 640, [50_000]],
  [5000, 640, []],
])("at %d metres a pixel and %d pixels to the edge the rings are %j", (metresPerPixel, reachPx, expected) => {
  expect(radii(metresPerPixel, reachPx)).toEqual(expected);
});

test("names that would cover each other are left out, the later ones", () => {
  const [first, beside, far] = [{ lon: 116, lat: 24 }, { lon: 116.5, lat: 24.1 }, { lon: 121, lat: 31 }];
  expect(fitting([first, beside, far], 5, 9)).toEqual([first, far]);
  expect(fitting([first, beside, far], 10, 9)).toEqual([first, beside, far]);
  expect(fitting([first, beside, far], 10, 2)).toEqual([first, beside]);
});

test.each([
  ["福建省泉州市晋江市", "晋江市"],
  ["山东省威海市", "威海市"],
  ["湖北省宜昌市五峰土家族自治县", "五峰土家族自治县"],
  ["滨海", "滨海"],
])("%s is called %s", (name, expected) => {
  expect(shortName(name)).toBe(expected);
});

describe("a mark", () => {
  const place = { kind: "place", key: "000000", label: "甲 <b>", position: { lon: 116, lat: 24 }, tone: "good", chosen: false } as const;

  test("is a button that says in words what it shows, with another sign for each state", () => {
    const signs = (["good", "warn", "shut", "unsure"] as const).map((tone) => {
      const button = buttonOf({ ...place, tone });
      expect(button.getAttribute("aria-label")).toBe("甲 <b>");
      return button.querySelector("use")?.getAttribute("href");
    });
    expect(new Set(signs).size).toBe(4);
  });

  test("writes names as text", () => {
    const division: Mark = { kind: "division", key: "d", label: "l", position: place.position, name: "<img src=x>" };
    expect(buttonOf(division).textContent).toBe("<img src=x>");
    expect(buttonOf(division).querySelector("img")).toBeNull();
  });

  test("is drawn anew when anything of it changes, and only then", () => {
    expect(alike(place, { ...place, position: { ...place.position } })).toBe(true);
    expect(alike(place, { ...place, chosen: true })).toBe(false);
    expect(alike(place, { ...place, label: "乙" })).toBe(false);
  });
});

describe("the policy for Leaflet's probe", () => {
  const scope = globalThis as { trustedTypes?: unknown };
  afterEach(() => {
    delete scope.trustedTypes;
  });

  test("passes its two constants and nothing else, and is made once", () => {
    const made: { createHTML(markup: string): string | null }[] = [];
    const factory = {
      defaultPolicy: null as unknown,
      createPolicy(name: string, rules: { createHTML(markup: string): string | null }) {
        expect(name).toBe("default");
        made.push(rules);
        return (factory.defaultPolicy = rules);
      },
    };
    scope.trustedTypes = factory;
    admitProbe();
    admitProbe();
    expect(made).toHaveLength(1);
    const passed = ["<svg/>", '<v:shape adj="1"/>', "<svg/> ", "<svg/><script>", "<b>", ""].map((markup) => made[0]?.createHTML(markup));
    expect(passed).toEqual(["<svg/>", '<v:shape adj="1"/>', null, null, null, null]);
  });

  test("is not needed where the browser knows no Trusted Types", () => {
    expect(admitProbe).not.toThrow();
  });
});
