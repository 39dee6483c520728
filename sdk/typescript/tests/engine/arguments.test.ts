/** What each call takes for its arguments: the vendor's validators, argument by argument. */

import { afterEach, beforeEach, describe, expect, it, test, vi } from "vitest";
import { Code } from "../../src/codes.js";
import { RCIMIWEngine } from "../../src/index.js";
import { MESSAGES_NOT_SUPPORTED } from "../../src/rcim/not_supported.js";
import { parametersOf } from "../../src/rcim/parameters.js";
import { App, callbackTo, endEngine, messagesOf, SUPPORTED_CALLS, type Told } from "./app.js";
import { FakeServer } from "./fake_server.js";

class OwnMessage {
  conversationType = 2;
  targetId = "ward-3";
  messageUId = "m1";
}

interface Validator {
  passes: unknown[];
  fails: unknown[];
}

const NOT_TEXTS = [0, 1, Number.NaN, true, {}, [], ["a"], new Map(), () => "a", Symbol("a"), 1n];
const text: Validator = { passes: ["a", " ", "0", "群"], fails: ["", undefined, null, ...NOT_TEXTS] };
const textOrNothing: Validator = { passes: [undefined, null, "", "a"], fails: NOT_TEXTS };
const number: Validator = {
  passes: [0, -1, 2.5, 999, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  fails: [Number.NaN, "1", "", undefined, null, true, {}, [], [1], new Date(), 1n],
};
const boolean: Validator = { passes: [true, false], fails: [0, 1, "true", "", undefined, null, {}, []] };
const object: Validator = {
  passes: [{}, new OwnMessage(), Object.create(null)],
  fails: [undefined, null, "a", 1, true, [], [{}], new Map(), new Set(), new Date(), () => {}, new Uint8Array(1)],
};
const array: Validator = {
  passes: [["a"], [{}], [undefined], new Uint8Array(1), new Float64Array(2)],
  fails: [[], undefined, null, "a", 1, true, {}, { length: 1, 0: "a" }, new Map(), new Set(["a"]), new Uint8Array(0)],
};
/** An array whose elements are looked at. */
const types: Validator = { passes: [[2], [99], new Uint8Array(1)], fails: [...array.fails, ["2"], [{}]] };
/** Numbers that go to the server as they are: of these it cannot take all that the validator does. */
const wireNumber: Validator = { passes: [1, 20, 1_700_000_000_000], fails: number.fails };

const place: [unknown, Validator][] = [
  [2, number],
  ["ward-3", text],
  [null, textOrNothing],
];
const page: [unknown, Validator][] = [...place, [0, wireNumber], [0, number], [1, number], [20, wireNumber]];

/** Arguments that work, and what each may be. */
const ARGUMENTS: Record<string, [good: unknown, validator: Validator][]> = {
  connect: [
    ["alice", text],
    [30, number],
  ],
  disconnect: [[false, boolean]],
  changeLogLevel: [[0, number]],
  getDeltaTime: [],
  getAppSettings: [],
  createTextMessage: [...place, ["hello", text]],
  createFileMessage: place,
  createGIFMessage: place,
  createImageMessage: place,
  createLocationMessage: place,
  createNativeCustomMediaMessage: place,
  createNativeCustomMessage: place,
  createReferenceMessage: place,
  createSightMessage: place,
  createVoiceMessage: place,
  createCustomMessage: [...place, [1, number], ["app:poll", text]],
  sendMessage: [[{ messageType: 2, targetId: "ward-3", text: "hello" }, object]],
  getMessages: page,
  loadMessages: page,
  getMessageById: [[1, number]],
  getMessageByUId: [["m1", text]],
  recallMessage: [[messagesOf("ward-3", "m1")[0], object]],
  sendGroupReadReceiptRequest: [[messagesOf("ward-3", "m1")[0], object]],
  sendGroupReadReceiptResponse: [
    ["ward-3", text],
    [null, textOrNothing],
    [messagesOf("ward-3", "m1"), array],
  ],
  sendReadReceiptResponseV5: [...place, [["m1"], array]],
  getMessageReadReceiptInfoV5: [...place, [["m1"], array]],
  getMessageReadReceiptInfoV5ByIdentifiers: [[messagesOf("ward-3", "m1"), array]],
  getMessagesReadReceiptUsersByPageV5: [...place, ["m1", text], [{}, object]],
  getMessagesReadReceiptByUsersV5: [...place, ["m1", text], [["bob"], array]],
  getConversations: [
    [[2, 5], types],
    [null, textOrNothing],
    [0, number],
    [20, number],
  ],
  getUserInfos: [...place, [["bob"], array]],
};

/** Every call with one argument that is as given, and the rest as it should be. */
function variants(kind: keyof Validator) {
  return Object.entries(ARGUMENTS).flatMap(([call, parameters]) =>
    parameters.flatMap(([, validator], at) =>
      validator[kind].map((value) => ({
        call,
        argument: at + 1,
        value,
        shown: shown(value),
        args: parameters.map(([good], other) => (other === at ? value : good)),
      })),
    ),
  );
}

function shown(value: unknown): string {
  if (typeof value === "object" && value !== null) return `${value.constructor?.name} ${JSON.stringify(value)}`;
  return typeof value === "string" ? `"${value}"` : String(value);
}

let server: FakeServer;
let alice: App;
beforeEach(async () => {
  server = new FakeServer();
  alice = await App.of("alice", server);
});
afterEach(endEngine);

test("the table has every call", () => {
  expect(Object.keys(ARGUMENTS).concat("destroy").sort()).toEqual([...SUPPORTED_CALLS].sort());
});

describe("a bad argument gives 1, and nothing else happens", () => {
  it.each(variants("fails"))("$call, argument $argument: $shown", async ({ call, args }) => {
    expect(await alice.calls(call, ...args)).toEqual({ code: Code.PARAM_ERROR, told: [] });
    expect(await alice.callsPlainly(call, ...args)).toBe(Code.PARAM_ERROR);
    expect(alice.heard).toEqual([]);
    expect(server.waiting).toEqual([]);
  });
});

describe("the console", () => {
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  const said = () => error.mock.calls.flat().join(" ").trim();
  beforeEach(() => alice.callsPlainly("changeLogLevel", 1));
  afterEach(() => error.mockReset());

  it.each(variants("passes"))("does not call $shown wrong, which $call takes", async ({ call, args }) => {
    await alice.calls(call, ...args);
    expect(said()).not.toContain("argument");
  });

  it.each(variants("fails"))("says that $call does not take $shown, and where", async ({ call, argument, args }) => {
    await alice.calls(call, ...args);
    const name = Object.keys(parametersOf(call))[argument - 1];
    const values = ["a text", "a number", "true or false", "an object", "an array"].join("|");
    expect(said()).toMatch(
      new RegExp(`^seenby: ${call}: argument ${argument}, ${name}, must be (${values}).*, and is [^,]+$`),
    );
  });

  it("does not repeat a value, which may be a secret", async () => {
    await alice.calls("connect", ["a secret"], 30);
    expect(said()).toBe("seenby: connect: argument 1, token, must be a text that is not empty, and is [object Array]");
  });

  it("says what an argument is that is not there", async () => {
    await alice.callsPlainly("sendGroupReadReceiptResponse", "ward-3", null);
    expect(said()).toContain("argument 3, messages, must be an array that is not empty, and is undefined");
    await alice.callsPlainly("createImageMessage", 2, "", null, "/x.png");
    expect(said()).toContain("createImageMessage: argument 2, targetId, must be a text that is not empty");
  });

  it("says nothing below the level `error`", async () => {
    await alice.callsPlainly("changeLogLevel", 0);
    await alice.calls("connect");
    expect(error).not.toHaveBeenCalled();
  });

  it("names the parameters as the calls do", () => {
    // Messages that cannot be sent are made by one function with any number of values.
    for (const call of Object.keys(ARGUMENTS).filter((name) => !(name in MESSAGES_NOT_SUPPORTED))) {
      const source = String(Reflect.get(RCIMIWEngine.prototype, call));
      const names = /\(([^)]*)\)/.exec(source)?.[1]?.split(/\s*,\s*/) ?? [];
      const checked = Object.keys(parametersOf(call));
      expect(names.map((name) => name.trim()).slice(0, checked.length), call).toEqual(checked);
      expect(checked.length, call).toBe(ARGUMENTS[call]?.length);
    }
  });
});

