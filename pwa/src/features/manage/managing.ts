/** All pages of managers, in one file: who has opened one can open the others without network. */
export { default as KeepPage } from "./pages/KeepPage.vue";
export { default as ManagePage } from "./pages/ManagePage.vue";
export { default as PartPage } from "./pages/PartPage.vue";
export { default as RoundPage } from "./pages/RoundPage.vue";
