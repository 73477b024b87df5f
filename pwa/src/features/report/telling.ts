/** Reports in words, and their days. */
import { language, say } from "@/locales";
import { reporting } from "@/locales/report";
import { wordFor } from "@/offline/words";

/** What was said of a place, in a few words. */
export function inWords({ says, amenity }: { says: string; amenity: string | null }): string {
  if (amenity !== null) return reporting.value.brokenOf(wordFor(amenity, language.value));
  return reporting.value.says[says as keyof typeof reporting.value.says];
}

/** The sign of what was said. */
export const SIGNS: Readonly<Record<string, string>> = { open: "check", shut: "x", broken: "tools", wrong_place: "pin" };

/** A day (`2026-11-24`) as people say it. */
export function dayInWords(day: string): string {
  const [, month, date] = day.split("-").map(Number);
  return say.value.state.on(month ?? 0, date ?? 0);
}
