/** What the driver does with its ports, in which order. */

import { describe, expect, it } from "vitest";
import { Code } from "../src/codes.js";
import { Driver } from "../src/driver.js";
import type { Storage } from "../src/ports.js";
import type { SessionEvent } from "../src/session/outcome.js";
import { memoryStorage } from "../src/storage/memory.js";
import { DeviceStore } from "../src/store.js";
import { tokenOf } from "./engine/fake_server.js";
import { type FakePorts, fakePorts, settled } from "./fake_ports.js";
import { SlowStorage, sharedStorage } from "./fake_storage.js";

const group = { type: 2 as const, targetId: "ward-3", channelId: "" };
const answersKept = "seenby/0/app/bob/answer/";

/** A driver of Bob's, and what became of it. */
class Bob {
  readonly told: string[] = [];
  readonly problems: string[] = [];
  /** Answers that the application was told are kept, by their first message, and the code. */
  readonly kept: string[] = [];
  /** What the application does with an event. */
  whenTold = () => {};
  readonly ports: FakePorts;
  readonly driver: Driver;

  private constructor(ports: FakePorts, store: DeviceStore, address: string) {
    this.ports = ports;
    this.driver = new Driver({
      address,
      session: {
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
      },
      ports,
      store,
      onEvent: (event) => {
        this.told.push(nameOf(event));
        this.whenTold();
      },
      log: (problem) => this.problems.push(problem),
    });
  }

  static async with(storage: Storage, address = "ws://server/v1/connect"): Promise<Bob> {
    const store = (await DeviceStore.open(storage)) ?? DeviceStore.alone(memoryStorage());
    return new Bob(fakePorts(storage), store, address);
  }

  /** On a device that begins with nothing. */
  static async online(storage: Storage): Promise<Bob> {
    const bob = await Bob.with(storage);
    bob.connects();
    bob.peer.opens();
    bob.peer.signsIn("bob");
    await settled();
    bob.peer.replies(bob.peer.takes("resume").callId);
    bob.told.length = 0;
    return bob;
  }

  get peer() {
    return this.ports.dialer.last;
  }

  connects(token = "token"): void {
    this.driver.connect(token, undefined, ({ code, userId }) => this.told.push(`connect ${code} ${userId}`));
  }

  answers(...messageUids: string[]): void {
    const answered = this.driver.answer(group, messageUids, ({ code }) => this.told.push(`answer ${code}`));
    void answered.then((code) => this.kept.push(`${messageUids[0]} ${code}`));
  }

  accepts(...codes: number[]): void {
    const { callId } = this.peer.takes("answerReceipts");
    this.peer.replies(callId, { result: { $case: "receiptsAccepted", value: { codes } } });
  }
}

function full(): never {
  throw new Error("the disk is full");
}

function nameOf(event: SessionEvent): string {
  return event.kind === "connectionStatusChanged" ? `status ${event.status}` : event.kind;
}

