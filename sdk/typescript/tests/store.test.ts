/** What an installation remembers, and how tabs share a storage. */

import { describe, expect, it, vi } from "vitest";
import type { Change, Memory, Owner } from "../src/memory.js";
import { emptyMemory } from "../src/memory.js";
import type { Storage } from "../src/ports.js";
import { memoryStorage } from "../src/storage/memory.js";
import { DeviceStore } from "../src/store.js";
import { SlowStorage, sharedStorage } from "./fake_storage.js";

const bob: Owner = { appKey: "app", userId: "bob" };
const group = { type: 2 as const, targetId: "ward-3", channelId: "" };
const channel = { type: 5 as const, targetId: "city", channelId: "RCDefault" };
const answerOf = (...messageUids: string[]) => ({ conversation: group, messageUids });
const kept = (number: number, ...messageUids: string[]): Change => ({
  kind: "answerKept",
  number,
  answer: answerOf(...messageUids),
});

const everything: Change[] = [
  { kind: "storeChanged", storeId: "store-1" },
  { kind: "position", conversation: group, through: 7 },
  { kind: "position", conversation: channel, through: 3 },
  { kind: "asked", asked: { conversation: group, messageUid: "m2", readers: 4 } },
  { kind: "asked", asked: { conversation: group, messageUid: "m1", readers: 0 } },
  { kind: "unanswered", request: { conversation: channel, messageUid: "m4" } },
  { kind: "unanswered", request: { conversation: group, messageUid: "m3" } },
  kept(10, "m6"),
  kept(9, "m5", "m3"),
];

describe("a store", () => {
  it("remembers every change, lists in their order", async () => {
    expect(await afterwards(memoryStorage(), everything)).toEqual<Memory>({
      storeId: "store-1",
      positions: [
        { conversation: group, through: 7 },
        { conversation: channel, through: 3 },
      ],
      asked: [
        { conversation: group, messageUid: "m1", readers: 0 },
        { conversation: group, messageUid: "m2", readers: 4 },
      ],
      unanswered: [
        { conversation: group, messageUid: "m3" },
        { conversation: channel, messageUid: "m4" },
      ],
      answers: [
        { number: 9, answer: answerOf("m5", "m3") },
        { number: 10, answer: answerOf("m6") },
      ],
    });
  });

  it("forgets what is over", async () => {
    const memory = await afterwards(memoryStorage(), [
      ...everything,
      { kind: "position", conversation: group, through: 8 },
      { kind: "asked", asked: { conversation: group, messageUid: "m1", readers: 2 } },
      { kind: "askedForgotten", messageUid: "m2" },
      { kind: "unansweredForgotten", messageUid: "m3" },
      { kind: "answerDone", number: 9 },
    ]);
    expect(memory.positions).toContainEqual({ conversation: group, through: 8 });
    expect(memory.asked).toEqual([{ conversation: group, messageUid: "m1", readers: 2 }]);
    expect(memory.unanswered).toEqual([{ conversation: channel, messageUid: "m4" }]);
    expect(memory.answers).toEqual([{ number: 10, answer: answerOf("m6") }]);
  });

  it("keeps nothing but the answers when the server has another store", async () => {
    const memory = await afterwards(memoryStorage(), [...everything, { kind: "storeChanged", storeId: "store-2" }]);
    expect(memory).toEqual({
      ...emptyMemory(),
      storeId: "store-2",
      answers: [
        { number: 9, answer: answerOf("m5", "m3") },
        { number: 10, answer: answerOf("m6") },
      ],
    });
  });

  it("has kept an answer when the call returns, if the storage answers at once", async () => {
    const storage = memoryStorage();
    const store = await opened(storage);
    expect(store.save(bob, [kept(0, "m1")])).toBeUndefined();
    expect(storage.entries("seenby/0/app/bob/answer/")).toHaveLength(1);
  });

  it("writes one change behind the other, if the storage takes its time", async () => {
    const storage = new SlowStorage();
    const store = await opened(storage);
    storage.isSlow = true;
    const saved = store.save(bob, [kept(0, "m1"), { kind: "answerDone", number: 0 }]);
    expect(storage.waiting.map(({ name }) => name)).toEqual(["set seenby/0/app/bob/answer/0"]);
    storage.finishNext();
    await vi.waitFor(() => expect(storage.waiting).toHaveLength(1));
    storage.finishNext();
    await saved;
    expect(storage.inner.entries("seenby/")).toEqual([]);
  });

  it("never mixes up users, apps or ids with odd characters", async () => {
    const storage = memoryStorage();
    const store = await opened(storage);
    const owners = [
      bob,
      { appKey: "app", userId: "bo" },
      { appKey: "app2", userId: "bob" },
      { appKey: "app/bob", userId: "x" },
      { appKey: "app", userId: "bob/x" },
      { appKey: "app", userId: "bob%2Fx" },
      { appKey: "app", userId: "__proto__" },
    ];
    for (const [place, owner] of owners.entries()) await store.save(owner, [kept(place, `m${place}`)]);
    for (const [place, owner] of owners.entries()) {
      expect((await store.load(owner)).answers).toEqual([{ number: place, answer: answerOf(`m${place}`) }]);
    }
  });

  it("passes over what cannot be read, and leaves it where it is", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    const storage = memoryStorage();
    const store = await opened(storage);
    await store.save(bob, everything);
    await storage.set("seenby/0/app/bob/answer/11", "{broken");
    expect((await store.load(bob)).answers).toHaveLength(2);
    expect(error).toHaveBeenCalledOnce();
    expect(await storage.entries("seenby/0/app/bob/answer/11")).toHaveLength(1);
    error.mockRestore();
  });
});

