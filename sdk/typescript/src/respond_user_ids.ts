/**
 * Who has answered, and when: user id → Unix milliseconds.
 *
 * `entries()`, `forEach` and `for … of` go in the order of answering. `Object.keys` and JSON do not if user ids are
 * numbers: JavaScript has those first, the smallest before the others.
 *
 * The vendor's page calls it a `Map`, its apps index it like an object. So it is both: each user id is a property of its
 * own, and the methods of a `ReadonlyMap` stand behind them.
 *
 * No user id can break it. One that is called like a method, such as `get`, leaves that method callable: its property is
 * the method, which as a number, and in JSON, is the time. `m.get("get")` is the plain number. One called `size` is that
 * user's time and not a count: `Object.keys(m).length` counts always.
 */

import type { Reader } from "./session/outcome.js";

export type RespondUserIds = { [userId: string]: number } & {
  get(userId: string): number | undefined;
  has(userId: string): boolean;
  forEach(callback: (readAtMs: number, userId: string, map: RespondUserIds) => void): void;
  keys(): IterableIterator<string>;
  values(): IterableIterator<number>;
  entries(): IterableIterator<[string, number]>;
  [Symbol.iterator](): IterableIterator<[string, number]>;
};

export function respondUserIds(readers: readonly Reader[]): RespondUserIds {
  const times = new Map<string, number>();
  for (const { userId, readAtMs } of readers) if (!times.has(userId)) times.set(userId, readAtMs);
  const object: RespondUserIds = Object.create(mapMethods(times));
  for (const [userId, readAtMs] of times) {
    if (userId in object) define(object, userId, readAtMs);
    else object[userId] = readAtMs;
  }
  return object;
}

/** They look at `times` and not at `this`, which may be a proxy of a view library. */
function mapMethods(times: ReadonlyMap<string, number>): object {
  const methods = {
    get: (userId: string) => times.get(userId),
    has: (userId: string) => times.has(userId),
    keys: () => times.keys(),
    values: () => times.values(),
    entries: () => times.entries(),
    forEach(this: RespondUserIds, callback: (readAtMs: number, userId: string, map: RespondUserIds) => void) {
      for (const [userId, readAtMs] of times) callback(readAtMs, userId, this);
    },
    [Symbol.iterator]: () => times.entries(),
    // A user may be called `toString`.
    [Symbol.toPrimitive]: () => "[object Object]",
  };
  const prototype = Object.defineProperty({}, "size", { get: () => times.size });
  for (const name of Reflect.ownKeys(methods)) {
    Object.defineProperty(prototype, name, { value: Reflect.get(methods, name) });
  }
  return prototype;
}

/** A property of its own, whatever the name means to objects in general. */
function define(object: RespondUserIds, userId: string, readAtMs: number): void {
  const inherited: unknown = Reflect.get(object, userId);
  const value = typeof inherited === "function" ? methodWithTime(object, inherited, readAtMs) : readAtMs;
  Object.defineProperty(object, userId, { value, enumerable: true, configurable: true, writable: true });
}

// biome-ignore lint/complexity/noBannedTypes: any method of any object.
function methodWithTime(object: RespondUserIds, method: Function, readAtMs: number): unknown {
  const time = () => readAtMs;
  const bound = (...args: unknown[]) => method.apply(object, args);
  return Object.assign(bound, { valueOf: time, toJSON: time, toString: () => String(readAtMs) });
}
