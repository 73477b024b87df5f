/** What keeps the draft; it comes with the first change. */
export { dropDraft, keepDraft } from "@/offline/application";
