/** Why a place stands where it does in the table: what presses, in words with a sign, most pressing first. */
import type { Schemas } from "@/api/client";
import { desk } from "@/locales/staff";
import type { Tone } from "@/ui/telling";

/** A reason, as it is shown. */
interface Reason {
  readonly words: string;
  readonly tone: Tone;
}

/** What presses at a place. */
export function reasons(site: Schemas["KeptSite"]): Reason[] {
  const found: (Reason | false)[] = [
    site.reopened > 0 && { words: desk.value.reopened(site.reopened), tone: "doubt" },
    site.overdue > 0 && { words: desk.value.overdue(site.overdue), tone: "shut" },
    site.escalated && site.overdue === 0 && site.reopened === 0 && { words: desk.value.escalated, tone: "doubt" },
    site.conflicting_since !== null && { words: desk.value.conflicting, tone: "doubt" },
  ];
  return found.filter((each) => each !== false);
}
