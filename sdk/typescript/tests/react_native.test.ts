import { afterEach, expect, test, vi } from "vitest";
import type { Dialer, SocketListener } from "../src/ports.js";
import { ClientFrame, type ServerFrame as Frame, ServerFrame } from "../src/protocol/frames.js";
import { inOrder, POSITIONS } from "../src/react_native/positions.js";
import {
  RCIMIWConnectionStatus,
  RCIMIWConversationType,
  RCIMIWCustomMessagePolicy,
  RCIMIWEngine,
  RCIMIWLogLevel,
  type RCIMIWMessage,
} from "../src/react-native.js";
import { respondUserIds } from "../src/respond_user_ids.js";

/** A server that signs in whoever comes and accepts everything. */
function agreeableServer(): Dialer & { push(kind: NonNullable<Frame["kind"]>): void } {
  let open: SocketListener | undefined;
  const push = (kind: NonNullable<Frame["kind"]>) => open?.onFrame(ServerFrame.encode({ kind }).finish());
  const reply = (callId: number, result: Extract<Frame["kind"], { $case: "reply" }>["value"]["result"]) =>
    push({ $case: "reply", value: { callId, code: 0, detail: "", retryAfterMs: 0, result } });
  const signedIn = {
    userId: "alice",
    serverTimeMs: 1,
    protocolMinor: 1,
    storeId: "s",
    pingIntervalMs: 30_000,
    answersPerFrameMax: 100,
    pageSizeMax: 100,
    resumeItemsMax: 10_000,
  };
  return {
    push,
    dial(_, listener) {
      open = listener;
      void Promise.resolve().then(() => listener.onOpen());
      return {
        close() {},
        send(bytes) {
          const { callId, call } = ClientFrame.decode(bytes);
          const signsIn = call?.$case === "signIn";
          void Promise.resolve().then(() =>
            reply(callId, signsIn ? { $case: "signedIn", value: signedIn } : undefined),
          );
        },
      };
    },
  };
}

let engine: RCIMIWEngine;
afterEach(async () => {
  await engine.destroy();
});

test("the engine is there at once, and callbacks get their values one by one", async () => {
  engine = RCIMIWEngine.create("app", { dialer: agreeableServer() });
  expect(RCIMIWEngine.create("other")).toBe(engine);
  const statuses: number[] = [];
  engine.setOnConnectionStatusChangedListener((status) => statuses.push(status));
  const connected = await new Promise<unknown[]>((resolve) => {
    void engine.connect("token", 30, { onConnected: (code, userId) => resolve([code, userId]) });
  });
  expect(connected).toEqual([0, "alice"]);
  expect(statuses).toEqual([RCIMIWConnectionStatus.CONNECTING, RCIMIWConnectionStatus.CONNECTED]);
});

test("the callback of an answer gets the code and the messages", async () => {
  engine = RCIMIWEngine.create("app", { dialer: agreeableServer() });
  await new Promise<void>((resolve) => {
    void engine.connect("token", 30, { onConnected: () => resolve() });
  });
  const messages = [{ targetId: "team", conversationType: RCIMIWConversationType.GROUP, messageUId: "m1" }];
  const answered = await new Promise<unknown[]>((resolve) => {
    void engine.sendGroupReadReceiptResponse("team", null, messages, {
      onGroupReadReceiptResponseSent: (code, answeredMessages) => resolve([code, answeredMessages]),
    });
  });
  expect(answered).toEqual([0, messages]);
});

