// Asks for what the first list needs while the app itself is still on its way; the app finds it in the browser's cache.
// The addresses are those that the app noted on the last visit: the words, and the cell of a place that was picked.
try {
  for (const address of JSON.parse(localStorage.getItem("xiejiao.early") ?? "[]")) void fetch(address, { credentials: "omit" });
} catch {
  // Storage is refused: the app asks by itself.
}
