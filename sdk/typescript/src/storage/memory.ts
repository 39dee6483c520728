/** Remembers until the process ends: a restart is then like a new device. */

import type { Storage } from "../ports.js";

export function memoryStorage(): Storage {
  const values = new Map<string, string>();
  return {
    set: (key, value) => void values.set(key, value),
    delete: (key) => void values.delete(key),
    entries: (prefix) => [...values].filter(([key]) => key.startsWith(prefix)),
  };
}
