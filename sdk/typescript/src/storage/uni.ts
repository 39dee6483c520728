/** Remembers in the storage of uni-app: `uni.setStorageSync` and its kin. */

import type { Storage } from "../ports.js";

/** What is used of `uni`. */
export interface UniStorage {
  getStorageSync(key: string): unknown;
  setStorageSync(key: string, value: string): void;
  removeStorageSync(key: string): void;
  getStorageInfoSync(): { keys: string[] };
}

export function uniStorage(uni: UniStorage): Storage {
  return {
    set: (key, value) => uni.setStorageSync(key, value),
    delete: (key) => uni.removeStorageSync(key),
    entries(prefix) {
      const keys = uni.getStorageInfoSync().keys.filter((key) => key.startsWith(prefix));
      return keys.map((key) => [key, String(uni.getStorageSync(key))]);
    },
  };
}
