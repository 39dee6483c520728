/** A map that is an object too, for users of any name. */

import { describe, expect, it } from "vitest";
import { type RespondUserIds, respondUserIds } from "../src/respond_user_ids.js";

const oddNames = [
  "get",
  "has",
  "size",
  "keys",
  "values",
  "entries",
  "forEach",
  "__proto__",
  "toString",
  "valueOf",
  "constructor",
  "hasOwnProperty",
  "then",
  "toJSON",
  "42",
  "",
  "新闻 🔥",
];
const names = ["bob", ...oddNames, "carla"];
const of = (userIds: string[]) => respondUserIds(userIds.map((userId, place) => ({ userId, readAtMs: 1_000 + place })));
const timeOf = (userId: string) => 1_000 + names.indexOf(userId);

/** What a view library hands out in place of an object: methods get the proxy as their `this`. */
function watched<T extends object>(target: T): T {
  return new Proxy(target, {
    get: (inner, name, receiver) => {
      const value = Reflect.get(inner, name, receiver);
      return typeof value === "object" && value !== null ? watched(value) : value;
    },
    has: (inner, name) => Reflect.has(inner, name),
    ownKeys: (inner) => Reflect.ownKeys(inner),
  });
}

describe("an ordinary list of readers", () => {
  const readers = of(["bob", "carla"]);

  it("can be indexed", () => {
    expect(readers.bob).toBe(1_000);
    expect(readers.carla).toBe(1_001);
    expect(readers.dmitri).toBeUndefined();
  });

  it("is a map", () => {
    expect(readers.get("carla")).toBe(1_001);
    expect(readers.has("dmitri")).toBe(false);
    expect(readers.size).toBe(2);
    expect([...readers]).toEqual([
      ["bob", 1_000],
      ["carla", 1_001],
    ]);
    expect(new Map(readers)).toEqual(new Map(readers.entries()));
    expect([...readers.keys()]).toEqual(["bob", "carla"]);
    expect([...readers.values()]).toEqual([1_000, 1_001]);
    const seen: unknown[] = [];
    readers.forEach((readAtMs, userId, map) => {
      seen.push([userId, readAtMs, map === readers]);
    });
    expect(seen).toEqual([
      ["bob", 1_000, true],
      ["carla", 1_001, true],
    ]);
  });

  it("is an object", () => {
    expect(Object.keys(readers)).toEqual(["bob", "carla"]);
    expect(Object.entries(readers)).toEqual([...readers]);
    expect({ ...readers }).toEqual({ bob: 1_000, carla: 1_001 });
    expect(JSON.stringify(readers)).toBe('{"bob":1000,"carla":1001}');
    const walked: string[] = [];
    for (const userId in readers) walked.push(userId);
    expect(walked).toEqual(["bob", "carla"]);
    expect(`${readers}`).toBe("[object Object]");
  });

  it("names nobody twice, and counts the first time", () => {
    const twice = respondUserIds([
      { userId: "bob", readAtMs: 1 },
      { userId: "bob", readAtMs: 2 },
    ]);
    expect([...twice]).toEqual([["bob", 1]]);
    expect(twice.bob).toBe(1);
  });

  it("can be empty", () => {
    expect(Object.keys(of([]))).toEqual([]);
    expect(JSON.stringify(of([]))).toBe("{}");
    expect(of([]).size).toBe(0);
  });
});

describe.each([
  ["itself", (readers: RespondUserIds) => readers],
  ["seen through a proxy", watched],
])("a list of readers with odd names, %s", (_, seen) => {
  const readers = seen(of(names));

  it.each(names)("has the time of %j", (userId) => {
    expect(readers.get(userId)).toBe(timeOf(userId));
    expect(readers.has(userId)).toBe(true);
    expect(Number(readers[userId])).toBe(timeOf(userId));
    expect(Object.hasOwn(readers, userId)).toBe(true);
  });

  it("has everybody, in the order of answering", () => {
    expect([...readers].map(([userId]) => userId)).toEqual(names);
    expect([...readers.keys()]).toEqual(names);
    const seenNames: string[] = [];
    readers.forEach((_, userId) => {
      seenNames.push(userId);
    });
    expect(seenNames).toEqual(names);
    expect(new Set(Object.keys(readers))).toEqual(new Set(names));
    expect(Object.keys(readers)).toHaveLength(names.length);
  });

  it("is the same in JSON", () => {
    const text = JSON.stringify(readers);
    const pairs = [...text.matchAll(/("(?:[^"\\]|\\.)*"):(\d+)/g)].map(([, name, time]) => [
      JSON.parse(name ?? ""),
      Number(time),
    ]);
    expect(new Map(pairs as [string, number][])).toEqual(new Map(readers));
  });

  it("can be awaited, since it is no promise", async () => expect(await readers).toBe(readers));

  it("lends nothing to other objects", () => {
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).bob).toBeUndefined();
  });
});
