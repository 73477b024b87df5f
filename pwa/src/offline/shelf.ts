/** What the phone keeps between visits: IndexedDB where it may be used, the memory of the page where not. */
import { shallowRef } from "vue";

/** A kept document and when it was last found true, in milliseconds since 1970. */
export interface Kept<T> {
  readonly document: T;
  readonly at: number;
}

const STORE = "documents";
const memory = new Map<string, Kept<unknown>>();
let opened: Promise<IDBDatabase | null> | undefined;

/** Whether the phone refused to keep anything; what is kept then lasts as long as the page. */
export const storageRefused = shallowRef(false);

function open(): Promise<IDBDatabase | null> {
  opened ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open("xiejiao", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => {
      const database = request.result;
      // Another tab wants to change the store: give way, and go on from memory.
      database.onversionchange = () => {
        database.close();
        opened = undefined;
      };
      resolve(database);
    };
    request.onerror = () => {
      reject(new Error("not opened", { cause: request.error }));
    };
  }).catch(() => {
    storageRefused.value = true;
    return null;
  });
  return opened;
}

/** What the store answers, once the transaction has ended well: a full phone says so only then. */
async function inStore<T>(mode: IDBTransactionMode, question: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | undefined> {
  const database = await open();
  if (!database) return undefined;
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(STORE, mode);
    const request = question(transaction.objectStore(STORE));
    transaction.oncomplete = () => {
      resolve(request.result);
    };
    transaction.onabort = () => {
      reject(new Error("not kept", { cause: transaction.error }));
    };
  });
}

/** The kept document `key`, if there is one. */
export async function kept<T>(key: string): Promise<Kept<T> | undefined> {
  const here = memory.get(key);
  if (here) return here as Kept<T>;
  try {
    return await inStore<Kept<T> | undefined>("readonly", (store) => store.get(key));
  } catch {
    storageRefused.value = true;
    return undefined;
  }
}

/** Keep `document` under `key`, as of `at`. */
export async function keep(key: string, document: unknown, at: number): Promise<void> {
  memory.set(key, { document, at });
  try {
    await inStore("readwrite", (store) => store.put({ document, at }, key));
  } catch {
    storageRefused.value = true;
  }
}

/** The keys of all that is kept. */
export async function keptKeys(): Promise<string[]> {
  const stored = await inStore("readonly", (store) => store.getAllKeys()).catch(() => undefined);
  return [...new Set([...memory.keys(), ...(stored ?? []).map(String)])];
}

/** The documents whose keys begin with `prefix`, as the tabs of the app have left them: another one may have let go of some. */
export async function keptUnder<T>(prefix: string): Promise<T[]> {
  const here = [...memory].filter(([key]) => key.startsWith(prefix));
  const stored = await inStore<Kept<T>[]>("readonly", (store) => store.getAll(IDBKeyRange.bound(prefix, `${prefix}\uffff`))).catch(() => undefined);
  if (!stored || storageRefused.value) return here.map(([, { document }]) => document as T);
  for (const [key] of here) memory.delete(key);
  return stored.map(({ document }) => document);
}

/** Let go of `key`. */
export async function letGo(key: string): Promise<void> {
  memory.delete(key);
  try {
    await inStore("readwrite", (store) => store.delete(key));
  } catch {
    storageRefused.value = true;
  }
}
