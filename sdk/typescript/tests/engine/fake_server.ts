/**
 * A server behind the `Dialer` port, without sockets and in virtual time.
 *
 * It signs in whoever comes: the token names the user, or is the user id. It takes what the session says on its own account, Resume and
 * Ping. All other calls wait for the test to answer them.
 */

import type { Dialer, Random, SocketListener, Storage } from "../../src/ports.js";
import {
  type Call,
  ClientFrame,
  type Conversation,
  type LogEntry,
  type Message,
  type Push,
  type Readers,
  type ReceiptCounts,
  type Reply,
  type Resume,
  ServerFrame,
  type SignIn,
} from "../../src/protocol/frames.js";
import type { RCIMIWEngineOptions } from "../../src/rcim/types.js";
import { memoryStorage } from "../../src/storage/memory.js";
import { FakeClock, settled } from "../fake_ports.js";

export type Kind = Call["$case"];
export type CallOf<K extends Kind> = Extract<Call, { $case: K }>["value"];
type Result = NonNullable<Reply["result"]>;

interface Link {
  listener: SocketListener;
  isOpen: boolean;
}

export const ward: Conversation = { type: 2, targetId: "ward-3", channelId: "" };
/** The server's clock when somebody signs in. */
export const SERVER_TIME_MS = 1_700_000_000_500;

export class FakeServer implements Dialer {
  readonly clock = new FakeClock();
  readonly random: Random = seeded(42);
  readonly signIns: SignIn[] = [];
  readonly resumes: Resume[] = [];
  /** Code of the refusal of sign-ins. */
  refusal = 0;
  storeId = "store-1";
  /** Who signs in, whatever the token says. */
  signsInAs: string | undefined;
  #isReachable = true;
  #links = new Set<Link>();
  #waiting: { link: Link; callId: number; call: Call }[] = [];
  #sequence = 0;

  /** Options of an engine that talks to this server. */
  options(storage: Storage = memoryStorage()): RCIMIWEngineOptions {
    return { dialer: this, clock: this.clock, random: this.random, storage, logLevel: 0 };
  }

  // ------------------------------------------------------------------------------------ the network

  dial(_address: string, listener: SocketListener) {
    const link = { listener, isOpen: false };
    soon(() => {
      if (!this.#isReachable) return listener.onClose();
      link.isOpen = true;
      this.#links.add(link);
      listener.onOpen();
    });
    return {
      send: (bytes: Uint8Array) => {
        if (!link.isOpen) throw new Error("this connection is not open");
        this.#take(link, ClientFrame.decode(bytes));
      },
      close: () => this.#close(link),
    };
  }

  /** The connections break, and new ones cannot be made. */
  async vanishes(): Promise<void> {
    this.#isReachable = false;
    for (const link of [...this.#links]) {
      this.#close(link);
      link.listener.onClose();
    }
    await settled();
  }

  /** New connections can be made again; it waits until one has been. */
  async comesBack(): Promise<void> {
    this.#isReachable = true;
    await this.passes(20_000);
  }

  /** Lets time pass, a little at a time, so that what goes back and forth can. */
  async passes(ms: number): Promise<void> {
    await settled();
    for (let rest = ms; rest > 0; rest -= 1_000) {
      this.clock.pass(Math.min(rest, 1_000));
      await settled();
    }
  }

  get connections(): number {
    return this.#links.size;
  }

  #close(link: Link): void {
    link.isOpen = false;
    this.#links.delete(link);
    this.#waiting = this.#waiting.filter((waiting) => waiting.link !== link);
  }

  // ------------------------------------------------------------------------------------ calls

  #take(link: Link, { callId, call }: ClientFrame): void {
    if (call?.$case === "signIn") {
      this.signIns.push(call.value);
      this.#reply(link, callId, this.refusal, this.refusal ? undefined : this.#signedIn(call.value.token));
    } else if (call?.$case === "resume") {
      this.resumes.push(call.value);
      this.#reply(link, callId, 0);
    } else if (call?.$case === "ping") {
      this.#reply(link, callId, 0, { $case: "pong", value: { serverTimeMs: SERVER_TIME_MS } });
    } else if (call) {
      this.#waiting.push({ link, callId, call });
    }
  }

