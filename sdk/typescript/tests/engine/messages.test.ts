/** Sending, fetching and recalling messages. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Code } from "../../src/codes.js";
import type { Message, ReceiptInfo } from "../../src/protocol/frames.js";
import type { RCIMIWMessage } from "../../src/rcim/types.js";
import { memoryStorage } from "../../src/storage/memory.js";
import { App, endEngine, lastOf } from "./app.js";
import { FakeServer, nothingBeside, SERVER_TIME_MS, ward, wireMessage, wireReaders } from "./fake_server.js";

let server: FakeServer;
let alice: App;
beforeEach(async () => {
  server = new FakeServer();
  alice = await App.of("alice", server);
});
afterEach(endEngine);

const history = [2, "ward-3", null, 0, 0, 1, 20] as const;
const historyOf = (...messages: Message[]) => ({ $case: "history" as const, value: { messages, more: false } });

describe("a message that is sent", () => {
  it("is saved first and then sent, with what the server says of it", async () => {
    const text = await alice.writes("hello");
    expect(text).toMatchObject({
      conversationType: 2,
      targetId: "ward-3",
      messageType: 2,
      text: "hello",
      direction: 0,
    });
    expect(text.messageUId).toBeUndefined();
    const { code, told } = await alice.sends({ ...text, extra: "urgent" });
    expect(code).toBe(0);
    expect(told).toMatchObject([
      ["onMessageSaved", { message: { text: "hello", sentStatus: 0, senderUserId: "alice" } }],
    ]);
    expect(await server.acceptsMessage("m1", 1_234)).toMatchObject({
      conversation: ward,
      content: { kind: { $case: "text", value: { text: "hello" } }, extra: "urgent" },
      needReceipt: false,
    });
    const sent = { messageId: text.messageId, messageUId: "m1", sentTime: 1_234, sentStatus: 2, extra: "urgent" };
    expect(told.map(([name]) => name)).toEqual(["onMessageSaved", "onMessageSent"]);
    expect(lastOf(told)).toMatchObject({ code: 0, message: sent });
    expect(lastOf(told).message.groupReadReceiptInfo).toBeUndefined();
  });

  it("carries what stands beside its content, both ways", async () => {
    const beside = {
      userInfo: { userId: "alice", name: "Alice", portrait: "https://example.org/a.png", alias: "Al", extra: "nurse" },
      mentionedInfo: { type: 1, userIdList: ["bob"], mentionedContent: "look" },
      expansion: { bed: "7", ["__proto__"]: "safe" },
    };
    await alice.sends({ ...(await alice.writes("hello")), ...beside });
    const { content } = await server.acceptsMessage("m1");
    expect(content).toMatchObject({
      userInfo: beside.userInfo,
      mentionedInfo: { type: 1, userIds: ["bob"], content: "look" },
      expansion: {
        entries: [
          { key: "bed", value: "7" },
          { key: "__proto__", value: "safe" },
        ],
      },
    });
    const { told } = await alice.calls("getMessages", ...history);
    await server.accepts("getHistory", historyOf(wireMessage({ uid: "m1", content })));
    const { userInfo, mentionedInfo, expansion } = lastOf(told).t[0];
    expect({ userInfo, mentionedInfo, expansion }).toEqual(beside);
    expect(Object.entries(expansion)).toEqual(Object.entries(beside.expansion));
  });

  it.each([
    ["a text with half a surrogate pair", { text: "a\ud800b" }],
    ["extra with half a surrogate pair", { extra: "\udc00" }],
    ["extra that is no text", { extra: 7 }],
    ["a user info that is none", { userInfo: "alice" }],
    ["a name that is no text", { userInfo: { name: 7 } }],
    ["a mention of nobody's id", { mentionedInfo: { type: 1, userIdList: [7] } }],
    ["an unknown kind of mention", { mentionedInfo: { type: 9 } }],
    ["a kind of mention by its name", { mentionedInfo: { type: "all" } }],
    ["an expansion whose values are no texts", { expansion: { bed: 7 } }],
  ])("is refused with %s", async (_, fields) => {
    const { code, told } = await alice.sends({ ...(await alice.writes("hello")), ...fields } as RCIMIWMessage);
    expect({ code, told }).toEqual({ code: Code.PARAM_ERROR, told: [] });
  });

  it("has the fields of a map", async () => {
    const fields = new Map([["bed", "7"]]) as unknown as Record<string, string>;
    await alice.sends({ targetId: "ward-3", messageType: 1, identifier: "app:poll", fields } as RCIMIWMessage);
    const { content } = await server.acceptsMessage("m1");
    expect(content?.kind).toMatchObject({ $case: "custom", value: { fields: '{"bed":"7"}' } });
  });

  it("is refused when it would go to some of the members only", async () => {
    const directed = { ...(await alice.writes("hello")), directedUserIds: ["bob"] };
    const { code } = await alice.sends(directed);
    expect(code).toBe(Code.CALL_NOT_SUPPORTED);
  });

  it("leaves the application's own object alone", async () => {
    const text = Object.freeze(await alice.writes("hello"));
    await alice.sends(text);
    await server.acceptsMessage("m1");
    expect(text.messageUId).toBeUndefined();
  });

  it("asks in the same step with needReceipt", async () => {
    const { told } = await alice.sends({ ...(await alice.writes("hello")), needReceipt: true });
    expect((await server.acceptsMessage("m1")).needReceipt).toBe(true);
    expect(lastOf(told).message.groupReadReceiptInfo).toEqual({ readReceiptMessage: true, hasRespond: false });
    await server.tellsReaders("m1", 0, [["bob", 1_000]]);
    expect(Object.keys(alice.heardOf("onGroupMessageReadReceiptResponseReceived")[0].respondUserIds)).toEqual(["bob"]);
  });

  it.each([1, "true", {}, null, undefined, false])("does not ask with needReceipt %j", async (needReceipt) => {
    await alice.calls("sendMessage", { ...(await alice.writes("hello")), needReceipt });
    expect((await server.acceptsMessage("m1")).needReceipt).toBe(false);
  });

  it("keeps its reference over a restart", async () => {
    const storage = memoryStorage();
    await endEngine();
    alice = await App.of("alice", server, server.options(storage));
    const text = await alice.writes("hello");
    await alice.sends(text);
    const first = await server.refuses("sendMessage", Code.STORE_UNAVAILABLE);
    await endEngine();
    alice = await App.of("alice", server, server.options(storage));
    await alice.sends(text);
    expect((await server.acceptsMessage("m1")).clientRef).toBe(first.clientRef);
  });

  it("has a reference of its own otherwise, of at most 64 characters", async () => {
    const refs = new Set<string>();
    for (const text of ["hello", "hello"]) {
      await alice.sends(await alice.writes(text));
      await alice.sends({ messageType: 2, targetId: "ward-3", text } as object);
      refs.add((await server.acceptsMessage("m1")).clientRef);
      refs.add((await server.acceptsMessage("m2")).clientRef);
    }
    expect(refs.size).toBe(4);
    for (const ref of refs) expect([...ref].length).toBeLessThanOrEqual(64);
  });

  it("is not told again when the log has it", async () => {
    await alice.sends(await alice.writes("hello"));
    const { clientRef } = await server.acceptsMessage("m1");
    await server.tellsMessage({ uid: "m1", clientRef });
    await server.tellsMessage({ uid: "m2", clientRef: "other-device-1" });
    expect(alice.heard.map(([name, { message }]) => [name, message.messageUId])).toEqual([["onMessageReceived", "m2"]]);
  });

  it("of the application's own kind carries its fields", async () => {
    const fields = { question: "Lunch?" };
    const poll = await alice.engine.createCustomMessage(2, "ward-3", null, 3, "app:poll", fields);
    if (typeof poll === "number") throw new Error(`code ${poll}`);
    await alice.sends(poll);
    const { content } = await server.acceptsMessage("m1");
    const value = { identifier: "app:poll", policy: 3, fields: '{"question":"Lunch?"}' };
    expect(content?.kind).toEqual({ $case: "custom", value });
  });
});

describe("a message object that is sent again", () => {
  /** Sends it; what becomes of it is for the test to say. */
  const sends = async (message: RCIMIWMessage) => (await alice.sends(message)).told;
  const isStored = async (uid: string) => (await server.acceptsMessage(uid)).clientRef;
  const fails = async () => (await server.refuses("sendMessage", Code.SEND_FREQUENCY_TOO_FAST)).clientRef;
  /** The connection ends and does not come back in time. */
  const isLost = async () => {
    await server.vanishes();
    await server.passes(31_000);
    await server.comesBack();
  };
  const distinct = (...refs: string[]) => new Set(refs).size;

  it("is another message if it was stored", async () => {
    const text = await alice.writes("hello");
    const first = await sends(text);
    const refs = [await isStored("m1")];
    const second = await sends(text);
    refs.push(await isStored("m2"));
    const third = await sends(lastOf(second).message);
    expect(third).toMatchObject([["onMessageSaved", { message: { text: "hello", sentStatus: 0 } }]]);
    expect(lastOf(third).message).not.toHaveProperty("messageUId");
    expect(lastOf(third).message).not.toHaveProperty("sentTime");
    refs.push(await isStored("m3"));
    expect(distinct(...refs)).toBe(3);
    const results = [first, second, third].map((told) => lastOf(told).message);
    expect(results.map(({ messageUId }) => messageUId)).toEqual(["m1", "m2", "m3"]);
    expect(new Set(results.map(({ messageId }) => messageId)).size).toBe(3);
  });

  it("is another message while the first is on its way", async () => {
    const text = await alice.writes("hello");
    await sends(text);
    await sends(text);
    expect(distinct(await isStored("m1"), await isStored("m2"))).toBe(2);
  });

  it("is the same message if the first has failed", async () => {
    const text = await alice.writes("hello");
    const told = await sends(text);
    const first = await fails();
    expect(lastOf(told)).toMatchObject({ code: 20604, message: { sentStatus: 1, messageId: text.messageId } });
    await sends(text);
    const second = await fails();
    await sends(lastOf(told).message);
    expect([second, await isStored("m1")]).toEqual([first, first]);
    await sends(text);
    expect(await isStored("m2")).not.toBe(first);
  });

  it("is the same message if nobody knows what became of the first", async () => {
    const text = await alice.writes("hello");
    const told = await sends(text);
    await isLost();
    expect(lastOf(told).message.sentStatus).toBe(1);
    await sends(text);
    const first = await isStored("m1");
    expect(lastOf(await sends(text)).message.messageId).not.toBe(text.messageId);
    await isLost();
    await sends(text);
    const second = await isStored("m2");
    await sends(text);
    expect([distinct(first, second, await isStored("m3")), first.endsWith(`${text.messageId}`)]).toEqual([3, true]);
  });

  it("is the same message after a second copy was lost", async () => {
    const text = await alice.writes("hello");
    await sends(text);
    const first = await isStored("m1");
    await sends(text);
    const lost = await fails();
    await sends(text);
    expect([distinct(first, lost), await isStored("m2")]).toEqual([2, lost]);
  });

  it("is another message if it says something else or elsewhere", async () => {
    const text = await alice.writes("hello");
    await sends(text);
    const refs = [await fails()];
    await sends({ ...text, text: "hello!" } as RCIMIWMessage);
    refs.push(await fails());
    await sends({ ...text, targetId: "ward-4" });
    refs.push(await fails());
    expect(distinct(...refs)).toBe(3);
  });

  it("is another message if it came from somebody", async () => {
    await server.tellsMessage({ uid: "m1", senderId: "bob" });
    const [{ message }] = alice.heardOf("onMessageReceived");
    const told = await sends({ ...message, targetId: "ward-4" });
    const { clientRef, content } = await server.acceptsMessage("m2");
    expect([clientRef.endsWith(`${message.messageId}`), content?.kind?.value]).toEqual([false, { text: "text of m1" }]);
    const own = { messageUId: "m2", senderUserId: "alice", direction: 0, sentStatus: 2, targetId: "ward-4" };
    expect(lastOf(told).message).toMatchObject(own);
    expect(lastOf(told).message).not.toHaveProperty("receivedTime");
    await server.vanishes();
    const kept = await alice.calls("getMessageById", message.messageId);
    expect(lastOf(kept.told).t).toMatchObject({ messageUId: "m1", senderUserId: "bob" });
  });

  it.each([
    ["as its sender wrote them", {}, '{"ward": 12345678901234567890123}'],
    ["as the application has changed them", { fields: { ward: "7" } }, '{"ward":"7"}'],
  ])("has the fields of a message that came from somebody, %s", async (_, changed, fields) => {
    const custom = { identifier: "app:poll", policy: 1, fields: '{"ward": 12345678901234567890123}' };
    const content = { kind: { $case: "custom" as const, value: custom }, ...nothingBeside };
    await server.tellsMessage({ uid: "m1", senderId: "bob", content });
    const told = await sends({ ...alice.heardOf("onMessageReceived")[0].message, ...changed });
    expect((await server.acceptsMessage("m2")).content?.kind?.value).toEqual({ ...custom, fields });
    expect(lastOf(told).code).toBe(0);
  });

  it("needs no number to be known again", async () => {
    const text = Object.freeze({ messageType: 2, targetId: "ward-3", text: "hello" }) as RCIMIWMessage;
    await sends(text);
    const first = await fails();
    await sends(text);
    const second = await isStored("m1");
    await sends(text);
    expect([second, distinct(first, await isStored("m2"))]).toEqual([first, 2]);
  });
});

