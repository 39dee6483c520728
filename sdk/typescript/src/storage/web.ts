/** Remembers in the `localStorage` of a browser: kept, as far as a page can know, when the call returns. */

import type { Storage } from "../ports.js";
import { claimLock } from "./lock.js";

/** What is used of `localStorage`. */
export interface WebStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export function webStorage(storage: WebStorage): Storage {
  return {
    set: (key, value) => storage.setItem(key, value),
    delete: (key) => storage.removeItem(key),
    entries(prefix) {
      const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "");
      return keys.filter((key) => key.startsWith(prefix)).map((key) => [key, storage.getItem(key) ?? ""]);
    },
    claim: claimLock,
  };
}