describe("good arguments", () => {
  it.each(Object.keys(ARGUMENTS))("%s is accepted", async (call) => {
    const args = (ARGUMENTS[call] ?? []).map(([good]) => good);
    const code = await alice.callsPlainly(call, ...args);
    if (call === "getDeltaTime") expect(code).toBe(500);
    else if (call === "getAppSettings") expect(code).toMatchObject({ readReceiptVersion: 4 });
    else if (call.startsWith("create")) expect(code).toMatchObject({ targetId: "ward-3" });
    else expect(code).toBe(Code.SUCCESS);
  });
});

describe("what passes the validators and cannot be meant gives 1 too", () => {
  it.each([
    ["getMessages", 2, "ward-3", null, Number.POSITIVE_INFINITY, 0, 1, 20],
    ["getMessages", 2, "ward-3", null, -1, 0, 1, 20],
    ["getMessages", 2, "ward-3", null, 0, 0, 1, 0],
    ["loadMessages", 2, "ward-3", null, 0, 0, 1, Number.POSITIVE_INFINITY],
    ["loadMessages", 2, "ward-3", null, 0, 0, 1, 2.5],
    ["sendGroupReadReceiptResponse", "ward-3", null, new Uint8Array(3)],
    ["sendGroupReadReceiptResponse", "ward-3", null, [undefined]],
    ["sendGroupReadReceiptResponse", "ward-3", null, [null]],
    ["sendGroupReadReceiptResponse", "ward-3", null, ["m1"]],
    ["sendGroupReadReceiptResponse", "ward-3", null, messagesOf("ward-4", "m1")],
    ["sendReadReceiptResponseV5", 2, "ward-3", null, [{ messageUId: "m1" }]],
    ["sendReadReceiptResponseV5", 2, "ward-3", null, new Float64Array(2)],
    ["getMessageReadReceiptInfoV5", 2, "ward-3", null, [null]],
    ["getMessageReadReceiptInfoV5ByIdentifiers", ["m1"]],
    ["getMessagesReadReceiptByUsersV5", 2, "ward-3", null, "m1", [7]],
    ["getMessagesReadReceiptUsersByPageV5", 2, "ward-3", null, "m1", { pageCount: 0 }],
    ["getMessagesReadReceiptUsersByPageV5", 2, "ward-3", null, "m1", { pageToken: 7 }],
    ["sendGroupReadReceiptRequest", {}],
    ["recallMessage", { messageUId: "m1" }],
    ["sendMessage", { messageType: 2, text: "hello" }],
    ["sendMessage", { messageType: 2, targetId: "ward-3" }],
    ["sendMessage", { messageType: 1, targetId: "ward-3" }],
  ])("%s %j %j %j %j %j, and the console says what is expected", async (call, ...args) => {
    const error = vi.spyOn(console, "error").mockReset();
    await alice.callsPlainly("changeLogLevel", 1);
    expect(await alice.calls(call, ...args)).toEqual({ code: Code.PARAM_ERROR, told: [] });
    expect(server.waiting).toEqual([]);
    expect(error.mock.calls.flat().join(" ")).toMatch(new RegExp(`^seenby: ${call}: .* must `));
  });
});

