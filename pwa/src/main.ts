/** Starts the app. */
import { createApp } from "vue";
import App from "./App.vue";
import "./offline/home";
import { keepApp } from "./offline/worker";
import { router } from "./router";
import "./ui/base.css";

createApp(App).use(router).mount("#app");
void keepApp();
