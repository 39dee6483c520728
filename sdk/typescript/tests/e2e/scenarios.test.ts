/** The SDK against the real server, in Node and in a browser: whole stories of people who ask and answer. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Code, RCIMIWConnectionStatus, RCIMIWMessageType } from "../../src/index.js";
import { BackEnd } from "./back_end.js";
import { browserPhones } from "./browser.js";
import { Cable } from "./cable.js";
import { expectTheSame, listed, lookedUp, type Message, oneOfEachKind, placeOf, textIn, told } from "./every_path.js";
import { nodePhones } from "./node.js";
import { PATIENCE_MS, soon } from "./patience.js";
import type { Phone, Place } from "./phone.js";
import type { Phones } from "./phones.js";
import { Installation, type Server } from "./server.js";

const GROUP = 2;
const ULTRA_GROUP = 5;

let installation: Installation;
let server: Server;
/** Stories have numbers, and each has people and a group of its own. */
let story = 0;

beforeAll(async () => {
  installation = new Installation({ SEENBY_LIMITS__SENDS_PER_SECOND: "500" });
  server = await installation.serves();
});
afterAll(async () => {
  await installation.remove();
});

/** The user id of somebody in this story. */
function id(name: string): string {
  return `${name}-${story}`;
}

function groupOf(...names: string[]): Place {
  return groupOfUsers(...names.map(id));
}

function groupOfUsers(...userIds: string[]): Place {
  const targetId = id("ward");
  installation.run(
    "group",
    "create",
    targetId,
    "--title",
    "Ward",
    ...userIds.flatMap((userId) => ["--member", userId]),
  );
  return { type: GROUP, targetId };
}

function ultraGroupOf(channels: string[], ...names: string[]): Place {
  const targetId = id("city");
  const members = names.flatMap((name) => ["--member", id(name)]);
  installation.run("group", "create", targetId, "--kind", "ultra-group", "--title", "City", ...members);
  for (const channel of channels) installation.run("group", "channel", targetId, channel);
  return { type: ULTRA_GROUP, targetId };
}

async function heard(phone: Phone, name: string, count: number) {
  return soon(async () => {
    const all = await phone.hears(name);
    expect(all.length).toBeGreaterThanOrEqual(count);
    return all;
  });
}

