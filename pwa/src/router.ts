/** Which address shows which page; all but the list are fetched when they are wanted. */
import { createRouter, createWebHistory } from "vue-router";
import HomePage from "./features/finder/pages/HomePage.vue";

const managing = () => import("./features/manage/managing");

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: "/", component: HomePage },
    { path: "/map", component: () => import("./features/finder/pages/MapPage.vue") },
    {
      path: "/p/:code",
      name: "place",
      component: () => import("./features/place/pages/PlacePage.vue"),
      props: true,
      // Over the page of the place, which goes on standing.
      children: [{ path: "report", component: () => import("./features/report/pages/ReportSheet.vue"), props: true }],
    },
    // What a poster's code opens. Its key goes from the address at once: who is sent that of the place stands elsewhere.
    { path: "/s/:code/:key?", redirect: { name: "place" } },
    { path: "/report", component: () => import("./features/report/pages/ReportPage.vue") },
    { path: "/staff", component: () => import("./features/staff/pages/StaffPage.vue") },
    { path: "/more", component: () => import("./features/more/pages/MorePage.vue") },
    { path: "/join", component: () => import("./features/join/pages/JoinPage.vue") },
    { path: "/sign-in", component: () => import("./features/account/pages/SignInPage.vue") },
    { path: "/me", component: () => import("./features/account/pages/MePage.vue") },
    { path: "/me/applications", component: () => import("./features/membership/pages/MembershipPage.vue") },
    { path: "/me/card", component: () => import("./features/membership/pages/CardPage.vue") },
    { path: "/me/grants", component: () => import("./features/account/pages/GrantsPage.vue") },
    { path: "/manage", component: async () => (await managing()).ManagePage },
    { path: "/manage/:code", component: async () => (await managing()).KeepPage, props: true },
    { path: "/manage/:code/round", component: async () => (await managing()).RoundPage, props: true },
    { path: "/manage/:code/:part", component: async () => (await managing()).PartPage, props: true },
    { path: "/verify", component: () => import("./features/verify/pages/VerifyPage.vue") },
    { path: "/privacy", component: () => import("./features/more/pages/PrivacyPage.vue") },
    { path: "/:rest(.*)*", redirect: "/" },
  ],
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor is still experimental
  scrollBehavior: (to, from, saved) => saved ?? (from.matched.length > 0 && to.matched.length < 2 && { top: 0 }),
});