describe("the body of a message", () => {
  it("may have 128 KiB", async () => {
    const fits = await alice.sends({ ...(await alice.writes("群".repeat(43_690))), extra: "xx" });
    expect(fits.code).toBe(0);
    await server.acceptsMessage("m1");
  });

  it("is too large with one byte more", async () => {
    const text = await alice.writes("群".repeat(43_690));
    expect(await alice.sends({ ...text, extra: "xxx" })).toEqual({ code: Code.MESSAGE_TOO_LARGE, told: [] });
    const custom = { messageType: 1, targetId: "ward-3", identifier: "app:poll", fields: { all: "x".repeat(131_072) } };
    expect(await alice.sends(custom as object)).toEqual({ code: Code.MESSAGE_TOO_LARGE, told: [] });
    expect(server.waiting).toEqual([]);
  });
});

describe("a message cannot be sent", () => {
  it.each([
    [Code.CONVERSATION_TYPE_INVALID, { conversationType: 1 }],
    [Code.CONVERSATION_TYPE_INVALID, { conversationType: 0 }],
    [Code.TARGET_ID_INVALID, { targetId: "x".repeat(65) }],
    [Code.PARAM_ERROR, { text: "" }],
  ])("with %i", async (code, fields) => {
    expect(await alice.sends({ ...(await alice.writes("hello")), ...fields })).toEqual({ code, told: [] });
  });
});

