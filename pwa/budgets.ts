/** What a visit may weigh: bytes in brotli, measured after each build, which fails when one is over its limit. */
import { readFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";
import type { Plugin } from "vite";

const BUDGETS = {
  /**
   * HTML, JS, CSS, icons, locale and a first cell, until the list stands. Beside it come the words for kinds and
   * amenities (under 2 kB, once a day), and afterwards what the worker keeps for when there is no network.
   */
  firstVisit: 60_000,
  worker: 8_000,
  /** What is loaded when it is wanted, by the module that begins it; each beyond the first visit. */
  later: {
    "src/features/finder/components/WherePicker.vue": 4_000,
    "src/features/finder/components/HomeHint.vue": 1_500,
    "src/features/finder/components/PullDown.vue": 1_500,
    "src/ui/MapChoice.vue": 2_000,
    "src/features/finder/pages/MapPage.vue": 55_000,
    "src/features/place/pages/PlacePage.vue": 9_000,
    "src/features/place/components/RoundLink.vue": 4_000,
    "src/features/report/pages/ReportSheet.vue": 9_000,
    "src/features/report/pages/ReportPage.vue": 9_000,
    "src/features/staff/pages/StaffPage.vue": 15_000,
    "src/offline/resending.ts": 4_500,
    "src/features/more/pages/MorePage.vue": 4_600,
    "src/features/more/components/DeskLink.vue": 4_000,
    "src/features/more/pages/PrivacyPage.vue": 3_000,
    "src/features/account/pages/SignInPage.vue": 12_000,
    "src/features/account/components/FirstSteps.vue": 12_000,
    "src/features/account/pages/MePage.vue": 15_000,
    "src/features/account/pages/GrantsPage.vue": 15_500,
    "src/features/manage/managing.ts": 45_000,
    // The first step; each further one is fetched while the one before it is filled in, and counts again what this brings.
    "src/features/join/pages/JoinPage.vue": 6_000,
    "src/features/join/resuming.ts": 14_500,
    "src/features/join/components/PhoneStep.vue": 16_000,
    "src/features/join/components/PersonStep.vue": 14_000,
    "src/features/join/components/UnionStep.vue": 13_000,
    "src/features/join/components/SignStep.vue": 19_000,
    "src/features/join/components/WaitingCard.vue": 11_000,
    "src/features/join/keeping.ts": 5_000,
    "src/offline/sweeping.ts": 5_000,
    "src/features/membership/pages/MembershipPage.vue": 17_500,
    "src/features/membership/pages/CardPage.vue": 11_500,
    "src/offline/postman.ts": 4_300,
    "src/features/verify/pages/VerifyPage.vue": 9_000,
    "src/features/verify/reader.ts": 50_000,
    "src/offline/ed25519.ts": 8_000,
    "src/ground/handover.ts": 4_000,
    "src/locales/en.ts": 4_000,
  },
} as const;

/** A cell of 100 places as the server draws it, and the brotli quality with which it sends one (`CELL_QUALITY`). */
const CELL = "tests/fixtures/cell-14-13346-7109.json";
const CELL_QUALITY = 6;

/** A built file of code: what it needs at once, and what it loads when that is wanted. */
export interface Chunk {
  /** The module that begins it, from the root of the app; null where it is only shared. */
  readonly begins: string | null;
  readonly entry: boolean;
  readonly imports: readonly string[];
  readonly later: readonly string[];
  readonly styles: readonly string[];
}

/** What something weighs, and what it may weigh. */
export interface Weight {
  readonly name: string;
  readonly bytes: number;
  readonly limit: number;
}

/**
 * The files of the first visit, and those that each module with a budget adds to them. What is loaded when it is wanted
 * counts to that which wants it, unless it has a budget of its own: nothing escapes by being loaded late.
 */
export function loads(chunks: ReadonlyMap<string, Chunk>, budgeted: readonly string[]): { first: Set<string>; later: Map<string, Set<string>> } {
  const begun = (name: string) => budgeted.find((module) => module === chunks.get(name)?.begins);
  const reached = (names: Iterable<string>, without: ReadonlySet<string>): Set<string> => {
    const found = new Set<string>();
    const visit = (name: string) => {
      const chunk = chunks.get(name);
      if (!chunk || found.has(name)) return;
      found.add(name);
      for (const style of chunk.styles) found.add(style);
      chunk.imports.forEach(visit);
      chunk.later.filter((each) => !begun(each)).forEach(visit);
    };
    for (const name of names) visit(name);
    return new Set([...found].filter((name) => !without.has(name)));
  };
  const first = reached([...chunks].filter(([, chunk]) => chunk.entry).map(([name]) => name), new Set());
  const later = new Map<string, Set<string>>();
  for (const name of chunks.keys()) {
    const module = begun(name);
    if (module) later.set(module, reached([name], first));
  }
  return { first, later };
}

/** The weights as a table, the limit beside each. */
export function table(weights: readonly Weight[]): string {
  const wide = Math.max(...weights.map(({ name }) => name.length));
  const number = (bytes: number) => bytes.toLocaleString("en").padStart(7);
  return weights.map(({ name, bytes, limit }) => `${name.padEnd(wide)} ${number(bytes)} of ${number(limit)} bytes`).join("\n");
}

/** A sentence for each weight that is over its limit. */
export function excesses(weights: readonly Weight[]): string[] {
  return weights
    .filter(({ bytes, limit }) => bytes > limit)
    .map(({ name, bytes, limit }) => `${name} weighs ${String(bytes)} bytes in brotli; its budget is ${String(limit)}.`);
}

/** A sentence for each budget that weighs nothing: its module was renamed, or is not loaded later any more. */
export function unmet(budgeted: readonly string[], later: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  return budgeted.filter((module) => !later.has(module)).map((module) => `${module} has a budget, and begins no file of the build.`);
}

/**
 * What a page asks for besides code: its manifest and icon, and the manifest's first icon, as Chrome
 * does where an app can be installed. Apple's icon is asked for when somebody puts the app on the home screen.
 */
function asked(page: string, manifest: string): string[] {
  const linked = [...page.matchAll(/<link rel="(?:icon|manifest)" href="\/([^"]+)"/g)].map(([, file]) => file ?? "");
  const { icons } = JSON.parse(manifest) as { icons: { src: string }[] };
  return [...linked, ...icons.slice(0, 1).map(({ src }) => src.slice(1))];
}

/** Weighs what was built and fails the build when something is over its budget; comes after all that writes files. */
export function budgets(root: URL): Plugin {
  const chunks = new Map<string, Chunk>();
  const dist = new URL("dist/", root);
  const size = (file: string) => readFileSync(new URL(`${file}.br`, dist)).length;
  const sum = (files: Iterable<string>) => [...files].reduce((total, file) => total + size(file), 0);
  return {
    name: "xiejiao-budgets",
    apply: "build",
    enforce: "post",
    writeBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== "chunk") continue;
        chunks.set(file.fileName, {
          begins: file.facadeModuleId?.replace(root.pathname, "") ?? null,
          entry: file.isEntry,
          imports: file.imports,
          later: file.dynamicImports,
          styles: [...(file.viteMetadata?.importedCss ?? [])],
        });
      }
    },
    closeBundle: {
      order: "post",
      sequential: true,
      handler() {
        const { first, later } = loads(chunks, Object.keys(BUDGETS.later));
        const read = (file: string) => readFileSync(new URL(file, dist), "utf8");
        const params = { [constants.BROTLI_PARAM_QUALITY]: CELL_QUALITY };
        const cell = brotliCompressSync(readFileSync(new URL(CELL, root)), { params }).length;
        const page = sum(["index.html", ...first, ...new Set(asked(read("index.html"), read("app.webmanifest")))]);
        const weights = [
          { name: "first visit", bytes: page + cell, limit: BUDGETS.firstVisit },
          { name: "service worker", bytes: size("sw.js"), limit: BUDGETS.worker },
          ...Object.entries(BUDGETS.later).map(([module, limit]) => ({ name: module, bytes: sum(later.get(module) ?? []), limit })),
        ];
        this.info(`bytes in brotli\n${table(weights)}`);
        const faults = [...unmet(Object.keys(BUDGETS.later), later), ...excesses(weights)];
        if (faults.length) this.error(faults.join("\n"));
      },
    },
  };
}
