import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { type Plugin, defineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";

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

export default defineConfig({
  plugins: [
    vue(),
    signs(),
    VitePWA({
      strategies: "injectManifest",
      srcDir: "src",
      filename: "sw.ts",
      injectRegister: false,
      injectManifest: { globPatterns: ["index.html", "assets/{index,HomePage,PlacePage}-*.{js,css}", "icon.svg"] },
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
  ],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false },
});
