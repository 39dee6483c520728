/** What every storage must do, and what is special about some. */

import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Storage } from "../src/ports.js";
import { type AsyncStorage, asyncStorage } from "../src/storage/async.js";
import { indexedDbStorage } from "../src/storage/indexed_db.js";
import { claimLock } from "../src/storage/lock.js";
import { memoryStorage } from "../src/storage/memory.js";
import { type UniStorage, uniStorage } from "../src/storage/uni.js";
import { type WebStorage, webStorage } from "../src/storage/web.js";

afterEach(() => vi.unstubAllGlobals());

/** Each gives a way to open the same place again and again, as a program does that is started again. */
const storages: Record<string, () => () => Storage> = {
  memory() {
    const storage = memoryStorage();
    return () => storage;
  },
  web() {
    const local = new FakeLocalStorage();
    return () => webStorage(local);
  },
  uni() {
    const uni = new FakeUniStorage();
    return () => uniStorage(uni);
  },
  async() {
    const native = new FakeAsyncStorage();
    return () => asyncStorage(native);
  },
  indexedDb() {
    vi.stubGlobal("IDBKeyRange", IDBKeyRange);
    const factory = new IDBFactory();
    return () => indexedDbStorage(factory);
  },
};

describe.each(Object.entries(storages))("the storage %s", (_, newPlace) => {
  const opened = (): Storage => newPlace()();

  it("keeps what was set, and the last of it", async () => {
    const storage = opened();
    await storage.set("a/1", "first");
    await storage.set("a/1", "second");
    expect(await storage.entries("a/")).toEqual([["a/1", "second"]]);
  });

  it("gives those whose key begins so, and no others", async () => {
    const storage = opened();
    for (const key of ["a/", "a/1", "a/新闻", "a/🔥", "a0", "a", "A/1", "b/a/1"]) await storage.set(key, `of ${key}`);
    const entries = await storage.entries("a/");
    expect(new Map(entries)).toEqual(
      new Map([
        ["a/", "of a/"],
        ["a/1", "of a/1"],
        ["a/新闻", "of a/新闻"],
        ["a/🔥", "of a/🔥"],
      ]),
    );
    expect(entries).toHaveLength(4);
  });

  it("forgets what was deleted, and does not mind what was never there", async () => {
    const storage = opened();
    await storage.set("a/1", "one");
    await storage.set("a/2", "two");
    await storage.delete("a/1");
    await storage.delete("a/3");
    expect(await storage.entries("a/")).toEqual([["a/2", "two"]]);
  });

  it("keeps any text", async () => {
    const storage = opened();
    const texts = ["", "0", "null", '{"a":[1]}', "新闻 🔥", "x".repeat(100_000)];
    for (const [place, text] of texts.entries()) await storage.set(`t/${place}`, text);
    const kept = new Map(await storage.entries("t/"));
    expect(texts.map((_, place) => kept.get(`t/${place}`))).toEqual(texts);
  });

  it("has what was kept when it is opened again", async () => {
    const open = newPlace();
    await open().set("a/1", "one");
    expect(await open().entries("a/")).toEqual([["a/1", "one"]]);
  });
});

describe.each(["memory", "web", "uni"] as const)("the storage %s", (name) => {
  it("has kept a text when the call returns", () => {
    const storage = storages[name]?.()();
    expect(storage?.set("a/1", "one")).toBeUndefined();
    expect(storage?.entries("a/")).toEqual([["a/1", "one"]]);
  });
});

describe("the storage web", () => {
  it("passes on that the browser has no room", () => {
    const local = new FakeLocalStorage();
    local.setItem = () => {
      throw new Error("QuotaExceededError");
    };
    expect(() => webStorage(local).set("a", "b")).toThrow("QuotaExceededError");
  });
});

describe.each(["set", "delete"] as const)("%s of the storage indexedDb", (method) => {
  const begun = async () => {
    const database = new ScriptedDatabase();
    let outcome = "open";
    const done = indexedDbStorage(database.factory)[method]("a/1", "one") as Promise<void>;
    void done.then(
      () => {
        outcome = "kept";
      },
      (error) => {
        outcome = error.message;
      },
    );
    await vi.waitFor(() => expect(database.requests).toBe(1));
    database.succeeds();
    await new Promise((resume) => setImmediate(resume));
    return { database, outcome: () => outcome };
  };

  it("is done when its transaction is, not when its request is", async () => {
    const { database, outcome } = await begun();
    expect(outcome()).toBe("open");
    database.transaction.oncomplete?.();
    await vi.waitFor(() => expect(outcome()).toBe("kept"));
  });

  it("is not done if its transaction was aborted after all", async () => {
    const { database, outcome } = await begun();
    database.transaction.error = new Error("QuotaExceededError");
    database.transaction.onabort?.();
    await vi.waitFor(() => expect(outcome()).toBe("QuotaExceededError"));
  });

  it("asks for a transaction that is on the disk when it is complete", async () => {
    const { database } = await begun();
    expect(database.opened).toEqual([["readwrite", { durability: "strict" }]]);
  });
});