  #signedIn(token: string): Result {
    const limits = {
      protocolMinor: 2,
      pingIntervalMs: 30_000,
      answersPerFrameMax: 100,
      pageSizeMax: 100,
      resumeItemsMax: 10_000,
    };
    return {
      $case: "signedIn",
      value: {
        userId: this.signsInAs ?? userOf(token),
        serverTimeMs: SERVER_TIME_MS,
        storeId: this.storeId,
        ...limits,
      },
    };
  }

  /** What kinds of calls wait for an answer. */
  get waiting(): Kind[] {
    return this.#waiting.map(({ call }) => call.$case);
  }

  /** Accepts the next call, which must be of this kind, and gives what it says. */
  accepts<K extends Kind>(kind: K, result?: Result): Promise<CallOf<K>> {
    return this.#settle(kind, 0, result);
  }

  /** Refuses the next call, which must be of this kind. */
  refuses<K extends Kind>(kind: K, code: number): Promise<CallOf<K>> {
    return this.#settle(kind, code);
  }

  /** Accepts an answer, or gives each of its messages a code. */
  acceptsAnswer(codes: (uid: string) => number = () => 0): Promise<CallOf<"answerReceipts">> {
    const next = this.#next("answerReceipts");
    const given = next.call.value.messageUids.map(codes);
    const code = given.find((each) => each !== 0) ?? 0;
    return this.#answer(next, code, { $case: "receiptsAccepted", value: { codes: given } });
  }

  /** Stores what the next call sends. */
  acceptsMessage(uid: string, sentAtMs = SERVER_TIME_MS): Promise<CallOf<"sendMessage">> {
    const value = { messageUid: uid, sequence: this.#nextSequence(), sentAtMs };
    return this.accepts("sendMessage", { $case: "messageSent", value });
  }

  #settle<K extends Kind>(kind: K, code: number, result?: Result): Promise<CallOf<K>> {
    return this.#answer(this.#next(kind), code, result);
  }

  #next<K extends Kind>(kind: K) {
    const next = this.#waiting.shift();
    if (next?.call.$case !== kind) throw new Error(`${kind} was expected and not ${next?.call.$case}`);
    return next as { link: Link; callId: number; call: Extract<Call, { $case: K }> };
  }

  async #answer<K extends Kind>(
    { link, callId, call }: { link: Link; callId: number; call: Extract<Call, { $case: K }> },
    code: number,
    result?: Result,
  ): Promise<CallOf<K>> {
    this.#reply(link, callId, code, result);
    await settled();
    return call.value as CallOf<K>;
  }

  #reply(link: Link, callId: number, code: number, result?: Result): void {
    this.#send(link, { $case: "reply", value: { callId, code, detail: "", retryAfterMs: 0, result } });
  }

  #send(link: Link, kind: Push): void {
    const bytes = ServerFrame.encode({ kind }).finish();
    soon(() => {
      if (link.isOpen) link.listener.onFrame(bytes);
    });
  }

  // ------------------------------------------------------------------------------------ pushes

  /** Says something to everybody. */
  async pushes(kind: Push): Promise<void> {
    for (const link of this.#links) this.#send(link, kind);
    await settled();
  }

  /** Tells of a message. */
  tellsMessage(message: Partial<Message> & { uid: string }, conversation = ward): Promise<void> {
    return this.#tellsEntry({ $case: "message", value: wireMessage(message) }, conversation);
  }

  /** Tells that somebody wants to know who has read a message. */
  tellsRequest(messageUid: string, senderId: string, conversation = ward): Promise<void> {
    const value = { messageUid, senderId, answered: false };
    return this.#tellsEntry({ $case: "receiptRequested", value }, conversation);
  }

  tellsRecall(messageUid: string, senderId: string, conversation = ward): Promise<void> {
    return this.#tellsEntry({ $case: "messageRecalled", value: { messageUid, senderId } }, conversation);
  }

  #tellsEntry(event: NonNullable<LogEntry["event"]>, conversation: Conversation): Promise<void> {
    const sequence = this.#nextSequence();
    const entries = [{ sequence, atMs: SERVER_TIME_MS, event }];
    const page = { conversation, entries, through: sequence, left: 0, offline: false };
    return this.pushes({ $case: "logEntries", value: page });
  }

  /** Tells the sender who has read, from an ordinal on: user id and time. */
  tellsReaders(
    messageUid: string,
    firstOrdinal: number,
    readers: [userId: string, readAtMs: number][],
    counts: Partial<ReceiptCounts> = {},
    conversation = ward,
  ): Promise<void> {
    const read = firstOrdinal + readers.length;
    const all = { read, unread: 0, left: 0, total: read, ...counts };
    const value = { conversation, messageUid, readers: wireReaders(readers, firstOrdinal), counts: all };
    return this.pushes({ $case: "receiptDelta", value });
  }

  /** Ends the connections for a reason. */
  saysGoodbye(code: number): Promise<void> {
    return this.pushes({ $case: "goodbye", value: { code, detail: "", reconnect: false } });
  }

  #nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }
}

/** A token as the server gives it, but for the signature. */
export function tokenOf(userId: string): string {
  const text = (value: string) => Buffer.from(value).toString("base64url");
  return `${text("{}")}.${text(JSON.stringify({ sub: userId }))}.${text("signed")}`;
}

function userOf(token: string): string {
  const [, claims] = token.split(".");
  return claims === undefined ? token : JSON.parse(Buffer.from(claims, "base64url").toString()).sub;
}

/** Of a message: no more than its content. */
export const nothingBeside = { extra: "", userInfo: undefined, mentionedInfo: undefined, expansion: undefined };

export function wireMessage(message: Partial<Message> & { uid: string }): Message {
  const content = { kind: { $case: "text" as const, value: { text: `text of ${message.uid}` } }, ...nothingBeside };
  return {
    senderId: "alice",
    sequence: 1,
    sentAtMs: SERVER_TIME_MS,
    content,
    clientRef: "",
    recalled: false,
    receipt: undefined,
    conversation: undefined,
    ...message,
  };
}

/** Times travel as the first one, and then the differences. */
export function wireReaders(readers: [userId: string, readAtMs: number][], firstOrdinal = 0): Readers {
  const timesMs = readers.map(([, readAtMs], place) => readAtMs - (readers[place - 1]?.[1] ?? 0));
  return { firstOrdinal, userIds: readers.map(([userId]) => userId), timesMs };
}

/** Nothing comes while its cause is still at work, as with real sockets. */
function soon(work: () => void): void {
  void Promise.resolve().then(work);
}

function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state;
  };
}
