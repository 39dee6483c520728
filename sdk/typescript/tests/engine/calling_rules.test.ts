/** What holds for every call: the number at once, callbacks, listeners, and the life of the engine. */

import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { Code } from "../../src/codes.js";
import RCIMIWEngine, { CALLS_NOT_SUPPORTED, LISTENERS_NOT_SUPPORTED } from "../../src/index.js";
import type { Storage } from "../../src/ports.js";
import { settled } from "../fake_ports.js";
import { sharedStorage } from "../fake_storage.js";
import { App, CALLS, callbackTo, endEngine, lastOf, messagesOf, type Told } from "./app.js";
import { FakeServer } from "./fake_server.js";

const [message = {}] = messagesOf("ward-3", "m1");

let server: FakeServer;
let alice: App;
let error: MockInstance<typeof console.error>;
beforeEach(async () => {
  error = vi.spyOn(console, "error").mockImplementation(() => {});
  server = new FakeServer();
  alice = await App.of("alice", server);
});
afterEach(async () => {
  error.mockRestore();
  vi.unstubAllGlobals();
  await endEngine();
});

describe("an accepted call", () => {
  it("gives 0 while the server has not said anything, and its result later", async () => {
    const { code, told } = await alice.asks(message);
    expect([code, told]).toEqual([0, []]);
    await server.accepts("requestReceipt");
    expect(told).toEqual([["onGroupReadReceiptRequestSent", { code: 0, message }]]);
  });

  it("tells its result once", async () => {
    const { told } = await alice.asks(message);
    await server.accepts("requestReceipt");
    await server.vanishes();
    await server.comesBack();
    expect(told).toHaveLength(1);
  });

  it("does not call back before it has returned", () => {
    const told: Told[] = [];
    void alice.engine.connect("alice", 30, callbackTo(told));
    void alice.engine.getMessageById(77, callbackTo(told));
    void alice.engine.sendMessage({ messageType: 2, targetId: "ward-3", text: "hi" } as object, callbackTo(told));
    expect(told).toEqual([]);
  });

  it("has given its number when it calls back", async () => {
    const order: unknown[] = [];
    const says = (name: string) => () => order.push(name);
    order.push(await alice.engine.connect("alice", 30, { onConnected: says("connected") }));
    await settled();
    order.push(await alice.engine.getMessageById(77, { onError: says("no message") }));
    await settled();
    order.push(
      await alice.engine.sendMessage({ messageType: 2, targetId: "ward-3", text: "hi" } as object, {
        onMessageSaved: says("saved"),
      }),
    );
    await settled();
    expect(order).toEqual([0, "connected", 0, "no message", 0, "saved"]);
  });
});

describe("a refused call", () => {
  it("tells neither its callback nor a listener", async () => {
    await server.vanishes();
    alice.heard.length = 0;
    const refused = await alice.asks(message);
    expect(refused).toEqual({ code: Code.NOT_CONNECTED, told: [] });
    expect(await alice.callsPlainly("sendGroupReadReceiptRequest", message)).toBe(Code.NOT_CONNECTED);
    const text = await alice.writes("hello");
    expect(await alice.sends(text)).toEqual({ code: Code.NOT_CONNECTED, told: [] });
    expect(await alice.callsPlainly("sendMessage", text)).toBe(Code.NOT_CONNECTED);
    await server.comesBack();
    expect(alice.heard.map(([name]) => name)).not.toContain("onGroupReadReceiptRequestSent");
    expect(alice.heard.map(([name]) => name)).not.toContain("onMessageAttached");
    expect(server.waiting).toEqual([]);
  });
});

