/**
 * The engine, with the vendor's call names.
 *
 * Every call resolves to a number at once: 0 is accepted, and the result comes by callback or listener; any other number
 * is refused, and then nothing fires. With a callback object only that fires, else the listener of the result.
 */

import { Code } from "./codes.js";
import { type Conversation, checkConversation, conversation } from "./conversation.js";
import { type Core, createCore, hide } from "./core.js";
import { turns } from "./driver.js";
import { isUid } from "./message.js";
import type { Eventual } from "./ports.js";
import { type Call, type Message, type Reply, TimeOrder } from "./protocol/frames.js";
import { isCount } from "./rcim/arguments.js";
import type * as callbacks from "./rcim/callbacks.js";
import { chosen, conversationOf, conversationsCall, nextPage, userInfosOf } from "./rcim/conversations.js";
import {
  type RCIMIWConversationType,
  type RCIMIWCustomMessagePolicy,
  RCIMIWGroupReadReceiptVersion,
  type RCIMIWLogLevel,
  RCIMIWMessageOperationPolicy,
  RCIMIWMessageType,
  RCIMIWSentStatus,
  RCIMIWTimeOrder,
} from "./rcim/enums.js";
import { call, callMember, responseSent } from "./rcim/event_teller.js";
import type { Listener, ListenerName, ListenerResults } from "./rcim/listeners.js";
import { type Checked, draft, fromWire, saving, sentName, toSend } from "./rcim/message.js";
import { checkUids, checkUidsOfOneCall, checkUserIds, namesOf, onceEach, oneConversation } from "./rcim/names.js";
import { CALLS_NOT_SUPPORTED, LISTENERS_NOT_SUPPORTED, MESSAGES_NOT_SUPPORTED } from "./rcim/not_supported.js";
import { wrongArgument, wrongContents } from "./rcim/parameters.js";
import { countsOf, pageCall, usersOf } from "./rcim/receipts.js";
import type * as types from "./rcim/types.js";
import type { NotSupported } from "./rcim/vendor_calls.js";

type Optional<T> = T | null | undefined;
type ResultOf<Case extends string> = Extract<NonNullable<Reply["result"]>, { $case: Case }>["value"];

/** One for all: `create` gives the same until it is destroyed. */
let instance: Promise<RCIMIWEngine | null> | undefined;
/** Until the one before has let go of its place in the storage, the next one is not made. */
let ending: Promise<void> = Promise.resolve();

// biome-ignore lint/correctness/noUnusedVariables: it is a part of the class.
interface RCIMIWEngine extends NotSupported {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the end of the class defines what the interface names.
class RCIMIWEngine {
  declare private readonly core: Core;

  private constructor(core: Core) {
    hide(this, core);
  }

  // ------------------------------------------------------------------------------------ life and connection

  /**
   * The engine; `null` if the arguments cannot work: the console and `options.onCreateFailed` say why. A second call gives the same engine and
   * does not look at its arguments, until the engine is destroyed.
   */
  static create(appKey: string, options: types.RCIMIWEngineOptions = {}): Promise<RCIMIWEngine | null> {
    if (instance) return RCIMIWEngine.join(instance, appKey, options);
    instance = ending
      .then(() => createCore(appKey, options ?? {}))
      .then(
        (core) => (core ? new RCIMIWEngine(core) : dropped()),
        (error) => dropped(error),
      );
    return instance;
  }

  /**
   * Who asked before may have left meanwhile, and end the engine as soon as there is one: a component that React mounts
   * twice does. Then this one gets an engine of its own.
   */
  private static async join(
    made: Promise<RCIMIWEngine | null>,
    appKey: string,
    options: types.RCIMIWEngineOptions,
  ): Promise<RCIMIWEngine | null> {
    const engine = await made;
    await turns();
    return engine?.core.isDestroyed ? RCIMIWEngine.create(appKey, options) : engine;
  }