describe("a message that comes", () => {
  it("is told as the vendor tells it", async () => {
    await server.tellsMessage({ uid: "m1", senderId: "bob", sentAtMs: 1_234 });
    const [{ message, ...about }] = alice.heardOf("onMessageReceived");
    expect(about).toEqual({ left: 0, offline: false, hasPackage: false });
    expect(message).toMatchObject({
      conversationType: 2,
      targetId: "ward-3",
      messageType: 2,
      messageUId: "m1",
      senderUserId: "bob",
      direction: 1,
      sentTime: 1_234,
      text: "text of m1",
      offLine: false,
    });
  });

  it("can be found by its number as well", async () => {
    await server.tellsMessage({ uid: "m1", senderId: "bob" });
    const { messageId } = alice.heardOf("onMessageReceived")[0].message;
    const { told } = await alice.calls("getMessageById", messageId);
    const fetched = wireMessage({ uid: "m1", senderId: "bob", conversation: ward });
    await server.accepts("getMessage", { $case: "message", value: fetched });
    expect(told).toMatchObject([["onSuccess", { t: { messageId, messageUId: "m1", text: "text of m1" } }]]);
  });
});

describe("history", () => {
  const receipt = (info: Partial<ReceiptInfo>): { receipt: ReceiptInfo } => ({
    receipt: { requested: true, answered: false, readers: undefined, counts: undefined, ...info },
  });
  const readers = wireReaders([
    ["bob", 1_000],
    ["__proto__", 2_000],
  ]);
  const counts = { read: 2, unread: 3, left: 1, total: 5 };

  it("asks the server for what the application asks", async () => {
    await alice.calls("getMessages", 2, "ward-3", null, 1_234, 1, 0, 7);
    const call = await server.accepts("getHistory", historyOf());
    expect(call).toEqual({ conversation: ward, sentAtMs: 1_234, order: 1, count: 7, fromMessageUid: "" });
  });

  it("has what is known of an own message's receipt", async () => {
    const { told } = await alice.calls("getMessages", ...history);
    await server.accepts("getHistory", historyOf(wireMessage({ uid: "m1", ...receipt({ readers, counts }) })));
    const [message] = lastOf(told).t;
    const { respondUserIds, readers: listed, ...info } = message.groupReadReceiptInfo;
    const numbers = { readCount: 2, unreadCount: 3, leftCount: 1, totalCount: 5 };
    expect(info).toEqual({ readReceiptMessage: true, hasRespond: false, ...numbers });
    expect(respondUserIds.size).toBe(listed.length);
    expect([...respondUserIds.entries()]).toEqual([
      ["bob", 1_000],
      ["__proto__", 2_000],
    ]);
    expect(message).toMatchObject({ direction: 0, sentStatus: 2, needReceipt: true, sentReceipt: false });
  });

  it("has whether this user has answered for somebody else's message, and no readers", async () => {
    const { told } = await alice.calls("getMessages", ...history);
    const messages = [
      wireMessage({ uid: "m1", senderId: "bob", ...receipt({ answered: true, readers, counts }) }),
      wireMessage({ uid: "m2", senderId: "bob", ...receipt({}) }),
    ];
    await server.accepts("getHistory", historyOf(...messages));
    expect(
      lastOf(told).t.map(({ groupReadReceiptInfo }: { groupReadReceiptInfo: unknown }) => groupReadReceiptInfo),
    ).toEqual([
      { readReceiptMessage: true, hasRespond: true },
      { readReceiptMessage: true, hasRespond: false },
    ]);
    expect(lastOf(told).t.map(({ sentReceipt }: { sentReceipt: unknown }) => sentReceipt)).toEqual([true, false]);
  });

  it("shows that a message was recalled, and not what it said", async () => {
    const { told } = await alice.calls("getMessages", ...history);
    await server.accepts("getHistory", historyOf(wireMessage({ uid: "m1", senderId: "bob", recalled: true })));
    expect(lastOf(told).t[0].messageType).toBe(8);
    expect(lastOf(told).t[0].text).toBeUndefined();
  });

  it("has fields of a custom message as they came, whatever they are", async () => {
    const { told } = await alice.calls("getMessages", ...history);
    const custom = (fields: string) => ({
      kind: { $case: "custom" as const, value: { identifier: "app:poll", policy: 1, fields } },
      ...nothingBeside,
    });
    const messages = ['{"a":"b"}', "{broken"].map((fields, place) =>
      wireMessage({ uid: `m${place}`, senderId: "bob", content: custom(fields) }),
    );
    await server.accepts("getHistory", historyOf(...messages));
    expect(lastOf(told).t.map(({ fields }: { fields: unknown }) => fields)).toEqual([{ a: "b" }, { raw: "{broken" }]);
    expect(lastOf(told).t[0].fieldsText).toBe('{"a":"b"}');
  });

  it("keeps one number for one message", async () => {
    await alice.calls("getMessages", ...history);
    await server.accepts("getHistory", historyOf(wireMessage({ uid: "m1" })));
    const { told } = await alice.calls("getMessages", ...history);
    await server.accepts("getHistory", historyOf(wireMessage({ uid: "m1" }), wireMessage({ uid: "m2" })));
    const again = await alice.calls("getMessages", ...history);
    await server.accepts("getHistory", historyOf(wireMessage({ uid: "m1" })));
    const [[one, two], [same]] = [lastOf(told).t, lastOf(again.told).t];
    expect(one.messageId).toBe(same.messageId);
    expect(one.messageId).not.toBe(two.messageId);
  });

  it("comes to the listener when it is loaded", async () => {
    expect(await alice.callsPlainly("loadMessages", 5, "city", null, 0, 0, 1, 20)).toBe(0);
    await server.accepts("getHistory", historyOf(wireMessage({ uid: "m1" })));
    await alice.callsPlainly("loadMessages", ...history);
    await server.refuses("getHistory", Code.NOT_IN_GROUP);
    const asked = { sentTime: 0, order: 0 };
    const loaded = { code: 0, type: 5, targetId: "city", channelId: "RCDefault", ...asked };
    expect(alice.heardOf("onMessagesLoaded")).toEqual([
      { ...loaded, messages: [expect.objectContaining({ messageUId: "m1" })] },
      { code: Code.NOT_IN_GROUP, type: 2, targetId: "ward-3", channelId: "", ...asked, messages: [] },
    ]);
  });

  it("that cannot be had ends with the code", async () => {
    const { told } = await alice.calls("getMessages", ...history);
    await server.refuses("getHistory", Code.NOT_IN_GROUP);
    expect(told).toEqual([["onError", { code: Code.NOT_IN_GROUP }]]);
  });
});

