/** An application to join that somebody fills in: kept sealed on this phone, for a week at most, and handed to the outbox when it is sent. */
import type { Schemas } from "@/api/client";
import { change } from "@/api/own";
import { time } from "./clock";
import { newKey } from "./key";
import { put, takeBack, unsent } from "./outbox";
import { type Sealed, canSeal, opened, seal } from "./sealing";
import { keep, keptUnder, letGo } from "./shelf";
import { APPLICATION, CONSENT_VERSION, type Draft, type More, blank } from "./unfinished";

type Form = Schemas["ApplicationSent"];

/** A draft on the shelf; without its ID number and signature where the browser cannot seal. */
interface Kept {
  readonly begunAt: number;
  readonly sealed: Sealed | null;
  readonly plain: Draft | null;
}

/** What an application is about, in the outbox. */
const ABOUT = "join";
const GOOD_FOR_MS = 7 * 86_400_000;

// One after the other: what was typed last is what stays.
let writing: Promise<unknown> = Promise.resolve();

/** Keep a draft as it is now. */
export function keepDraft(draft: Draft): Promise<unknown> {
  const now = JSON.parse(JSON.stringify(draft)) as Draft;
  writing = writing.then(async () => {
    const sealed = canSeal() ? await seal(now) : null;
    const found: Kept = { begunAt: now.begunAt, sealed, plain: sealed ? null : { ...now, idNumber: "", signature: [] } };
    await keep(APPLICATION, found, now.begunAt);
  });
  return writing;
}

/** Let go of the draft. */
export function dropDraft(): Promise<unknown> {
  writing = writing.then(() => letGo(APPLICATION));
  return writing;
}

/** The draft that is kept; null: none, or it was too old and is gone. */
export async function keptDraft(): Promise<Draft | null> {
  await writing;
  const [found] = await keptUnder<Kept>(APPLICATION);
  if (!found) return null;
  const draft = time() - found.begunAt > GOOD_FOR_MS ? null : found.sealed ? await opened<Draft>(found.sealed) : found.plain;
  if (!draft) await dropDraft();
  return draft;
}

/** A draft as it is sent. */
function form(draft: Draft, organisation: string): Form {
  const { name, trade, employer, workplace, site, key, signature, more } = draft;
  const said = Object.fromEntries(Object.entries(more).map(([field, words]) => [field, words.trim() || null])) as unknown as Form["more"];
  return {
    name,
    id_number: draft.idNumber,
    trade,
    employer,
    workplace,
    organisation,
    site,
    key,
    consent: { version: CONSENT_VERSION, id_number: draft.idNumberConsented },
    signature,
    more: Object.values(more).some((words) => words.trim()) ? said : null,
  };
}

type Finished = Draft & { account: string; union: NonNullable<Draft["union"]> };

/** How a finished draft is sent: by which method, where, and what. */
function sending(draft: Finished) {
  const body = form(draft, draft.union.id);
  const { correcting } = draft;
  return correcting
    ? ({ method: "PUT", path: `/api/v1/applications/${correcting.id}`, body: { ...body, version: correcting.version } } as const)
    : ({ method: "POST", path: "/api/v1/applications", body } as const);
}

/** Hand a finished draft to the outbox, which sends it once. */
export async function hand(draft: Finished): Promise<void> {
  const { method, path, body } = sending(draft);
  await put({
    id: newKey(),
    account: draft.account,
    about: { code: ABOUT, name: draft.union.name },
    method,
    path,
    body: await seal(body),
    sealed: true,
    at: time(),
    notBefore: 0,
    refused: null,
  });
  await dropDraft();
}

/** The key of what was sent last without an answer, and what it was: the same is known by the same key. */
let last = { key: "", text: "" };

/** Send a finished draft now, where nothing can be kept sealed until there is a network; Refusal when it was not taken. */
export async function sendNow(draft: Finished): Promise<void> {
  const now = sending(draft);
  const text = JSON.stringify(now);
  if (last.text !== text) last = { key: newKey(), text };
  if (now.method === "PUT") await change("PUT", now.path, now.body, { key: last.key });
  else await change("POST", now.path, now.body, { key: last.key });
  await dropDraft();
}

/** The application in the outbox; undefined: none. */
export const handed = () => unsent.value.find(({ about }) => about.code === ABOUT);

/** Take the application out of the outbox again, to be changed; null: it has been sent, or cannot be read any more. */
export async function takenBack(): Promise<Draft | null> {
  const entry = handed();
  if (!entry) return null;
  const body = await opened<Form & { version?: number }>(entry.body as Sealed);
  if (!(await takeBack(entry.id)) || !body) return null;
  const { more, version } = body;
  const draft: Draft = {
    ...blank(),
    step: 5,
    account: entry.account,
    consented: true,
    idNumberConsented: body.consent.id_number,
    name: body.name,
    idNumber: body.id_number,
    trade: body.trade,
    employer: body.employer,
    workplace: body.workplace,
    more: { ...blank().more, ...(Object.fromEntries(Object.entries(more ?? {}).map(([field, words]) => [field, words ?? ""])) as Partial<More>) },
    union: { id: body.organisation, name: entry.about.name, why: null },
    site: body.site ?? null,
    key: body.key ?? null,
    signature: body.signature,
    correcting: version === undefined ? null : { id: entry.path.split("/").at(-1) ?? "", version },
  };
  await keepDraft(draft);
  return draft;
}
