/**
 * The React Native flavour: the same engine, with what differs there.
 *
 * `create` gives the engine at once, listeners and callbacks get their values one by one instead of in an object, fields
 * of a custom message come as a `Map`, readers go out as one, elements of arrays that are nothing are left out, and the
 * members of enums are in capitals.
 */

import { Code } from "./codes.js";
import { hide } from "./core.js";
import { RCIMIWEngine as Core } from "./engine.js";
import type { ListenerName, ListenerResults } from "./rcim/listeners.js";
import { CALLS_NOT_SUPPORTED, LISTENERS_NOT_SUPPORTED, MESSAGES_NOT_SUPPORTED } from "./rcim/not_supported.js";
import type { RCIMIWCustomMessage, RCIMIWEngineOptions, RCIMIWTextMessage } from "./rcim/types.js";
import type { RCIMIWConversationType, RCIMIWCustomMessagePolicy } from "./react_native/enums.js";
import {
  inOrder,
  type Name,
  POSITIONS,
  type Positional,
  RESPONSE_CALLBACK_POSITIONS,
} from "./react_native/positions.js";
import type { NotSupported } from "./react_native/vendor_calls.js";

/** Each of these may have callbacks as its last argument. */
const CALLS = [
  "connect",
  "disconnect",
  "changeLogLevel",
  "getDeltaTime",
  "getAppSettings",
  "createTextMessage",
  "sendMessage",
  "getMessages",
  "loadMessages",
  "getMessageById",
  "getMessageByUId",
  "recallMessage",
  "sendGroupReadReceiptRequest",
  "sendGroupReadReceiptResponse",
  "sendReadReceiptResponseV5",
  "getMessageReadReceiptInfoV5",
  "getMessageReadReceiptInfoV5ByIdentifiers",
  "getMessagesReadReceiptUsersByPageV5",
  "getMessagesReadReceiptByUsersV5",
  "getConversations",
  "getUserInfos",
] as const;

const EVENTS = Object.keys(POSITIONS) as Name[];

type CallName = (typeof CALLS)[number];
type SetterName<Event extends ListenerName> = Event extends `on${infer Rest}` ? `setOn${Rest}Listener` : never;

type Calls = { [Call in Exclude<CallName, "createTextMessage">]: WithPositions<Core[Call], Call> };
type Setters = {
  [Event in ListenerName as SetterName<Event>]: (
    listener?: Positional<ListenerResults[Event], (typeof POSITIONS)[Event]>,
  ) => void;
};

type WithPositions<Method, Call> = Method extends (...args: infer Args) => infer Result
  ? (...args: { [Place in keyof Args]: Argument<Args[Place], Call> }) => Result
  : never;
/** Only callbacks have members that are called like events. */
type Argument<Arg, Call> = [keyof NonNullable<Arg> & Name] extends [never]
  ? Arg
  : { [Member in keyof NonNullable<Arg> & Name]?: CallbackMember<NonNullable<Arg>[Member], Member, Call> } | null;
type CallbackMember<Member, Event extends Name, Call> =
  NonNullable<Member> extends (result: infer Result) => void
    ? Positional<
        Result,
        Call extends "sendGroupReadReceiptResponse" ? typeof RESPONSE_CALLBACK_POSITIONS : (typeof POSITIONS)[Event]
      >
    : never;

export interface RCIMIWEngine extends Calls, Setters, NotSupported {
  /** The message; a number, as elsewhere, if an argument is wrong, though the vendor's type does not say so. */
  createTextMessage(
    type: RCIMIWConversationType,
    targetId: string,
    channelId: string | null | undefined,
    text: string,
  ): Promise<RCIMIWTextMessage>;
}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the end of the class defines what the interface names.
export class RCIMIWEngine {
  private static instance: RCIMIWEngine | undefined;
  /** Calls and listeners that come before it is there wait for it, in order. */
  declare private readonly core: Promise<Core | null>;

  private constructor(core: Promise<Core | null>) {
    hide(this, core);
    void core.then((made) => made ?? this.makeRoom());
  }

  /**
   * The engine. If the arguments cannot work, the console and `options.onCreateFailed` say why, and every call resolves
   * to 33001.
   */
  static create(appKey: string, options: RCIMIWEngineOptions = {}): RCIMIWEngine {
    RCIMIWEngine.instance ??= new RCIMIWEngine(Core.create(appKey, options));
    return RCIMIWEngine.instance;
  }

