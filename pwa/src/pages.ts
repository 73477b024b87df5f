/** The addresses of all pages but those that most riders open; fetched with the first of them. */
import type { RouteRecordRaw } from "vue-router";

const managing = () => import("./features/manage/managing");

export const pages: RouteRecordRaw[] = [
  { path: "/report", component: () => import("./features/report/pages/ReportPage.vue") },
  { path: "/staff", component: () => import("./features/staff/pages/StaffPage.vue") },
  { path: "/staff/applications/:id?/:sheet?", component: () => import("./features/officer/pages/ReviewingPage.vue"), props: true },
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
];
