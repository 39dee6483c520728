/** What a sender learns of those who have read. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Code } from "../../src/codes.js";
import type { RespondUserIds } from "../../src/index.js";
import { memoryStorage } from "../../src/storage/memory.js";
import { settled } from "../fake_ports.js";
import { App, endEngine, lastOf } from "./app.js";
import { FakeServer, ward, wireMessage, wireReaders } from "./fake_server.js";

const HOSTILE_IDS = ["__proto__", "get", "size", "constructor", "toString", "hasOwnProperty", "then", "0", "toJSON"];

let server: FakeServer;
let alice: App;
beforeEach(async () => {
  server = new FakeServer();
  alice = await App.of("alice", server);
});
afterEach(endEngine);

const readersHeard = () => alice.heardOf("onGroupMessageReadReceiptResponseReceived");
const v5Heard = () => alice.heardOf("onMessageReadReceiptV5Received");
const entries = (readers: RespondUserIds) => [...readers.entries()];

/** Alice has asked, and the server has accepted. */
async function asked(uid: string): Promise<void> {
  await alice.asks({ targetId: "ward-3", messageUId: uid });
  await server.accepts("requestReceipt");
}

describe("each event of readers", () => {
  it("has everybody so far, with the time of the first answer", async () => {
    await asked("m1");
    await server.tellsReaders("m1", 0, [["bob", 1_000]], { unread: 2, total: 3 });
    await server.tellsReaders("m1", 1, [["carla", 3_000]], { unread: 1, left: 1, total: 3 });
    const about = { targetId: "ward-3", messageUId: "m1", conversationType: 2, channelId: "" };
    const [first, second] = readersHeard();
    expect(first).toMatchObject({ ...about, readCount: 1, unreadCount: 2, leftCount: 0, totalCount: 3 });
    expect(second).toMatchObject({ ...about, readCount: 2, unreadCount: 1, leftCount: 1, totalCount: 3 });
    expect(entries(first.respondUserIds)).toEqual([["bob", 1_000]]);
    expect(entries(second.respondUserIds)).toEqual([
      ["bob", 1_000],
      ["carla", 3_000],
    ]);
  });

  it("has them in the order of reading, whatever they are called", async () => {
    await asked("m1");
    const read: [string, number][] = [
      ["30", 1_000],
      ["bob", 2_000],
      ["7", 3_000],
    ];
    await server.tellsReaders("m1", 0, read);
    const ordered = read.map(([userId, timestamp]) => ({ userId, timestamp }));
    const [event] = readersHeard();
    expect(event.readers).toEqual(ordered);
    expect(entries(event.respondUserIds)).toEqual(read);
    // An object has names that are numbers first; that is why there is a list.
    expect(Object.keys(event.respondUserIds)).toEqual(["7", "30", "bob"]);

    const receipt = { requested: true, answered: false, readers: wireReaders(read), counts: undefined };
    const { told } = await alice.calls("getMessageByUId", "m1");
    await server.accepts("getMessage", {
      $case: "message",
      value: wireMessage({ uid: "m1", conversation: ward, receipt }),
    });
    expect(lastOf(told).t.groupReadReceiptInfo.readers).toEqual(ordered);
  });

  it("does not change afterwards", async () => {
    await asked("m1");
    await server.tellsReaders("m1", 0, [["bob", 1_000]]);
    const [first] = readersHeard();
    await server.tellsReaders("m1", 1, [["carla", 3_000]]);
    expect(Object.keys(first.respondUserIds)).toEqual(["bob"]);
  });

  it("works as a map, as an object and as JSON", async () => {
    await asked("m1");
    await server.tellsReaders("m1", 0, [
      ["bob", 1_000],
      ["carla", 3_000],
    ]);
    const { respondUserIds: readers } = readersHeard()[0];
    expect([readers.get("bob"), readers.bob, readers.has("carla"), readers.has("dave")]).toEqual([
      1_000,
      1_000,
      true,
      false,
    ]);
    expect(Object.keys(readers)).toEqual(["bob", "carla"]);
    expect(JSON.stringify(readers)).toBe('{"bob":1000,"carla":3000}');
    expect([...readers]).toEqual(Object.entries(readers));
  });

  it("cannot be broken by a user id", async () => {
    await asked("m1");
    const readers = HOSTILE_IDS.map((id, place): [string, number] => [id, 1_000 + place]);
    await server.tellsReaders("m1", 0, [["bob", 500], ...readers]);
    const { respondUserIds } = readersHeard()[0];
    expect(Object.keys(respondUserIds).sort()).toEqual(["bob", ...HOSTILE_IDS].sort());
    for (const [id, readAtMs] of readers) {
      expect([id, respondUserIds.get(id), Number(respondUserIds[id])]).toEqual([id, readAtMs, readAtMs]);
    }
    const json = JSON.parse(JSON.stringify(respondUserIds));
    expect(Object.entries(json).sort()).toEqual([["bob", 500], ...readers].sort());
    expect(({} as Record<string, unknown>).bob).toBeUndefined();
    const [{ users }] = v5Heard()[0].responses;
    expect(users.map(({ userId }: { userId: string }) => userId)).toEqual(["bob", ...HOSTILE_IDS]);
  });

  it("can be awaited although a user is called then", async () => {
    await asked("m1");
    await server.tellsReaders("m1", 0, [["then", 1_000]]);
    const { respondUserIds } = readersHeard()[0];
    expect(await Promise.race([respondUserIds, settled().then(() => "never")])).toBe(respondUserIds);
  });

  it("counts nobody twice, whatever is said again", async () => {
    await asked("m1");
    await server.tellsReaders("m1", 0, [["bob", 1_000]]);
    await server.tellsReaders("m1", 0, [["bob", 1_000]]);
    await server.tellsReaders("m1", 0, [
      ["bob", 1_000],
      ["carla", 3_000],
    ]);
    expect(readersHeard().map(({ respondUserIds }) => Object.keys(respondUserIds))).toEqual([
      ["bob"],
      ["bob", "carla"],
    ]);
    expect(v5Heard().map(({ responses: [{ users }] }) => users.length)).toEqual([1, 1]);
  });

  it("waits until a gap is filled", async () => {
    await asked("m1");
    await server.tellsReaders("m1", 1, [["carla", 3_000]]);
    expect(alice.heard).toEqual([]);
    const page = wireReaders([
      ["bob", 1_000],
      ["carla", 3_000],
    ]);
    expect(await server.accepts("getReaders", { $case: "readers", value: page })).toMatchObject({ fromOrdinal: 0 });
    expect(readersHeard().map(({ respondUserIds }) => Object.keys(respondUserIds))).toEqual([["bob", "carla"]]);
  });

  it("comes once for many that come at once", async () => {
    await asked("m1");
    await Promise.all([
      server.tellsReaders("m1", 0, [["bob", 1_000]]),
      server.tellsReaders("m1", 1, [["carla", 2_000]]),
      server.tellsReaders("m1", 2, [["dave", 3_000]]),
    ]);
    const last = readersHeard().at(-1);
    expect(Object.keys(last.respondUserIds)).toEqual(["bob", "carla", "dave"]);
    const users = v5Heard().flatMap(({ responses: [{ users }] }) => users);
    expect(users.map(({ userId }: { userId: string }) => userId)).toEqual(["bob", "carla", "dave"]);
  });

  it("names the channel of an ultra group", async () => {
    await server.tellsReaders("m1", 0, [["bob", 1_000]], {}, { type: 5, targetId: "city", channelId: "news" });
    expect(readersHeard()[0]).toMatchObject({ conversationType: 5, targetId: "city", channelId: "news" });
  });
});

