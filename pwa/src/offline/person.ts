/** The person signed in: asked for when needed, held in memory alone; with the sign-in ends all that the phone has of them. */
import { shallowRef, watch } from "vue";
import type { Answer } from "@/api/client";
import { Refusal, askOwn, change, whenSignedOut } from "@/api/own";
import { keptKeys, letGo } from "./shelf";
import { mark, setMark } from "./signedIn";

/** Who is signed in, what they may do, and what they must do first. */
export type Person = Answer<"/api/v1/me">;
/** What one signs in with. */
type Proof = { phone: string; code: string } | { name: string; password: string; code: string } | { link: string };

const OWN = "own/";

/** The person signed in; null: nobody, or not asked yet. */
export const person = shallowRef<Person | null>(null);

/** Where the work of a person is: at the places that they lead, at those that they keep, or at applications; null: they have none. */
export function deskOf({ permissions, grants }: Person): "/staff" | "/manage" | "/staff/applications" | null {
  if (!permissions.includes("sites:confirm")) return permissions.includes("applications:read") ? "/staff/applications" : null;
  return grants.some(({ role, holds }) => holds && role === "organisation_admin") ? "/staff" : "/manage";
}

/** Where on the shelf something personal is kept, so that it goes when the sign-in ends. */
export function ownKey(name: string): string {
  return `${OWN}${mark.value ?? ""}/${name}`;
}

/** Let go of all that is kept of sign-ins which are over; that of the present one stays, whichever tab began it. */
async function wipe(): Promise<void> {
  const keys = await keptKeys();
  // Asked for only now: somebody may have signed in meanwhile.
  const present = mark.value === null ? null : ownKey("");
  const over = keys.filter((key) => key.startsWith(OWN) && !(present !== null && key.startsWith(present)));
  await Promise.all(over.map(letGo));
}

watch(
  mark,
  () => {
    person.value = null;
    void wipe();
  },
  { flush: "sync" },
);
whenSignedOut(() => {
  setMark(false);
});
// A page that was closed in the midst of signing out left something behind.
void wipe();

/** Who is signed in, asked anew where that may have changed; Refusal where nobody is. */
export async function bringPerson({ anew = false } = {}): Promise<Person> {
  if (person.value && !anew) return person.value;
  const asked = mark.value;
  const found = await askOwn("/api/v1/me");
  // Somebody else has signed in meanwhile: the answer is of the one before.
  if (mark.value !== asked) return bringPerson();
  if (asked === null) setMark(true);
  person.value = found;
  return found;
}

/** Sign in; who that is, is asked apart: a network that fails in between must not ask for a code that is used up. */
export async function signIn(proof: Proof): Promise<void> {
  await change("POST", "/api/v1/sign-ins", { code: "", ...proof });
  setMark(true);
}

/** Sign out, here or on every device; only once the server has done so is it true. */
export async function signOut({ everywhere = false } = {}): Promise<void> {
  try {
    await change("DELETE", everywhere ? "/api/v1/sign-ins" : "/api/v1/sign-ins/present");
  } catch (error) {
    if (!(error instanceof Refusal && error.kind === "signed-out")) throw error;
  }
  setMark(false);
}
