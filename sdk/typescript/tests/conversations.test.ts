/** Lists of conversations, and names of people. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Code } from "../src/codes.js";
import { RCIMIWEngine } from "../src/engine.js";
import type { ConversationInfo, Reply } from "../src/protocol/frames.js";
import type { RCIMIWConversation, RCIMIWUserInfo } from "../src/rcim/types.js";
import { memoryStorage } from "../src/storage/memory.js";
import { nothingBeside } from "./engine/fake_server.js";
import { type FakePorts, fakePorts, settled } from "./fake_ports.js";

const GROUP = 2;
const ULTRA_GROUP = 5;

let ports: FakePorts;
let engine: RCIMIWEngine;

beforeEach(async () => {
  ports = fakePorts(memoryStorage());
  engine = (await RCIMIWEngine.create("app", ports)) as RCIMIWEngine;
  await engine.connect("token", 0);
  ports.dialer.last.opens();
  ports.dialer.last.signsIn("bob");
  await settled();
  ports.dialer.last.takes("resume");
});

afterEach(async () => {
  await engine.destroy();
});

describe("getConversations", () => {
  it("gives those where something was said last first", async () => {
    const told = asks([GROUP], "", 0, 10);
    await pages([group("old", 1_000), group("silent"), group("new", 2_000)]);
    expect(await told).toMatchObject([
      {
        targetId: "new",
        title: "Title of new",
        memberCount: 3,
        lastMessage: { text: "said at 2000", sentTime: 2_000 },
      },
      { targetId: "old" },
      { targetId: "silent", conversationType: GROUP, channelId: "" },
    ]);
  });

  it("goes through all pages, for the newest may be on the last", async () => {
    const told = asks([GROUP], "", 0, 1);
    await pages([group("a", 1)], [group("b", 2)], [group("c", 3)]);
    expect((await told).map(({ targetId }) => targetId)).toEqual(["c"]);
  });

  it("keeps to the types, the channel and the time that were asked for", async () => {
    const told = asks([ULTRA_GROUP], "news", 5_000, 10);
    await pages([group("g", 1), channel("u", "news", 4_000), channel("u", "talk", 4_000), channel("v", "news", 5_000)]);
    expect(await told).toMatchObject([{ targetId: "u", channelId: "news" }]);
  });

  it("ends with the code of a page that failed", async () => {
    const told = expect(asks([GROUP], "", 0, 10)).rejects.toBe(Code.REQUEST_OVER_FREQUENCY);
    await pages([group("a", 1)], Code.REQUEST_OVER_FREQUENCY);
    await told;
  });

  it("ends when a page leads to itself", async () => {
    const told = expect(asks([GROUP], "", 0, 10)).rejects.toBe(Code.NATIVE_OPERATION_ERROR);
    await answer("listConversations", list([], "again"));
    await answer("listConversations", list([], "again"));
    await told;
  });

  it.each([
    ["no types", []],
    ["types that are no numbers", ["2"]],
  ])("refuses %s", async (_, types) => {
    expect(await engine.getConversations(types as unknown as number[], "", 0, 10)).toBe(Code.PARAM_ERROR);
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses a count of %s", async (count) => {
    expect(await engine.getConversations([GROUP], "", 0, count)).toBe(Code.PARAM_ERROR);
  });
});

describe("getUserInfos", () => {
  it("gives the names that the server knows", async () => {
    const told = new Promise<RCIMIWUserInfo[]>((resolve) => {
      void engine.getUserInfos(GROUP, "ward-3", "", ["ada", "eve"], { onSuccess: ({ t }) => resolve(t) });
    });
    const ada = { userId: "ada", name: "Ada", portrait: "", alias: "", extra: "" };
    const call = await answer("getUsers", { $case: "users", value: { items: [ada] } });
    expect(call).toMatchObject({ conversation: { type: GROUP, targetId: "ward-3" }, userIds: ["ada", "eve"] });
    expect(await told).toEqual([{ userId: "ada", name: "Ada" }]);
  });

  it.each([
    ["nobody", [], Code.PARAM_ERROR],
    ["an empty id", [""], Code.PARAM_ERROR],
    ["an id of 65 characters", ["x".repeat(65)], Code.USER_ID_INVALID],
    ["501 people", Array.from({ length: 501 }, (_, number) => `user-${number}`), Code.RECEIPT_LIST_TOO_LONG],
  ])("refuses %s", async (_, userIds, code) => {
    expect(await engine.getUserInfos(GROUP, "ward-3", "", userIds)).toBe(code);
  });

  it("refuses what is no group", async () => {
    expect(await engine.getUserInfos(1, "ada", "", ["ada"])).toBe(Code.CONVERSATION_TYPE_INVALID);
  });
});

function asks(types: number[], channelId: string, startTime: number, count: number): Promise<RCIMIWConversation[]> {
  return new Promise((resolve, reject) => {
    const onSuccess = ({ t }: { t: RCIMIWConversation[] }) => resolve(t);
    const onError = ({ code }: { code: number }) => reject(code);
    void engine.getConversations(types, channelId, startTime, count, { onSuccess, onError });
  });
}

/** Answers as many calls as there are pages. A number is the code of a page that fails. */
async function pages(...all: (ConversationInfo[] | number)[]): Promise<void> {
  for (const [place, page] of all.entries()) {
    const token = place === 0 ? "" : `page ${place}`;
    const next = place === all.length - 1 ? "" : `page ${place + 1}`;
    const call = await answer("listConversations", typeof page === "number" ? page : list(page, next));
    expect(call).toMatchObject({ pageToken: token });
  }
}

async function answer(kind: "listConversations" | "getUsers", result: Reply["result"] | number): Promise<unknown> {
  await settled();
  const { callId, call } = ports.dialer.last.takes(kind);
  ports.dialer.last.replies(callId, typeof result === "number" ? { code: result } : { result });
  await settled();
  return call?.value;
}

function list(items: ConversationInfo[], pageToken: string): Reply["result"] {
  return { $case: "conversations", value: { items, pageToken } };
}

function group(targetId: string, saidAt?: number): ConversationInfo {
  return info(GROUP, targetId, "", saidAt);
}

function channel(targetId: string, channelId: string, saidAt: number): ConversationInfo {
  return info(ULTRA_GROUP, targetId, channelId, saidAt);
}

function info(type: 2 | 5, targetId: string, channelId: string, saidAt?: number): ConversationInfo {
  const lastMessage = saidAt === undefined ? undefined : said(`${targetId}-${channelId}`, saidAt);
  return {
    conversation: { type, targetId, channelId },
    title: `Title of ${targetId}`,
    members: 3,
    lastMessage,
  };
}

function said(uid: string, sentAtMs: number): ConversationInfo["lastMessage"] {
  return {
    uid,
    senderId: "ada",
    sequence: 1,
    sentAtMs,
    content: { kind: { $case: "text", value: { text: `said at ${sentAtMs}` } }, ...nothingBeside },
    clientRef: "",
    recalled: false,
    receipt: undefined,
    conversation: undefined,
  };
}
