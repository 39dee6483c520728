import { describe, expect, it } from "vitest";
import { conversationId } from "../../src/conversation/conversation";
import { Conversations, type ReadMarks } from "../../src/conversation/conversations.svelte";
import { keptReadMarks } from "../../src/conversation/read_marks";
import { gateway, message, NOON, settled, ward } from "./builders";

const clinic = { type: 2, targetId: "clinic", channelId: "" };
const infos = [
  { ref: ward, title: "Ward 3", memberCount: 12, lastMessage: message({ sentAt: NOON }) },
  { ref: clinic, title: "Clinic", memberCount: 200, lastMessage: undefined },
];
const wardId = conversationId(ward);

function marks(kept: Record<string, number> = {}): ReadMarks {
  return { load: () => kept, save: (now) => void Object.assign(kept, now) };
}

async function loaded(kept?: Record<string, number>): Promise<Conversations> {
  const conversations = new Conversations(gateway({ conversations: async () => infos }), marks(kept));
  await conversations.load();
  return conversations;
}

const titles = ({ list }: Conversations) => list.map(({ title }) => title);

describe("Conversations", () => {
  it("come in the order in which something was said", async () => {
    const conversations = await loaded();
    expect(titles(conversations)).toEqual(["Ward 3", "Clinic"]);
    conversations.said(message({ uid: "N", conversationId: conversationId(clinic), sentAt: NOON + 1 }), clinic, false);
    expect(titles(conversations)).toEqual(["Clinic", "Ward 3"]);
  });

  it("are told apart by their channels", async () => {
    const city = (channelId: string) => ({ type: 5, targetId: "city", channelId });
    const channels = ["traffic", "RCDefault", "news"].map((channelId) => ({
      ref: city(channelId),
      title: "City",
      memberCount: 3,
      lastMessage: undefined,
    }));
    const conversations = new Conversations(gateway({ conversations: async () => channels }), marks());
    await conversations.load();
    expect(conversations.list.map(({ channel }) => channel)).toEqual(["", "news", "traffic"]);
    const ref = city("night");
    conversations.said(message({ uid: "N", conversationId: conversationId(ref) }), ref, false);
    expect(conversations.list.map(({ channel }) => channel)).toContain("night");
  });

  it("count what is new, once", async () => {
    const conversations = await loaded({ [wardId]: NOON });
    const said = message({ uid: "N", sentAt: NOON + 1 });
    conversations.said(said, ward, false);
    conversations.said(said, ward, false);
    expect(conversations.unread[wardId]).toBe(1);
    conversations.read(wardId, NOON + 1);
    expect(conversations.unread[wardId]).toBe(0);
  });

  it("do not count own messages, nor those that are looked at, nor old ones", async () => {
    const conversations = await loaded({ [wardId]: NOON });
    conversations.said(message({ uid: "A", sentAt: NOON + 1, isOwn: true }), ward, false);
    conversations.said(message({ uid: "B", sentAt: NOON + 2 }), ward, true);
    conversations.said(message({ uid: "C", sentAt: NOON - 1 }), ward, false);
    expect(conversations.unread[wardId] ?? 0).toBe(0);
  });

  it("have news until they are read, and remember it", async () => {
    const kept = {};
    const before = await loaded(kept);
    const [first] = before.list;
    expect(first && before.hasNews(first)).toBe(true);
    before.read(wardId, NOON);
    const after = await loaded(kept);
    const [again] = after.list;
    expect(again && after.hasNews(again)).toBe(false);
  });

  it("show a recalled message for the one that was there", async () => {
    const conversations = await loaded();
    conversations.said(message({ sentAt: NOON, isRecalled: true }), ward, true);
    expect(conversations.byId(wardId)?.lastMessage?.isRecalled).toBe(true);
  });

  it("find a group that the visitor was taken into", async () => {
    const conversations = new Conversations(gateway({ conversations: async () => infos.slice(1) }), marks());
    await conversations.load();
    conversations.said(message({ uid: "N" }), ward, false);
    expect(conversations.byId(wardId)).toMatchObject({ title: "ward-3" });
    await settled();
  });
});

describe("keptReadMarks", () => {
  it("survive a storage that is broken or forbidden", () => {
    const broken = { getItem: () => "{", setItem: () => { throw new Error("full"); } } as unknown as Storage;
    const kept = keptReadMarks(broken, "app", "ada");
    expect(kept.load()).toEqual({});
    expect(() => kept.save({ a: 1 })).not.toThrow();
  });
});