  /** Ends the engine: every call from now on resolves to 2. Answers that wait are kept for the next one. */
  async destroy(): Promise<number> {
    if (this.core.isDestroyed) return Code.ENGINE_DESTROYED;
    this.core.isDestroyed = true;
    instance = undefined;
    ending = this.core.driver.end().catch((error) => this.core.log.error("the engine has not ended well", error));
    await ending;
    return Code.SUCCESS;
  }

  /**
   * Signs in and stays signed in over lost connections.
   *
   * @param timeout seconds after which it gives up; 0 or less is never
   */
  connect(token: string, timeout: number, callback?: Optional<callbacks.IRCIMIWConnectCallback>): Promise<number> {
    return this.accept("connect", [token, timeout], () => {
      const timeoutMs = timeout > 0 && Number.isFinite(timeout) ? timeout * 1_000 : undefined;
      this.later(() => this.finish(callback, "onDatabaseOpened", { code: Code.SUCCESS }));
      this.core.driver.connect(token, timeoutMs, ({ code, userId = "" }) => {
        this.finish(callback, "onConnected", { code, userId });
      });
      return Code.SUCCESS;
    });
  }

  /** Signs out. Answers that wait are sent the next time that this user signs in. `receivePush` is not looked at. */
  disconnect(receivePush: boolean): Promise<number> {
    return this.accept("disconnect", [receivePush], () => {
      this.core.notLookedAt.noteParameter("disconnect", receivePush);
      this.core.driver.disconnect();
      return Code.SUCCESS;
    });
  }

  /** What goes to the console. */
  changeLogLevel(level: RCIMIWLogLevel): Promise<number> {
    return this.accept("changeLogLevel", [level], () => {
      this.core.log.level = level;
      return Code.SUCCESS;
    });
  }

  /** This device's clock less the server's, in milliseconds; 0 before the first sign-in. */
  getDeltaTime(): Promise<number> {
    return this.accept("getDeltaTime", [], () => this.core.driver.deltaTimeMs);
  }

  /** What the server of an app can do, in the vendor's words: receipts of the older kind and of V5 work at once. */
  async getAppSettings(): Promise<types.RCIMIWAppSettings | number> {
    const code = await this.accept("getAppSettings", [], () => Code.SUCCESS);
    const settings = { speechToTextEnable: false, messageModifiableMinutes: 0 };
    return code || { ...settings, readReceiptVersion: RCIMIWGroupReadReceiptVersion.version5 };
  }

  // ------------------------------------------------------------------------------------ messages

  /** Makes a text message to be sent with `sendMessage`. `channelId` is for ultra groups. */
  async createTextMessage(
    type: RCIMIWConversationType,
    targetId: string,
    channelId: Optional<string>,
    text: string,
  ): Promise<types.RCIMIWTextMessage | number> {
    const code = await this.accept("createTextMessage", [type, targetId, channelId, text], () => Code.SUCCESS);
    return code || { ...this.draft(type, targetId, channelId), messageType: RCIMIWMessageType.text, text };
  }

  /** Makes a message of the application's own kind. `fields` is anything that JSON can say. */
  async createCustomMessage(
    type: RCIMIWConversationType,
    targetId: string,
    channelId: Optional<string>,
    policy: RCIMIWCustomMessagePolicy,
    messageIdentifier: string,
    fields: Record<string, string>,
  ): Promise<types.RCIMIWCustomMessage | number> {
    const values = [type, targetId, channelId, policy, messageIdentifier];
    const code = await this.accept("createCustomMessage", values, () => Code.SUCCESS);
    const content = { messageType: RCIMIWMessageType.custom, identifier: messageIdentifier, policy, fields };
    return code || { ...this.draft(type, targetId, channelId), ...content };
  }

  private draft(type: number, targetId: string, channelId: Optional<string>) {
    return draft(type, targetId, channelId, this.core.known.newId());
  }

  /** An app sets fields of what it has made before it sends it, so it gets an object, which `sendMessage` refuses. */
  private static async draftNotSupported(
    engine: RCIMIWEngine,
    name: string,
    content: readonly [RCIMIWMessageType, ...string[]],
    values: unknown[],
  ) {
    const [messageType, ...fieldNames] = content;
    const [type, targetId, channelId, ...rest] = values as [number, string, Optional<string>, ...unknown[]];
    const code = await engine.accept(name, values, () => Code.SUCCESS);
    const fields = Object.fromEntries(fieldNames.map((field, place) => [field, rest[place]]));
    return code || { ...engine.draft(type, targetId, channelId), messageType, ...fields };
  }

