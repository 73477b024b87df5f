/** All pages of those who decide about applications, in one file. */
export { default as FiguresPage } from "./pages/FiguresPage.vue";
export { default as PaperPage } from "./pages/PaperPage.vue";
export { default as QueuePage } from "./pages/QueuePage.vue";