describe("a result", () => {
  it("comes to the callback alone, if there is one", async () => {
    const { told } = await alice.asks(message);
    await server.refuses("requestReceipt", Code.RECEIPT_NOT_SENDER);
    expect(told).toEqual([["onGroupReadReceiptRequestSent", { code: Code.RECEIPT_NOT_SENDER, message }]]);
    expect(alice.heard).toEqual([]);
  });

  it("comes to no listener if the callback object does not have the member", async () => {
    await alice.callsPlainly("sendGroupReadReceiptRequest", message, {});
    await server.accepts("requestReceipt");
    await alice.callsPlainly("sendGroupReadReceiptResponse", "ward-3", null, [message], { onSuccess() {} });
    await server.acceptsAnswer();
    await alice.callsPlainly("sendMessage", await alice.writes("hello"), { onMessageSaved: undefined });
    await server.acceptsMessage("m2");
    expect(alice.heard).toEqual([]);
  });

  it.each([[undefined], [null]])("comes to the listener if the callback is %s", async (callback) => {
    await alice.callsPlainly("sendGroupReadReceiptRequest", message, callback);
    await server.accepts("requestReceipt");
    await alice.callsPlainly("sendGroupReadReceiptResponse", "ward-3", null, [message], callback);
    await server.acceptsAnswer();
    await alice.callsPlainly("recallMessage", message, callback);
    await server.accepts("recallMessage");
    await alice.callsPlainly("sendMessage", await alice.writes("hello"), callback);
    await server.acceptsMessage("m2");
    await alice.callsPlainly("connect", "alice", 30, callback);
    expect(alice.heard.map(([name, { code }]) => [name, code])).toEqual([
      ["onGroupReadReceiptRequestSent", 0],
      ["onGroupReadReceiptResponseSent", 0],
      ["onMessageRecalled", 0],
      ["onMessageAttached", undefined],
      ["onMessageSent", 0],
      ["onDatabaseOpened", 0],
      ["onConnected", Code.CONNECTION_EXISTS],
    ]);
  });

  it("of a call with onSuccess and onError comes to nobody without a callback", async () => {
    await alice.callsPlainly("getMessageByUId", "m1", null);
    await server.refuses("getMessage", Code.RECEIPT_MESSAGE_NOT_FOUND);
    expect(alice.heard).toEqual([]);
  });

  it("is given to a member as a method of its object", async () => {
    class Screen {
      readonly codes: number[] = [];
      onGroupReadReceiptRequestSent({ code }: { code: number }) {
        this.codes.push(code);
      }
    }
    const screen = new Screen();
    await alice.engine.sendGroupReadReceiptRequest(message, screen);
    await server.accepts("requestReceipt");
    expect(screen.codes).toEqual([0]);
  });

  it("is given to the listener that is there when it comes", async () => {
    await alice.callsPlainly("sendGroupReadReceiptRequest", message);
    const heard: number[] = [];
    alice.engine.setOnGroupReadReceiptRequestSentListener(({ code }) => heard.push(code));
    await server.accepts("requestReceipt");
    expect([heard, alice.heard]).toEqual([[0], []]);
  });
});

describe("a listener", () => {
  it("takes the place of the one before", async () => {
    const heard: string[] = [];
    alice.engine.setOnMessageReceivedListener(() => heard.push("first"));
    alice.engine.setOnMessageReceivedListener(() => heard.push("second"));
    await server.tellsMessage({ uid: "m1", senderId: "bob" });
    expect(heard).toEqual(["second"]);
  });

  it.each([[undefined], [null], [5]])("is cleared by %s", async (nothing) => {
    alice.setter("setOnMessageReceivedListener")(nothing);
    await server.tellsMessage({ uid: "m1", senderId: "bob" });
    expect(alice.heard).toEqual([]);
  });

  it("is cleared by nothing at all", async () => {
    alice.engine.setOnMessageReceivedListener();
    await server.tellsMessage({ uid: "m1", senderId: "bob" });
    expect(alice.heard).toEqual([]);
  });

  it("may clear itself, or set another, while it is called", async () => {
    const heard: string[] = [];
    alice.engine.setOnMessageReceivedListener(({ message }) => {
      heard.push(`once ${message.messageUId}`);
      alice.engine.setOnMessageReceivedListener(({ message }) => heard.push(`then ${message.messageUId}`));
    });
    await server.tellsMessage({ uid: "m1", senderId: "bob" });
    await server.tellsMessage({ uid: "m2", senderId: "bob" });
    expect(heard).toEqual(["once m1", "then m2"]);
  });
});