  /**
   * Sends a message; with `needReceipt` set, it asks who has read it in the same step. The same object sent again is
   * another message, unless its last sending failed or ended with an unknown result (4, 30003): then it is the same one,
   * and is stored once.
   */
  sendMessage(
    message: types.RCIMIWMessage,
    callback?: Optional<callbacks.IRCIMIWSendMessageCallback>,
  ): Promise<number> {
    return this.accept("sendMessage", [message], () => {
      const { driver, known, notLookedAt, referencePrefix, sendings } = this.core;
      const { code, value } = toSend(message);
      const refusal = value ? driver.mayCall() : code;
      if (!value || refusal) return refusal;
      notLookedAt.noteFields("RCIMIWMessage", message);
      const messageId = sendings.begin(message, value);
      const saved = known.remember(saving(message, messageId, driver.userId ?? ""));
      this.later(() => this.tellSaved(callback, saved));
      driver.call({ $case: "sendMessage", value: { ...value, clientRef: referencePrefix + messageId } }, (reply) => {
        sendings.end(messageId, value, reply.code === Code.SUCCESS);
        this.finish(callback, "onMessageSent", this.sent(saved, reply));
      });
      return Code.SUCCESS;
    });
  }

  private tellSaved(callback: Optional<callbacks.IRCIMIWSendMessageCallback>, message: types.RCIMIWMessage): void {
    if (callback) callMember(callback, "onMessageSaved", { message }, this.core.log);
    else this.finish(callback, "onMessageAttached", { message });
  }

  private sent(saved: types.RCIMIWMessage, reply: Reply): ListenerResults["onMessageSent"] {
    const { code, value } = resultOf(reply, "messageSent");
    if (!value) return { code, message: { ...saved, sentStatus: RCIMIWSentStatus.failed } };
    const asked = { groupReadReceiptInfo: { readReceiptMessage: true, hasRespond: false } };
    const message = {
      ...saved,
      messageUId: value.messageUid,
      sentTime: value.sentAtMs,
      sentStatus: RCIMIWSentStatus.sent,
      ...(saved.needReceipt === true && asked),
    };
    return { code, message: this.core.known.remember(message) };
  }

  /**
   * Messages before or after a moment, nearest first; 0 with `before` is the newest. `policy` is not looked at: history is
   * the server's.
   *
   * @param sentTime Unix milliseconds
   * @param count up to 100
   */
  getMessages(
    type: RCIMIWConversationType,
    targetId: string,
    channelId: Optional<string>,
    sentTime: number,
    order: RCIMIWTimeOrder,
    policy: RCIMIWMessageOperationPolicy,
    count: number,
    callback?: Optional<callbacks.IRCIMIWGetMessagesCallback>,
  ): Promise<number> {
    const values = [type, targetId, channelId, sentTime, order, policy, count];
    const where = conversation(type, targetId, channelId);
    return this.accept("getMessages", values, () => {
      this.core.notLookedAt.noteParameter("getMessages", policy === RCIMIWMessageOperationPolicy.local);
      return this.history(where, sentTime, order, count, ({ code, value }) => this.giveObject(callback, code, value));
    });
  }

  /**
   * The same as `getMessages`; the result comes to the listener of `setOnMessagesLoadedListener`.
   * `policy` is not looked at.
   */
  loadMessages(
    type: RCIMIWConversationType,
    targetId: string,
    channelId: Optional<string>,
    sentTime: number,
    order: RCIMIWTimeOrder,
    policy: RCIMIWMessageOperationPolicy,
    count: number,
  ): Promise<number> {
    const values = [type, targetId, channelId, sentTime, order, policy, count];
    const where = conversation(type, targetId, channelId);
    return this.accept("loadMessages", values, () => {
      this.core.notLookedAt.noteParameter("loadMessages", policy === RCIMIWMessageOperationPolicy.local);
      return this.history(where, sentTime, order, count, ({ code, value: messages = [] }) => {
        const result = { code, type, targetId, channelId: where.channelId, sentTime, order, messages };
        this.finish(undefined, "onMessagesLoaded", result);
      });
    });
  }

