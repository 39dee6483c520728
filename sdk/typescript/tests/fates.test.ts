/**
 * What becomes of every parameter and field of the vendor's: the page on migrating has a table of each, which must name
 * what the vendor's packages have, and say what the SDK does.
 */

import { readFileSync } from "node:fs";
import ts from "typescript";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RCIMIWEngine } from "../src/engine.js";
import { FIELDS_NOT_LOOKED_AT, PARAMETERS_NOT_LOOKED_AT } from "../src/rcim/not_looked_at.js";
import { CALLS_NOT_SUPPORTED, MESSAGES_NOT_SUPPORTED } from "../src/rcim/not_supported.js";
import type { RCIMIWEngineOptions, RCIMIWMessage } from "../src/rcim/types.js";
import { App, endEngine, lastOf, type Told } from "./engine/app.js";
import { FakeServer, ward, wireMessage, wireReaders } from "./engine/fake_server.js";

interface Callable {
  parameters: Record<string, string>;
}
interface Table {
  types: Record<string, { extends?: string; members: Record<string, string> }>;
  calls: Record<string, Callable>;
  setters: Record<string, Callable>;
}
/** Names by their fate. */
interface Row {
  carried: string[];
  refused: string[];
  notLookedAt: string[];
  notGiven: string[];
}

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const TABLES: Table[] = ["uni-app", "react-native"].map((name) => JSON.parse(read(`../vendor/${name}.json`)));
const PAGE = read("../../../docs/migrating-from-rongcloud.md");
const CHINESE_PAGE = read("../../../docs/migrating-from-rongcloud.zh-CN.md");
/** Of events and lists; no parameter leads there by its type. */
const ALSO_GIVEN = ["RCIMIWRecallNotificationMessage", "RCIMIWUnknownMessage"];

/** The rows of the section's table. */
function rowsOf(page: string, heading: string): Map<string, Row> {
  const [, section = ""] = page.split(`## ${heading}\n`);
  const lines = section.split(/^## /m)[0]?.split("\n") ?? [];
  const cells = lines.filter((line) => line.startsWith("| `")).map((line) => line.split("|").slice(1, -1));
  const names = (cell = "") => [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
  return new Map(
    cells.map(([name, carried, refused, notLookedAt, notGiven]) => [
      names(name)[0] ?? "",
      { carried: names(carried), refused: names(refused), notLookedAt: names(notLookedAt), notGiven: names(notGiven) },
    ]),
  );
}

const ROWS = rowsOf(PAGE, "What becomes of each parameter and field");
const all = ({ carried, refused, notLookedAt, notGiven }: Row) => [...carried, ...refused, ...notLookedAt, ...notGiven];
const plain = (members: object) => Object.keys(members).map((name) => name.replace("?", ""));
const unsupported: readonly string[] = [...CALLS_NOT_SUPPORTED, ...Object.keys(MESSAGES_NOT_SUPPORTED)];

/** The parameters of every call that there is, without callbacks. */
function parametersOfTheirs(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const [name, { parameters }] of TABLES.flatMap(({ calls }) => Object.entries(calls))) {
    const names = plain(parameters).filter((parameter) => parameter !== "callback");
    if (unsupported.includes(name) || names.length === 0) continue;
    found.set(name, new Set([...(found.get(name) ?? []), ...names]));
  }
  return found;
}

/** The fields of every object that an app hands to those calls or gets from them, but for what is not looked at. */
function fieldsOfTheirs(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { types, calls, setters } of TABLES) {
    const seen = new Set<string>();
    const visit = (text: string) => {
      for (const name of text.match(/\b\w+\b/g) ?? []) {
        const type = types[name];
        if (!type || seen.has(name)) continue;
        seen.add(name);
        visit(type.extends ?? "");
        const isObject = !/(Callback|Listener|Result)$/.test(name) || name === "RCIMIWReadReceiptUsersResult";
        if (isObject) found.set(name, new Set([...(found.get(name) ?? []), ...plain(type.members)]));
        const ignored = [...(ROWS.get(name)?.notLookedAt ?? []), ...(ROWS.get(name)?.notGiven ?? [])];
        for (const [member, what] of Object.entries(type.members)) {
          if (!ignored.includes(member.replace("?", ""))) visit(what);
        }
      }
    };
    for (const [name, { parameters }] of Object.entries({ ...calls, ...setters })) {
      const isThere = name.startsWith("setOn") ? isListener(name) : !unsupported.includes(name);
      if (isThere) visit(Object.values(parameters).join(" "));
    }
    visit([...ALSO_GIVEN, "RCIMIWTextMessage", "RCIMIWCustomMessage", "RCIMIWAppSettings"].join(" "));
  }
  return found;
}