describe("an application that throws", () => {
  const throws = () => {
    throw new Error("a mistake of the application");
  };

  it("stops nothing, from a listener", async () => {
    alice.engine.setOnMessageReceivedListener(throws);
    await server.tellsMessage({ uid: "m1", senderId: "bob" });
    await server.tellsRequest("m1", "bob");
    expect(alice.heardOf("onGroupMessageReadReceiptRequestReceived")).toHaveLength(1);
    expect((await alice.asks(message)).code).toBe(0);
  });

  it("stops nothing, from a callback", async () => {
    await alice.callsPlainly("sendGroupReadReceiptRequest", message, { onGroupReadReceiptRequestSent: throws });
    await alice.callsPlainly("sendMessage", await alice.writes("hello"), {
      onMessageSaved: throws,
      onMessageSent: throws,
    });
    const { told } = await alice.asks(message);
    const asked = server.accepts("requestReceipt");
    await Promise.all([asked, server.acceptsMessage("m2"), server.accepts("requestReceipt")]);
    expect(told).toHaveLength(1);
  });

  it("finds it on the console", async () => {
    await alice.callsPlainly("changeLogLevel", 1);
    alice.engine.setOnMessageReceivedListener(throws);
    await server.tellsMessage({ uid: "m1", senderId: "bob" });
    expect(error).toHaveBeenCalledOnce();
  });

  it("finds nothing there if it wants no log", async () => {
    alice.engine.setOnMessageReceivedListener(throws);
    await server.tellsMessage({ uid: "m1", senderId: "bob" });
    expect(error).not.toHaveBeenCalled();
  });
});

describe("calls inside callbacks and listeners", () => {
  it("work", async () => {
    const told: Told[] = [];
    alice.engine.setOnGroupMessageReadReceiptRequestReceivedListener(({ targetId, messageUId }) => {
      const received = [{ targetId, messageUId }];
      void alice.engine.sendGroupReadReceiptResponse(targetId, null, received, {
        async onGroupReadReceiptResponseSent({ code }) {
          told.push(["answered", code]);
          told.push(["asked", await alice.engine.sendGroupReadReceiptRequest({ targetId, messageUId: "m9" })]);
        },
      });
    });
    await server.tellsRequest("m1", "bob");
    await server.acceptsAnswer();
    expect(told).toEqual([
      ["answered", 0],
      ["asked", 0],
    ]);
    await server.accepts("requestReceipt");
    expect(alice.heardOf("onGroupReadReceiptRequestSent")).toHaveLength(1);
  });

  it("may end the engine", async () => {
    const ended = new Promise<number>((resolve) => {
      alice.engine.setOnMessageReceivedListener(() => resolve(alice.engine.destroy()));
    });
    void server.tellsMessage({ uid: "m1", senderId: "bob" });
    await server.tellsRequest("m1", "bob");
    expect(await ended).toBe(0);
    expect(alice.heard).toEqual([]);
    expect(server.connections).toBe(0);
  });

  it("may connect again from the listener of the status", async () => {
    alice.engine.setOnConnectionStatusChangedListener(({ status }) => {
      if (status === 4) void alice.engine.connect("alice", 30);
    });
    await server.saysGoodbye(Code.KICKED_BY_OTHER_DEVICE);
    await server.passes(1_000);
    expect(server.connections).toBe(1);
    expect((await alice.asks(message)).code).toBe(0);
  });
});

