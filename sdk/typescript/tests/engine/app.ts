/** An application with an engine: it writes down whatever its listeners and callbacks are told. */

import {
  CALLS_NOT_SUPPORTED,
  LISTENERS_NOT_SUPPORTED,
  RCIMIWEngine,
  type RCIMIWEngineOptions,
  type RCIMIWMessage,
  type RCIMIWTextMessage,
} from "../../src/index.js";
import type { Storage } from "../../src/ports.js";
import { settled } from "../fake_ports.js";
import type { FakeServer } from "./fake_server.js";

// biome-ignore lint/suspicious/noExplicitAny: tests look into results of every kind.
export type Told = [name: string, result: any];
/** A call that was made: what it resolved to, and what its callback has been told since. */
export interface Made {
  readonly code: number;
  readonly told: Told[];
}
type Method = (...args: unknown[]) => Promise<number>;
type Setter = (listener?: unknown) => void;

/** Methods that the engine's type does not show. */
const PRIVATE = (
  "constructor draft tellSaved sent history fetch conversations counts users listen accept ask callServer seen " +
  "finish giveObject later"
).split(" ");
const METHODS = Object.getOwnPropertyNames(RCIMIWEngine.prototype).filter((name) => !PRIVATE.includes(name));
/** Names of all calls, and of the setters that do something. */
export const CALLS = METHODS.filter((name) => !name.startsWith("setOn"));
export const SUPPORTED_CALLS = CALLS.filter((name) => !(CALLS_NOT_SUPPORTED as readonly string[]).includes(name));
export const SETTERS = METHODS.filter(
  (name) => name.startsWith("setOn") && !(LISTENERS_NOT_SUPPORTED as readonly string[]).includes(name),
);
const CALLBACK_MEMBERS = [
  ...SETTERS.map((setter) => setter.replace(/^setOn(.*)Listener$/, "on$1")),
  "onMessageSaved",
  "onSuccess",
  "onError",
];

/** A callback object with every member there is. */
export function callbackTo(told: Told[]): Record<string, (result: unknown) => void> {
  return Object.fromEntries(
    CALLBACK_MEMBERS.map((name) => [name, (result: unknown) => void told.push([name, result])]),
  );
}

let current: App | undefined;

/** After each test: the next one gets an engine of its own. */
export async function endEngine(): Promise<void> {
  await current?.engine.destroy();
  current = undefined;
}

export class App {
  readonly engine: RCIMIWEngine;
  readonly server: FakeServer;
  readonly storage: Storage | undefined;
  /** What the listeners have been told. */
  readonly heard: Told[] = [];

  constructor(engine: RCIMIWEngine, server: FakeServer, storage?: Storage) {
    this.engine = engine;
    this.server = server;
    this.storage = storage;
    for (const setter of SETTERS) {
      const name = setter.replace(/^setOn(.*)Listener$/, "on$1");
      this.setter(setter)((result: unknown) => void this.heard.push([name, result]));
    }
  }

  /** An engine of its own. There is one at a time: end it with `destroy`. */
  static async at(server: FakeServer, options: RCIMIWEngineOptions = server.options()): Promise<App> {
    const engine = await RCIMIWEngine.create("app", options);
    if (!engine) throw new Error("there is no engine");
    current = new App(engine, server, options.storage);
    return current;
  }

  /** One whose user has signed in. */
  static async of(userId: string, server: FakeServer, options?: RCIMIWEngineOptions): Promise<App> {
    const app = await App.at(server, options);
    await app.connects(userId);
    app.heard.length = 0;
    return app;
  }

  method(name: string): Method {
    return (Reflect.get(this.engine, name) as Method).bind(this.engine);
  }

  setter(name: string): Setter {
    return (Reflect.get(this.engine, name) as Setter).bind(this.engine);
  }

  /** Makes a call with a callback. */
  async calls(name: string, ...args: unknown[]): Promise<Made> {
    const told: Told[] = [];
    const code = await this.method(name)(...args, callbackTo(told));
    await settled();
    return { code, told };
  }

  /** Makes a call without a callback; its code. */
  async callsPlainly(name: string, ...args: unknown[]): Promise<number> {
    const code = await this.method(name)(...args);
    await settled();
    return code;
  }

  connects(userId: string, timeout = 30): Promise<Made> {
    return this.calls("connect", userId, timeout);
  }

  asks(message: RCIMIWMessage): Promise<Made> {
    return this.calls("sendGroupReadReceiptRequest", message);
  }

  answers(...messages: RCIMIWMessage[]): Promise<Made> {
    return this.calls("sendGroupReadReceiptResponse", messages[0]?.targetId, messages[0]?.channelId, messages);
  }

  sends(message: RCIMIWMessage): Promise<Made> {
    return this.calls("sendMessage", message);
  }

  async writes(text: string, targetId = "ward-3"): Promise<RCIMIWTextMessage> {
    const message = await this.engine.createTextMessage(2, targetId, null, text);
    if (typeof message === "number") throw new Error(`code ${message}`);
    return message;
  }

  /** A message of this user's that the server has. */
  async hasSent(uid: string, fields: Partial<RCIMIWMessage> = {}): Promise<RCIMIWMessage> {
    const sent = await this.sends({ ...(await this.writes("hello")), ...fields });
    await this.server.acceptsMessage(uid);
    return lastOf(sent.told).message;
  }

  /** What the listeners of this event have been told. */
  heardOf(name: string) {
    return this.heard.filter(([event]) => event === name).map(([, result]) => result);
  }
}

/** The last result that came. */
export function lastOf(told: Told[]) {
  const last = told.at(-1);
  if (!last) throw new Error("nothing has been told");
  return last[1];
}

/** Messages of others, as an application names them. */
export function messagesOf(targetId: string, ...uids: string[]): RCIMIWMessage[] {
  return uids.map((messageUId) => ({ conversationType: 2, targetId, messageUId }));
}
