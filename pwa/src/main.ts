/** Starts the app. */
import { createApp } from "vue";
import App from "./App.vue";
import "./offline/home";
import { stored } from "./offline/mark";
import { keptKeys } from "./offline/shelf";
import { keepApp } from "./offline/worker";
import { router } from "./router";
import "./ui/base.css";

// In a task of its own: taking in the code and drawing the page in one go would hold a cheap phone for a quarter second.
setTimeout(() => {
  createApp(App).use(router).mount("#app");
  void keepApp();
  void keptKeys().then((keys) => {
    // Who has not signed in and said nothing has left nothing undone.
    if (stored() !== null || /vote|unfinished/.test(keys.join())) void import("./offline/resending");
  });
});
