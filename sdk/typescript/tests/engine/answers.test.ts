/** Saying that messages were read, with and without a connection. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Code } from "../../src/codes.js";
import type { Storage } from "../../src/ports.js";
import { memoryStorage } from "../../src/storage/memory.js";
import { settled } from "../fake_ports.js";
import { SlowStorage, sharedStorage } from "../fake_storage.js";
import { App, endEngine, lastOf, messagesOf } from "./app.js";
import { FakeServer, tokenOf, ward } from "./fake_server.js";

let server: FakeServer;
let bob: App;
beforeEach(async () => {
  server = new FakeServer();
  bob = await App.of("bob", server);
});
afterEach(endEngine);

describe("an answer", () => {
  it("has its messages under both names, the conversation, and each message's own code", async () => {
    const messages = messagesOf("ward-3", "m1", "m2");
    const { code, told } = await bob.answers(...messages);
    expect(code).toBe(0);
    expect(await server.acceptsAnswer()).toEqual({ conversation: ward, messageUids: ["m1", "m2"] });
    const results = { m1: 0, m2: 0 };
    const result = { code: 0, message: messages, messages, targetId: "ward-3", channelId: "", results };
    expect(told).toEqual([["onGroupReadReceiptResponseSent", result]]);
  });

  it("tells the listener the same, without a callback", async () => {
    const messages = messagesOf("ward-3", "m1");
    await bob.callsPlainly("sendGroupReadReceiptResponse", "ward-3", null, messages);
    await server.acceptsAnswer();
    const result = { code: 0, message: messages, messages, targetId: "ward-3", channelId: "", results: { m1: 0 } };
    expect(bob.heard).toEqual([["onGroupReadReceiptResponseSent", result]]);
  });

  it("is recorded for the good messages if some are bad, and has the code of the first bad one", async () => {
    const { told } = await bob.answers(...messagesOf("ward-3", "m1", "m2", "m3", "m4"));
    const codes: Record<string, number> = { m2: Code.RECEIPT_NOT_REQUESTED, m3: Code.NOT_IN_AUDIENCE };
    await server.acceptsAnswer((uid) => codes[uid] ?? 0);
    expect(told).toHaveLength(1);
    const { code, results } = lastOf(told);
    expect([code, results]).toEqual([Code.RECEIPT_NOT_REQUESTED, { m1: 0, m2: 26321, m3: 90001, m4: 0 }]);
  });

  it("that is refused as a whole gives every message that code", async () => {
    const { told } = await bob.answers(...messagesOf("ward-3", "m1", "m2"));
    await server.refuses("answerReceipts", Code.NOT_IN_GROUP);
    expect(lastOf(told)).toMatchObject({ code: 22406, results: { m1: 22406, m2: 22406 } });
  });

  it("names a message once that is given twice", async () => {
    const { told } = await bob.answers(...messagesOf("ward-3", "m1", "m1"));
    expect((await server.acceptsAnswer()).messageUids).toEqual(["m1"]);
    expect(lastOf(told)).toMatchObject({ results: { m1: 0 }, messages: messagesOf("ward-3", "m1", "m1") });
  });

  it("for 250 messages goes in frames of a hundred, with one result", async () => {
    const uids = Array.from({ length: 250 }, (_, number) => `m${number}`);
    const { code, told } = await bob.answers(...messagesOf("ward-3", ...uids));
    expect(code).toBe(0);
    const frames: string[][] = [];
    const takes = async (bad?: string) => {
      const { messageUids } = await server.acceptsAnswer((uid) => (uid === bad ? Code.NOT_IN_AUDIENCE : 0));
      frames.push(messageUids);
    };
    await takes();
    await takes("m120");
    expect(told).toEqual([]);
    await takes();
    expect(frames.map(({ length }) => length)).toEqual([100, 100, 50]);
    expect(frames.flat()).toEqual(uids);
    expect(told).toHaveLength(1);
    const { code: final, messages, results } = lastOf(told);
    expect([final, messages.length, Object.keys(results).length]).toEqual([Code.NOT_IN_AUDIENCE, 250, 250]);
    expect([results.m119, results.m120, results.m249]).toEqual([0, Code.NOT_IN_AUDIENCE, 0]);
  });

  it("waits and is sent again when the server has no time for it", async () => {
    const { told } = await bob.answers(...messagesOf("ward-3", "m1"));
    await server.refuses("answerReceipts", Code.REQUEST_OVER_FREQUENCY);
    expect([told, server.waiting]).toEqual([[], []]);
    await server.passes(1_000);
    await server.acceptsAnswer();
    expect(lastOf(told).code).toBe(0);
  });

  it("may name the conversation in its messages alone, or not there at all", async () => {
    const told = await bob.calls("sendGroupReadReceiptResponse", "ward-3", null, [{ messageUId: "m1" }]);
    expect(told.code).toBe(0);
    expect((await server.acceptsAnswer()).conversation).toEqual(ward);
  });

  it("in an ultra group names the channel", async () => {
    const message = { conversationType: 5, targetId: "city", channelId: "news", messageUId: "m1" };
    const { told } = await bob.calls("sendGroupReadReceiptResponse", "city", "news", [message]);
    const { conversation } = await server.acceptsAnswer();
    expect(conversation).toEqual({ type: 5, targetId: "city", channelId: "news" });
    expect(lastOf(told)).toMatchObject({ targetId: "city", channelId: "news" });
  });

  it("in an ultra group goes to the default channel if none is given", async () => {
    for (const channelId of [null, undefined, ""]) {
      const message = { conversationType: 5, targetId: "city", messageUId: "m1" };
      const { told } = await bob.calls("sendGroupReadReceiptResponse", "city", channelId, [message]);
      expect((await server.acceptsAnswer()).conversation?.channelId).toBe("RCDefault");
      expect(lastOf(told).channelId).toBe("RCDefault");
    }
  });

  it("may name messages whose ids mean something to objects", async () => {
    const uids = ["__proto__", "constructor", "toString", "get"];
    const { told } = await bob.answers(...messagesOf("ward-3", ...uids));
    await server.acceptsAnswer();
    expect(Object.entries(lastOf(told).results)).toEqual(uids.map((uid) => [uid, 0]));
  });
});

describe("is refused at once, an answer", () => {
  const [message = {}] = messagesOf("ward-3", "m1");

  it.each([
    ["for a message that was not sent", Code.MESSAGE_UID_INVALID, "ward-3", [{ targetId: "ward-3" }]],
    ["in a private chat", Code.CONVERSATION_TYPE_INVALID, "bob", [{ conversationType: 1, messageUId: "m1" }]],
    ["in a conversation whose id cannot be", Code.TARGET_ID_INVALID, "x".repeat(65), [{ messageUId: "m1" }]],
    ["for messages of another conversation", Code.PARAM_ERROR, "ward-4", [message]],
    ["for messages of several conversations", Code.PARAM_ERROR, "ward-3", [message, { ...message, targetId: "x" }]],
    ["for a group and an ultra group", Code.PARAM_ERROR, "ward-3", [message, { ...message, conversationType: 5 }]],
  ])("%s", async (_, code, targetId, messages) => {
    expect(await bob.calls("sendGroupReadReceiptResponse", targetId, null, messages)).toEqual({ code, told: [] });
    expect(server.waiting).toEqual([]);
  });

  it("when nobody has ever tried to connect", async () => {
    await endEngine();
    bob = await App.at(server);
    expect(await bob.answers(message)).toEqual({ code: Code.NOT_CONNECTED, told: [] });
  });

  it("when a hundred thousand wait", async () => {
    await server.vanishes();
    const many = Array.from({ length: 100_000 }, (_, number) => `m${number}`);
    expect((await bob.answers(...messagesOf("ward-3", ...many))).code).toBe(0);
    expect(await bob.answers(message)).toEqual({ code: Code.TOO_BUSY, told: [] });
  });
});

describe("an answer that is given without a connection", () => {
  const messages = messagesOf("ward-3", "m1", "m2");

  it("is sent when there is one again, and its callback comes once, with the final code", async () => {
    await server.vanishes();
    const { code, told } = await bob.answers(...messages);
    await server.passes(120_000);
    expect([code, told]).toEqual([0, []]);
    await server.comesBack();
    await server.acceptsAnswer((uid) => (uid === "m2" ? Code.RECEIPT_NOT_REQUESTED : 0));
    await server.vanishes();
    await server.comesBack();
    expect(server.waiting).toEqual([]);
    expect(told).toEqual([
      [
        "onGroupReadReceiptResponseSent",
        expect.objectContaining({ code: 26321, messages, results: { m1: 0, m2: 26321 } }),
      ],
    ]);
  });

  it("gathers with others into one frame", async () => {
    await server.vanishes();
    const [one, two] = [await bob.answers(...messages), await bob.answers(...messagesOf("ward-3", "m3"))];
    await server.comesBack();
    expect((await server.acceptsAnswer()).messageUids).toEqual(["m1", "m2", "m3"]);
    expect([lastOf(one.told).results, lastOf(two.told).results]).toEqual([{ m1: 0, m2: 0 }, { m3: 0 }]);
  });

  it("is sent again if its connection is lost before the result, and comes once", async () => {
    const { told } = await bob.answers(...messages);
    await server.vanishes();
    await server.comesBack();
    await server.acceptsAnswer();
    expect(told).toHaveLength(1);
  });

  it("outlives signing out and in again", async () => {
    await bob.callsPlainly("disconnect", false);
    const { code, told } = await bob.answers(...messages);
    expect(code).toBe(0);
    await bob.connects("bob");
    await server.acceptsAnswer();
    expect(lastOf(told).code).toBe(0);
  });

  it("is never sent in another user's name", async () => {
    await server.vanishes();
    const { told } = await bob.answers(...messages);
    await bob.callsPlainly("disconnect", false);
    await server.comesBack();
    await bob.connects("carla");
    expect(server.waiting).toEqual([]);
    await bob.callsPlainly("disconnect", false);
    await bob.connects("bob");
    await server.acceptsAnswer();
    expect(lastOf(told).code).toBe(0);
  });

  it("is kept for the next engine, whose listener is told the code", async () => {
    const storage = memoryStorage();
    await endEngine();
    const old = await App.of("bob", server, server.options(storage));
    await server.vanishes();
    const { told } = await old.answers(...messages);
    await endEngine();
    bob = await App.at(server, server.options(storage));
    void bob.connects("bob");
    await server.comesBack();
    await server.acceptsAnswer((uid) => (uid === "m1" ? Code.NOT_IN_AUDIENCE : 0));
    expect(told).toEqual([]);
    expect(bob.heardOf("onGroupReadReceiptResponseSent")).toEqual([
      {
        code: Code.NOT_IN_AUDIENCE,
        targetId: "ward-3",
        channelId: "",
        messages: messages.map((message) => ({ ...message, channelId: "" })),
        message: messages.map((message) => ({ ...message, channelId: "" })),
        results: { m1: Code.NOT_IN_AUDIENCE, m2: 0 },
      },
    ]);
    // It is over now: a third engine has nothing to send.
    await endEngine();
    await App.of("bob", server, server.options(storage));
    expect(server.waiting).toEqual([]);
  });

  it("is kept for the next engine by a storage that takes its time", async () => {
    const storage = new SlowStorage();
    await endEngine();
    bob = await App.of("bob", server, server.options(storage));
    await server.vanishes();
    storage.isSlow = true;
    const answering = bob.answers(...messages);
    let isOver = false;
    const ended = bob.engine.destroy().then(() => {
      isOver = true;
    });
    await settled();
    expect(isOver).toBe(false);
    storage.finishNext();
    await ended;
    expect((await answering).code).toBe(0);
    storage.isSlow = false;
    bob = await App.at(server, server.options(storage));
    void bob.connects("bob");
    await server.comesBack();
    expect((await server.acceptsAnswer()).messageUids).toEqual(["m1", "m2"]);
  });

  it("is kept before the first sign-in of a run, and given by the next run", async () => {
    const storage = sharedStorage();
    await endEngine();
    bob = await App.of(tokenOf("bob"), server, server.options(storage));
    await endEngine();
    await server.vanishes();
    const { engine } = await App.at(server, server.options(storage));
    expect(await engine.connect(tokenOf("bob"), 0)).toBe(0);
    expect(await engine.sendGroupReadReceiptResponse("ward-3", null, messages)).toBe(0);
    const kept = await storage.entries("seenby/0/app/bob/answer/");
    expect(kept).toEqual([[expect.anything(), expect.stringContaining("m1")]]);
    // The program ends without a word.
    const next = await copyOf(storage);
    await endEngine();
    bob = await App.at(server, server.options(next));
    void bob.connects(tokenOf("bob"));
    await server.comesBack();
    expect((await server.acceptsAnswer()).messageUids).toEqual(["m1", "m2"]);
  });

  it("before the first sign-in is not sent in the name of another than the token names", async () => {
    const storage = sharedStorage();
    await endEngine();
    await server.vanishes();
    bob = await App.at(server, server.options(storage));
    void bob.connects(tokenOf("bob"), 0);
    expect((await bob.answers(...messages)).code).toBe(0);
    server.signsInAs = "eve";
    await server.comesBack();
    expect([server.connections, server.waiting]).toEqual([1, []]);
    expect(await storage.entries("seenby/0/app/bob/answer/")).toHaveLength(1);
    expect(await storage.entries("seenby/0/app/eve/answer/")).toEqual([]);
  });

  it("is refused before the first sign-in if the token does not say whose it is", async () => {
    await endEngine();
    await server.vanishes();
    bob = await App.at(server);
    void bob.connects("opaque", 0);
    expect(await bob.answers(...messages)).toEqual({ code: Code.NOT_CONNECTED, told: [] });
  });
});

describe("an answer of this user's other device", () => {
  it("is an event of its own", async () => {
    await server.pushes({ $case: "receiptsAnswered", value: { conversation: ward, messageUids: ["m1", "m2"] } });
    const about = { conversationType: 2, targetId: "ward-3", channelId: "", messageUIds: ["m1", "m2"] };
    expect(bob.heard).toEqual([["onReadReceiptsAnsweredElsewhere", about]]);
  });
});

/** What a program finds that begins after another has just ended. */
async function copyOf(storage: Storage): Promise<Storage> {
  const copy = memoryStorage();
  for (const [key, value] of await storage.entries("")) await copy.set(key, value);
  return copy;
}