  private history(
    where: Conversation,
    sentTime: number,
    order: RCIMIWTimeOrder,
    count: number,
    then: (messages: Checked<types.RCIMIWMessage[]>) => void,
  ): number {
    if (!isCount(count) || !Number.isSafeInteger(sentTime) || sentTime < 0) return Code.PARAM_ERROR;
    const direction = order === RCIMIWTimeOrder.after ? TimeOrder.AFTER : TimeOrder.BEFORE;
    const value = { conversation: where, sentAtMs: sentTime, order: direction, count, fromMessageUid: "" };
    return this.ask(where, { $case: "getHistory", value }, "history", ({ code, value: history }) =>
      then(history ? { code: 0, value: history.messages.map((message) => this.seen(message, where)) } : { code }),
    );
  }

  /** A message that this engine has seen lately, by this device's number of it. */
  getMessageById(messageId: number, callback?: Optional<callbacks.IRCIMIWGetMessageCallback>): Promise<number> {
    return this.accept("getMessageById", [messageId], () => {
      const known = this.core.known.byId(messageId);
      if (known?.messageUId && !this.core.driver.mayCall()) return this.fetch(known.messageUId, callback);
      const code = known ? Code.SUCCESS : Code.RECEIPT_MESSAGE_NOT_FOUND;
      this.later(() => this.giveObject(callback, code, known));
      return Code.SUCCESS;
    });
  }

  /** One message with what is known of its receipt, wherever among this user's conversations it is. */
  getMessageByUId(messageUId: string, callback?: Optional<callbacks.IRCIMIWGetMessageCallback>): Promise<number> {
    return this.accept("getMessageByUId", [messageUId], () => this.fetch(messageUId, callback));
  }

  private fetch(messageUid: string, callback: Optional<callbacks.IRCIMIWGetMessageCallback>): number {
    if (!isUid(messageUid)) return Code.MESSAGE_UID_INVALID;
    const value = { conversation: undefined, messageUid };
    return this.ask(undefined, { $case: "getMessage", value }, "message", ({ code, value: message }) => {
      const where = message?.conversation;
      this.giveObject(callback, code, message && where && this.seen(message, where));
    });
  }

  /** Takes an own message back; its content and its receipts go. */
  recallMessage(
    message: types.RCIMIWMessage,
    callback?: Optional<callbacks.IRCIMIWRecallMessageCallback>,
  ): Promise<number> {
    return this.accept("recallMessage", [message], () => {
      const { code, value } = sentName(message);
      if (!value) return code;
      return this.callServer({ $case: "recallMessage", value }, (reply) => {
        this.finish(callback, "onMessageRecalled", { code: reply.code, message });
      });
    });
  }

  // ------------------------------------------------------------------------------------ conversations and people

  /**
   * The groups and channels that this user is in now, those where something was said last first.
   *
   * @param channelId only this channel of ultra groups; empty is all
   * @param startTime only what was last said before this moment, in Unix milliseconds; 0 is any
   */
  getConversations(
    conversationTypes: RCIMIWConversationType[],
    channelId: Optional<string>,
    startTime: number,
    count: number,
    callback?: Optional<callbacks.IRCIMIWGetConversationsCallback>,
  ): Promise<number> {
    return this.accept("getConversations", [conversationTypes, channelId, startTime, count], () => {
      if (!isCount(count)) return Code.PARAM_ERROR;
      const wanted = { types: conversationTypes, channelId: channelId ?? "", startTime, count };
      return this.conversations("", [], ({ code, value }) => {
        this.giveObject(callback, code, value && chosen(value, wanted));
      });
    });
  }