describe("one message", () => {
  it("is found by its uid, wherever it is", async () => {
    const { told } = await alice.calls("getMessageByUId", "m1");
    const channel = { type: 5 as const, targetId: "city", channelId: "news" };
    const value = wireMessage({ uid: "m1", conversation: channel });
    const call = await server.accepts("getMessage", { $case: "message", value });
    expect(call).toEqual({ conversation: undefined, messageUid: "m1" });
    expect(told).toMatchObject([
      ["onSuccess", { t: { messageUId: "m1", conversationType: 5, targetId: "city", channelId: "news" } }],
    ]);
  });

  it("that is not there ends with 26322", async () => {
    const { told } = await alice.calls("getMessageByUId", "m1");
    await server.refuses("getMessage", Code.RECEIPT_MESSAGE_NOT_FOUND);
    expect(told).toEqual([["onError", { code: 26322 }]]);
    const never = await alice.calls("getMessageById", 77);
    expect(never).toEqual({ code: 0, told: [["onError", { code: 26322 }]] });
  });

  it("is refused by a uid that cannot be", async () => {
    expect(await alice.calls("getMessageByUId", "x".repeat(65))).toEqual({ code: Code.MESSAGE_UID_INVALID, told: [] });
  });

  it("is found by its number with what is known of its receipt now", async () => {
    const { messageId } = await alice.hasSent("m1");
    const { told } = await alice.calls("getMessageById", messageId);
    const receipt = { requested: true, answered: false, readers: wireReaders([["bob", 1]]), counts: undefined };
    await server.accepts("getMessage", {
      $case: "message",
      value: wireMessage({ uid: "m1", receipt, conversation: ward }),
    });
    const { t } = lastOf(told);
    expect([t.messageId, Object.keys(t.groupReadReceiptInfo.respondUserIds)]).toEqual([messageId, ["bob"]]);
    // As the vendor's example does: fetch by number, then ask.
    expect((await alice.asks(t)).code).toBe(0);
  });

  it("is found by its number as it was, without a connection or before it was sent", async () => {
    const failed = await alice.sends(await alice.writes("hello"));
    const { messageId } = lastOf(failed.told).message;
    expect((await alice.calls("getMessageById", messageId)).told).toMatchObject([["onSuccess", { t: { messageId } }]]);
    await server.acceptsMessage("m1");
    await server.vanishes();
    const { code, told } = await alice.calls("getMessageById", messageId);
    expect([code, told]).toMatchObject([0, [["onSuccess", { t: { messageId, messageUId: "m1" } }]]]);
  });
});

