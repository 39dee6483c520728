/** Storages whose every moment the test decides. */

import type { Eventual, Storage } from "../src/ports.js";
import { memoryStorage } from "../src/storage/memory.js";

/** What several tabs of a browser share: a tab that has gone has let go of what it claimed. */
export function sharedStorage(): Storage & { claimed: Set<string> } {
  const claimed = new Set<string>();
  return {
    ...memoryStorage(),
    claimed,
    async claim(name) {
      if (claimed.has(name)) return undefined;
      claimed.add(name);
      return () => void claimed.delete(name);
    },
  };
}

/** Begins a piece of work when the one before has been finished, and finishes it when the test says so. */
export class SlowStorage implements Storage {
  readonly inner = memoryStorage();
  /** What was asked for and is not done, in order. */
  readonly waiting: { name: string; finish(): void }[] = [];
  isSlow = false;

  set(key: string, value: string): Eventual<void> {
    return this.#later(`set ${key}`, () => this.inner.set(key, value));
  }

  delete(key: string): Eventual<void> {
    return this.#later(`delete ${key}`, () => this.inner.delete(key));
  }

  entries(prefix: string): Eventual<[string, string][]> {
    return this.#later(`entries ${prefix}`, () => this.inner.entries(prefix));
  }

  #later<T>(name: string, work: () => Eventual<T>): Eventual<T> {
    if (!this.isSlow) return work();
    return new Promise((resolve) => this.waiting.push({ name, finish: () => resolve(work()) }));
  }

  finishNext(): void {
    const next = this.waiting.shift();
    if (!next) throw new Error("the storage has nothing to do");
    next.finish();
  }
}