  /** All of them, page by page: the server's order is not the one that is wanted. */
  private conversations(
    token: string,
    found: types.RCIMIWConversation[],
    then: (all: Checked<types.RCIMIWConversation[]>) => void,
  ): number {
    return this.ask(undefined, conversationsCall(token), "conversations", ({ code, value: page }) => {
      if (!page) return then({ code });
      const seen = (message: Message, where: Conversation) => this.seen(message, where);
      const all = [...found, ...page.items.flatMap((item) => conversationOf(item, seen))];
      const next = nextPage(token, page.pageToken);
      const refusal = next.token === undefined ? next.code : this.conversations(next.token, all, then);
      if (refusal) return then({ code: refusal });
      if (next.token === undefined) then({ code: 0, value: all });
    });
  }

  /** An addition: names of people who are or were in a conversation of this user, up to 100. Others are left out. */
  getUserInfos(
    type: RCIMIWConversationType,
    targetId: string,
    channelId: Optional<string>,
    userIds: string[],
    callback?: Optional<callbacks.IRCIMIWGetUserInfosCallback>,
  ): Promise<number> {
    return this.accept("getUserInfos", [type, targetId, channelId, userIds], () => {
      const where = conversation(type, targetId, channelId);
      const refusal = checkUserIds(userIds);
      if (refusal) return refusal;
      const names: Call = { $case: "getUsers", value: { conversation: where, userIds } };
      return this.ask(where, names, "users", ({ code, value }) => {
        this.giveObject(callback, code, value && userInfosOf(value));
      });
    });
  }

  // ------------------------------------------------------------------------------------ receipts, as on the page

  /** Asks who has read an own message that was sent. Asking twice is harmless. */
  sendGroupReadReceiptRequest(
    message: types.RCIMIWMessage,
    callback?: Optional<callbacks.IRCIMIWSendGroupReadReceiptRequestCallback>,
  ): Promise<number> {
    return this.accept("sendGroupReadReceiptRequest", [message], () => {
      const { code, value } = sentName(message);
      if (!value) return code;
      return this.callServer({ $case: "requestReceipt", value }, (reply) => {
        this.finish(callback, "onGroupReadReceiptRequestSent", { code: reply.code, message });
      });
    });
  }

  /**
   * Says that this user has read messages of one conversation, any number of them. `channelId` is for ultra groups.
   *
   * It resolves to 0 when the answer is kept. Without a connection it is sent later, also by the next run of the program;
   * its result comes once, and is final.
   */
  sendGroupReadReceiptResponse(
    targetId: string,
    channelId: Optional<string>,
    messages: types.RCIMIWMessage[],
    callback?: Optional<callbacks.IRCIMIWSendGroupReadReceiptResponseCallback>,
  ): Promise<number> {
    return this.accept("sendGroupReadReceiptResponse", [targetId, channelId, messages], () => {
      const { code, value } = oneConversation(targetId, channelId, messages);
      if (!value) return code;
      const refusal = this.core.driver.mayAnswer(value.messageUids.length);
      if (refusal) return refusal;
      return this.core.driver.answer(value.conversation, value.messageUids, ({ code, response }) => {
        const results = response?.results ?? value.messageUids.map((messageUid) => ({ messageUid, code }));
        const result = responseSent(value.conversation, messages, { conversation: value.conversation, results });
        this.finish(callback, "onGroupReadReceiptResponseSent", result);
      });
    });
  }

  // ------------------------------------------------------------------------------------ receipts message by message: V5

  /** The same as `sendGroupReadReceiptResponse`, by uids. */
  sendReadReceiptResponseV5(
    type: RCIMIWConversationType,
    targetId: string,
    channelId: Optional<string>,
    messageUIds: string[],
    callback?: Optional<callbacks.IRCIMIWSendReadReceiptResponseV5Callback>,
  ): Promise<number> {
    return this.accept("sendReadReceiptResponseV5", [type, targetId, channelId, messageUIds], () => {
      const where = conversation(type, targetId, channelId);
      const refusal = checkConversation(where) || checkUids(messageUIds);
      const uids = onceEach(messageUIds);
      const code = refusal || this.core.driver.mayAnswer(uids.length);
      if (code) return code;
      return this.core.driver.answer(where, uids, ({ code }) => {
        if (code) callMember(callback, "onError", { code }, this.core.log);
        else callMember(callback, "onSuccess", {}, this.core.log);
      });
    });
  }

