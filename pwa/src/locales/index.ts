/** The language in use, and what the app says in it. English is loaded only when it is wanted. */
import { type ComputedRef, type Ref, computed, ref, shallowRef } from "vue";
import { type Messages, zh } from "./zh";

export type { Messages } from "./zh";
export type Language = "zh" | "en";

/** What the app says in the language in use. */
export const say: Ref<Messages> = shallowRef(zh);
/** The language in use. */
export const language: Ref<Language> = ref("zh");

/** Speak `wanted` from now on. */
export async function speak(wanted: Language): Promise<void> {
  say.value = wanted === "zh" ? zh : (await import("./en")).en;
  language.value = wanted;
  document.documentElement.lang = wanted === "zh" ? "zh-CN" : "en";
}

/** The words of a part that is loaded when it is wanted, in the language in use: it brings both, they are few. */
export function inLanguage<Words>(words: Record<Language, Words>): ComputedRef<Words> {
  return computed(() => words[language.value]);
}
