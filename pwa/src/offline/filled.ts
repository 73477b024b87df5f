/** What a form finds wrong by itself. */
import { Refusal } from "@/api/own";

/** Refuse, as the server would, fields in which nothing was typed; `words` say so at each. */
export function filled(fields: Readonly<Record<string, string>>, words: string): void {
  const faults = new Map(Object.entries(fields).flatMap(([name, typed]) => (typed.trim() ? [] : [[name, words] as const])));
  if (faults.size) throw new Refusal("faulty", { faults });
}
