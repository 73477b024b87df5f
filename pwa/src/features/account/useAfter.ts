/** Where one goes once signed in: back to where one came from, else to one's own page. */
import { useRoute, useRouter } from "vue-router";
import { pathHere } from "@/ground/destination";
import type { Person } from "@/offline/person";

/** What one came for, who came for nothing else: the places that one leads, those that one keeps, or one's own page. */
function homeOf({ permissions, grants }: Person): string {
  if (!permissions.includes("sites:confirm")) return "/me";
  return grants.some(({ role, holds }) => holds && role === "organisation_admin") ? "/staff" : "/manage";
}

/** Leads on a person who has taken all first steps. */
export function useAfter(): (person: Person) => Promise<unknown> {
  const route = useRoute();
  const router = useRouter();
  return (person) => {
    const wanted = pathHere(route.query.to, location.origin);
    return router.replace(wanted !== null && !wanted.startsWith(route.path) ? wanted : homeOf(person));
  };
}
