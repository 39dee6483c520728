/** Remembers in an IndexedDB of a browser, for apps whose `localStorage` is full or forbidden. */

import type { Storage } from "../ports.js";
import { claimLock } from "./lock.js";

const TABLE = "seenby";

export function indexedDbStorage(factory: IDBFactory, name = "seenby"): Storage {
  let opened: Promise<IDBDatabase> | undefined;
  // A browser may refuse for a while, and closes a database whose site the user clears.
  const isGone = () => {
    opened = undefined;
  };
  const table = async (mode: IDBTransactionMode) => {
    opened ??= open(factory, name, isGone);
    const database = await opened.catch((error) => {
      isGone();
      throw error;
    });
    return database.transaction(TABLE, mode, { durability: "strict" }).objectStore(TABLE);
  };
  return {
    async set(key, value) {
      const store = await table("readwrite");
      store.put(value, key);
      await committed(store.transaction);
    },
    async delete(key) {
      const store = await table("readwrite");
      store.delete(key);
      await committed(store.transaction);
    },
    async entries(prefix) {
      const store = await table("readonly");
      const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
      const [keys, values] = await Promise.all([done(store.getAllKeys(range)), done(store.getAll(range))]);
      return keys.map((key, index) => [String(key), String(values[index])]);
    },
    claim: claimLock,
  };
}

async function open(factory: IDBFactory, name: string, onClose: () => void): Promise<IDBDatabase> {
  const request = factory.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
  const database = await done(request);
  database.onclose = onClose;
  return database;
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** A request that succeeded may still be undone: what counts is its transaction. */
function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}
