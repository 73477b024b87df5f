/** What stands at one of one's places, and the one way to change it. */
import { type InjectionKey, type ShallowRef, inject, provide } from "vue";
import type { Schemas } from "@/api/client";
import { Refusal, askOwn, change } from "@/api/own";
import { newKey } from "@/offline/key";
import { placeKey, siteOf } from "@/offline/keeping";
import { type Own, useOwn } from "./useOwn";

type Keeping = Schemas["Keeping"];
/** Sends a change at the version that is known; with the key of the try before where that was the same. */
type Write = (method: "PUT" | "POST", part: string, body: object) => Promise<void>;

/** One place on the desk of who keeps it true. */
export interface Desk extends Own<Keeping> {
  readonly code: string;
  readonly write: Write;
  /** Bring what stands now. */
  readonly renew: () => Promise<void>;
}

const KEY: InjectionKey<Desk> = Symbol("desk");

/** The desk for the place `code`, for the page and all of its parts. */
export function useDesk(code: string): Desk {
  const own = useOwn<Keeping>(placeKey(code), () => askOwn(`/api/v1/keeping/${code}`));
  let last = { what: "", key: "" };

  async function renew(): Promise<void> {
    await own.show(await askOwn(`/api/v1/keeping/${code}`));
  }
  const write: Write = async (method, part, body) => {
    const keeping = own.shown.value;
    if (!keeping) throw new Refusal("offline");
    const path = `/api/v1/keeping/${siteOf(keeping).properties.id}/${part}`;
    const sent = { ...body, version: keeping.version };
    const what = `${method} ${path} ${JSON.stringify(sent)}`;
    if (what !== last.what) last = { what, key: newKey() };
    const send = change as unknown as (method: string, path: string, body: object, manner: { key: string }) => Promise<Keeping>;
    await own.show(await send(method, path, sent, { key: last.key }));
    last = { what: "", key: "" };
  };
  const desk = { ...own, code, write, renew };
  provide(KEY, desk);
  return desk;
}

/** The desk of the page, and what stands there: parts are shown only once that is known. */
export function atDesk(): Desk & { readonly shown: ShallowRef<Keeping> } {
  const desk = inject(KEY);
  if (!desk?.shown.value) throw new Error("a part of the desk stands alone");
  return desk as Desk & { readonly shown: ShallowRef<Keeping> };
}