describe("an answer", () => {
  it("is kept before its frame is sent, however slow the storage is", async () => {
    const storage = new SlowStorage();
    const bob = await Bob.online(storage);
    storage.isSlow = true;
    bob.answers("m1");
    await settled();
    expect(storage.waiting.map(({ name }) => name)).toEqual([`set ${answersKept}0`]);
    expect(bob.peer.waiting).toEqual([]);
    storage.finishNext();
    await settled();
    expect(storage.inner.entries(answersKept)).toHaveLength(1);
    expect(bob.peer.waiting).toEqual(["answerReceipts"]);
  });

  it("is kept, and on its way, when the call returns, if the storage answers at once", async () => {
    const storage = memoryStorage();
    const bob = await Bob.online(storage);
    bob.answers("m1");
    expect(storage.entries(answersKept)).toHaveLength(1);
    expect(bob.peer.waiting).toEqual(["answerReceipts"]);
  });

  it("is not told as done before that is remembered", async () => {
    const storage = new SlowStorage();
    const bob = await Bob.online(storage);
    bob.answers("m1");
    storage.isSlow = true;
    bob.accepts(0);
    await settled();
    expect(bob.told).toEqual([]);
    storage.finishNext();
    await settled();
    expect(bob.told).toEqual(["answer 0"]);
    expect(storage.inner.entries(answersKept)).toEqual([]);
  });

  it("is told as kept when the storage has it, and not before", async () => {
    const storage = new SlowStorage();
    const bob = await Bob.online(storage);
    storage.isSlow = true;
    bob.answers("m1");
    await settled();
    expect(bob.kept).toEqual([]);
    storage.finishNext();
    await settled();
    expect(bob.kept).toEqual(["m1 0"]);
  });

  it.each([
    ["throws", full],
    ["gives a promise that is rejected", () => Promise.reject(new Error("the disk is full"))],
    [
      "gives another kind of promise",
      // biome-ignore lint/suspicious/noThenProperty: a storage of the application may have such promises.
      () => ({ then: (_: unknown, no: (e: Error) => void) => no(new Error()) }) as never,
    ],
  ])(
    "is sent although the storage %s, told as kept when the server has it, and the log says so once",
    async (_, set) => {
      const storage = memoryStorage();
      const bob = await Bob.online(storage);
      storage.set = set;
      bob.answers("m1");
      await settled();
      bob.answers("m2");
      await settled();
      expect(bob.problems).toEqual(["the storage cannot be written; a restart may lose answers"]);
      expect([bob.kept, bob.peer.waiting]).toEqual([[], ["answerReceipts", "answerReceipts"]]);
      bob.peer.replies(bob.peer.takes("answerReceipts").callId, { code: Code.NOT_IN_AUDIENCE });
      await settled();
      expect([bob.kept, bob.told]).toEqual([["m1 0"], [`answer ${Code.NOT_IN_AUDIENCE}`]]);
    },
  );

  it("that is not kept when the end comes is told so", async () => {
    const storage = memoryStorage();
    const bob = await Bob.online(storage);
    bob.answers("m1");
    storage.set = full;
    bob.answers("m2");
    await bob.driver.end();
    await settled();
    expect(bob.kept).toEqual(["m1 0", `m2 ${Code.ENGINE_DESTROYED}`]);
  });

  it("that is given before the first sign-in of a run is in the storage at once", async () => {
    const storage = memoryStorage();
    const bob = await Bob.with(storage);
    bob.connects(tokenOf("bob"));
    await settled();
    bob.answers("m1");
    expect(storage.entries(answersKept)).toHaveLength(1);
    await settled();
    expect(bob.kept).toEqual(["m1 0"]);
  });

  it("that is given while the storage is still being read is kept behind what it has", async () => {
    const storage = new SlowStorage();
    (await Bob.online(storage)).answers("m1");
    const bob = await Bob.with(storage);
    storage.isSlow = true;
    bob.connects(tokenOf("bob"));
    bob.answers("m2");
    await settled();
    expect([bob.kept, storage.waiting.map(({ name }) => name)]).toEqual([[], ["entries seenby/0/app/bob/"]]);
    storage.finishNext();
    await settled();
    storage.finishNext();
    await settled();
    expect(bob.kept).toEqual(["m2 0"]);
    expect(storage.inner.entries(answersKept)).toHaveLength(2);
  });

  it("of an earlier run is sent after the next sign-in", async () => {
    const storage = memoryStorage();
    (await Bob.online(storage)).answers("m1");
    const bob = await Bob.online(storage);
    bob.accepts(0);
    await settled();
    expect(bob.told).toEqual(["groupReadReceiptResponseSent"]);
  });
});

describe("what is told", () => {
  it("never comes while the application is calling", async () => {
    const bob = await Bob.with(memoryStorage());
    bob.answers("m1");
    expect(bob.told).toEqual([]);
    await settled();
    expect(bob.told).toEqual([`answer ${Code.NOT_CONNECTED}`]);
  });

  it("rests as long as the application took for it, and news gathers meanwhile", async () => {
    const bob = await Bob.online(memoryStorage());
    bob.whenTold = () => bob.ports.clock.pass(40);
    const reads = async (ordinal: number) => {
      const readers = { firstOrdinal: ordinal, userIds: [`r${ordinal}`], timesMs: [1_000] };
      const counts = { read: ordinal + 1, unread: 9, left: 0, total: 10 };
      bob.peer.pushes({ $case: "receiptDelta", value: { conversation: group, messageUid: "m1", readers, counts } });
      await settled();
    };
    await reads(0);
    expect(bob.told.length).toBe(1);
    for (const ordinal of [1, 2, 3]) await reads(ordinal);
    expect(bob.told.length).toBe(1);
    bob.ports.clock.pass(40);
    await settled();
    expect(bob.told.length).toBe(2);
  });

  it("is remembered as told only afterwards", async () => {
    const storage = memoryStorage();
    const bob = await Bob.online(storage);
    const event = { $case: "messageRecalled" as const, value: { messageUid: "m1", senderId: "alice" } };
    const entry = { sequence: 1, atMs: 0, event };
    bob.peer.pushes({
      $case: "logEntries",
      value: { conversation: group, entries: [entry], through: 1, left: 0, offline: false },
    });
    const positions = "seenby/0/app/bob/position/";
    expect(storage.entries(positions)).toEqual([]);
    await settled();
    expect(bob.told).toEqual(["messageRecalled"]);
    expect(storage.entries(positions)).toHaveLength(1);
  });
});

