/** What an officer chooses and writes about an application before it is sent. */
import { reactive } from "vue";
import type { Schemas } from "@/api/client";

/** A decision in the making; a note beside it. */
export interface Draft {
  reason: Schemas["Reason"] | null;
  words: string;
  union: Pick<Schemas["OrganisationShown"], "id" | "name"> | null;
  note: string;
}

/** Nothing chosen and nothing written. */
export const blank = (): Draft => reactive({ reason: null, words: "", union: null, note: "" });
