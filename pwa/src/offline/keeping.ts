/** The places that one keeps true, as the phone saw them last: a round is gone where there is no network. */
import type { Answer, Schemas } from "@/api/client";
import { Refusal, askOwn } from "@/api/own";
import { bringPerson, ownKey } from "./person";
import { time } from "./clock";
import { type Kept, keep, kept } from "./shelf";
import { mark } from "./signedIn";

/** Something seen while signed in, and as whom. */
export interface Seen<T> {
  readonly account: string;
  readonly document: T;
}

/** Where the list of one's places is kept, and where what stands at one of them is. */
export const LIST = "keeping";
export const placeKey = (code: string): string => `keeping/${code}`;

/** What was seen last under `name`; undefined where nothing was, or nobody is signed in. */
export async function seen<T>(name: string): Promise<Kept<Seen<T>> | undefined> {
  return mark.value === null ? undefined : kept<Seen<T>>(ownKey(name));
}

/** What a round is gone at: the place, and who goes. */
export interface Place {
  readonly account: string;
  readonly id: string;
  readonly name: string;
}

/** One's own place of this code; Refusal where it is not one's own, or cannot be known now. */
export async function ownPlace(code: string): Promise<Place> {
  const listed = await seen<readonly Schemas["KeptSite"][]>(LIST);
  const site = listed?.document.document.find((each) => each.code === code);
  if (listed && site) return { account: listed.document.account, id: site.id, name: site.name };
  const looked = await seen<Answer<`/api/v1/keeping/${string}`>>(placeKey(code));
  const { account, document } = looked?.document ?? { account: (await bringPerson()).account, document: await askOwn(`/api/v1/keeping/${code}`) };
  const { id, name } = siteOf(document).properties;
  return { account, id, name };
}

/** What stood at one's own place when it was looked at last; null where it was not. */
export async function keptPlace(code: string): Promise<Schemas["Keeping"] | null> {
  return (await seen<Schemas["Keeping"]>(placeKey(code)))?.document.document ?? null;
}

/** Bring what stands at one's own places, so that it can be looked at where there is no network; `account` is one's own. */
export async function bringPlaces(account: string, codes: readonly string[]): Promise<void> {
  const asked = mark.value;
  try {
    for (const code of codes) {
      const document = await askOwn(`/api/v1/keeping/${code}`);
      // The sign-in is over: nothing of it is kept.
      if (mark.value !== asked) return;
      await keep(ownKey(placeKey(code)), { account, document } satisfies Seen<Schemas["Keeping"]>, time());
    }
  } catch (error) {
    // Nobody waits for it; the next look at the list tries again.
    if (!(error instanceof Refusal)) throw error;
  }
}

/** The place itself, as everybody sees it. */
export function siteOf(keeping: Schemas["Keeping"]): Schemas["SiteFeature"] {
  return keeping.site as unknown as Schemas["SiteFeature"];
}

/** Whether the person signed in keeps the place of this code true; asks only for staff, and only where somebody is signed in. */
export async function keeps(code: string): Promise<boolean> {
  if (mark.value === null) return false;
  try {
    await ownPlace(code);
    return true;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return false;
  }
}
