/** A returned application as a draft: what was in it, and what the union asks to be put right. */
import type { Schemas } from "@/api/client";
import { type Draft, CONSENT_VERSION } from "@/offline/unfinished";
import { reasons } from "@/locales/membership";

type Reason = NonNullable<Schemas["OwnApplication"]["missing"]>["reason"];
const FIELD: Partial<Record<Reason, string>> = {
  name_differs: "name",
  id_number_differs: "id_number",
  employer_unclear: "employer",
  workplace_unclear: "workplace",
  signature_unclear: "signature",
};

/** What is filled in, and the words at each field that is wrong. */
export function correction(found: Schemas["OwnApplication"]): { filled: Partial<Draft>; wrong: [field: string, words: string][] } {
  const { missing } = found;
  const field = missing && FIELD[missing.reason];
  const consented = found.consent_version === CONSENT_VERSION;
  const more = found.more ?? { ethnicity: null, education: null, native_place: null, political_status: null };
  return {
    filled: {
      consented,
      idNumberConsented: consented,
      name: found.name ?? "",
      idNumber: found.id_number ?? "",
      trade: found.trade,
      employer: found.employer ?? "",
      workplace: found.workplace ?? "",
      more: { ethnicity: more.ethnicity ?? "", education: more.education ?? "", native_place: more.native_place ?? "", political_status: more.political_status ?? "" },
      union: { ...found.organisation, why: null },
      site: found.site,
      correcting: { id: found.id, version: found.version },
    },
    wrong: missing && field ? [[field, [reasons.value[missing.reason], missing.words].filter(Boolean).join("\n")]] : [],
  };
}