  destroy(): Promise<number> {
    this.makeRoom();
    return this.pass("destroy", []) as Promise<number>;
  }

  private makeRoom(): void {
    if (RCIMIWEngine.instance === this) RCIMIWEngine.instance = undefined;
  }

  /** `fields` may be a `Map` or an object. */
  createCustomMessage(
    type: RCIMIWConversationType,
    targetId: string,
    channelId: string | null | undefined,
    policy: RCIMIWCustomMessagePolicy,
    messageIdentifier: string,
    fields: Map<string, string> | Record<string, string>,
  ): Promise<RCIMIWCustomMessage> {
    const object = fields instanceof Map ? Object.fromEntries(fields) : fields;
    const args = [type, targetId, channelId, policy, messageIdentifier, object];
    return this.pass("createCustomMessage", args) as Promise<RCIMIWCustomMessage>;
  }

  private async pass(method: keyof Core, args: unknown[]): Promise<unknown> {
    const core = await this.core;
    if (!core) return Code.CLIENT_NOT_INIT;
    return (core[method] as (...args: unknown[]) => unknown).apply(core, args);
  }

  static {
    const passOn = (name: keyof Core, adapt: (args: unknown[]) => unknown[]) => {
      const method = function (this: RCIMIWEngine, ...args: unknown[]) {
        return this.pass(name, adapt(args));
      };
      Object.defineProperty(RCIMIWEngine.prototype, name, { value: method, writable: true, configurable: true });
    };
    for (const name of CALLS) passOn(name, (args) => args.map((argument) => adapted(argument, name)));
    const created = Object.keys(MESSAGES_NOT_SUPPORTED) as (keyof NotSupported)[];
    for (const name of [...CALLS_NOT_SUPPORTED, ...created]) passOn(name, (args) => args);
    for (const name of LISTENERS_NOT_SUPPORTED) passOn(name, (args) => args);
    for (const event of EVENTS) {
      const setter = `setOn${event.slice(2)}Listener` as keyof Core;
      if (setter in Core.prototype) passOn(setter, ([listener]) => [spread(listener, POSITIONS[event])]);
    }
  }
}

/** An array without the elements that are nothing, as the vendor's package passes it on. */
function adapted(argument: unknown, call: CallName): unknown {
  if (!Array.isArray(argument)) return callbacksInOrder(argument, call);
  return argument.filter((element) => element !== undefined && element !== null);
}

/** Callbacks, if that is what it is; else the argument as it came. */
function callbacksInOrder(argument: unknown, call: CallName): unknown {
  if (typeof argument !== "object" || argument === null) return argument;
  const members = EVENTS.filter((event) => isFunction(Reflect.get(argument, event)));
  if (members.length === 0) return argument;
  const positions = (event: Name) =>
    call === "sendGroupReadReceiptResponse" ? RESPONSE_CALLBACK_POSITIONS : POSITIONS[event];
  const member = (event: Name) => Reflect.get(argument, event).bind(argument);
  return Object.fromEntries(members.map((event) => [event, spread(member(event), positions(event))]));
}

function spread(listener: unknown, order: readonly string[]): unknown {
  return isFunction(listener) ? (result: object) => listener(...inOrder(result, order)) : listener;
}

function isFunction(value: unknown): value is (...args: unknown[]) => void {
  return typeof value === "function";
}

export { Code } from "./codes.js";
export type { Clock, Dialer, Eventual, Random, Socket, SocketListener, Storage, Wakeups } from "./ports.js";
export type * from "./rcim/types.js";
export type * from "./rcim/vendor_types.js";
export type * from "./react_native/callbacks.js";
export * from "./react_native/enums.js";
export { logger } from "./react_native/logger.js";
export type * from "./react_native/vendor_callbacks.js";
export type { RespondUserIds } from "./respond_user_ids.js";
export { type WebSocketConstructor, type WebSocketLike, webSocketDialer } from "./socket.js";
export { type AsyncStorage, asyncStorage } from "./storage/async.js";
export { type AppStateLike, type NetInfoLike, reactNativeWakeups } from "./wakeups.js";