describe("nothing throws", () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  const custom = { messageType: 1, targetId: "ward-3", identifier: "app:poll" };

  it.each([
    ["fields that go round in a circle", "sendMessage", { ...custom, fields: circular }],
    ["fields with a bigint", "sendMessage", { ...custom, fields: { votes: 1n } }],
    ["fields that JSON cannot say", "sendMessage", { ...custom, fields: () => {} }],
    ["a policy that is a symbol", "sendMessage", { ...custom, policy: Symbol("normal") }],
    ["a policy that is a bigint", "sendMessage", { ...custom, policy: 1n }],
  ])("%s", async (_, call, message) => {
    expect(await alice.calls(call, message)).toEqual({ code: Code.PARAM_ERROR, told: [] });
    expect(server.waiting).toEqual([]);
  });

  it("a field that throws when it is looked at", async () => {
    const message = {
      get targetId() {
        throw new Error("gone");
      },
    };
    const unnamed = {
      get [Symbol.toStringTag]() {
        throw new Error("gone");
      },
    };
    for (const call of ["sendMessage", "recallMessage", "sendGroupReadReceiptRequest"]) {
      expect(await alice.calls(call, message)).toEqual({ code: Code.NATIVE_OPERATION_ERROR, told: [] });
      expect(await alice.calls(call, unnamed)).toEqual({ code: Code.NATIVE_OPERATION_ERROR, told: [] });
    }
  });

  it("fields that are not there are none", async () => {
    for (const fields of [undefined, null]) {
      expect((await alice.sends({ ...custom, fields } as object)).code).toBe(0);
      const { content } = await server.acceptsMessage("m1");
      expect(content?.kind).toMatchObject({ value: { fields: "{}", policy: 1 } });
    }
  });
});