describe("the storage indexedDb", () => {
  it("opens the database anew if it could not be opened once", async () => {
    vi.stubGlobal("IDBKeyRange", IDBKeyRange);
    const factory = new IDBFactory();
    const open = vi.spyOn(factory, "open").mockImplementationOnce(() => {
      const request = { error: new Error("not now") } as unknown as IDBOpenDBRequest;
      queueMicrotask(() => request.onerror?.(new Event("error")));
      return request;
    });
    const storage = indexedDbStorage(factory);
    await expect(storage.set("a/1", "one")).rejects.toThrow("not now");
    await storage.set("a/1", "one");
    expect(await storage.entries("a/")).toEqual([["a/1", "one"]]);
    expect(open).toHaveBeenCalledTimes(2);
  });

  it("opens the database anew if the browser has closed it", async () => {
    vi.stubGlobal("IDBKeyRange", IDBKeyRange);
    const factory = new IDBFactory();
    const storage = indexedDbStorage(factory);
    const databases: IDBDatabase[] = [];
    const open = factory.open.bind(factory);
    vi.spyOn(factory, "open").mockImplementation((...args) => {
      const request = open(...args);
      request.addEventListener("success", () => databases.push(request.result));
      return request;
    });
    await storage.set("a/1", "one");
    for (const database of databases) {
      database.close();
      database.onclose?.(new Event("close"));
    }
    await storage.set("a/2", "two");
    expect(await storage.entries("a/")).toHaveLength(2);
  });
});

describe("a lock among tabs", () => {
  it("is of one tab until that lets go", async () => {
    vi.stubGlobal("navigator", { locks: new FakeLocks() });
    const release = await claimLock("place");
    expect(release).toBeTypeOf("function");
    expect(await claimLock("place")).toBeUndefined();
    expect(await claimLock("another place")).toBeTypeOf("function");
    release?.();
    await vi.waitFor(async () => expect(await claimLock("place")).toBeTypeOf("function"));
  });

  it("is given to everybody where the browser has none", async () => {
    vi.stubGlobal("navigator", {});
    expect(await claimLock("place")).toBeTypeOf("function");
    expect(await claimLock("place")).toBeTypeOf("function");
    vi.stubGlobal("navigator", undefined);
    expect(await claimLock("place")).toBeTypeOf("function");
  });

  it("is not given if the browser refuses", async () => {
    vi.stubGlobal("navigator", { locks: { request: () => Promise.reject(new Error("InvalidStateError")) } });
    expect(await claimLock("place")).toBeUndefined();
  });
});

class FakeLocalStorage implements WebStorage {
  readonly #values = new Map<string, string>();
  get length() {
    return this.#values.size;
  }
  key(index: number) {
    return [...this.#values.keys()][index] ?? null;
  }
  getItem(key: string) {
    return this.#values.get(key) ?? null;
  }
  setItem(key: string, value: string) {
    this.#values.set(key, value);
  }
  removeItem(key: string) {
    this.#values.delete(key);
  }
}

class FakeUniStorage implements UniStorage {
  readonly #values = new Map<string, string>();
  getStorageSync(key: string): unknown {
    return this.#values.get(key) ?? "";
  }
  setStorageSync(key: string, value: string) {
    this.#values.set(key, value);
  }
  removeStorageSync(key: string) {
    this.#values.delete(key);
  }
  getStorageInfoSync() {
    return { keys: [...this.#values.keys()] };
  }
}

class FakeAsyncStorage implements AsyncStorage {
  readonly #values = new Map<string, string>();
  async setItem(key: string, value: string) {
    this.#values.set(key, value);
  }
  async removeItem(key: string) {
    this.#values.delete(key);
  }
  async getAllKeys() {
    return [...this.#values.keys()];
  }
  async multiGet(keys: string[]) {
    return keys.map((key): [string, string | null] => [key, this.#values.get(key) ?? null]);
  }
}

/** As browsers have them, with `ifAvailable`. */
class FakeLocks {
  readonly #held = new Set<string>();
  async request(name: string, _: { ifAvailable: true }, hold: (lock: object | null) => unknown): Promise<void> {
    if (this.#held.has(name)) return void (await hold(null));
    this.#held.add(name);
    try {
      await hold({ name });
    } finally {
      this.#held.delete(name);
    }
  }
}

/** A database whose every moment the test decides. */
class ScriptedDatabase {
  readonly opened: unknown[][] = [];
  requests = 0;
  private readonly request: { onsuccess?: () => void; result?: undefined } = {};
  readonly transaction: { oncomplete?: () => void; onabort?: () => void; error?: Error; objectStore(): object } = {
    objectStore: () => ({ transaction: this.transaction, put: this.made, delete: this.made }),
  };

  private readonly made = () => {
    this.requests += 1;
    return this.request;
  };

  get factory(): IDBFactory {
    const transaction = (_: string, ...how: unknown[]) => {
      this.opened.push(how);
      return this.transaction;
    };
    const open = () => {
      const request = { result: { transaction } } as unknown as IDBOpenDBRequest;
      queueMicrotask(() => request.onsuccess?.(new Event("success")));
      return request;
    };
    return { open } as unknown as IDBFactory;
  }

  succeeds(): void {
    this.request.onsuccess?.();
  }
}