test("elements of an array that are nothing are left out", async () => {
  engine = RCIMIWEngine.create("app", { dialer: agreeableServer() });
  await new Promise<void>((resolve) => {
    void engine.connect("token", 30, { onConnected: () => resolve() });
  });
  const message = { targetId: "team", conversationType: RCIMIWConversationType.GROUP, messageUId: "m1" };
  const messages = [null, message, undefined] as RCIMIWMessage[];
  const answered: unknown[] = [];
  const callback = { onGroupReadReceiptResponseSent: (...values: unknown[]) => void answered.push(...values) };
  expect(await engine.sendGroupReadReceiptResponse("team", null, messages, callback)).toBe(0);
  await vi.waitFor(() => expect(answered.slice(0, 2)).toEqual([0, [message]]));
  const { GROUP } = RCIMIWConversationType;
  expect(await engine.sendReadReceiptResponseV5(GROUP, "team", null, ["m1", null as unknown as string])).toBe(0);
  expect(await engine.sendGroupReadReceiptResponse("team", null, [null] as unknown as RCIMIWMessage[])).toBe(1);
});

test("readers come as a map", async () => {
  const server = agreeableServer();
  engine = RCIMIWEngine.create("app", { dialer: server });
  await new Promise<void>((resolve) => {
    void engine.connect("token", 30, { onConnected: () => resolve() });
  });
  const told = new Promise<unknown[]>((resolve) => {
    engine.setOnGroupMessageReadReceiptResponseReceivedListener((targetId, uid, readers) => {
      resolve([targetId, uid, readers]);
    });
  });
  await Promise.resolve();
  const conversation = { type: RCIMIWConversationType.GROUP, targetId: "team", channelId: "" };
  const readers = { firstOrdinal: 0, userIds: ["get"], timesMs: [1_000] };
  const counts = { read: 1, unread: 0, left: 0, total: 1 };
  server.push({ $case: "receiptDelta", value: { conversation, messageUid: "m1", readers, counts } });
  expect(await told).toEqual(["team", "m1", new Map([["get", 1_000]])]);
});

test("a list becomes a map wherever it stands", () => {
  const readers = respondUserIds([{ userId: "bob", readAtMs: 5 }]);
  const values = inOrder(
    { targetId: "g", messageUId: "m", respondUserIds: readers },
    POSITIONS.onGroupMessageReadReceiptResponseReceived,
  );
  expect(values.slice(0, 3)).toEqual(["g", "m", new Map([["bob", 5]])]);
});

test("fields of a custom message may be a map", async () => {
  engine = RCIMIWEngine.create("app", { dialer: agreeableServer() });
  const { GROUP } = RCIMIWConversationType;
  const policy = RCIMIWCustomMessagePolicy.NORMAL;
  const message = await engine.createCustomMessage(GROUP, "team", null, policy, "app:vote", new Map([["a", "1"]]));
  expect(message).toMatchObject({ identifier: "app:vote", fields: { a: "1" } });
});

test("an engine that is made right after another was destroyed is alive", async () => {
  const server = agreeableServer();
  const first = RCIMIWEngine.create("app", { dialer: server });
  void first.destroy();
  const second = RCIMIWEngine.create("app", { dialer: server });
  void second.destroy();
  engine = RCIMIWEngine.create("app", { dialer: server });
  expect(await engine.changeLogLevel(RCIMIWLogLevel.WARN)).toBe(0);
  expect([await first.getDeltaTime(), await second.getDeltaTime()]).toEqual([2, 2]);
});

test("after one that cannot work, the next one is made", async () => {
  const broken = RCIMIWEngine.create("", { logLevel: RCIMIWLogLevel.NONE });
  expect(await broken.getDeltaTime()).toBe(33_001);
  engine = RCIMIWEngine.create("app", { dialer: agreeableServer() });
  expect(await engine.getDeltaTime()).toBe(0);
});

test("an engine that cannot work refuses every call", async () => {
  const onCreateFailed = vi.fn();
  engine = RCIMIWEngine.create("", { onCreateFailed, logLevel: RCIMIWLogLevel.NONE });
  expect(await engine.getDeltaTime()).toBe(33_001);
  expect(await engine.joinChatRoom("room", 10, true)).toBe(33_001);
  expect(onCreateFailed).toHaveBeenCalledExactlyOnceWith({ code: 1, message: expect.stringContaining("App Key") });
});
