/** A page for somebody signed in: leads to signing in where nobody is, or where first steps are left to take. */
import { onMounted, watch } from "vue";
import { useRoute, useRouter } from "vue-router";
import { bringPerson } from "./person";
import { mark } from "./signedIn";
import { type Trying, useTrying } from "./trying";

/** Tries `bring` once it is known who is signed in; what is shown goes when the sign-in ends, in whichever tab. */
export function useSignedIn(bring: () => Promise<unknown>): Trying & { readonly begin: () => Promise<boolean> } {
  const route = useRoute();
  const router = useRouter();
  const here = route.fullPath;
  const trying = useTrying();
  const leave = () => router.replace({ path: "/sign-in", query: { to: here } });

  const begin = () =>
    trying.attempt(async () => {
      const person = await bringPerson();
      if (person.first_step !== null) await leave();
      else await bring();
    });
  watch(trying.refusal, (refusal) => {
    if (refusal?.kind === "signed-out" || (refusal?.kind === "forbidden" && refusal.needs !== null && refusal.needs !== "somebody-else")) void leave();
  });
  watch(mark, (_, before) => {
    if (before !== null) void leave();
  });
  onMounted(begin);
  return { ...trying, begin };
}
