/** Which address shows which page; all but the list are fetched when they are wanted. */
import { createRouter, createWebHistory } from "vue-router";
import HomePage from "./features/finder/pages/HomePage.vue";

const managing = () => import("./features/manage/managing");

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: "/", component: HomePage },
    { path: "/map", component: () => import("./features/finder/pages/MapPage.vue") },
    { path: "/p/:code", component: () => import("./features/place/pages/PlacePage.vue"), props: true },
    { path: "/more", component: () => import("./features/more/pages/MorePage.vue") },
    { path: "/sign-in", component: () => import("./features/account/pages/SignInPage.vue") },
    { path: "/me", component: () => import("./features/account/pages/MePage.vue") },
    { path: "/me/grants", component: () => import("./features/account/pages/GrantsPage.vue") },
    { path: "/manage", component: async () => (await managing()).ManagePage },
    { path: "/manage/:code", component: async () => (await managing()).KeepPage, props: true },
    { path: "/manage/:code/round", component: async () => (await managing()).RoundPage, props: true },
    { path: "/manage/:code/:part", component: async () => (await managing()).PartPage, props: true },
    { path: "/privacy", component: () => import("./features/more/pages/PrivacyPage.vue") },
    { path: "/:rest(.*)*", redirect: "/" },
  ],
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor is still experimental
  scrollBehavior: (_to, from, saved) => saved ?? (from.matched.length > 0 && { top: 0 }),
});