  /** How far own messages of one conversation have been read: up to 100. */
  getMessageReadReceiptInfoV5(
    type: RCIMIWConversationType,
    targetId: string,
    channelId: Optional<string>,
    messageUIds: string[],
    callback?: Optional<callbacks.IRCIMIWGetMessageReadReceiptInfoV5Callback>,
  ): Promise<number> {
    return this.accept("getMessageReadReceiptInfoV5", [type, targetId, channelId, messageUIds], () => {
      const where = conversation(type, targetId, channelId);
      const refusal = checkUidsOfOneCall(messageUIds);
      if (refusal) return refusal;
      return this.counts(where, onceEach(messageUIds), ({ code, value }) => this.giveObject(callback, code, value));
    });
  }

  /** How far own messages of several conversations have been read, in the order of the call. */
  getMessageReadReceiptInfoV5ByIdentifiers(
    identifiers: types.RCIMIWMessageIdentifier[],
    callback?: Optional<callbacks.IRCIMIWGetMessageReadReceiptInfoV5Callback>,
  ): Promise<number> {
    return this.accept("getMessageReadReceiptInfoV5ByIdentifiers", [identifiers], () => {
      const { code, value: names } = namesOf(identifiers);
      const refusal = names ? this.core.driver.mayCall() : code;
      if (!names || refusal) return refusal;
      const found = new Map<string, types.RCIMIWReadReceiptInfoV5>();
      let open = names.length;
      let failed: number = Code.SUCCESS;
      const collect = ({ code, value = [] }: Checked<types.RCIMIWReadReceiptInfoV5[]>) => {
        failed ||= code;
        for (const info of value) found.set(info.messageUId ?? "", info);
        open -= 1;
        const infos = identifiers.flatMap(({ messageUId = "" }) => found.get(messageUId) ?? []);
        if (open === 0) this.giveObject(callback, failed, infos);
      };
      for (const { conversation: where, messageUids } of names) {
        const code = this.counts(where, messageUids, collect);
        // There was room for some of the calls only.
        if (code) this.later(() => collect({ code }));
      }
      return Code.SUCCESS;
    });
  }

  private counts(
    where: Conversation,
    messageUids: string[],
    then: (infos: Checked<types.RCIMIWReadReceiptInfoV5[]>) => void,
  ): number {
    const counts: Call = { $case: "getReceiptCounts", value: { conversation: where, messageUids } };
    return this.ask(where, counts, "receiptCounts", ({ code, value }) =>
      then(value ? { code: 0, value: value.items.map((item) => countsOf(where, item)) } : { code }),
    );
  }

  /** A page of those who have read an own message, who have not, or who left without reading it. */
  getMessagesReadReceiptUsersByPageV5(
    type: RCIMIWConversationType,
    targetId: string,
    channelId: Optional<string>,
    messageUId: string,
    option: types.RCIMIWReadReceiptUsersOption,
    callback?: Optional<callbacks.IRCIMIWGetMessagesReadReceiptUsersByPageV5Callback>,
  ): Promise<number> {
    const values = [type, targetId, channelId, messageUId, option];
    return this.accept("getMessagesReadReceiptUsersByPageV5", values, () => {
      const where = conversation(type, targetId, channelId);
      const { code, value } = pageCall(where, messageUId, option);
      return value && isUid(messageUId) ? this.users(where, value, callback) : code || Code.MESSAGE_UID_INVALID;
    });
  }

