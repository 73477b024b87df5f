/** Which address shows which page; all but the list are fetched when they are wanted, most addresses too. */
import { createRouter, createWebHistory } from "vue-router";
import HomePage from "./features/finder/pages/HomePage.vue";

const REST = "rest";

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
    {
      path: "/:rest(.*)*",
      name: REST,
      component: HomePage,
      // Whatever is not known yet: its page is among those that are fetched now, or there is none.
      async beforeEnter({ fullPath }) {
        const { pages } = await import("./pages");
        for (const page of pages) router.addRoute(page);
        router.removeRoute(REST);
        router.addRoute({ path: "/:rest(.*)*", redirect: "/" });
        return { path: fullPath, replace: true };
      },
    },
  ],
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor is still experimental
  scrollBehavior: (to, from, saved) => saved ?? (from.matched.length > 0 && to.matched.length < 2 && { top: 0 }),
});