describe.each([
  ["Node", nodePhones],
  ["Chromium", browserPhones],
])("in %s", (_, phonesOf) => {
  let phones: Phones;

  beforeAll(async () => {
    phones = await phonesOf();
  });
  afterAll(async () => {
    await phones?.end();
  });

  beforeEach(() => {
    story += 1;
  });
  afterEach(async () => {
    await phones.closeAll();
  });

  function signedIn(name: string, address = server.url): Promise<Phone> {
    return signedInUser(id(name), address);
  }

  async function signedInUser(userId: string, address = server.url): Promise<Phone> {
    const phone = await phones.open(address);
    expect(await phone.connect(installation.token(userId))).toMatchObject({ returned: 0, result: { code: 0, userId } });
    return phone;
  }

  test("the flow of the page between two members", async () => {
    const ward = groupOf("alice", "bob", "carol");
    const [alice, bob] = [await signedIn("alice"), await signedIn("bob")];
    const message = await alice.says(ward, "Bed 7: penicillin allergy");
    expect(message.messageUId).toMatch(/^.{4}-.{4}-.{4}-.{4}$/);
    expect(await alice.asks(message)).toMatchObject({ returned: 0, result: { code: 0, message } });

    const [asked] = await heard(bob, "asked", 1);
    expect(asked).toMatchObject({ targetId: ward.targetId, messageUId: message.messageUId });
    const { result } = await bob.byUid(asked.messageUId);
    expect(result.t).toMatchObject({ text: "Bed 7: penicillin allergy", senderUserId: id("alice"), direction: 1 });
    expect(result.t.groupReadReceiptInfo).toEqual({ readReceiptMessage: true, hasRespond: false });
    const answer = await bob.answers(ward.targetId, null, [result.t]);
    expect(answer).toMatchObject({
      returned: 0,
      result: { code: 0, targetId: ward.targetId, results: { [asked.messageUId]: 0 } },
    });
    expect(answer.result.message).toEqual([result.t]);
    expect(answer.result.messages).toEqual([result.t]);

    const [read] = await heard(alice, "read", 1);
    expect(read).toMatchObject({ messageUId: message.messageUId, readCount: 1, unreadCount: 1, totalCount: 2 });
    expect(Object.keys(read.respondUserIds)).toEqual([id("bob")]);
    expect(Math.abs(read.respondUserIds[id("bob")] - Date.now())).toBeLessThan(PATIENCE_MS);
    expect((await alice.hears("readV5"))[0].responses[0].users).toMatchObject([{ userId: id("bob") }]);
    expect((await bob.byUid(asked.messageUId)).result.t.groupReadReceiptInfo.hasRespond).toBe(true);
  });

  test("a result goes to the callback, and without one to the listener, never to both", async () => {
    const ward = groupOf("alice", "bob");
    const [alice, bob] = [await signedIn("alice"), await signedIn("bob")];
    const message = await alice.says(ward, "hello");
    await alice.asks(message);
    expect(await alice.hears("requestSent")).toEqual([]);
    expect(await alice.asksOldStyle(message)).toBe(0);
    expect((await heard(alice, "requestSent", 1))[0]).toMatchObject({ code: 0, message });

    await heard(bob, "asked", 1);
    await bob.answers(ward.targetId, null, [message]);
    expect(await bob.hears("responseSent")).toEqual([]);
    expect(await bob.answersOldStyle(ward.targetId, null, [message])).toBe(0);
    const [sent] = await heard(bob, "responseSent", 1);
    expect(sent).toMatchObject({ code: 0, targetId: ward.targetId, messages: [message] });
    await bob.stopsListening("setOnGroupReadReceiptResponseSentListener");
    await bob.answersOldStyle(ward.targetId, null, [message]);
    await bob.answers(ward.targetId, null, [message]);
    expect((await bob.hears("responseSent")).length).toBe(1);
  });

  test("what cannot be is refused at once, and a destroyed engine says so", async () => {
    const ward = groupOf("alice", "bob");
    const alice = await signedIn("alice");
    const draft = { conversationType: GROUP, targetId: ward.targetId };
    expect(await alice.asks(draft)).toEqual({ returned: Code.MESSAGE_UID_INVALID });
    expect(await alice.asks({ ...draft, conversationType: 1, messageUId: "x" })).toEqual({
      returned: Code.CONVERSATION_TYPE_INVALID,
    });
    expect(await alice.answers("", null, [draft])).toEqual({ returned: 1 });
    expect(await alice.answers(ward.targetId, null, [])).toEqual({ returned: 1 });
    const inChannel = [{ ...draft, conversationType: ULTRA_GROUP, messageUId: "x" }];
    expect(await alice.answers(ward.targetId, "a_b", inChannel)).toEqual({ returned: Code.CHANNEL_ID_INVALID });
    expect(await alice.callsAnything("joinChatRoom", ["room"])).toBe(Code.CALL_NOT_SUPPORTED);
    expect(await alice.destroy()).toBe(0);
    expect(await alice.asks(draft)).toEqual({ returned: Code.ENGINE_DESTROYED });
    expect(await alice.callsAnything("joinChatRoom", ["room"])).toBe(Code.ENGINE_DESTROYED);
  });

  test("asking while sending, counting and listing work on the same receipts", async () => {
    const ward = groupOf("alice", "bob", "carol");
    const [alice, bob] = [await signedIn("alice"), await signedIn("bob")];
    const { messageUId: uid = "" } = await alice.says(ward, "hello", true);
    await heard(bob, "asked", 1);
    expect((await bob.answersByUid(ward, [uid])).result).toEqual({});
    await heard(alice, "read", 1);
    const counted = (await alice.counts(ward, [uid])).result.t;
    expect(counted).toMatchObject([{ messageUId: uid, readCount: 1, unreadCount: 1, leftCount: 0, totalCount: 2 }]);
    const listed = async (readStatus: number) =>
      (await alice.users(ward, uid, { readStatus })).result.t.users.map((user: { userId: string }) => user.userId);
    expect([await listed(0), await listed(1), await listed(2)]).toEqual([[id("bob")], [id("carol")], []]);
    const { result } = await alice.history(ward, 10);
    expect(result.t[0].groupReadReceiptInfo).toMatchObject({ readReceiptMessage: true, readCount: 1, totalCount: 2 });
    expect(Object.keys(result.t[0].groupReadReceiptInfo.respondUserIds)).toEqual([id("bob")]);
  });

  test("no user id can break the list of readers", async () => {
    const hostile = [
      "__proto__",
      "constructor",
      "get",
      "has",
      "hasOwnProperty",
      "size",
      "toJSON",
      "toString",
      "then",
      "用户 7",
    ];
    const ward = groupOfUsers(id("alice"), ...hostile);
    const alice = await signedIn("alice");
    const message = await alice.says(ward, "hello", true);
    for (const user of hostile) {
      const phone = await signedInUser(user);
      expect((await phone.answers(ward.targetId, null, [message])).result.code).toBe(0);
      await phone.destroy();
    }
    await soon(async () => expect((await alice.hears("read")).at(-1).readCount).toBe(hostile.length));
    const seen = await alice.readersOf(message.messageUId ?? "", hostile);
    const times = Object.entries(JSON.parse(seen.json)).length;
    expect([seen.keys.length, times]).toEqual([hostile.length, hostile.length]);
    expect(new Set(seen.keys)).toEqual(new Set(hostile));
    for (const [index, [, time]] of seen.viaGet.entries()) {
      expect(time).toBeGreaterThan(1_700_000_000_000);
      expect(seen.viaIndex[index]?.[1]).toBe(time);
    }
  });

  test("all devices of the sender and of the responder agree", async () => {
    const ward = groupOf("alice", "bob");
    const [phone, tablet] = [await signedIn("alice"), await signedIn("alice")];
    const [bob, bobAtHome] = [await signedIn("bob"), await signedIn("bob")];
    const message = await phone.says(ward, "hello");
    await phone.asks(message);
    expect((await heard(tablet, "requestedElsewhere", 1))[0].messageUId).toBe(message.messageUId);
    await heard(bob, "asked", 1);
    await heard(bobAtHome, "asked", 1);
    await bob.answers(ward.targetId, null, [message]);
    expect((await heard(bobAtHome, "answeredElsewhere", 1))[0].messageUIds).toEqual([message.messageUId]);
    for (const device of [phone, tablet]) {
      expect((await heard(device, "read", 1))[0].respondUserIds).toHaveProperty(id("bob"));
    }
    // The same answer from the other device changes nothing and is told to nobody.
    expect((await bobAtHome.answers(ward.targetId, null, [message])).result.code).toBe(0);
    expect((await phone.counts(ward, [message.messageUId ?? ""])).result.t[0].readCount).toBe(1);
    expect((await phone.hears("read")).length).toBe(1);
  });

  test("one call answers for 250 messages, and a bad one does not spoil the others", async () => {
    const ward = groupOf("alice", "bob");
    const [alice, bob] = [await signedIn("alice"), await signedIn("bob")];
    const said = [];
    for (let number = 0; number < 250; number += 1) said.push(await alice.says(ward, `message ${number}`, true));
    const unasked = await alice.says(ward, "nobody asks");
    const answered = await bob.answers(ward.targetId, null, [...said.slice(0, 120), unasked, ...said.slice(120)]);
    expect(answered.result.code).toBe(Code.RECEIPT_NOT_REQUESTED);
    const codes = Object.values(answered.result.results);
    expect([codes.length, codes.filter((code) => code === 0).length]).toEqual([251, 250]);
    await soon(async () => {
      const told = (await alice.hears("read")).map((read: { messageUId: string }) => read.messageUId);
      expect(new Set(told).size).toBe(250);
    });
  });

  test("only the sender may ask, only those who were asked may answer", async () => {
    const ward = groupOf("alice", "bob");
    const [alice, bob, eve] = [await signedIn("alice"), await signedIn("bob"), await signedIn("eve")];
    const message = await alice.says(ward, "hello");
    expect((await bob.asks(message)).result.code).toBe(Code.RECEIPT_NOT_SENDER);
    await alice.asks(message);
    installation.run("group", "add", ward.targetId, id("late"));
    const late = await signedIn("late");
    expect((await late.answers(ward.targetId, null, [message])).result.code).toBe(Code.NOT_IN_AUDIENCE);
    expect((await eve.answers(ward.targetId, null, [message])).result.code).toBe(Code.NOT_IN_GROUP);
    expect((await bob.counts(ward, [message.messageUId ?? ""])).result.t[0].code).toBe(Code.RECEIPT_NOT_SENDER);
    installation.run("group", "remove", ward.targetId, id("bob"));
    const [counts] = (await alice.counts(ward, [message.messageUId ?? ""])).result.t;
    expect(counts).toMatchObject({ readCount: 0, unreadCount: 0, leftCount: 1, totalCount: 0 });
  });

  test("a recalled message takes its receipts along", async () => {
    const ward = groupOf("alice", "bob");
    const [alice, bob] = [await signedIn("alice"), await signedIn("bob")];
    const message = await alice.says(ward, "wrong bed", true);
    await heard(bob, "asked", 1);
    expect((await alice.recalls(message)).result.code).toBe(0);
    expect((await heard(bob, "recalled", 1))[0].message.originalMessage.text).toBe("wrong bed");
    expect((await bob.answers(ward.targetId, null, [message])).result.code).toBe(Code.RECEIPT_MESSAGE_NOT_FOUND);
    expect((await alice.asks(message)).result.code).toBe(Code.RECEIPT_MESSAGE_NOT_FOUND);
  });

  test("channels of an ultra group do not mix", async () => {
    const city = ultraGroupOf(["news"], "alice", "bob");
    const { targetId } = city;
    const [alice, bob] = [await signedIn("alice"), await signedIn("bob")];
    const news = { ...city, channelId: "news" };
    const [inNews, inDefault] = [await alice.says(news, "in the news", true), await alice.says(city, "hello", true)];
    expect(inDefault.channelId).toBe("RCDefault");
    await heard(bob, "asked", 2);
    expect((await bob.answers(targetId, "news", [inNews])).result.code).toBe(0);
    expect(await bob.answers(targetId, "news", [inDefault])).toEqual({ returned: 1 });
    expect((await heard(alice, "read", 1)).map((read: { channelId: string }) => read.channelId)).toEqual(["news"]);
    expect((await bob.byUid(inNews.messageUId ?? "")).result.t).toMatchObject({
      channelId: "news",
      text: "in the news",
    });
  });

  test("a message is the same by every path that gives it", async () => {
    const [ward, city] = [groupOf("alice", "bob"), ultraGroupOf(["news", "garden"], "alice", "bob")];
    const backEnd = new BackEnd(installation, server);
    const [sender, alice, bob] = [await signedIn("alice"), await signedIn("alice"), await signedIn("bob")];
    const viewers = [
      { name: "alice", here: alice, away: await signedIn("alice") },
      { name: "bob", here: bob, away: await signedIn("bob") },
    ];
    const sendsAll = async (drafts: Message[]) => {
      const sent = [];
      for (const draft of drafts) sent.push(await sender.sends(draft));
      return sent;
    };
    const drafts = oneOfEachKind(ward, city, id("alice"), id("bob"));
    // Whoever goes away has something to go on from.
    const greetings = await sendsAll(drafts.map((draft) => textIn(placeOf(draft), "see you")));
    for (const { here, away } of viewers) {
      await told(here, greetings);
      await told(away, greetings);
      await away.disconnect();
    }
    const sent = await sendsAll(drafts);
    for (const { here } of viewers) {
      const pushed = await told(here, sent, { offLine: false });
      expectTheSame({ ...(await lookedUp(here, sent)), ...(await listed(here, sent)), pushed }, sent);
    }

    const [first, , , last] = sent as [Message, Message, Message, Message];
    await sender.asks(last);
    expect((await bob.answers(ward.targetId, null, [first])).result.code).toBe(0);
    expect((await bob.answers(city.targetId, null, [last])).result.code).toBe(0);
    const read = await heard(alice, "read", 2);
    const seen = [];
    for (const { name, here, away } of viewers) {
      await away.connect(installation.token(id(name)));
      const caughtUp = {
        "after an absence": await told(away, sent, { offLine: true }),
        "on a new device": await told(await signedIn(name), sent, { offLine: true }),
      };
      seen.push(expectTheSame({ ...(await lookedUp(here, sent)), ...(await listed(here, sent)), ...caughtUp }, sent));
    }
    const [toAlice = [], toBob = []] = seen;
    expect(toBob.map(({ sentReceipt }) => sentReceipt)).toEqual([true, false, false, true]);
    for (const { messageUId, conversationType, targetId, channelId, ...receipt } of read) {
      const info = toAlice.find((message) => message.messageUId === messageUId)?.groupReadReceiptInfo;
      expect(info).toEqual({ readReceiptMessage: true, hasRespond: false, ...receipt });
    }
    for (const message of toAlice) await backEnd.isShown(message);

    await sender.recalls(first);
    const recalled = { messageType: RCIMIWMessageType.recall };
    for (const { here } of viewers) expectTheSame(await lookedUp(here, [first]), [recalled]);
  });

  describe("over a cable that is cut", () => {
    let cable: Cable;
    beforeAll(async () => {
      cable = await Cable.lay(server.port);
    });
    afterAll(async () => {
      await cable.remove();
    });

    test("an answer given offline arrives after three attempts to reconnect, and its callback fires once", async () => {
      const ward = groupOf("alice", "bob");
      const [alice, bob] = [await signedIn("alice"), await signedIn("bob", cable.url)];
      const message = await alice.says(ward, "hello", true);
      await heard(bob, "asked", 1);
      cable.cut();
      const answered = bob.answers(ward.targetId, null, [message]);
      await soon(() => expect(cable.turnedAway).toBeGreaterThanOrEqual(3));
      cable.mend();
      expect((await answered).result.code).toBe(0);
      expect((await heard(alice, "read", 1)).length).toBe(1);
    });

    test("an answer that was not sent survives a new start of the app", async () => {
      const ward = groupOf("alice", "bob");
      const [alice, bob] = [await signedIn("alice"), await signedIn("bob", cable.url)];
      const message = await alice.says(ward, "hello", true);
      await heard(bob, "asked", 1);
      cable.cut();
      expect(await bob.answersOldStyle(ward.targetId, null, [message])).toBe(0);
      const restarted = await phones.restart(bob);
      cable.mend();
      expect((await restarted.connect(installation.token(id("bob")))).result.code).toBe(0);
      const [sent] = await heard(restarted, "responseSent", 1);
      expect(sent).toMatchObject({ code: 0, targetId: ward.targetId });
      expect(sent.messages.map((answered: { messageUId: string }) => answered.messageUId)).toEqual([
        message.messageUId,
      ]);
      expect((await heard(alice, "read", 1))[0].respondUserIds).toHaveProperty(id("bob"));
      expect((await restarted.hears("responseSent")).length).toBe(1);
    });

    test("a message whose reply never arrives is sent again on a new line, and is stored once", async () => {
      const ward = groupOf("alice", "bob");
      const alice = await signedIn("alice", cable.url);
      cable.swallowReplies();
      const { messageUId } = await alice.says(ward, "hello");
      const { result } = await alice.history(ward, 10);
      expect(result.t.map((message: { messageUId: string }) => message.messageUId)).toEqual([messageUId]);
    });

    test("who was away gets everything once, and one event for each message that changed", async () => {
      const ward = groupOf("alice", "bob", "carol", "dora");
      const [alice, bob] = [await signedIn("alice", cable.url), await signedIn("bob")];
      const [first, second] = [await alice.says(ward, "one", true), await alice.says(ward, "two", true)];
      cable.cut();
      for (const name of ["bob", "carol", "dora"]) {
        const phone = name === "bob" ? bob : await signedIn(name);
        expect((await phone.answers(ward.targetId, null, [first, second])).result.code).toBe(0);
      }
      await bob.says(ward, "while you were away");
      await alice.forgets();
      cable.mend();
      const read = await heard(alice, "read", 2);
      expect(read.map((event: { readCount: number }) => event.readCount)).toEqual([3, 3]);
      expect(Object.keys(read[0].respondUserIds)).toEqual(["bob", "carol", "dora"].map(id));
      const [message] = await heard(alice, "message", 1);
      expect(message).toMatchObject({ offline: true, message: { text: "while you were away" } });
    });
  });

  test("a wrong token does not sign in", async () => {
    const phone = await phones.open(server.url);
    expect((await phone.connect("not a token")).result.code).toBe(Code.TOKEN_INCORRECT);
    const statuses = (await phone.hears("status")).map(({ status }: { status: number }) => status);
    expect(statuses.at(-1)).toBe(RCIMIWConnectionStatus.tokenIncorrect);
  });

  test("a server that was started again goes on where it was", async () => {
    const ward = groupOf("alice", "bob");
    const [alice, bob] = [await signedIn("alice"), await signedIn("bob")];
    const message = await alice.says(ward, "hello", true);
    await heard(bob, "asked", 1);
    await server.stop();
    server = await installation.serves();
    expect((await bob.answers(ward.targetId, null, [message])).result.code).toBe(0);
    expect((await heard(alice, "read", 1))[0].readCount).toBe(1);
    expect(Math.abs(await alice.deltaTime())).toBeLessThan(PATIENCE_MS);
  });
});