function isListener(setter: string): boolean {
  const source = Reflect.get(RCIMIWEngine.prototype, setter)?.toString() ?? "";
  return source.includes("this.listen(");
}

describe("the table of what becomes of parameters and fields", () => {
  const theirs = new Map([...parametersOfTheirs(), ...fieldsOfTheirs()]);

  it("has every call and every object of the vendor's that there is here", () => {
    expect(theirs.size).toBeGreaterThan(30);
    expect([...ROWS.keys()].sort()).toEqual([...theirs.keys()].sort());
  });

  it.each([...theirs.keys()])("has everything of %s, once", (name) => {
    const row = ROWS.get(name);
    expect(row && all(row).sort()).toEqual([...(theirs.get(name) ?? [])].sort());
  });

  it("is the same in Chinese", () => {
    expect(rowsOf(CHINESE_PAGE, "每个参数和字段的去向")).toEqual(ROWS);
  });

  it("says of exactly those that they are not looked at of which the console says so", () => {
    const said = [...ROWS].flatMap(([name, { notLookedAt }]) => notLookedAt.map((field) => `${name}.${field}`));
    const known = Object.entries({ ...FIELDS_NOT_LOOKED_AT, ...PARAMETERS_NOT_LOOKED_AT }).flatMap(([name, fields]) =>
      Object.keys(fields).map((field) => `${name}.${field}`),
    );
    expect(said.sort()).toEqual(known.sort());
  });
});

