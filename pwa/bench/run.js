/** Bundles a benchmark as the build does, and runs it on its own: `node bench/run.js ranking`. */

import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const [, , name = "ranking"] = process.argv;
const outDir = await mkdtemp(join(tmpdir(), "xiejiao-bench-"));
try {
  await build({
    configFile: false,
    logLevel: "warn",
    resolve: { alias: { "@": fileURLToPath(new URL("../src", import.meta.url)) } },
    build: {
      ssr: fileURLToPath(new URL(`${name}.ts`, import.meta.url)),
      outDir,
      emptyOutDir: false,
      target: "es2022",
      minify: true,
      rolldownOptions: { output: { entryFileNames: "bench.mjs" } },
    },
  });
  process.exitCode = spawnSync(process.execPath, [join(outDir, "bench.mjs")], { stdio: "inherit" }).status ?? 1;
} finally {
  await rm(outDir, { recursive: true });
}