describe("each event of the per-message kind", () => {
  it("has those who are new, and the counts", async () => {
    await asked("m1");
    await server.tellsReaders("m1", 0, [["bob", 1_000]], { unread: 2, total: 3 });
    await server.tellsReaders("m1", 1, [["carla", 3_000]], { unread: 1, left: 1, total: 3 });
    const about = { targetId: "ward-3", messageUId: "m1", conversationType: 2, channelId: "" };
    const bob = { userId: "bob", timestamp: 1_000, readStatus: 0 };
    const carla = { userId: "carla", timestamp: 3_000, readStatus: 0 };
    expect(v5Heard()).toEqual([
      { responses: [{ ...about, users: [bob], readCount: 1, unreadCount: 2, leftCount: 0, totalCount: 3 }] },
      { responses: [{ ...about, users: [carla], readCount: 2, unreadCount: 1, leftCount: 1, totalCount: 3 }] },
    ]);
  });

  it("comes whether or not there is a listener of the other kind", async () => {
    await asked("m1");
    alice.engine.setOnGroupMessageReadReceiptResponseReceivedListener();
    await server.tellsReaders("m1", 0, [["bob", 1_000]]);
    alice.engine.setOnMessageReadReceiptV5ReceivedListener();
    await server.tellsReaders("m1", 1, [["carla", 2_000]]);
    expect(alice.heard.map(([name]) => name)).toEqual(["onMessageReadReceiptV5Received"]);
  });
});

