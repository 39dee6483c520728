/** Remembers in React Native's `AsyncStorage`, or anything of its shape. */

import type { Storage } from "../ports.js";

/** What is used of `AsyncStorage`. */
export interface AsyncStorage {
  setItem(key: string, value: string): Promise<void>;
  removeItem(key: string): Promise<void>;
  getAllKeys(): Promise<readonly string[]>;
  multiGet(keys: string[]): Promise<readonly (readonly [string, string | null])[]>;
}

export function asyncStorage(storage: AsyncStorage): Storage {
  return {
    set: (key, value) => storage.setItem(key, value),
    delete: (key) => storage.removeItem(key),
    async entries(prefix) {
      const keys = (await storage.getAllKeys()).filter((key) => key.startsWith(prefix));
      return (await storage.multiGet(keys)).map(([key, value]) => [key, value ?? ""]);
    },
  };
}
