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
  vue.configs["flat/essential"],
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
        { type: "main", pattern: "src/{main.ts,App.vue}", mode: "full" },
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
    // Parts and pages carry names of the field; none of them is an HTML element.
    files: ["src/**/*.vue"],
    rules: { "vue/multi-word-component-names": "off" },
  },
  {
    // What a .vue file exports has a type that vue-tsc knows and this linter does not.
    files: ["src/**", "tests/**"],
    rules: {
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/no-redundant-type-constituents": "off",
    },
  },
  {
    files: ["*.js", "*.ts"],
    extends: [tseslint.configs.disableTypeChecked],
  },
);
