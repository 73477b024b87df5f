// @vitest-environment node
/** Imports point down the floors only: the linter is shown every pair of floors, and refuses what it should. */

import { ESLint } from "eslint";
import { expect, it } from "vitest";

/** A file of each floor; of the features two, which must not know each other. */
const FILES: Record<string, string> = {
  main: "main.ts",
  app: "App.vue",
  router: "router.ts",
  worker: "sw.ts",
  finder: "features/finder/useFound.ts",
  place: "features/place/pages/PlacePage.vue",
  ui: "ui/Sign.vue",
  offline: "offline/shelf.ts",
  api: "api/client.ts",
  ground: "ground/hours.ts",
  locales: "locales/index.ts",
};
const MAY: Record<string, string[]> = {
  main: ["app", "router", "finder", "place", "ui", "offline", "api", "ground", "locales"],
  app: ["main", "router", "finder", "place", "ui", "offline", "api", "ground", "locales"],
  router: ["finder", "place", "locales"],
  worker: ["offline"],
  finder: ["ui", "offline", "api", "ground", "locales"],
  place: ["ui", "offline", "api", "ground", "locales"],
  ui: ["locales"],
  offline: ["api", "ground"],
  api: ["ground"],
  ground: [],
  locales: [],
};

// The linter sees the text that it is given, under the name of a file that it knows; nothing is written. Types say
// nothing of floors, and take long to find.
const linter = new ESLint({
  ruleFilter: ({ ruleId }) => ruleId === "boundaries/dependencies",
  overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
});

/** The numbers of the lines that `file` may not have in it. */
async function refused(file: string, lines: readonly string[]): Promise<number[]> {
  const text = lines.join("\n");
  const script = file.endsWith(".vue") ? `<script setup lang="ts">${text}</script>` : text;
  const [result] = await linter.lintText(script, { filePath: `src/${file}` });
  const messages = result?.messages ?? [];
  expect(messages.filter(({ ruleId }) => ruleId === null)).toEqual([]);
  return messages.map(({ line }) => line - 1);
}

it.each(Object.entries(FILES))("%s imports the floors beneath it, and nothing else", async (from, file) => {
  const others = Object.keys(FILES).filter((floor) => floor !== from);
  const found = await refused(file, others.map((floor) => `import "@/${(FILES[floor] ?? "").replace(/\.ts$/, "")}";`));
  expect(others.filter((_, line) => !found.includes(line))).toEqual(MAY[from]);
});

it.each([
  ["a type", `import type { Kept } from "@/offline/shelf"; export type Own = Kept<string>;`],
  ["a relative path", `import "../offline/shelf";`],
  ["what is loaded later", `export const later = () => import("@/offline/shelf");`],
  ["what is handed on", `export { kept } from "@/offline/shelf";`],
  ["a file outside the floors", `import "../../budgets";`],
])("refuses %s from a floor above", async (_, text) => {
  expect(await refused("ground/hours.ts", [text])).toEqual([0]);
});

it("lets a feature and a floor import their own", async () => {
  expect(await refused("features/finder/useFound.ts", [`import "./pages/HomePage.vue";`])).toEqual([]);
  expect(await refused("ground/hours.ts", [`import "./tiles";`])).toEqual([]);
});