describe("the comments of the types", () => {
  const source = ts.createSourceFile("types.ts", read("../src/rcim/types.ts"), ts.ScriptTarget.ES2022, true);
  const interfaces = source.statements.filter(ts.isInterfaceDeclaration);
  const commentOf = (type: string, field: string) => {
    const members = interfaces.find(({ name }) => name.text === type)?.members;
    const member = members?.find((each) => each.name?.getText() === field);
    return member?.getFullText().match(/\/\*\*.*?\*\//s)?.[0];
  };
  const notUsed = [...ROWS].flatMap(([type, { notLookedAt }]) => notLookedAt.map((field) => [type, field] as const));

  it.each(notUsed.filter(([type]) => type in FIELDS_NOT_LOOKED_AT))(
    "say that %s.%s is not looked at",
    (type, field) => {
      expect(commentOf(type, field)).toMatch(/not looked at/i);
    },
  );

  it.each(notUsed.filter(([name]) => name in PARAMETERS_NOT_LOOKED_AT))("say that of %s, %s", (call, parameter) => {
    const engine = read("../src/engine.ts");
    const [comment = ""] =
      engine.slice(0, engine.search(new RegExp(`^ {2}${call}\\(`, "m"))).match(/\/\*\*(?:(?!\/\*\*).)*$/s) ?? [];
    expect(comment).toMatch(new RegExp(`\`${parameter}\`.*not looked at`, "s"));
  });
});

describe("an engine", () => {
  let server: FakeServer;
  let warn: ReturnType<typeof vi.spyOn>;
  const warnings = () => warn.mock.calls.map(([said]: unknown[]) => String(said));
  beforeEach(() => {
    server = new FakeServer();
    warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  });
  afterEach(async () => {
    await endEngine();
    warn.mockRestore();
  });
  const loud = () => ({ ...server.options(), logLevel: 2 });

  it("carries every field that the table says is carried", async () => {
    const alice = await App.of("alice", server);
    const beside = {
      userInfo: { userId: "alice", name: "Alice", portrait: "a.png", alias: "Al", extra: "nurse" },
      mentionedInfo: { type: 1, userIdList: ["bob"], mentionedContent: "look" },
      ...{ extra: "urgent", expansion: { bed: "7" }, needReceipt: true },
    };
    const text = { ...(await alice.writes("hello")), ...beside };
    const custom = await alice.engine.createCustomMessage(2, "ward-3", null, 1, "app:poll", { question: "Lunch?" });
    const messages: RCIMIWMessage[] = [];
    for (const [uid, message] of [text, { ...(custom as RCIMIWMessage), ...beside }].entries()) {
      const { told } = await alice.sends(message);
      const { content } = await server.acceptsMessage(`m${uid}`);
      messages.push(lastOf(told).message);
      const fetched = await alice.calls("getMessageByUId", `m${uid}`);
      const receipt = { requested: true, answered: false, readers: wireReaders([["bob", 1]]), counts: undefined };
      const value = wireMessage({ uid: `m${uid}`, content, conversation: ward, receipt });
      await server.accepts("getMessage", { $case: "message", value });
      messages.push(lastOf(fetched.told).t);
    }
    await server.tellsMessage({ uid: "m9", senderId: "bob" });
    await server.tellsRecall("m9", "bob");
    const [recall] = alice.heardOf("onRemoteMessageRecalled");
    const isMissing = (type: string, objects: object[]) =>
      ROWS.get(type)?.carried.filter((field) => !objects.some((object) => Reflect.get(object, field) !== undefined));
    expect(isMissing("RCIMIWMessage", messages)).toEqual([]);
    expect(isMissing("RCIMIWTextMessage", messages)).toEqual([]);
    expect(isMissing("RCIMIWCustomMessage", messages)).toEqual([]);
    expect(isMissing("RCIMIWRecallNotificationMessage", [recall.message])).toEqual([]);
    const fetched = messages.filter(({ messageUId, receivedTime }) => messageUId && receivedTime);
    expect(fetched).toHaveLength(2);
    for (const message of fetched) {
      expect(isMissing("RCIMIWUserInfo", [message.userInfo ?? {}])).toEqual([]);
      expect(isMissing("RCIMIWMentionedInfo", [message.mentionedInfo ?? {}])).toEqual([]);
      expect(isMissing("RCIMIWGroupReadReceiptInfo", [message.groupReadReceiptInfo ?? {}])).toEqual([]);
    }
  });

  it("carries that a message may have an expansion", async () => {
    const alice = await App.of("alice", server);
    await alice.sends({ ...(await alice.writes("hello")), canIncludeExpansion: true });
    const { content } = await server.acceptsMessage("m1");
    expect(content?.expansion).toEqual({ entries: [] });
    const { told } = await alice.calls("getMessageByUId", "m1");
    const value = wireMessage({ uid: "m1", content, conversation: ward });
    await server.accepts("getMessage", { $case: "message", value });
    expect(lastOf(told).t).toMatchObject({ expansion: {}, canIncludeExpansion: true });
  });

  it("warns once of each field of a message that is not looked at", async () => {
    const alice = await App.of("alice", server, loud());
    const set = { destructDuration: 10, localExtra: "x", pushOptions: { pushTitle: "Ward 3" } };
    for (let time = 0; time < 2; time += 1) {
      await alice.sends({ ...(await alice.writes("hello")), ...set });
      await server.acceptsMessage(`m${time}`);
    }
    await alice.sends({ ...(await alice.writes("hello")), auditInfo: {}, destructDuration: 0 });
    expect(warnings()).toEqual([
      expect.stringContaining("RCIMIWMessage.destructDuration is not looked at"),
      expect.stringContaining("RCIMIWMessage.pushOptions is not looked at"),
      expect.stringContaining("RCIMIWMessage.localExtra is not looked at"),
      expect.stringContaining("RCIMIWMessage.auditInfo is not looked at"),
    ]);
  });

  it("warns of options and parameters, where they ask for something", async () => {
    const options = { areaCode: 1, enablePush: true, enableIPC: false, pushOptions: null, fileServer: "" };
    const alice = await App.of("alice", server, { ...loud(), ...options } as unknown as RCIMIWEngineOptions);
    const page = [2, "ward-3", null, 0, 0] as const;
    const told: Told[] = [];
    for (const policy of [1, 2, 0, 0]) {
      await alice.engine.getMessages(...page, policy, 20, { onError: () => void told.push(["onError", policy]) });
      await server.refuses("getHistory", 22406);
    }
    await alice.engine.loadMessages(...page, 0, 20);
    await server.refuses("getHistory", 22406);
    await alice.engine.disconnect(false);
    await alice.engine.disconnect(true);
    expect(warnings()).toEqual([
      expect.stringContaining("RCIMIWEngineOptions.areaCode is not looked at"),
      expect.stringContaining("RCIMIWEngineOptions.enablePush is not looked at"),
      expect.stringContaining("getMessages: policy is not looked at"),
      expect.stringContaining("loadMessages: policy is not looked at"),
      expect.stringContaining("disconnect: receivePush is not looked at"),
    ]);
  });
});
