/** What the phone keeps between visits: IndexedDB where it may be used, the memory of the page where not. */
import { type IDBPDatabase, openDB } from "idb";
import { shallowRef } from "vue";

/** A kept document and when it was last found true, in milliseconds since 1970. */
export interface Kept<T> {
  readonly document: T;
  readonly at: number;
}

const STORE = "documents";
const memory = new Map<string, Kept<unknown>>();
let opened: Promise<IDBPDatabase | null> | undefined;

/** Whether the phone refused to keep anything; what is kept then lasts as long as the page. */
export const storageRefused = shallowRef(false);

function open(): Promise<IDBPDatabase | null> {
  opened ??= openDB("xiejiao", 1, {
    upgrade(database) {
      database.createObjectStore(STORE);
    },
    // Another tab wants to change the store: give way, and go on from memory.
    blocking(_current, _blocked, event) {
      (event.target as IDBDatabase).close();
      opened = undefined;
    },
  }).catch(() => {
    storageRefused.value = true;
    return null;
  });
  return opened;
}

/** The kept document `key`, if there is one. */
export async function kept<T>(key: string): Promise<Kept<T> | undefined> {
  const here = memory.get(key);
  if (here) return here as Kept<T>;
  try {
    return (await (await open())?.get(STORE, key)) as Kept<T> | undefined;
  } catch {
    storageRefused.value = true;
    return undefined;
  }
}

/** Keep `document` under `key`, as of `at`. */
export async function keep(key: string, document: unknown, at: number): Promise<void> {
  memory.set(key, { document, at });
  try {
    await (await open())?.put(STORE, { document, at }, key);
  } catch {
    storageRefused.value = true;
  }
}

/** The keys of all that is kept. */
export async function keptKeys(): Promise<string[]> {
  try {
    return ((await (await open())?.getAllKeys(STORE)) ?? []).map(String);
  } catch {
    return [...memory.keys()];
  }
}

/** Let go of `key`. */
export async function letGo(key: string): Promise<void> {
  memory.delete(key);
  try {
    await (await open())?.delete(STORE, key);
  } catch {
    storageRefused.value = true;
  }
}