  /** Whether these people have read an own message: up to 100 user ids. */
  getMessagesReadReceiptByUsersV5(
    type: RCIMIWConversationType,
    targetId: string,
    channelId: Optional<string>,
    messageUId: string,
    userIds: string[],
    callback?: Optional<callbacks.IRCIMIWGetMessagesReadReceiptByUsersV5Callback>,
  ): Promise<number> {
    const values = [type, targetId, channelId, messageUId, userIds];
    return this.accept("getMessagesReadReceiptByUsersV5", values, () => {
      const where = conversation(type, targetId, channelId);
      if (!isUid(messageUId)) return Code.MESSAGE_UID_INVALID;
      const find = { conversation: where, messageUid: messageUId, userIds };
      return checkUserIds(userIds) || this.users(where, { $case: "findReceiptUsers", value: find }, callback);
    });
  }

  private users(
    where: Conversation,
    list: Call,
    callback: Optional<callbacks.IRCIMIWGetMessagesReadReceiptUsersByPageV5Callback>,
  ): number {
    return this.ask(where, list, "receiptUsers", ({ code, value }) => {
      this.giveObject(callback, code, value && usersOf(value));
    });
  }

  // ------------------------------------------------------------------------------------ listeners

  setOnConnectionStatusChangedListener(listener?: Listener<"onConnectionStatusChanged">): void {
    this.listen("onConnectionStatusChanged", listener);
  }

  setOnConnectedListener(listener?: Listener<"onConnected">): void {
    this.listen("onConnected", listener);
  }

  setOnDatabaseOpenedListener(listener?: Listener<"onDatabaseOpened">): void {
    this.listen("onDatabaseOpened", listener);
  }

  setOnMessageReceivedListener(listener?: Listener<"onMessageReceived">): void {
    this.listen("onMessageReceived", listener);
  }

  setOnMessageAttachedListener(listener?: Listener<"onMessageAttached">): void {
    this.listen("onMessageAttached", listener);
  }

  setOnMessageSentListener(listener?: Listener<"onMessageSent">): void {
    this.listen("onMessageSent", listener);
  }

  setOnMessagesLoadedListener(listener?: Listener<"onMessagesLoaded">): void {
    this.listen("onMessagesLoaded", listener);
  }

  setOnMessageRecalledListener(listener?: Listener<"onMessageRecalled">): void {
    this.listen("onMessageRecalled", listener);
  }

  setOnRemoteMessageRecalledListener(listener?: Listener<"onRemoteMessageRecalled">): void {
    this.listen("onRemoteMessageRecalled", listener);
  }

  /** Somebody wants to know whether this user has read a message: answer once it was on screen. */
  setOnGroupMessageReadReceiptRequestReceivedListener(
    listener?: Listener<"onGroupMessageReadReceiptRequestReceived">,
  ): void {
    this.listen("onGroupMessageReadReceiptRequestReceived", listener);
  }

  /** Somebody has read a message of this user; the result has everybody so far. */
  setOnGroupMessageReadReceiptResponseReceivedListener(
    listener?: Listener<"onGroupMessageReadReceiptResponseReceived">,
  ): void {
    this.listen("onGroupMessageReadReceiptResponseReceived", listener);
  }

  setOnGroupReadReceiptRequestSentListener(listener?: Listener<"onGroupReadReceiptRequestSent">): void {
    this.listen("onGroupReadReceiptRequestSent", listener);
  }

  /** Also hears of answers that were kept from an earlier run. */
  setOnGroupReadReceiptResponseSentListener(listener?: Listener<"onGroupReadReceiptResponseSent">): void {
    this.listen("onGroupReadReceiptResponseSent", listener);
  }

  /** Somebody has read a message of this user; the result has those who are new, and the counts. */
  setOnMessageReadReceiptV5ReceivedListener(listener?: Listener<"onMessageReadReceiptV5Received">): void {
    this.listen("onMessageReadReceiptV5Received", listener);
  }

  /** An addition: another device of this user has asked for a receipt. */
  setOnReadReceiptRequestedElsewhereListener(listener?: Listener<"onReadReceiptRequestedElsewhere">): void {
    this.listen("onReadReceiptRequestedElsewhere", listener);
  }

  /** An addition: another device of this user has answered. */
  setOnReadReceiptsAnsweredElsewhereListener(listener?: Listener<"onReadReceiptsAnsweredElsewhere">): void {
    this.listen("onReadReceiptsAnsweredElsewhere", listener);
  }

