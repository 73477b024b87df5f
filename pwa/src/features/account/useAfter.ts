/** Where one goes once signed in: back to where one came from, else to one's own page. */
import { useRoute, useRouter } from "vue-router";
import { pathHere } from "@/ground/destination";
import { type Person, deskOf } from "@/offline/person";

/** Leads on a person who has taken all first steps. */
export function useAfter(): (person: Person) => Promise<unknown> {
  const route = useRoute();
  const router = useRouter();
  return (person) => {
    const wanted = pathHere(route.query.to, location.origin);
    return router.replace(wanted !== null && !wanted.startsWith(route.path) ? wanted : (deskOf(person) ?? "/me"));
  };
}