describe("a recall", () => {
  it("of an own message has its result", async () => {
    const message = await alice.hasSent("m1");
    const { code, told } = await alice.calls("recallMessage", message);
    expect(code).toBe(0);
    expect(await server.accepts("recallMessage")).toEqual({ conversation: ward, messageUid: "m1" });
    expect(told).toEqual([["onMessageRecalled", { code: 0, message }]]);
    // The log has it too; it is no news here.
    await server.tellsRecall("m1", "alice");
    expect(alice.heard).toEqual([]);
  });

  it("of somebody else's message is refused by the server", async () => {
    const { told } = await alice.calls("recallMessage", { targetId: "ward-3", messageUId: "m1" });
    await server.refuses("recallMessage", 25107);
    expect(lastOf(told).code).toBe(25107);
  });

  it("of a message that was not sent is refused at once", async () => {
    const made = await alice.calls("recallMessage", await alice.writes("hello"));
    expect(made).toEqual({ code: Code.MESSAGE_UID_INVALID, told: [] });
  });

  it("by somebody else is told, with the message as it was", async () => {
    await server.tellsMessage({ uid: "m1", senderId: "bob" });
    await server.tellsRecall("m1", "bob");
    await server.tellsRecall("m2", "bob");
    const [known, unknown] = alice.heardOf("onRemoteMessageRecalled").map(({ message }) => message);
    expect(known).toMatchObject({
      messageType: 8,
      messageUId: "m1",
      senderUserId: "bob",
      conversationType: 2,
      targetId: "ward-3",
      recallTime: SERVER_TIME_MS,
      originalMessage: { text: "text of m1" },
    });
    expect(unknown).toMatchObject({ messageType: 8, messageUId: "m2" });
    expect(unknown.originalMessage).toBeUndefined();
  });
});
