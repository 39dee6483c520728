/** An engine, and what it gives, may be kept in the store of any view library. */

import { readdirSync, readFileSync } from "node:fs";
import { isObservable, makeAutoObservable, observable } from "mobx";
import { createPinia, defineStore, setActivePinia } from "pinia";
import { afterEach, expect, test } from "vitest";
import { isProxy, nextTick, reactive, readonly, ref, watch } from "vue";
import { Code } from "../../src/codes.js";
import type { RCIMIWEngine, RCIMIWMessage } from "../../src/index.js";
import { RCIMIWEngine as ReactNativeEngine } from "../../src/react-native.js";
import { App, CALLS, callbackTo, endEngine, lastOf, SETTERS } from "./app.js";
import { FakeServer } from "./fake_server.js";

afterEach(endEngine);

interface Shelf {
  engine: RCIMIWEngine | null;
  message: RCIMIWMessage | null;
  list: RCIMIWMessage[];
}
const empty = (): Shelf => ({ engine: null, message: null, list: [] });

class MobxStore implements Shelf {
  engine: RCIMIWEngine | null = null;
  message: RCIMIWMessage | null = null;
  list: RCIMIWMessage[] = [];
  constructor() {
    makeAutoObservable(this);
  }
}

/** What each view library makes of an object with an engine in it. */
const STORES: Record<string, () => Shelf> = {
  "Vue's reactive()": () => reactive(empty()) as Shelf,
  "Vue's ref()": () => ref(empty()).value as Shelf,
  Pinia: () => {
    setActivePinia(createPinia());
    return defineStore("chat", { state: empty })() as Shelf;
  },
  "MobX observable()": () => observable(empty()),
  "MobX makeAutoObservable()": () => new MobxStore(),
  "a proxy that wraps whatever is read through it": () => wrapped(empty()),
};

/** The bluntest of them all: it wraps everything that may be wrapped. */
function wrapped<T extends object>(target: T): T {
  return new Proxy(target, {
    get(from, name, receiver) {
      const value = Reflect.get(from, name, receiver);
      const isOpen = typeof value === "object" && value !== null && Object.isExtensible(value);
      return isOpen ? wrapped(value) : value;
    },
  });
}

async function kept(shelf: Shelf) {
  const server = new FakeServer();
  const app = await App.of("alice", server);
  shelf.engine = app.engine;
  return { server, app: new App(shelf.engine as RCIMIWEngine, server) };
}

test.each(Object.entries(STORES))("a receipt goes all its way with everything kept in %s", async (_, makeShelf) => {
  const shelf = makeShelf();
  const { server, app } = await kept(shelf);
  shelf.message = await app.writes("hello");
  const sent = await app.sends(shelf.message as RCIMIWMessage);
  await server.acceptsMessage("m1");
  shelf.message = lastOf(sent.told).message;
  const asked = await app.asks(shelf.message as RCIMIWMessage);
  await server.accepts("requestReceipt");
  await server.tellsReaders("m1", 0, [["bob", 5]]);
  await server.tellsMessage({ uid: "m2", senderId: "bob" });
  shelf.list = [app.heardOf("onMessageReceived")[0].message];
  const answered = await app.calls("sendGroupReadReceiptResponse", "ward-3", null, shelf.list);
  await server.acceptsAnswer();
  expect([lastOf(asked.told).code, lastOf(answered.told).code]).toEqual([0, 0]);
  const [{ respondUserIds }] = app.heardOf("onGroupMessageReadReceiptResponseReceived");
  expect({ ...respondUserIds }).toEqual({ bob: 5 });
});

test.each(Object.entries(STORES))("no call and no setter fails in %s", async (_, makeShelf) => {
  const { app } = await kept(makeShelf());
  for (const setter of SETTERS) app.setter(setter)(() => {});
  const args = [2, "ward-3", null, [{ messageUId: "m1" }], {}];
  for (const call of CALLS.filter((name) => name !== "destroy")) {
    expect([call, (await app.calls(call, ...args)).code]).not.toContain(Code.NATIVE_OPERATION_ERROR);
    expect([call, (await app.calls(call)).code]).not.toContain(Code.NATIVE_OPERATION_ERROR);
  }
  expect(await app.callsPlainly("destroy")).toBe(0);
  expect(await app.callsPlainly("getDeltaTime")).toBe(Code.ENGINE_DESTROYED);
});

test("an engine behind Vue's readonly() can be destroyed", async () => {
  const { app } = await kept(empty());
  const shown = readonly({ engine: app.engine }).engine as RCIMIWEngine;
  expect(await shown.destroy()).toBe(0);
  expect(await shown.getDeltaTime()).toBe(Code.ENGINE_DESTROYED);
});

test("a deep watcher finds nothing that changes in an engine, and JSON finds no token", async () => {
  const shelf = reactive(empty()) as Shelf;
  const { server, app } = await kept(shelf);
  let changes = 0;
  watch(shelf, () => (changes += 1), { deep: true });
  await server.tellsMessage({ uid: "m2", senderId: "bob" });
  await app.asks({ messageUId: "m1", targetId: "ward-3", conversationType: 2 });
  await nextTick();
  expect([changes, JSON.stringify(shelf.engine)]).toEqual([0, "{}"]);
});

test("what stores wrap, they do wrap in these tests", async () => {
  const shelf = reactive(empty()) as Shelf;
  const { app } = await kept(shelf);
  shelf.message = await app.writes("hello");
  expect([isProxy(shelf.engine), isProxy(shelf.message)]).toEqual([true, true]);
  const box = observable(empty());
  box.message = await app.writes("hello");
  expect(isObservable(box.message)).toBe(true);
});

test("the engine of React Native may be kept in them as well", async () => {
  const server = new FakeServer();
  const shelf = reactive({ engine: ReactNativeEngine.create("app", server.options()) });
  try {
    const connected = new Promise((resolve) => {
      void shelf.engine.connect("alice", 30, { onConnected: (code) => resolve(code) });
    });
    expect(await connected).toBe(0);
    expect(await shelf.engine.getDeltaTime()).toEqual(expect.any(Number));
    expect(await shelf.engine.connect("alice", 30, callbackTo([]) as object)).toBe(0);
  } finally {
    expect(await shelf.engine.destroy()).toBe(0);
  }
});

test("no class has JavaScript's private names, which nothing finds behind a proxy", () => {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  expect(files.length).toBeGreaterThan(40);
  expect(
    files.filter((name) => /(\bthis|[\w)\]])\??\.#|^\s+[\w ]*#\w+/m.test(readFileSync(`src/${name}`, "utf8"))),
  ).toEqual([]);
});
