/** Bundles a benchmark for the browser, as a global of its name: `node bench/bundle.js ranking FOLDER`. */

import { fileURLToPath } from "node:url";
import { build } from "vite";

const [, , name = "ranking", outDir = "."] = process.argv;
await build({
  configFile: false,
  logLevel: "warn",
  resolve: { alias: { "@": fileURLToPath(new URL("../src", import.meta.url)) } },
  build: {
    lib: { entry: fileURLToPath(new URL(`${name}.ts`, import.meta.url)), formats: ["iife"], name, fileName: () => `${name}.js` },
    outDir,
    emptyOutDir: false,
    target: "es2022",
    minify: true,
  },
});