describe("an optional field that is null is as if it were not there", () => {
  it("the type of a conversation, which then is a group", async () => {
    const message = { ...(await alice.writes("hello")), conversationType: null, channelId: null };
    expect((await alice.calls("sendMessage", message)).code).toBe(0);
    expect((await server.acceptsMessage("m1")).conversation).toEqual({ type: 2, targetId: "ward-3", channelId: "" });
  });

  it("what a message of an answer says of its conversation", async () => {
    const message = { messageUId: "m1", targetId: null, channelId: null, conversationType: 5 };
    const made = await alice.calls("sendGroupReadReceiptResponse", "city", "news", [message]);
    expect(made.code).toBe(0);
    const { conversation } = await server.acceptsAnswer();
    expect(conversation).toEqual({ type: 5, targetId: "city", channelId: "news" });
  });

  it("the options of a page", async () => {
    const option = { pageToken: null, pageCount: null, order: null, readStatus: null };
    const made = await alice.calls("getMessagesReadReceiptUsersByPageV5", 2, "ward-3", null, "m1", option);
    expect(made.code).toBe(0);
    expect(await server.accepts("listReceiptUsers")).toMatchObject({ pageToken: "", count: 100, order: 0, status: 0 });
  });
});

describe("a callback may be anything", () => {
  it.each<[string, unknown]>([
    ["a number", 5],
    ["a text", "callback"],
    ["a boolean", true],
    ["an array", []],
    ["a function", () => {}],
    ["frozen and without members", Object.freeze({})],
    ["one whose member is a number", { onGroupReadReceiptRequestSent: 5 }],
    ["one whose member is null", { onGroupReadReceiptRequestSent: null }],
    ["one whose member has no prototype", { onGroupReadReceiptRequestSent: Object.create(null) }],
    [
      "one whose member throws when it is looked at",
      {
        get onGroupReadReceiptRequestSent(): never {
          throw new Error("gone");
        },
      },
    ],
  ])("%s", async (_, callback) => {
    const [message] = messagesOf("ward-3", "m1");
    expect(await alice.callsPlainly("sendGroupReadReceiptRequest", message, callback)).toBe(0);
    // What comes behind is told all the same.
    const told: Told[] = [];
    expect(await alice.callsPlainly("sendGroupReadReceiptRequest", message, callbackTo(told))).toBe(0);
    await Promise.all([server.accepts("requestReceipt"), server.accepts("requestReceipt")]);
    expect(told.map(([name]) => name)).toEqual(["onGroupReadReceiptRequestSent"]);
    expect(alice.heard).toEqual([]);
  });
});