describe("a sender who was away", () => {
  it("gets one event for each message, with the whole map and those who are new to it", async () => {
    const storage = memoryStorage();
    await endEngine();
    alice = await App.of("alice", server, server.options(storage));
    await asked("m1");
    await server.tellsReaders("m1", 0, [["bob", 1_000]]);
    await endEngine();
    alice = await App.of("alice", server, server.options(storage));
    expect(server.resumes.at(-1)?.receipts).toMatchObject([{ messageUid: "m1", readers: 1 }]);
    await server.tellsReaders("m1", 1, [["carla", 3_000]]);
    const page = wireReaders([
      ["bob", 1_000],
      ["carla", 3_000],
    ]);
    await server.accepts("getReaders", { $case: "readers", value: page });
    expect(readersHeard().map(({ respondUserIds }) => Object.keys(respondUserIds))).toEqual([["bob", "carla"]]);
    expect(v5Heard()[0].responses[0].users).toMatchObject([{ userId: "carla" }]);
  });
});

describe("lists and counts by the call", () => {
  const place = [2, "ward-3", null] as const;
  const counts = { read: 2, unread: 3, left: 1, total: 5 };
  const info = { readCount: 2, unreadCount: 3, leftCount: 1, totalCount: 5, code: 0 };

  it("counts of messages of one conversation", async () => {
    const { told } = await alice.calls("getMessageReadReceiptInfoV5", ...place, ["m1", "m2", "m1"]);
    const items = [
      { messageUid: "m1", code: 0, counts },
      { messageUid: "m2", code: Code.RECEIPT_NOT_SENDER, counts: undefined },
    ];
    const call = await server.accepts("getReceiptCounts", { $case: "receiptCounts", value: { items } });
    expect(call.messageUids).toEqual(["m1", "m2"]);
    const [[name, { t }] = ["", {}]] = told;
    expect([name, t]).toMatchObject([
      "onSuccess",
      [
        { messageUId: "m1", ...info },
        { messageUId: "m2", code: 26320 },
      ],
    ]);
  });

  it("counts of messages of several conversations, in the order of the call", async () => {
    const name = (targetId: string, messageUId: string) => ({ conversationType: 2, targetId, messageUId });
    const names = [name("ward-3", "m1"), name("ward-4", "m2"), name("ward-3", "m3")];
    const { told } = await alice.calls("getMessageReadReceiptInfoV5ByIdentifiers", names);
    const answer = (...uids: string[]) => {
      const items = uids.map((messageUid) => ({ messageUid, code: 0, counts }));
      return server.accepts("getReceiptCounts", { $case: "receiptCounts", value: { items } });
    };
    expect((await answer("m1", "m3")).messageUids).toEqual(["m1", "m3"]);
    expect(told).toEqual([]);
    expect((await answer("m2")).messageUids).toEqual(["m2"]);
    expect(told).toEqual([["onSuccess", { t: names.map((each) => ({ ...each, channelId: "", ...info })) }]]);
  });

  it("counts of several conversations fail if those of one do", async () => {
    const names = ["ward-3", "ward-4"].map((targetId) => ({ targetId, messageUId: `of ${targetId}` }));
    const { told } = await alice.calls("getMessageReadReceiptInfoV5ByIdentifiers", names);
    await server.refuses("getReceiptCounts", Code.NOT_IN_GROUP);
    await server.accepts("getReceiptCounts", { $case: "receiptCounts", value: { items: [] } });
    expect(told).toEqual([["onError", { code: Code.NOT_IN_GROUP }]]);
  });

  it("a page of readers", async () => {
    const option = { pageToken: "next", pageCount: 2, readStatus: 1, order: 1 };
    const { told } = await alice.calls("getMessagesReadReceiptUsersByPageV5", ...place, "m1", option);
    const users = [
      { userId: "bob", readAtMs: 1_000, status: 0 as const },
      { userId: "carla", readAtMs: 0, status: 2 as const },
    ];
    const value = { users, pageToken: "more", total: 7 };
    expect(await server.accepts("listReceiptUsers", { $case: "receiptUsers", value })).toMatchObject({
      messageUid: "m1",
      pageToken: "next",
      count: 2,
      status: 1,
      order: 1,
    });
    const listed = [
      { userId: "bob", timestamp: 1_000, readStatus: 0 },
      { userId: "carla", timestamp: 0, readStatus: 2 },
    ];
    expect(told).toEqual([["onSuccess", { t: { pageToken: "more", totalCount: 7, users: listed } }]]);
  });

  it("a page of the newest hundred readers, if nothing else is said", async () => {
    await alice.calls("getMessagesReadReceiptUsersByPageV5", ...place, "m1", {});
    const call = await server.refuses("listReceiptUsers", Code.RECEIPT_NOT_REQUESTED);
    expect(call).toMatchObject({ pageToken: "", count: 100, status: 0, order: 0 });
  });

  it("whether some people have read", async () => {
    const { told } = await alice.calls("getMessagesReadReceiptByUsersV5", ...place, "m1", ["bob"]);
    const users = [{ userId: "bob", readAtMs: 1_000, status: 0 as const }];
    const value = { users, pageToken: "", total: 0 };
    expect((await server.accepts("findReceiptUsers", { $case: "receiptUsers", value })).userIds).toEqual(["bob"]);
    expect(told).toMatchObject([["onSuccess", { t: { users: [{ userId: "bob", timestamp: 1_000 }] } }]]);
  });

  it("answers by uids", async () => {
    const { told } = await alice.calls("sendReadReceiptResponseV5", ...place, ["m1", "m2"]);
    expect((await server.acceptsAnswer()).messageUids).toEqual(["m1", "m2"]);
    expect(told).toEqual([["onSuccess", {}]]);
    const refused = await alice.calls("sendReadReceiptResponseV5", ...place, ["m3", "m4"]);
    await server.acceptsAnswer((uid) => (uid === "m4" ? Code.NOT_IN_AUDIENCE : 0));
    expect(refused.told).toEqual([["onError", { code: Code.NOT_IN_AUDIENCE }]]);
    expect(alice.heard).toEqual([]);
  });

  it.each([
    ["getMessageReadReceiptInfoV5", Code.CONVERSATION_TYPE_INVALID, 1, "bob", null, ["m1"]],
    ["sendReadReceiptResponseV5", Code.CONVERSATION_TYPE_INVALID, 3, "room", null, ["m1"]],
    ["getMessageReadReceiptInfoV5", Code.MESSAGE_UID_INVALID, ...place, ["x".repeat(65)]],
    ["sendReadReceiptResponseV5", Code.MESSAGE_UID_INVALID, ...place, ["m1", "x".repeat(65)]],
    ["getMessagesReadReceiptUsersByPageV5", Code.MESSAGE_UID_INVALID, ...place, "x".repeat(65), {}],
    ["getMessagesReadReceiptByUsersV5", Code.MESSAGE_UID_INVALID, ...place, "x".repeat(65), ["bob"]],
    ["getMessagesReadReceiptByUsersV5", Code.USER_ID_INVALID, ...place, "m1", ["x".repeat(65)]],
    ["getMessageReadReceiptInfoV5", Code.RECEIPT_LIST_TOO_LONG, ...place, Array(501).fill("m1")],
    ["getMessagesReadReceiptByUsersV5", Code.RECEIPT_LIST_TOO_LONG, ...place, "m1", Array(501).fill("bob")],
    ["getMessagesReadReceiptUsersByPageV5", Code.PAGE_TOKEN_INVALID, ...place, "m1", { pageToken: "x".repeat(1_025) }],
    ["getMessageReadReceiptInfoV5ByIdentifiers", Code.MESSAGE_UID_INVALID, [{ targetId: "ward-3" }]],
    [
      "getMessageReadReceiptInfoV5ByIdentifiers",
      Code.CONVERSATION_TYPE_INVALID,
      [{ conversationType: 1, targetId: "b" }],
    ],
  ])("%s is refused with %i", async (call, code, ...args) => {
    expect(await alice.calls(call, ...args)).toEqual({ code, told: [] });
    expect(server.waiting).toEqual([]);
  });

  it("a success that is not one has the code of a failure inside", async () => {
    const { told } = await alice.calls("getMessageReadReceiptInfoV5", ...place, ["m1"]);
    await server.accepts("getReceiptCounts");
    expect(told).toEqual([["onError", { code: Code.NATIVE_OPERATION_ERROR }]]);
  });
});
