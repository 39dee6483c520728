/** Signing in, staying signed in, and being signed out. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Code } from "../../src/codes.js";
import { RCIMIWLogLevel as Level, RCIMIWConnectionStatus as Status } from "../../src/index.js";
import { App, endEngine, lastOf } from "./app.js";
import { FakeServer, tokenOf } from "./fake_server.js";

let server: FakeServer;
let alice: App;
beforeEach(async () => {
  server = new FakeServer();
  alice = await App.at(server);
});
afterEach(endEngine);

const statuses = () => alice.heardOf("onConnectionStatusChanged").map(({ status }) => status);

describe("connect", () => {
  it("opens the database, then connects, and says who has signed in", async () => {
    const { code, told } = await alice.connects("alice");
    expect(code).toBe(0);
    expect(told).toEqual([
      ["onDatabaseOpened", { code: 0 }],
      ["onConnected", { code: 0, userId: "alice" }],
    ]);
    expect(statuses()).toEqual([Status.connecting, Status.connected]);
    expect(server.signIns).toMatchObject([{ appKey: "app", token: "alice" }]);
  });

  it("tells the listeners, without a callback", async () => {
    await alice.callsPlainly("connect", "alice", 30);
    expect(alice.heardOf("onDatabaseOpened")).toEqual([{ code: 0 }]);
    expect(alice.heardOf("onConnected")).toEqual([{ code: 0, userId: "alice" }]);
  });

  it("a second time says by callback that there is a connection, and does not disturb it", async () => {
    await alice.connects("alice");
    const { code, told } = await alice.connects("bob");
    expect(code).toBe(0);
    expect(lastOf(told)).toEqual({ code: Code.CONNECTION_EXISTS, userId: "alice" });
    expect([server.connections, server.signIns.length]).toEqual([1, 1]);
  });

  it("while another one is on its way says the same, and the first goes on", async () => {
    await server.vanishes();
    const first = await alice.connects("alice");
    const second = await alice.connects("alice");
    expect([first.told.length, lastOf(second.told).code]).toEqual([1, Code.CONNECTION_EXISTS]);
    await server.comesBack();
    expect(lastOf(first.told)).toEqual({ code: 0, userId: "alice" });
  });

  it("while another one is on its way names the user if the token does", async () => {
    await server.vanishes();
    await alice.connects(tokenOf("alice"));
    const named = await alice.connects(tokenOf("alice"));
    expect(lastOf(named.told)).toEqual({ code: Code.CONNECTION_EXISTS, userId: "alice" });
    await alice.connects("opaque");
    const unnamed = await alice.connects("opaque");
    expect(lastOf(unnamed.told)).toEqual({ code: Code.CONNECTION_EXISTS, userId: "" });
  });

  it("with another token takes over from one that has no connection yet", async () => {
    await server.vanishes();
    const first = await alice.connects("alice");
    await server.passes(10_000);
    const second = await alice.connects("bob");
    expect(lastOf(first.told)).toEqual({ code: Code.NOT_CONNECTED, userId: "" });
    await server.comesBack();
    expect(lastOf(second.told)).toEqual({ code: 0, userId: "bob" });
    expect(server.signIns.map(({ token }) => token)).toEqual(["bob"]);
  });

  it("gives up after its timeout, with 34006 and status 9", async () => {
    await server.vanishes();
    const { code, told } = await alice.connects("alice", 5);
    expect(code).toBe(0);
    await server.passes(4_000);
    expect(told.map(([name]) => name)).toEqual(["onDatabaseOpened"]);
    await server.passes(1_000);
    expect(lastOf(told)).toEqual({ code: Code.CONNECT_TIMEOUT, userId: "" });
    expect(statuses().at(-1)).toBe(Status.timeout);
    await server.comesBack();
    expect(server.signIns).toEqual([]);
    // And may be tried again.
    expect(lastOf((await alice.connects("alice")).told).code).toBe(0);
  });

  it.each([0, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e308])(
    "with timeout %d never gives up",
    async (timeout) => {
      await server.vanishes();
      const { told } = await alice.connects("alice", timeout);
      await server.passes(600_000);
      expect(told).toHaveLength(1);
      await server.comesBack();
      expect(lastOf(told).code).toBe(0);
    },
  );

  it("that has succeeded once does not give up any more", async () => {
    const { told } = await alice.connects("alice", 5);
    await server.vanishes();
    await server.passes(60_000);
    expect(statuses().at(-1)).not.toBe(Status.timeout);
    await server.comesBack();
    expect(statuses().at(-1)).toBe(Status.connected);
    expect(told).toHaveLength(2);
  });

  it.each([
    ["a wrong token", Code.TOKEN_INCORRECT, Status.tokenIncorrect],
    ["a token that has expired", Code.TOKEN_EXPIRED, Status.tokenIncorrect],
    ["a user who is blocked", Code.USER_BLOCKED, Status.connUserBlocked],
    ["an App Key that the server does not know", Code.APP_KEY_REJECTED, Status.unknown],
  ])("with %s ends with %i and status %i", async (_, code, status) => {
    server.refusal = code;
    const { code: accepted, told } = await alice.connects("alice");
    expect([accepted, lastOf(told)]).toEqual([0, { code, userId: "" }]);
    expect(statuses()).toEqual([Status.connecting, status]);
    await server.passes(60_000);
    expect(server.signIns).toHaveLength(1);
    server.refusal = 0;
    expect(lastOf((await alice.connects("alice")).told)).toEqual({ code: 0, userId: "alice" });
  });

  it("to a server that is too busy tries again", async () => {
    server.refusal = Code.TOO_BUSY;
    const { told } = await alice.connects("alice");
    await server.passes(5_000);
    expect(told).toHaveLength(1);
    server.refusal = 0;
    await server.passes(20_000);
    expect(lastOf(told).code).toBe(0);
  });
});

describe("an engine that is connected", () => {
  beforeEach(async () => {
    await alice.connects("alice");
    alice.heard.length = 0;
  });

  it("comes back by itself", async () => {
    await server.vanishes();
    expect(statuses()).toEqual([Status.suspend]);
    await server.comesBack();
    expect(statuses().at(-1)).toBe(Status.connected);
    expect(server.signIns).toHaveLength(2);
    expect(alice.heardOf("onConnected")).toEqual([]);
  });

  it.each([
    ["kicked by another device", Code.KICKED_BY_OTHER_DEVICE, Status.kickedOfflineByOtherClient],
    ["blocked", Code.USER_BLOCKED, Status.connUserBlocked],
  ])("that is %s stays away, with status %i", async (_, code, status) => {
    await server.saysGoodbye(code);
    expect(statuses()).toEqual([status]);
    await server.passes(60_000);
    expect(server.signIns).toHaveLength(1);
    expect(server.connections).toBe(0);
    expect((await alice.asks({ targetId: "ward-3", messageUId: "m1" })).code).toBe(Code.NOT_CONNECTED);
  });

  it("signs out, and can sign in as somebody else", async () => {
    expect(await alice.callsPlainly("disconnect", true)).toBe(0);
    expect([statuses(), server.connections]).toEqual([[Status.signOut], 0]);
    expect(lastOf((await alice.connects("bob")).told)).toEqual({ code: 0, userId: "bob" });
  });

  it("keeps its connection alive", async () => {
    await server.passes(300_000);
    expect([alice.heard, server.signIns.length]).toEqual([[], 1]);
  });
});

describe("the console", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  afterEach(() => warn.mockReset());

  it.each([
    ["once at the level `warn`", Level.warn, 1],
    ["not at the level `error`", Level.error, 0],
    ["not at the level `none`", Level.none, 0],
  ])("says %s why there is no connection, and never the token", async (_, level, times) => {
    await alice.callsPlainly("changeLogLevel", level);
    await server.vanishes();
    await alice.connects("alice-s-token", 0);
    await server.passes(60_000);
    expect(warn).toHaveBeenCalledTimes(times);
    const said = warn.mock.calls.flat().join(" ");
    expect(said).not.toContain("alice");
    if (times > 0) expect(said).toContain("ws://127.0.0.1:7780/v1/connect");
  });
});

describe("a source of tokens", () => {
  const asked = vi.fn<() => string | null | Promise<string | null>>();
  const refuses = async () => {
    server.refusal = Code.TOKEN_EXPIRED;
    return alice.connects("alice");
  };
  beforeEach(async () => {
    asked.mockReset();
    await alice.engine.destroy();
    alice = await App.at(server, { ...server.options(), tokenSource: asked });
  });

  it.each([
    ["at once", () => "alice-2"],
    ["later", () => Promise.resolve("alice-2")],
  ])("gives the token that is used next, %s", async (_, give) => {
    asked.mockImplementation(() => {
      server.refusal = 0;
      return give();
    });
    const { told } = await refuses();
    await server.passes(1_000);
    expect(lastOf(told)).toEqual({ code: 0, userId: "alice-2" });
    expect(asked).toHaveBeenCalledOnce();
  });

  it.each([null, ""])("that has none (%j) ends the sign-in with the code of the server", async (none) => {
    asked.mockReturnValue(none);
    const { told } = await refuses();
    expect(lastOf(told)).toEqual({ code: Code.TOKEN_EXPIRED, userId: "" });
    expect(statuses().at(-1)).toBe(Status.tokenIncorrect);
  });

  it.each([
    ["throws", () => Promise.reject(new Error("no network"))],
    [
      "rejects",
      () => {
        throw new Error("no network");
      },
    ],
  ])("that %s is asked again after a pause", async (_, fail) => {
    asked.mockImplementation(fail);
    const { told } = await refuses();
    await server.passes(20_000);
    expect(asked.mock.calls.length).toBeGreaterThan(1);
    asked.mockImplementation(() => {
      server.refusal = 0;
      return "alice-2";
    });
    await server.passes(20_000);
    expect(lastOf(told)).toEqual({ code: 0, userId: "alice-2" });
  });

  it("whose answer comes after `disconnect` is not used", async () => {
    let give = (_: string) => {};
    asked.mockReturnValue(new Promise((resolve) => (give = resolve)));
    await refuses();
    await alice.callsPlainly("disconnect", false);
    give("alice-2");
    await server.passes(60_000);
    expect(server.signIns).toHaveLength(1);
  });
});

describe("disconnect", () => {
  it("ends a connect that is on its way", async () => {
    await server.vanishes();
    const { told } = await alice.connects("alice");
    expect(await alice.callsPlainly("disconnect", false)).toBe(0);
    expect(lastOf(told)).toEqual({ code: Code.NOT_CONNECTED, userId: "" });
    expect(statuses().at(-1)).toBe(Status.signOut);
  });

  it("without a connection is harmless", async () => {
    expect(await alice.callsPlainly("disconnect", false)).toBe(0);
    expect(alice.heard).toEqual([]);
  });

  it("ends the calls that wait for a result", async () => {
    await alice.connects("alice");
    const { told } = await alice.asks({ targetId: "ward-3", messageUId: "m1" });
    await alice.callsPlainly("disconnect", false);
    expect(told.map(([, { code }]) => code)).toEqual([Code.RESULT_UNKNOWN]);
  });
});

describe("getDeltaTime", () => {
  it("is 0 before the first sign-in, and then this device's clock less the server's", async () => {
    expect(await alice.callsPlainly("getDeltaTime")).toBe(0);
    await alice.connects("alice");
    expect(await alice.callsPlainly("getDeltaTime")).toBe(500);
    await alice.callsPlainly("disconnect", false);
    expect(await alice.callsPlainly("getDeltaTime")).toBe(500);
  });
});
