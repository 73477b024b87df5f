import boundaries from "eslint-plugin-boundaries";
import vue from "eslint-plugin-vue";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

// Imports point down this list only; features never import each other.
const floors = {
  main: ["router", "features", "ui", "offline", "api", "ground", "locales"],
  router: ["features", "locales"],
  features: ["ui", "offline", "api", "ground", "locales"],
  ui: ["locales"],
  offline: ["api", "ground"],
  api: ["ground"],
  worker: ["offline"],
  locales: [],
  ground: [],
};

export default defineConfig(
  { ignores: ["dist/", "src/api/schema.ts"] },
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  vue.configs["flat/recommended"],
  {
    languageOptions: {
      parserOptions: { parser: tseslint.parser, projectService: true, extraFileExtensions: [".vue"] },
    },
  },
  {
    files: ["src/**"],
    plugins: { boundaries },
    settings: {
      "import/resolver": { typescript: true },
      "boundaries/elements": [
        { type: "main", pattern: "src/main.ts", mode: "full" },
        { type: "router", pattern: "src/router.ts", mode: "full" },
        { type: "worker", pattern: "src/sw.ts", mode: "full" },
        { type: "features", pattern: "src/features/*", capture: ["feature"] },
        ...["ui", "offline", "api", "ground", "locales"].map((type) => ({ type, pattern: `src/${type}` })),
      ],
    },
    rules: {
      "boundaries/element-types": [
        "error",
        {
          default: "disallow",
          message: "${file.type} may not import ${dependency.type}: imports point down the floors only",
          rules: [
            ...Object.entries(floors).map(([from, allow]) => ({ from, allow: [from === "features" ? null : from, ...allow].filter(Boolean) })),
            { from: "features", allow: [["features", { feature: "${from.feature}" }]] },
          ],
        },
      ],
      "boundaries/no-unknown-files": "error",
    },
  },
  {
    files: ["*.js", "*.ts"],
    extends: [tseslint.configs.disableTypeChecked],
  },
);