describe("a connection", () => {
  it("gets its frames only when it is open", async () => {
    const bob = await Bob.with(memoryStorage());
    bob.connects();
    expect(bob.ports.dialer.addresses).toEqual(["ws://server/v1/connect"]);
    expect(bob.peer.waiting).toEqual([]);
    bob.peer.opens();
    expect(bob.peer.waiting).toEqual(["signIn"]);
  });

  it("that is lost is made again, and nothing of the old one is heard any more", async () => {
    const bob = await Bob.online(memoryStorage());
    const old = bob.peer;
    old.closes();
    old.closes();
    bob.ports.clock.pass(500);
    expect(bob.ports.dialer.peers).toHaveLength(2);
    old.pushes({ $case: "goodbye", value: { code: Code.USER_BLOCKED, detail: "", reconnect: false } });
    old.opens();
    await settled();
    expect(bob.told).toEqual(["status 8", "status 2"]);
    expect(bob.peer.waiting).toEqual([]);
  });

  it("that carries something else than frames is left", async () => {
    const bob = await Bob.online(memoryStorage());
    const old = bob.peer;
    old.sends(new Uint8Array([0xff]));
    expect(old.isClosed).toBe(true);
    expect(bob.problems).toEqual([expect.stringContaining("the server sent something that is not a frame")]);
    bob.ports.clock.pass(500);
    expect(bob.ports.dialer.peers).toHaveLength(2);
  });

  it("that cannot even be dialed is tried again", async () => {
    const bob = await Bob.with(memoryStorage());
    bob.ports.dialer.problem = new Error("not a valid address");
    bob.connects();
    expect(bob.ports.dialer.addresses).toHaveLength(1);
    bob.ports.clock.pass(500);
    expect(bob.ports.dialer.addresses.length).toBeGreaterThan(1);
    expect(bob.problems).toEqual([
      "there is no connection to ws://server/v1/connect, and the engine goes on trying: not a valid address",
    ]);
  });

  it("that takes nothing does not end the program", async () => {
    const bob = await Bob.online(memoryStorage());
    bob.peer.socket.send = () => {
      throw new Error("CLOSING");
    };
    bob.answers("m1");
    expect(bob.problems).toEqual(["a frame cannot be sent"]);
    bob.peer.closes();
    bob.ports.clock.pass(500);
    bob.peer.opens();
    bob.peer.signsIn("bob");
    bob.peer.takes("resume");
    expect(bob.peer.waiting).toEqual(["answerReceipts"]);
  });

  it("is kept alive", async () => {
    const bob = await Bob.online(memoryStorage());
    bob.ports.clock.pass(15_000);
    expect(bob.peer.waiting).toEqual(["ping"]);
  });

  it("that swallows what is sent is left for a new one, and the call is sent again there", async () => {
    const bob = await Bob.online(memoryStorage());
    const dead = bob.peer;
    const replies: number[] = [];
    const value = { conversation: group, clientRef: "device-1", content: undefined, needReceipt: false };
    bob.driver.call({ $case: "sendMessage", value }, ({ code }) => replies.push(code));
    bob.ports.clock.pass(11_000);
    expect(dead.isClosed).toBe(true);
    bob.peer.opens();
    bob.peer.signsIn("bob");
    bob.peer.replies(bob.peer.takes("resume").callId);
    const { callId, call } = bob.peer.takes("sendMessage");
    expect(call?.value).toMatchObject({ clientRef: "device-1" });
    bob.peer.replies(callId);
    await settled();
    expect(replies).toEqual([0]);
  });

  it("is looked at when the platform says so, until the end", async () => {
    const bob = await Bob.online(memoryStorage());
    bob.ports.wakesUp();
    expect(bob.peer.waiting).toEqual(["ping"]);
    bob.ports.clock.pass(5_000);
    expect(bob.peer.isClosed).toBe(true);
    bob.ports.wakesUp();
    expect(bob.ports.dialer.peers).toHaveLength(2);
    await bob.driver.end();
    bob.ports.wakesUp();
    expect(bob.ports.dialer.peers).toHaveLength(2);
    expect(bob.ports.listeners).toBe(0);
  });
});