describe("create", () => {
  it("gives the same engine each time, whatever its arguments", async () => {
    expect(await RCIMIWEngine.create("other", { naviServer: "nonsense" })).toBe(alice.engine);
    expect(await RCIMIWEngine.create("")).toBe(alice.engine);
  });

  it("gives the same engine to those who ask at the same time", async () => {
    await endEngine();
    const [one, two] = await Promise.all([App.at(server), App.at(server)]);
    expect(one.engine).toBe(two.engine);
  });

  it("gives null for arguments that cannot work, and works with others afterwards", async () => {
    await endEngine();
    const quiet = { ...server.options(), logLevel: 0 };
    for (const appKey of ["", null, undefined, 5, {}]) {
      expect(await RCIMIWEngine.create(appKey as string, quiet)).toBeNull();
    }
    for (const naviServer of ["", "nonsense", "ftp://server", 5, {}]) {
      expect(await RCIMIWEngine.create("app", { ...quiet, naviServer: naviServer as string })).toBeNull();
    }
    expect(
      await RCIMIWEngine.create("app", { ...server.options(), naviServer: "https://chat.example.com" }),
    ).not.toBeNull();
    alice = await App.at(server);
  });

  it.each([
    [
      "chat.example.com",
      "naviServer must be ws://, wss://, http:// or https://, a host, and perhaps a port and a path; it is chat.example.com",
    ],
    ["chat.example.com:7780", "it is chat.example.com:7780"],
    ["https://", "it is https://"],
    ["//user:secret@chat.example.com?key=secret", "it is //chat.example.com?…"],
    ["  ", "naviServer is empty; leave it out for ws://127.0.0.1:7780"],
    ["", "naviServer is empty"],
    [5, "naviServer must be a text"],
  ])("says to the console and to the app that naviServer %j cannot be", async (naviServer, problem) => {
    await endEngine();
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    const onCreateFailed = vi.fn();
    const options = { ...server.options(), logLevel: 1, naviServer: naviServer as string, onCreateFailed };
    expect(await RCIMIWEngine.create("app", options)).toBeNull();
    expect(onCreateFailed.mock.calls).toEqual([[{ code: 1, message: expect.stringContaining(problem) }]]);
    expect(error.mock.calls.map(([said]) => said)).toEqual([`seenby: ${onCreateFailed.mock.lastCall?.[0].message}`]);
    error.mockRestore();
    alice = await App.at(server);
  });

  it("tells the app why there is no engine, also if that throws", async () => {
    await endEngine();
    const told: unknown[] = [];
    const onCreateFailed = (failure: unknown) => {
      told.push(failure);
      throw new Error("of the app");
    };
    const random = () => {
      throw new Error("no randomness");
    };
    const quiet = { ...server.options(), onCreateFailed };
    vi.stubGlobal("WebSocket", undefined);
    const { dialer: _, ...cannotConnect } = quiet;
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    expect(await RCIMIWEngine.create("", quiet)).toBeNull();
    expect(await RCIMIWEngine.create("app", cannotConnect)).toBeNull();
    expect(await RCIMIWEngine.create("app", { ...quiet, random })).toBeNull();
    error.mockRestore();
    expect(told).toEqual([
      { code: Code.PARAM_ERROR, message: "the App Key must be a text that is not empty" },
      { code: Code.CLIENT_NOT_INIT, message: expect.stringContaining("WebSocket") },
      { code: Code.NATIVE_OPERATION_ERROR, message: "the engine cannot be created: no randomness" },
    ]);
    alice = await App.at(server);
  });

  it("works with a storage that gives nobody a place, and warns once", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    await endEngine();
    const storage = { ...sharedStorage(), claim: () => Promise.reject(new Error("forbidden")) };
    alice = await App.of("alice", server, { ...server.options(storage), logLevel: 2 });
    expect((await alice.answers(message)).code).toBe(0);
    await server.acceptsAnswer();
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
  });

  it("lets go of its place if it fails after all", async () => {
    await endEngine();
    const storage = sharedStorage();
    let asked = 0;
    const random = () => {
      asked += 1;
      if (storage.claimed.size > 0) throw new Error("no randomness");
      return 7;
    };
    expect(await RCIMIWEngine.create("app", { ...server.options(storage), random })).toBeNull();
    expect([asked > 4, storage.claimed.size]).toEqual([true, 0]);
  });

  it("takes null for options, and is not disturbed by those it does not know", async () => {
    await endEngine();
    vi.stubGlobal("WebSocket", class {});
    expect(await RCIMIWEngine.create("app", null as unknown as undefined)).toBeInstanceOf(RCIMIWEngine);
    alice = await App.at(server);
    await endEngine();
    const options = { areaCode: 1, enablePush: false, kickReconnectDevice: true, pushOptions: {}, later: 1 };
    alice = await App.at(server, { ...server.options(), ...options });
  });
});

describe("two owners, of whom the first leaves before it has its engine", () => {
  /** What a component does when it appears, and gives what it does when it goes: as in docs/typescript-sdk.md. */
  const mount = (storage: Storage) => {
    const owner: { engine?: RCIMIWEngine | undefined; isOver: boolean } = { isOver: false };
    const made = RCIMIWEngine.create("app", server.options(storage));
    void made.then((engine) => {
      if (!owner.isOver && engine) owner.engine = engine;
    });
    const unmount = () => {
      owner.isOver = true;
      void made.then((engine) => engine?.destroy());
    };
    return { owner, unmount };
  };

  it("leave each other alone", async () => {
    const storage = sharedStorage();
    await endEngine();
    mount(storage).unmount();
    mount(storage).unmount();
    const { owner } = mount(storage);
    await settled();
    alice = new App(owner.engine as RCIMIWEngine, server);
    const { told } = await alice.connects("alice");
    expect(lastOf(told)).toEqual({ code: 0, userId: "alice" });
    expect([server.connections, storage.claimed.size]).toEqual([1, 1]);
    await alice.engine.destroy();
  });

  it("share the engine if nobody leaves", async () => {
    await endEngine();
    const storage = sharedStorage();
    const [one, two] = [mount(storage), mount(storage)];
    await settled();
    expect(one.owner.engine).toBeInstanceOf(RCIMIWEngine);
    expect(two.owner.engine).toBe(one.owner.engine);
    one.unmount();
    await settled();
    expect(await two.owner.engine?.disconnect(false)).toBe(Code.ENGINE_DESTROYED);
    alice = await App.at(server);
  });
});

