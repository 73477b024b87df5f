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
  // What was done without network is sent from any page; who has not signed in has nothing to send.
  if (stored() !== null) void import("./offline/postman");
  // What was said of a place without a network goes out as soon as there is one, whichever page is opened.
  void keptKeys().then((keys) => {
    if (keys.some((key) => key.startsWith("vote/"))) void import("./offline/resending");
    if (keys.includes("unfinished/application")) void import("./offline/sweeping");
  });
});
