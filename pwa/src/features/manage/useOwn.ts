/** A page of somebody signed in, which shows what it saw last where there is no network; leads to signing in else. */
import { type Ref, type ShallowRef, onMounted, onScopeDispose, ref, shallowRef, watch } from "vue";
import { useRoute, useRouter } from "vue-router";
import { time } from "@/offline/clock";
import { seen, type Seen } from "@/offline/keeping";
import { bringPerson, ownKey } from "@/offline/person";
import { keep } from "@/offline/shelf";
import { mark } from "@/offline/signedIn";
import { type Trying, useTrying } from "@/offline/trying";

/** What a page shows of somebody's own, and whether it is of now. */
export interface Own<T> extends Trying {
  readonly shown: ShallowRef<T | null>;
  /** Who is signed in; null as long as that is not known. */
  readonly account: Readonly<Ref<string | null>>;
  /** When it was true, in milliseconds since 1970, where it is what was kept; null: it is of now. */
  readonly keptAt: Readonly<Ref<number | null>>;
  readonly begin: () => Promise<boolean>;
  /** Show something newer, and keep it. */
  readonly show: (document: T) => Promise<void>;
}

/** Whatever `bring` brings, kept under `name`. */
export function useOwn<T>(name: string, bring: () => Promise<T>): Own<T> {
  const route = useRoute();
  const router = useRouter();
  const here = route.fullPath;
  const trying = useTrying();
  const shown = shallowRef<T | null>(null);
  const account = ref<string | null>(null);
  const keptAt = ref<number | null>(null);
  const leave = () => router.replace({ path: "/sign-in", query: { to: here } });

  async function show(document: T): Promise<void> {
    shown.value = document;
    keptAt.value = null;
    if (account.value !== null) await keep(ownKey(name), { account: account.value, document } satisfies Seen<T>, time());
  }
  const begin = () =>
    trying.attempt(async () => {
      const person = await bringPerson();
      if (person.first_step !== null) {
        await leave();
        return;
      }
      account.value = person.account;
      await show(await bring());
    });

  onMounted(async () => {
    if (mark.value === null) {
      void leave();
      return;
    }
    const before = await seen<T>(name);
    if (before && shown.value === null) {
      shown.value = before.document.document;
      account.value = before.document.account;
      keptAt.value = before.at;
    }
    await begin();
  });
  const online = () => void begin();
  addEventListener("online", online);
  onScopeDispose(() => {
    removeEventListener("online", online);
  });
  watch(trying.refusal, (refusal) => {
    if (refusal?.kind === "signed-out" || (refusal?.kind === "forbidden" && refusal.needs !== null && refusal.needs !== "somebody-else")) void leave();
  });
  watch(mark, (_, before) => {
    if (before !== null) void leave();
  });
  return { ...trying, shown, account, keptAt, begin, show };
}