describe("an outage", () => {
  const lastProblem = ({ problems }: Bob) => problems.at(-1)?.split(": ").slice(1).join(": ");

  it("is logged once, with the reason of its first failure, and the next one again", async () => {
    const bob = await Bob.online(memoryStorage());
    bob.peer.closes("connect ECONNREFUSED");
    bob.ports.clock.pass(500);
    bob.peer.closes("another reason");
    bob.ports.clock.pass(60_000);
    expect(bob.problems.length).toBe(1);
    expect(lastProblem(bob)).toBe("connect ECONNREFUSED");
    bob.peer.opens();
    bob.peer.signsIn("bob");
    bob.peer.pushes({ $case: "goodbye", value: { code: 90_006, detail: "", reconnect: true } });
    expect(bob.problems.length).toBe(2);
    expect(lastProblem(bob)).toBe("the server said goodbye: 90006");
  });

  it("is logged if nobody answers, or somebody falls silent", async () => {
    const bob = await Bob.with(memoryStorage());
    bob.connects();
    bob.ports.clock.pass(10_000);
    expect(lastProblem(bob)).toBe("there was no answer in time");
    const carol = await Bob.online(memoryStorage());
    carol.ports.clock.pass(25_000);
    expect(lastProblem(carol)).toBe("the server has fallen silent");
  });

  it("does not show what stands in the address beside the server", async () => {
    const bob = await Bob.with(memoryStorage(), "wss://user:secret@server/v1/connect");
    bob.connects();
    bob.peer.closes();
    expect(bob.problems).toEqual([
      "there is no connection to wss://server/v1/connect, and the engine goes on trying: it has closed",
    ]);
  });

  it("is none if the application signs out", async () => {
    const bob = await Bob.online(memoryStorage());
    bob.driver.disconnect();
    bob.peer.closes("gone");
    await settled();
    expect(bob.problems).toEqual([]);
  });
});

describe("a sign-in", () => {
  it("works if what is remembered cannot be read, and nothing is written over it", async () => {
    const storage = memoryStorage();
    (await Bob.online(storage)).answers("m1");
    const bob = await Bob.with(storage);
    const { entries } = storage;
    storage.entries = full;
    bob.connects();
    bob.peer.opens();
    bob.peer.signsIn("bob");
    await settled();
    expect(bob.problems).toEqual(["the storage cannot be read; a restart may lose answers"]);
    expect(bob.told).toContain("connect 0 bob");
    bob.answers("m2");
    await settled();
    expect(bob.kept).toEqual([]);
    expect(await entries(answersKept)).toEqual([[`${answersKept}0`, expect.stringContaining("m1")]]);
  });

  it("works without a store", async () => {
    const storage = sharedStorage();
    for (let tab = 0; tab < 32; tab += 1) await DeviceStore.open(storage);
    const bob = await Bob.online(storage);
    bob.answers("m1");
    bob.accepts(0);
    await settled();
    expect(bob.told).toEqual(["answer 0"]);
  });

  it("says how far this device's clock is ahead", async () => {
    const bob = await Bob.with(memoryStorage());
    expect(bob.driver.deltaTimeMs).toBe(0);
    bob.connects();
    bob.peer.opens();
    bob.peer.signsIn("bob");
    bob.ports.clock.pass(250);
    expect(bob.driver.deltaTimeMs).toBe(1_000);
  });
});

describe("the end", () => {
  it("waits until everything is remembered", async () => {
    const storage = new SlowStorage();
    const bob = await Bob.online(storage);
    storage.isSlow = true;
    bob.answers("m1");
    let isOver = false;
    const end = bob.driver.end().then(() => {
      isOver = true;
    });
    await settled();
    expect(isOver).toBe(false);
    storage.finishNext();
    await end;
    expect(storage.inner.entries(answersKept)).toHaveLength(1);
    expect(bob.peer.isClosed).toBe(true);
    expect(bob.told).not.toContain("answer 0");
  });

  it("leaves no timer and no claim behind, and tells nothing more", async () => {
    const storage = sharedStorage();
    const bob = await Bob.online(storage);
    const { peer } = bob;
    bob.answers("m1");
    await bob.driver.end();
    expect(peer.isClosed).toBe(true);
    expect(bob.ports.clock.timers).toBe(0);
    expect(storage.claimed.size).toBe(0);
    bob.accepts(0);
    peer.closes();
    bob.ports.clock.pass(600_000);
    await settled();
    expect(bob.told).toEqual([]);
    expect(bob.ports.dialer.peers).toHaveLength(1);
  });
});
