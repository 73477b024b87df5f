import boundaries from "eslint-plugin-boundaries";
import vue from "eslint-plugin-vue";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

// Imports point down this list only; features never import each other.
const floors = {
  main: ["main", "router", "features", "ui", "offline", "api", "ground", "locales"],
  router: ["router", "features", "locales"],
  features: ["ui", "offline", "api", "ground", "locales"],
  ui: ["locales"],
  offline: ["api", "ground"],
  api: ["ground"],
  worker: ["offline"],
  locales: [],
  ground: [],
};

// Those above the floors are files, the floors are folders; each feature is one of its own.
const files = { main: "src/{main.ts,App.vue}", router: "src/{router,pages}.ts", worker: "src/sw.ts" };
const folders = { features: "src/features/*", ui: "src/ui", offline: "src/offline", api: "src/api", ground: "src/ground", locales: "src/locales" };
const at = (floor) => (floor in files ? { file: { categories: floor } } : { element: { type: floor } });

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
      "boundaries/files": Object.entries(files).map(([category, pattern]) => ({ category, pattern })),
      "boundaries/elements": Object.entries(folders).map(([type, pattern]) => ({ type, pattern })),
    },
    rules: {
      "boundaries/dependencies": [
        "error",
        {
          default: "disallow",
          checkUnknownLocals: true,
          message: "imports point down the floors only, and features never import each other",
          policies: Object.entries(floors).map(([from, below]) => ({ from: at(from), allow: below.map((floor) => ({ to: at(floor) })) })),
        },
      ],
      "boundaries/no-unknown-files": "error",
    },
  },
  {
    files: ["src/**/*.vue"],
    rules: {
      // Parts and pages carry names of the field; none of them is an HTML element.
      "vue/multi-word-component-names": "off",
      // Templates are laid out as in HTML, where white space shows; these would lay them out otherwise.
      "vue/html-closing-bracket-newline": "off",
      "vue/html-indent": "off",
      "vue/html-self-closing": "off",
      "vue/max-attributes-per-line": "off",
      "vue/multiline-html-element-content-newline": "off",
      "vue/singleline-html-element-content-newline": "off",
    },
  },
  {
    // What a .vue file exports has a type that vue-tsc knows and this linter does not.
    files: ["src/**", "tests/**"],
    rules: {
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/no-redundant-type-constituents": "off",
    },
  },
  {
    files: ["*.js", "*.ts"],
    extends: [tseslint.configs.disableTypeChecked],
  },
);