describe("tabs that share a storage", () => {
  it("are installations of their own", async () => {
    const storage = sharedStorage();
    const [one, two] = [await opened(storage), await opened(storage)];
    expect([await one.deviceId("first"), await two.deviceId("second")]).toEqual(["first", "second"]);
    await one.save(bob, [kept(0, "m1")]);
    expect((await two.load(bob)).answers).toEqual([]);
  });

  it("take the place of one that has gone, with its id and all it remembered", async () => {
    const storage = sharedStorage();
    const one = await opened(storage);
    await one.deviceId("first");
    await one.save(bob, everything);
    one.close();
    const next = await opened(storage);
    expect(await next.deviceId("second")).toBe("first");
    expect((await next.load(bob)).positions).toHaveLength(2);
  });

  it("take over the answers of one that has gone", async () => {
    const storage = sharedStorage();
    const [one, two] = [await opened(storage), await opened(storage)];
    await one.save(bob, [kept(3, "m1")]);
    await two.save(bob, [kept(3, "m2"), kept(4, "m3")]);
    two.close();
    expect((await one.load(bob)).answers).toEqual([
      { number: 3, answer: answerOf("m1") },
      { number: 4, answer: answerOf("m2") },
      { number: 5, answer: answerOf("m3") },
    ]);
    expect(await storage.entries("seenby/1/app/bob/answer/")).toEqual([]);
    // Nobody has that place now: it is free for the next tab.
    expect(storage.claimed).toEqual(new Set(["seenby/0/"]));
  });

  it("leave answers where they are that cannot be brought here, and bring them later", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const storage = sharedStorage();
    const [one, two] = [await opened(storage), await opened(storage)];
    await one.save(bob, [kept(0, "m1")]);
    await two.save(bob, [kept(0, "m2"), kept(1, "m3")]);
    two.close();
    const { set } = storage;
    let room = 1;
    storage.set = (key, value) => {
      room -= 1;
      if (room < 0) throw new Error("QuotaExceededError");
      return set(key, value);
    };
    const names = async () => (await one.load(bob)).answers.map(({ answer }) => answer.messageUids[0]);
    expect(await names()).toEqual(["m1", "m2"]);
    expect(await storage.entries("seenby/1/app/bob/answer/")).toHaveLength(1);
    expect(storage.claimed).toEqual(new Set(["seenby/0/"]));
    expect(warn).toHaveBeenCalledOnce();
    room = 1;
    expect(await names()).toEqual(["m1", "m2", "m3"]);
    warn.mockRestore();
  });

  it("leave alone what is another user's", async () => {
    const storage = sharedStorage();
    const [one, two] = [await opened(storage), await opened(storage)];
    await two.save({ appKey: "app", userId: "carla" }, [kept(0, "m1")]);
    two.close();
    expect((await one.load(bob)).answers).toEqual([]);
    expect(await storage.entries("seenby/1/app/carla/answer/")).toHaveLength(1);
  });

  it("are on their own beyond the thirty-second", async () => {
    const storage = sharedStorage();
    for (let tab = 0; tab < 32; tab += 1) await opened(storage);
    expect(await DeviceStore.open(storage)).toBeUndefined();
  });

  it("keep a new id only if they have none", async () => {
    const storage = memoryStorage();
    expect(await (await opened(storage)).deviceId("first")).toBe("first");
    expect(await (await opened(storage)).deviceId("second")).toBe("first");
  });
});

async function opened(storage: Storage): Promise<DeviceStore> {
  const store = await DeviceStore.open(storage);
  if (!store) throw new Error("there is no place left");
  return store;
}

/** What is remembered of Bob after these changes, by a program that is started again. */
async function afterwards(storage: Storage, changes: Change[]): Promise<Memory> {
  await (await opened(storage)).save(bob, changes);
  return (await opened(storage)).load(bob);
}