  private listen<Name extends ListenerName>(name: Name, listener: Listener<Name> | undefined): void {
    this.core.listeners.set(name, listener);
  }

  // ------------------------------------------------------------------------------------ what the calls share

  /** Refuses what cannot be; else does it. */
  private async accept(name: string, values: unknown[], work: () => Eventual<number>): Promise<number> {
    if (this.core.isDestroyed) return Code.ENGINE_DESTROYED;
    const { log } = this.core;
    try {
      const wrong = wrongArgument(name, values);
      if (wrong) log.error(wrong);
      const code = wrong ? Code.PARAM_ERROR : await work();
      const inside = !wrong && code === Code.PARAM_ERROR && wrongContents(name);
      if (inside) log.error(inside);
      return code;
    } catch (error) {
      // Such as an object whose fields throw when they are looked at.
      log.error(`${name} has failed`, error);
      return Code.NATIVE_OPERATION_ERROR;
    }
  }

  /** Asks the server something about one conversation. */
  private ask<Case extends string>(
    where: Conversation | undefined,
    question: Call,
    answer: Case,
    then: (result: Checked<ResultOf<Case>>) => void,
  ): number {
    const refusal = where ? checkConversation(where) : Code.SUCCESS;
    return refusal || this.callServer(question, (reply) => then(resultOf(reply, answer)));
  }

  private callServer(value: Call, then: (reply: Reply) => void): number {
    const refusal = this.core.driver.mayCall();
    if (!refusal) this.core.driver.call(value, then);
    return refusal;
  }

  private seen(message: Message, where: Conversation): types.RCIMIWMessage {
    const { driver, known, ports } = this.core;
    const about = {
      userId: driver.userId ?? "",
      messageId: known.idOf(message.uid),
      receivedTime: ports.clock.unixTime(),
    };
    return known.remember(fromWire(message, where, about));
  }

  private finish<Name extends ListenerName>(
    callback: Optional<{ [Key in Name]?: Listener<Key> }>,
    name: Name,
    result: ListenerResults[Name],
  ): void {
    if (callback) callMember(callback, name, result, this.core.log);
    else call(this.core.listeners.get(name), result, this.core.log);
  }

  private giveObject<T>(
    callback: Optional<callbacks.IRCIMIWObjectCallback<T>>,
    code: number,
    value: T | undefined,
  ): void {
    const { log } = this.core;
    if (value !== undefined && code === Code.SUCCESS) callMember(callback, "onSuccess", { t: value }, log);
    else callMember(callback, "onError", { code: code || Code.NATIVE_OPERATION_ERROR }, log);
  }

  /** Not before the call has resolved. */
  private later(work: () => void): void {
    void turns().then(() => {
      if (!this.core.isDestroyed) work();
    });
  }

  static {
    const prototype = RCIMIWEngine.prototype as object as Record<string, unknown>;
    for (const name of CALLS_NOT_SUPPORTED) {
      prototype[name] = function (this: RCIMIWEngine) {
        return this.accept(name, [], () => Code.CALL_NOT_SUPPORTED);
      };
    }
    for (const [name, content] of Object.entries(MESSAGES_NOT_SUPPORTED)) {
      prototype[name] = function (this: RCIMIWEngine, ...values: unknown[]) {
        return RCIMIWEngine.draftNotSupported(this, name, content, values);
      };
    }
    for (const name of LISTENERS_NOT_SUPPORTED) prototype[name] = () => {};
  }
}

/** No engine came of it: the next `create` tries again. */
function dropped(error?: unknown): null {
  instance = undefined;
  if (error !== undefined) console.error("seenby: the engine cannot be created", error);
  return null;
}

/** The result of a success; a success without it is of a broken peer. */
function resultOf<Case extends string>({ code, result }: Reply, answer: Case): Checked<ResultOf<Case>> {
  if (code !== Code.SUCCESS) return { code };
  if (result?.$case !== answer) return { code: Code.NATIVE_OPERATION_ERROR };
  return { code: 0, value: result.value } as Checked<ResultOf<Case>>;
}

export { RCIMIWEngine };
