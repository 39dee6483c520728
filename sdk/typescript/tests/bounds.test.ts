/** What the session does when there is too much of something. The vectors leave that out, because it takes thousands. */

import { beforeEach, describe, expect, it } from "vitest";
import { Code } from "../src/codes.js";
import { emptyMemory, type Memory } from "../src/memory.js";
import type { LogEntry, Push, Reply } from "../src/protocol/frames.js";
import type { Action, SessionEvent } from "../src/session/outcome.js";
import { Session } from "../src/session/session.js";

const group = { type: 2 as const, targetId: "ward-3", channelId: "" };
const NOW = 1_000;

let session: Session;

beforeEach(() => {
  session = signedIn(emptyMemory());
});

function signedIn(memory: Partial<Memory>): Session {
  session = new Session({
    appKey: "app",
    deviceId: "device",
    clientRefPrefix: "device-",
    sdk: "test",
    backoffMinMs: 500,
    backoffMaxMs: 20_000,
    callTimeoutMs: 30_000,
    attemptTimeoutMs: 10_000,
    renewsTokens: false,
    seed: 42,
  });
  session.connect(NOW, "token");
  opensAndSignsIn();
  session.handleLoaded(NOW, "alice", { ...emptyMemory(), storeId: "store-1", ...memory });
  return session;
}

function opensAndSignsIn(): void {
  session.handleOpened(NOW);
  const value = {
    userId: "alice",
    serverTimeMs: 0,
    protocolMinor: 1,
    storeId: "store-1",
    pingIntervalMs: 30_000,
    answersPerFrameMax: 100,
    pageSizeMax: 100,
    resumeItemsMax: 10_000,
  };
  const signIn = transmits().find(({ call }) => call?.$case === "signIn");
  replies(signIn?.callId ?? 0, { result: { $case: "signedIn", value } });
}

function replies(callId: number, reply: Partial<Reply>): void {
  const value = { callId, code: 0, detail: "", retryAfterMs: 0, result: undefined, ...reply };
  session.handleFrame(NOW, { kind: { $case: "reply", value } });
}

function pushes(push: Push): void {
  session.handleFrame(NOW, { kind: push });
}

/** Bob recalls so many messages. */
function recalls(first: number, count: number, senderId = "bob"): void {
  const entries = Array.from({ length: count }, (_, place): LogEntry => {
    const value = { messageUid: `m${first + place}`, senderId };
    return { sequence: first + place, atMs: 0, event: { $case: "messageRecalled", value } };
  });
  const value = { conversation: group, entries, through: first + count - 1, left: 0, offline: false };
  pushes({ $case: "logEntries", value });
}

function taken<T>(poll: () => T | undefined): T[] {
  const all: T[] = [];
  for (let one = poll(); one !== undefined; one = poll()) all.push(one);
  return all;
}
const transmits = () => taken(() => session.pollTransmit());
const actions = (): Action[] => taken(() => session.pollAction());
const events = (): SessionEvent[] => taken(() => session.pollEvent());
const outcomes = () => taken(() => session.pollOutcome());
const resumes = () => transmits().flatMap(({ call }) => (call?.$case === "resume" ? [call.value] : []));

describe("too many events that nobody takes", () => {
  it("leave the rest at the server, from where a new connection fetches it", () => {
    events();
    recalls(1, 4_096);
    recalls(4_097, 1);
    expect(session.pollTimeout()).toBe(NOW + 5_000);
    expect(events()).toHaveLength(4_096);
    expect(session.pollTimeout()).toBe(0);
    actions();
    transmits();
    session.handleTimeout(NOW);
    expect(actions().map(({ kind }) => kind)).toEqual(["close", "connect"]);
    opensAndSignsIn();
    expect(resumes()).toEqual([{ positions: [{ conversation: group, through: 4_096 }], receipts: [], last: true }]);
    recalls(4_097, 1);
    expect(events().filter(({ kind }) => kind === "messageRecalled")).toHaveLength(1);
  });
});

describe("too many calls under way", () => {
  it("are refused", () => {
    for (let call = 0; call < 1_002; call += 1) session.call(NOW, { $case: "ping", value: {} });
    const refused = outcomes().flatMap((outcome) => (outcome.kind === "replied" ? [outcome.reply.code] : []));
    // The session's own call, to resume, is one of the thousand.
    expect(refused).toEqual(Array(3).fill(Code.TOO_BUSY));
  });
});

describe("too many answers that wait", () => {
  it("are refused, but a single one may be of any length", () => {
    const answers = (count: number) => {
      const uids = Array.from({ length: count }, (_, place) => `m${place}`);
      session.answer(NOW, group, uids);
      return outcomes().flatMap((outcome) => (outcome.kind === "answered" ? [outcome.code] : []));
    };
    expect(answers(100_001)).toEqual([]);
    expect(answers(1)).toEqual([Code.TOO_BUSY]);
  });
});

describe("too much to remember", () => {
  const named = (count: number) =>
    Array.from({ length: count }, (_, place) => ({ conversation: group, messageUid: `m${10_000 + place}` }));

  it("keeps the newest requests of others, and those alone are reported", () => {
    signedIn({ unanswered: named(1_001) });
    const receipts = resumes().flatMap(({ receipts }) => receipts.map(({ messageUid }) => messageUid));
    expect([receipts.length, receipts[0], receipts.at(-1)]).toEqual([1_000, "m10001", "m11000"]);
  });

  it("follows the newest own messages, and those alone are reported", () => {
    signedIn({ asked: named(1_001).map((name) => ({ ...name, readers: 0 })) });
    const receipts = resumes().flatMap(({ receipts }) => receipts.map(({ messageUid }) => messageUid));
    expect([receipts.length, receipts[0], receipts.at(-1)]).toEqual([1_000, "m10001", "m11000"]);
  });

  it("lets go of the oldest own message that has no news when another is followed", () => {
    signedIn({ asked: named(1_000).map((name) => ({ ...name, readers: 0 })) });
    actions();
    const call = session.call(NOW, { $case: "requestReceipt", value: { conversation: group, messageUid: "m1" } });
    replies(call, {});
    const changes = actions().flatMap((action) => (action.kind === "save" ? action.changes : []));
    expect(changes).toEqual([
      { kind: "asked", asked: { conversation: group, messageUid: "m1", readers: 0 } },
      { kind: "askedForgotten", messageUid: "m10000" },
    ]);
  });

  it("reports so many positions as a server takes, in frames of five hundred", () => {
    const positions = Array.from({ length: 10_001 }, (_, place) => ({
      conversation: { ...group, targetId: `g${10_000 + place}` },
      through: 1,
    }));
    signedIn({ positions });
    const sizes = resumes().map(({ positions, last }) => [positions.length, last]);
    expect(sizes).toEqual([...Array(19).fill([500, false]), [500, true]]);
  });
});

describe("a recall by this device", () => {
  it("is not told, even if the log has it after the reply", () => {
    events();
    const call = session.call(NOW, { $case: "recallMessage", value: { conversation: group, messageUid: "m1" } });
    replies(call, {});
    recalls(1, 2, "alice");
    expect(events()).toMatchObject([{ kind: "messageRecalled", messageUid: "m2" }]);
  });
});

describe("a resume that is refused only for now", () => {
  it("is said again on the next connection", () => {
    recalls(1, 1);
    events();
    const [resume] = transmits();
    replies(resume?.callId ?? 0, { code: Code.TOO_BUSY });
    session.handleTimeout(NOW + 20_000);
    opensAndSignsIn();
    expect(resumes()).toMatchObject([{ positions: [{ through: 1 }], last: true }]);
  });
});
