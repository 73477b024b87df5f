import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import vue from "@vitejs/plugin-vue";
import { type Plugin, defineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";
import { budgets } from "./budgets.ts";

/** Writes the signs that `src/ui/signs.json` names into the page, as one sheet of symbols: no request of their own. */
function signs(): Plugin {
  const names = JSON.parse(readFileSync(new URL("src/ui/signs.json", import.meta.url), "utf8")) as Record<string, string>;
  const symbols = Object.entries(names).map(([name, icon]) => {
    const svg = readFileSync(new URL(`node_modules/lucide-static/icons/${icon}.svg`, import.meta.url), "utf8");
    const inside = /<svg[^>]*>([\s\S]*)<\/svg>/.exec(svg)?.[1]?.replace(/\s+/g, " ").trim() ?? "";
    return `<symbol id="sign-${name}" viewBox="0 0 24 24">${inside}</symbol>`;
  });
  return {
    name: "xiejiao-signs",
    transformIndexHtml: (html) => html.replace("</body>", `<svg hidden>${symbols.join("")}</svg></body>`),
  };
}

/** Leaves a brotli form beside every built file: the server sends it as it is. */
function precompressed(): Plugin {
  return {
    name: "xiejiao-precompressed",
    apply: "build",
    enforce: "post",
    closeBundle: {
      order: "post",
      sequential: true,
      handler() {
        const dist = new URL("dist/", import.meta.url);
        for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
          if (!entry.isFile() || entry.name.endsWith(".br")) continue;
          const file = join(entry.parentPath, entry.name);
          const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
          writeFileSync(`${file}.br`, brotliCompressSync(readFileSync(file), { params }));
        }
      },
    },
  };
}

/** Built files whose parts are fetched beside them: what riders open. */
const OFTEN = /\/(?:MapPage|PlacePage|place|installation|handover|datum)-/;

export default defineConfig({
  plugins: [
    vue(),
    signs(),
    precompressed(),
    VitePWA({
      strategies: "injectManifest",
      srcDir: "src",
      filename: "sw.ts",
      injectRegister: false,
      manifestFilename: "app.webmanifest",
      includeManifestIcons: false,
      injectManifest: {
        globPatterns: ["index.html", "assets/*.{js,css}", "icon.svg"],
        // Everything but the map, which is as large as all else, what staff alone use, and cards and what checks them; each is kept
        // once it was used.
        globIgnores: ["assets/{MapPage,drawing,FirstSteps,GrantsPage,StaffPage,GiveSheet,StaffSheet,TakeBackSheet,managing,RoundLink,postman,VerifyPage,CardPage,reader,ed25519}-*"],
      },
      manifest: {
        id: "/",
        name: "歇脚 · 附近的劳动者驿站",
        short_name: "歇脚",
        lang: "zh-CN",
        start_url: "/",
        scope: "/",
        display: "standalone",
        background_color: "#f3f6f4",
        theme_color: "#00583f",
        icons: [
          { src: "/icon-192.png", sizes: "192x192", type: "image/png" },
          { src: "/icon-512.png", sizes: "512x512", type: "image/png", purpose: "any" },
          { src: "/icon-maskable-512.png", sizes: "512x512", type: "image/png", purpose: "maskable" },
        ],
      },
    }),
    budgets(new URL("./", import.meta.url)),
  ],
  // The app is written with the composition API alone.
  define: { __VUE_OPTIONS_API__: "false", __VUE_PROD_DEVTOOLS__: "false", __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false" },
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    // The server reads which files a page needs besides the app, and names them in the answer's head.
    manifest: "built.json",
    // A page that few open is fetched in two steps rather than that every visit carries the names of its parts. Styles
    // come by these names alone, so they stay; a page opened cold has its parts named in the answer's head.
    modulePreload: { polyfill: false, resolveDependencies: (_, needed) => needed.filter((file) => file.endsWith(".css") || OFTEN.test(file)) },
    reportCompressedSize: false,
    // One file of all that the list needs: it compresses better than three (by 2 kB), and comes in one round trip.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "app", tags: ["$initial"] }] } } },
  },
});
