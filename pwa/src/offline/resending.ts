/** Sees to what was left undone when the app was closed last: sends what waits, lets go of what was begun and forgotten. */
import { stored } from "./mark";
import { keptKeys } from "./shelf";

// What was done without network is sent from any page; who has not signed in has nothing to send.
if (stored() !== null) void import("./postman");
void keptKeys().then(async (keys) => {
  // What was said of a place goes out as soon as there is a network, whichever page is opened.
  if (keys.some((key) => key.startsWith("vote/"))) await (await import("./votes")).resend();
  if (keys.includes("unfinished/application")) await import("./sweeping");
});
