/** What the operator says, as the app shows it: from the phone's shelf when there is no network, and never as markup. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Component, createApp, nextTick } from "vue";
import { createMemoryHistory, createRouter } from "vue-router";
import SiteFooter from "@/features/more/components/SiteFooter.vue";
import PrivacyPage from "@/features/more/pages/PrivacyPage.vue";
import { privacyOfMap } from "@/locales/more";
import { installation } from "@/offline/installation";
import { keep } from "@/offline/shelf";

const SILENT = { operator: "", icp_number: "", police_number: "", privacy: [], map: null };
const TILES = { tiles: "https://tiles.example/{z}/{x}/{y}", datum: "wgs84", most_zoom: 18, attribution: "", review_number: "" };

beforeEach(() => vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network"))));
afterEach(() => vi.unstubAllGlobals());

/** A part of the app on a phone without network that has kept `told`. */
async function shown(part: Component, told: object): Promise<HTMLElement> {
  installation.value = null;
  await keep("installation", { ...SILENT, ...told }, Date.now());
  const root = document.createElement("div");
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: "/", component: part }] });
  createApp(part).use(router).mount(root);
  await vi.waitFor(() => {
    expect(installation.value).not.toBeNull();
  });
  await nextTick();
  return root;
}

test("the operator's privacy text stands in place of ours, as text", async () => {
  const page = await shown(PrivacyPage, { privacy: [{ heading: "甲", paragraphs: ["一\n二", "<b>三</b>"] }] });
  expect(page.querySelector("h2")?.textContent).toBe("甲");
  expect([...page.querySelectorAll("main p")].map((each) => each.textContent)).toEqual(["一\n二", "<b>三</b>"]);
  expect(page.querySelector("b")).toBeNull();
});

test("our privacy text says whether the map asks anybody", async () => {
  expect((await shown(PrivacyPage, {})).textContent).toContain(privacyOfMap.value.none.text);
  expect((await shown(PrivacyPage, { map: TILES })).textContent).toContain(privacyOfMap.value.tiles.text);
});

test("the foot links the filing numbers to their registers, and shows nothing that is not set", async () => {
  const set = { operator: "某市总工会", icp_number: "京ICP备00000000号-1", police_number: "京公网安备00000000000000号" };
  const footer = await shown(SiteFooter, set);
  expect(footer.textContent).toContain("某市总工会");
  expect([...footer.querySelectorAll("a")].map((each) => [each.textContent, each.getAttribute("href")])).toEqual([
    ["京ICP备00000000号-1", "https://beian.miit.gov.cn/"],
    ["京公网安备00000000000000号", "https://beian.mps.gov.cn/#/query/webSearch?code=00000000000000"],
  ]);
  expect((await shown(SiteFooter, {})).querySelector("p, a")).toBeNull();
});
