// Reads [[text, [instant, …]], …] from standard input and writes the states that opening_hours.js gives.
import { readFileSync } from "node:fs";
import OpeningHours from "opening_hours";

const asked = JSON.parse(readFileSync(0, "utf-8"));
const answers = asked.map(([text, instants]) => {
  const hours = new OpeningHours(text, null, { mode: 0 });
  return instants.map((instant) => {
    const at = new Date(instant);
    if (hours.getState(at)) return "open";
    return hours.getUnknown(at) ? "unknown" : "closed";
  });
});
process.stdout.write(JSON.stringify(answers));
