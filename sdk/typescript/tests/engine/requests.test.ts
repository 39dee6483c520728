/** Asking who has read a message. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Code } from "../../src/codes.js";
import { App, endEngine, lastOf, messagesOf } from "./app.js";
import { FakeServer, ward } from "./fake_server.js";

let server: FakeServer;
let alice: App;
beforeEach(async () => {
  server = new FakeServer();
  alice = await App.of("alice", server);
});
afterEach(endEngine);

describe("a request", () => {
  it("names the message to the server, and its result has the message as it was given", async () => {
    const message = await alice.hasSent("m1", { extra: "urgent" });
    const { told } = await alice.asks(message);
    expect(await server.accepts("requestReceipt")).toEqual({ conversation: ward, messageUid: "m1" });
    expect(told).toEqual([["onGroupReadReceiptRequestSent", { code: 0, message }]]);
    expect(lastOf(told).message).toBe(message);
  });

  it("may be made twice", async () => {
    const message = await alice.hasSent("m1");
    for (const _ of [1, 2]) {
      const { code, told } = await alice.asks(message);
      await server.accepts("requestReceipt");
      expect([code, lastOf(told).code]).toEqual([0, 0]);
    }
  });

  it.each([Code.RECEIPT_NOT_SENDER, Code.RECEIPT_MESSAGE_NOT_FOUND, Code.NOT_IN_GROUP, Code.REQUEST_OVER_FREQUENCY])(
    "that the server refuses with %i ends with that code",
    async (code) => {
      const { told } = await alice.asks({ targetId: "ward-3", messageUId: "m1" });
      await server.refuses("requestReceipt", code);
      expect(told.map(([, result]) => result.code)).toEqual([code]);
    },
  );

  it("is made again by the engine if the connection is lost on the way", async () => {
    const { told } = await alice.asks({ targetId: "ward-3", messageUId: "m1" });
    await server.vanishes();
    await server.comesBack();
    expect(told).toEqual([]);
    await server.accepts("requestReceipt");
    expect(lastOf(told).code).toBe(0);
  });

  it("ends without a known result if the connection does not come back", async () => {
    const { told } = await alice.asks({ targetId: "ward-3", messageUId: "m1" });
    await server.vanishes();
    await server.passes(30_000);
    expect(told.map(([, { code }]) => code)).toEqual([Code.RESULT_UNKNOWN]);
  });

  it("ends after half a minute if the server does not answer", async () => {
    const { told } = await alice.asks({ targetId: "ward-3", messageUId: "m1" });
    await server.passes(29_000);
    expect(told).toEqual([]);
    await server.passes(1_000);
    expect(told.map(([, { code }]) => code)).toEqual([Code.REPLY_TIMEOUT]);
  });
});

describe("is refused at once, a request", () => {
  it("before the message was sent", async () => {
    const message = await alice.writes("hello");
    expect(await alice.asks(message)).toEqual({ code: Code.MESSAGE_UID_INVALID, told: [] });
    expect((await alice.sends(message)).code).toBe(0);
    expect(await alice.asks(message)).toEqual({ code: Code.MESSAGE_UID_INVALID, told: [] });
  });

  it.each([undefined, null, "", 5, "x".repeat(65)])("with %j for a uid", async (messageUId) => {
    const made = await alice.calls("sendGroupReadReceiptRequest", { targetId: "ward-3", messageUId });
    expect(made).toEqual({ code: Code.MESSAGE_UID_INVALID, told: [] });
  });

  it.each([0, 1, 3, 4, 6, 10, -1, 2.5])("in a conversation of type %j", async (conversationType) => {
    const made = await alice.asks({ conversationType, targetId: "bob", messageUId: "m1" });
    expect(made).toEqual({ code: Code.CONVERSATION_TYPE_INVALID, told: [] });
  });

  it("in a conversation whose id cannot be", async () => {
    const made = await alice.asks({ targetId: "x".repeat(65), messageUId: "m1" });
    expect(made).toEqual({ code: Code.TARGET_ID_INVALID, told: [] });
    expect((await alice.asks({ targetId: "", messageUId: "m1" })).code).toBe(Code.PARAM_ERROR);
  });

  it("without a connection", async () => {
    await alice.callsPlainly("disconnect", false);
    expect(await alice.asks(messagesOf("ward-3", "m1")[0] ?? {})).toEqual({ code: Code.NOT_CONNECTED, told: [] });
    // What is wrong with it is said first.
    expect((await alice.asks(await alice.writes("hello"))).code).toBe(Code.MESSAGE_UID_INVALID);
  });

  afterEach(() => expect(server.waiting.filter((kind) => kind === "requestReceipt")).toEqual([]));
});

describe("in an ultra group", () => {
  const message = { conversationType: 5, targetId: "city", messageUId: "m1" };

  it.each([
    [undefined, "RCDefault"],
    [null, "RCDefault"],
    ["", "RCDefault"],
    ["news", "news"],
    ["x".repeat(20), "x".repeat(20)],
    ["群".repeat(20), "群".repeat(20)],
  ])("channel %j is %s", async (channelId, channel) => {
    expect((await alice.asks({ ...message, channelId: channelId as string })).code).toBe(0);
    const { conversation } = await server.accepts("requestReceipt");
    expect(conversation).toEqual({ type: 5, targetId: "city", channelId: channel });
  });

  it.each(["news_1", "_", "x".repeat(21)])("channel %j cannot be", async (channelId) => {
    const channel = [5, "city", channelId] as const;
    expect(await alice.asks({ ...message, channelId })).toEqual({ code: Code.CHANNEL_ID_INVALID, told: [] });
    const answered = { ...message, channelId };
    const calls: [string, ...unknown[]][] = [
      ["recallMessage", answered],
      ["sendGroupReadReceiptResponse", "city", channelId, [message]],
      ["sendGroupReadReceiptResponse", "city", channelId, [answered]],
      ["sendReadReceiptResponseV5", ...channel, ["m1"]],
      ["getMessageReadReceiptInfoV5", ...channel, ["m1"]],
      ["getMessageReadReceiptInfoV5ByIdentifiers", [answered]],
      ["getMessagesReadReceiptUsersByPageV5", ...channel, "m1", {}],
      ["getMessagesReadReceiptByUsersV5", ...channel, "m1", ["bob"]],
      ["getMessages", ...channel, 0, 0, 1, 20],
      ["loadMessages", ...channel, 0, 0, 1, 20],
      ["sendMessage", { ...answered, messageType: 2, text: "hello" }],
    ];
    for (const [name, ...args] of calls) {
      expect([name, await alice.calls(name, ...args)]).toEqual([name, { code: Code.CHANNEL_ID_INVALID, told: [] }]);
    }
    expect(server.waiting).toEqual([]);
  });

  it("a message that names a channel need not say its type", async () => {
    const { conversationType: _, ...untyped } = { ...message, channelId: "news" };
    const news = { type: 5, targetId: "city", channelId: "news" };
    expect((await alice.asks(untyped)).code).toBe(0);
    expect((await server.accepts("requestReceipt")).conversation).toEqual(news);
    expect((await alice.sends({ ...untyped, messageType: 2, text: "hello" } as object)).code).toBe(0);
    expect((await server.acceptsMessage("m2")).conversation).toEqual(news);
    await alice.calls("getMessageReadReceiptInfoV5ByIdentifiers", [untyped]);
    expect((await server.accepts("getReceiptCounts")).conversation).toEqual(news);
    for (const answered of [untyped, { messageUId: "m1" }]) {
      const { code } = await alice.calls("sendGroupReadReceiptResponse", "city", "news", [answered]);
      expect(code).toBe(0);
      expect((await server.acceptsAnswer()).conversation).toEqual(news);
    }
    // One channel is named and another is meant: neither is guessed.
    expect((await alice.calls("sendGroupReadReceiptResponse", "city", null, [untyped])).code).toBe(Code.PARAM_ERROR);
  });

  it("somebody's request names the channel", async () => {
    await server.tellsRequest("m1", "bob", { type: 5, targetId: "city", channelId: "" });
    expect(alice.heard).toEqual([
      [
        "onGroupMessageReadReceiptRequestReceived",
        { conversationType: 5, targetId: "city", channelId: "RCDefault", messageUId: "m1", senderUserId: "bob" },
      ],
    ]);
  });
});

describe("in a group", () => {
  it("a channel is not looked at", async () => {
    const message = { conversationType: 2, targetId: "ward-3", channelId: "not_a_channel", messageUId: "m1" };
    expect((await alice.asks(message)).code).toBe(0);
    expect((await server.accepts("requestReceipt")).conversation).toEqual(ward);
  });

  it("members are told of somebody's request, once", async () => {
    await server.tellsRequest("m1", "bob");
    await server.tellsRequest("m1", "bob");
    const about = { conversationType: 2, targetId: "ward-3", channelId: "", messageUId: "m1", senderUserId: "bob" };
    expect(alice.heard).toEqual([["onGroupMessageReadReceiptRequestReceived", about]]);
  });

  it("a request of this user's other device is an event of its own", async () => {
    await server.tellsRequest("m1", "alice");
    const about = { conversationType: 2, targetId: "ward-3", channelId: "", messageUId: "m1" };
    expect(alice.heard).toEqual([["onReadReceiptRequestedElsewhere", about]]);
  });
});
