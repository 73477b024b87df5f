/** Taking up an application again: from the outbox, from the draft, or as the union returned it. */
import { Refusal, askOwn } from "@/api/own";
import { handed, keptDraft, takenBack } from "@/offline/application";
import { stillUnsent } from "@/offline/outbox";
import { bringPerson } from "@/offline/person";
import { mark } from "@/offline/signedIn";
import { blank } from "@/offline/unfinished";
import { become, draft, drop, faults, isStaff, refused, waits } from "./useJoining";

/** Which step has a field. */
function stepOf(field: string): number {
  if (field.startsWith("consent")) return 1;
  if (field === "organisation" || field === "site" || field === "key") return 4;
  return field.startsWith("signature") ? 5 : 3;
}

/** Take back what waits or was refused, with what was found wrong. */
export async function revise(): Promise<void> {
  const why = handed()?.refused ?? null;
  const { union } = draft;
  const found = await takenBack();
  waits.value = false;
  if (!found) return;
  become(found);
  // Why it goes to this union is not sent, and not forgotten as long as the page stands.
  if (union && union.id === found.union?.id) draft.union = union;
  faults.clear();
  for (const [field, words] of Object.entries(why?.faults ?? {})) faults.set(field, words);
  const first = [...faults.keys()].map(stepOf);
  if (first.length) draft.step = Math.min(...first);
  const { kind } = (why?.now ?? {}) as { kind?: "open" | "member" };
  refused.value = why && !first.length ? { kind: why.kind, known: kind ?? null } : null;
}

/** Who applies, if somebody is signed in; the draft of somebody else is not theirs to see. */
export async function bringApplicant(): Promise<void> {
  if (mark.value === null) return;
  const { account, kind } = await bringPerson();
  isStaff.value = kind === "staff";
  if (draft.account && draft.account !== account) await drop();
  draft.account = account;
}

/** Whom a returned application is put right for: with all that was in it but the signature, which is given anew. */
async function correct(id: string): Promise<void> {
  const { correction } = await import("./correcting");
  const { applications } = await askOwn("/api/v1/me/data");
  const found = applications.find((each) => each.id === id);
  if (!found) throw new Refusal("missing");
  const { filled, wrong } = correction(found);
  become({ ...blank(), ...filled, account: draft.account });
  faults.clear();
  for (const [field, words] of wrong) faults.set(field, words);
  draft.step = wrong.length ? Math.min(...wrong.map(([field]) => stepOf(field))) : 3;
}

/** Whether anything of it is still kept on this phone. */
export async function isKept(): Promise<boolean> {
  return waits.value || (await keptDraft()) !== null;
}

/** Take up what there is: an application in the outbox, a returned one that is to be put right, a draft; else begin. */
export async function resume(correcting: string | null): Promise<void> {
  await stillUnsent();
  const entry = handed();
  if (entry) {
    waits.value = entry.refused === null;
    if (!waits.value) await revise();
  } else become((await keptDraft()) ?? blank());
  try {
    await bringApplicant();
    if (correcting !== null && draft.correcting?.id !== correcting) await correct(correcting);
  } catch (error) {
    // Without a network one goes on; who it is, is asked again before it is sent.
    if (!(error instanceof Refusal)) throw error;
  }
}