describe("a destroyed engine", () => {
  it.each(CALLS)("refuses %s with 2", async (call) => {
    expect(await alice.callsPlainly("destroy")).toBe(0);
    const args = [2, "ward-3", null, [message], {}];
    expect(await alice.calls(call, ...args)).toEqual({ code: Code.ENGINE_DESTROYED, told: [] });
    expect(await alice.calls(call)).toEqual({ code: Code.ENGINE_DESTROYED, told: [] });
  });

  it("tells nothing any more", async () => {
    const asked = await alice.asks(message);
    const sent = alice.sends(await alice.writes("hello"));
    await alice.callsPlainly("destroy");
    alice.heard.length = 0;
    await server.tellsMessage({ uid: "m1", senderId: "bob" });
    await server.passes(60_000);
    expect([asked.told, (await sent).told, alice.heard]).toEqual([[], [], []]);
    expect(server.connections).toBe(0);
  });

  it("takes listeners without harm", async () => {
    await alice.callsPlainly("destroy");
    alice.engine.setOnMessageReceivedListener(() => {});
  });

  it("makes room for a new one", async () => {
    await alice.callsPlainly("destroy");
    const next = await App.of("alice", server);
    expect(next.engine).not.toBe(alice.engine);
    expect((await next.asks(message)).code).toBe(0);
    expect(await alice.callsPlainly("disconnect", false)).toBe(Code.ENGINE_DESTROYED);
    await server.accepts("requestReceipt");
  });

  it("makes room for a new one that is asked for before it has ended", async () => {
    const storage = sharedStorage();
    await endEngine();
    alice = await App.at(server, server.options(storage));
    const ended = alice.engine.destroy();
    const next = await App.of("alice", server, server.options(storage));
    expect(next.engine).not.toBe(alice.engine);
    expect(await ended).toBe(0);
    // It has waited until the place of the old one was free.
    expect([...storage.claimed]).toEqual(["seenby/0/"]);
    expect(await RCIMIWEngine.create("app")).toBe(next.engine);
  });
});

describe("what Seenby does not have", () => {
  it.each([...CALLS_NOT_SUPPORTED])("%s gives 90012", async (call) => {
    expect(await alice.calls(call, 2, "ward-3", null)).toEqual({ code: Code.CALL_NOT_SUPPORTED, told: [] });
    expect(await alice.callsPlainly(call)).toBe(Code.CALL_NOT_SUPPORTED);
    expect([alice.heard, server.waiting]).toEqual([[], []]);
  });

  it.each([...LISTENERS_NOT_SUPPORTED])("%s does no harm", (setter) => {
    expect(alice.setter(setter)(() => {})).toBeUndefined();
    expect(alice.setter(setter)()).toBeUndefined();
  });

  it.each([0, 3, 4, 5, 99])("messages of type %i cannot be sent", async (messageType) => {
    const made = await alice.sends({ ...(await alice.writes("hello")), messageType });
    expect(made).toEqual({ code: Code.CALL_NOT_SUPPORTED, told: [] });
  });
});

describe("more calls than an application can mean", () => {
  it("are refused as too many, and each that was accepted has its result", async () => {
    const made = await Promise.all(Array.from({ length: 999 }, () => alice.asks(message)));
    expect(made.every(({ code }) => code === 0)).toBe(true);
    const names = [...messagesOf("ward-4", "m4"), ...messagesOf("ward-5", "m5")];
    const counts = await alice.calls("getMessageReadReceiptInfoV5ByIdentifiers", names);
    expect(await alice.asks(message)).toEqual({ code: Code.TOO_BUSY, told: [] });
    for (const _ of made) void server.accepts("requestReceipt");
    await server.accepts("getReceiptCounts", { $case: "receiptCounts", value: { items: [] } });
    expect(made.every(({ told }) => lastOf(told).code === 0)).toBe(true);
    expect(counts).toEqual({ code: 0, told: [["onError", { code: Code.TOO_BUSY }]] });
  });
});
