/** The budgets count what a visit loads, and say what is over. */

import { describe, expect, it } from "vitest";
import { type Chunk, excesses, loads, table, unmet } from "../../budgets";

const chunk = (part: Partial<Chunk>): Chunk => ({ begins: null, entry: false, imports: [], later: [], styles: [], ...part });

const built = new Map<string, Chunk>([
  ["index.js", chunk({ begins: "index.html", entry: true, imports: ["vue.js"], later: ["map.js", "more.js", "sheet.js"], styles: ["index.css"] })],
  ["vue.js", chunk({})],
  ["sheet.js", chunk({ begins: "src/ui/Sheet.vue", styles: ["sheet.css"] })],
  ["map.js", chunk({ begins: "src/MapPage.vue", imports: ["vue.js", "shared.js"], later: ["leaflet.js", "more.js"], styles: ["map.css"] })],
  ["shared.js", chunk({ imports: ["index.js"] })],
  ["leaflet.js", chunk({ begins: "node_modules/leaflet/leaflet.js" })],
  ["more.js", chunk({ begins: "src/MorePage.vue", imports: ["shared.js"] })],
]);

describe("what a visit loads", () => {
  const { first, later } = loads(built, ["src/MapPage.vue", "src/MorePage.vue", "src/NotYetBuilt.vue"]);

  it("counts to the first visit what it imports, and what it loads later without a budget of its own", () => {
    expect([...first].sort()).toEqual(["index.css", "index.js", "sheet.css", "sheet.js", "vue.js"]);
  });

  it("counts to a page what it adds, and what it loads later", () => {
    expect([...(later.get("src/MapPage.vue") ?? [])].sort()).toEqual(["leaflet.js", "map.css", "map.js", "shared.js"]);
    expect([...(later.get("src/MorePage.vue") ?? [])].sort()).toEqual(["more.js", "shared.js"]);
  });

  it("says of a budget that it begins no built file", () => {
    expect([...later.keys()].sort()).toEqual(["src/MapPage.vue", "src/MorePage.vue"]);
    expect(unmet(["src/MapPage.vue", "src/NotYetBuilt.vue"], later)).toEqual([
      "src/NotYetBuilt.vue has a budget, and begins no file of the build.",
    ]);
  });
});

describe("what is over its budget", () => {
  const weights = [
    { name: "first visit", bytes: 60_000, limit: 60_000 },
    { name: "src/MapPage.vue", bytes: 55_001, limit: 55_000 },
  ];

  it("is said with its bytes and its limit, from the first byte", () => {
    expect(excesses(weights)).toEqual(["src/MapPage.vue weighs 55001 bytes in brotli; its budget is 55000."]);
  });

  it("stands in the table beside its limit", () => {
    expect(table(weights)).toBe("first visit      60,000 of  60,000 bytes\nsrc/MapPage.vue  55,001 of  55,000 bytes");
  });
});
