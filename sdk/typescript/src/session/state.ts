/** What a session is made of, and the steps that all its parts share. */

import type { Conversation } from "../conversation.js";
import type { Change } from "../memory.js";
import type { Call, ClientFrame, KnownReceipt, SignedIn } from "../protocol/frames.js";
import { Calls, type Purpose } from "./calls.js";
import { Events } from "./events.js";
import type { Heartbeat } from "./heartbeat.js";
import { Outbox, type Parked } from "./outbox.js";
import { type Action, type CallId, ConnectionStatus, type Outcome } from "./outcome.js";
import { Positions } from "./positions.js";
import { Receipts } from "./receipts.js";
import { Recent } from "./recent.js";
import { Backoff, Pause } from "./reconnect.js";
import { Unanswered } from "./unanswered.js";

/** Frames of answers that may await their reply at once. While they do, later answers gather into larger frames. */
const ANSWER_FRAMES_IN_FLIGHT_MAX = 4;
/** Pages of readers that may be on their way at once. */
const FETCHES_IN_FLIGHT_MAX = 4;
/** The server gives fewer if it likes. */
const READERS_PER_PAGE_MAX = 1_000;

/** What a session is made with. */
export interface SessionOptions {
  /** The application. */
  appKey: string;
  /** Made once by an installation and kept. */
  deviceId: string;
  /** What every `clientRef` made by this installation begins with, so that it knows its own messages. */
  clientRefPrefix: string;
  /** Name and version of the SDK, for logs. */
  sdk: string;
  /** Ceiling of the first wait before connecting again. */
  backoffMinMs: number;
  /** Ceiling of every wait before connecting again. */
  backoffMaxMs: number;
  /** How long a call waits for its reply, over connections. */
  callTimeoutMs: number;
  /** How long one attempt may take, from dialing to being signed in. */
  attemptTimeoutMs: number;
  /** When the server refuses a token, the driver can ask for a newer one. */
  renewsTokens: boolean;
  /** Of the jitter: 32 bits. */
  seed: number;
}

export type Phase =
  /** Nobody wants a connection. */
  | { kind: "signedOut" }
  /** The server asked not to come before `notBefore`. */
  | { kind: "waiting"; until: number; notBefore: number }
  | { kind: "opening"; until: number }
  | { kind: "signingIn"; call: CallId; until: number }
  /** The server has refused the token with this code, and a newer one is awaited. */
  | { kind: "renewing"; code: number }
  | { kind: "loading"; signedIn: SignedIn }
  | { kind: "online"; since: number; heartbeat: Heartbeat; answersPerFrame: number };

/** From `connect` to `disconnect`, or until the server refuses. */
export interface Login {
  token: string;
  /** It was asked for because the one before was refused, and has not signed in yet. */
  isRenewed: boolean;
  /** Until its outcome is told. */
  call: CallId | undefined;
  giveUpAt: number | undefined;
}

/** The user whose answers are taken, at first by what the token says alone. It stays after signing out. */
export interface SessionOwner {
  userId: string;
  /**
   * Until it is loaded nothing is saved: the numbers of answers would collide. What is unreadable is read again before
   * the next connection, and meanwhile this is like a new device.
   */
  memory: "loading" | "loaded" | "unreadable";
}

/** The server's clock, when it was last read. */
export interface ServerTime {
  /** Unix milliseconds. */
  serverTimeMs: number;
  /** The session's time then. */
  readAt: number;
}

export class State {
  readonly options: SessionOptions;
  phase: Phase = { kind: "signedOut" };
  login: Login | undefined;
  owner: SessionOwner | undefined;
  status: ConnectionStatus = ConnectionStatus.UNCONNECTED;
  serverTime: ServerTime | undefined;
  readonly backoff: Backoff;

  readonly calls = new Calls();
  /** The user who was online last. Calls under way are this user's. */
  caller: string | undefined;
  outbox = new Outbox();
  readonly answersPause: Pause;
  readonly fetchesPause: Pause;
  /**
   * The storage has refused changes. Those about answers are handed to it again with the next change, and before the
   * next connection.
   */
  mustSaveAgain = false;
  /** Answers of other users than the present one. */
  readonly parked = new Map<string, Parked>();

  positions = new Positions();
  receipts = new Receipts();
  unanswered = new Unanswered();
  storeId = "";
  /** Messages that this device has answered or recalled itself. */
  doneHere = new Recent();
  /** The last that was said about messages of the outbox: somebody asks, or another device has answered. */
  readonly meanwhile = new Map<string, { conversation: Conversation; askedBy?: string }>();
  /** References of messages whose sending ended without a known result. */
  readonly unknownSends = new Recent();

  /** Why the session has left the last connection by itself. */
  trouble: string | undefined;
  /** The server would not hear what this client has. */
  resumeRefused = false;
  /** Something was left at the server because too many events waited. It is fetched by connecting anew. */
  stalled = false;
  readonly events = new Events();
  unsaved: Change[] = [];
  readonly actions: Action[] = [];
  transmits: ClientFrame[] = [];
  readonly outcomes: Outcome[] = [];
  private nextCall: CallId = 0;

  constructor(options: SessionOptions) {
    const backoff = (lane: number) => new Backoff(options.backoffMinMs, options.backoffMaxMs, options.seed + lane);
    this.options = options;
    this.backoff = backoff(0);
    this.answersPause = new Pause(backoff(1));
    this.fetchesPause = new Pause(backoff(2));
  }

  get userId(): string | undefined {
    return this.login && this.login.call === undefined ? this.owner?.userId : undefined;
  }

  get hasLoaded(): boolean {
    return this.owner?.memory === "loaded";
  }

  hasLoadedOf(userId: string): boolean {
    return this.hasLoaded && this.owner?.userId === userId;
  }

  get isOnline(): boolean {
    return this.phase.kind === "online";
  }

  get isConnected(): boolean {
    return !["signedOut", "waiting", "renewing"].includes(this.phase.kind);
  }

  get isSignedIn(): boolean {
    return this.phase.kind === "loading" || this.isOnline;
  }

  get mustCatchUp(): boolean {
    return this.stalled && this.events.isEmpty();
  }

  newCall(): CallId {
    this.nextCall += 1;
    return this.nextCall;
  }

  /** Ends a call of the application with a code of this side. */
  refuse(call: CallId, code: number): void {
    const reply = { callId: call, code, detail: "", retryAfterMs: 0, result: undefined };
    this.outcomes.push({ kind: "replied", call, reply });
  }

  /** Ends a call that may have been carried out. */
  endUnknown(number: CallId, call: Call, code: number): void {
    if (call.$case === "sendMessage") this.unknownSends.insert(call.value.clientRef);
    this.refuse(number, code);
  }

  /** Sends what waits for its turn. */
  pump(now: number): void {
    if (this.phase.kind !== "online") return;
    const { answersPerFrame } = this.phase;
    while (this.answersPause.isOver(now) && this.calls.count("answers") < ANSWER_FRAMES_IN_FLIGHT_MAX) {
      const batch = this.outbox.nextBatch(answersPerFrame);
      if (!batch) break;
      const answer = { conversation: batch.conversation, messageUids: this.outbox.uids(batch) };
      this.sendOwn(now, { kind: "answers", batch }, { $case: "answerReceipts", value: answer });
    }
    while (this.fetchesPause.isOver(now) && this.calls.count("readers") < FETCHES_IN_FLIGHT_MAX) {
      const fetch = this.receipts.nextFetch();
      if (!fetch) break;
      const purpose: Purpose = { kind: "readers", uid: fetch.messageUid };
      this.sendOwn(now, purpose, { $case: "getReaders", value: { ...fetch, count: READERS_PER_PAGE_MAX } });
    }
  }

  sendOwn(now: number, purpose: Purpose, call: Call): void {
    const number = this.newCall();
    this.calls.insert(number, purpose, now + this.options.callTimeoutMs);
    this.transmit(now, number, call);
  }

  transmit(now: number, callId: CallId, call: Call): void {
    if (this.phase.kind === "online") this.phase.heartbeat.sent(now);
    this.transmits.push({ callId, call });
  }

  setStatus(status: ConnectionStatus): void {
    if (this.status === status) return;
    this.status = status;
    this.events.pushStatus(status);
  }

  readServerTime(now: number, serverTimeMs: number): void {
    this.serverTime = { serverTimeMs, readAt: now };
  }

  flushUnsaved(): void {
    if (!this.owner || this.unsaved.length === 0 || this.owner.memory === "loading") return;
    if (this.owner.memory === "unreadable") {
      this.unsaved = [];
      return;
    }
    if (this.mustSaveAgain) this.saveAgain();
    this.actions.push({ kind: "save", userId: this.owner.userId, changes: this.unsaved });
    this.unsaved = [];
  }

  saveAgain(): void {
    this.mustSaveAgain = false;
    const others = this.unsaved.filter(({ kind }) => kind !== "answerKept");
    this.unsaved = [...this.outbox.takeUnsaved(), ...others];
  }

  /** Own messages with a request and requests that wait for an answer, as the server is told of them. */
  knownReceipts(): KnownReceipt[] {
    const foreign = [...this.unanswered].map((request) => ({ ...request, readers: 0 }));
    const answering = [...this.meanwhile]
      .filter(([, meanwhile]) => meanwhile.askedBy !== undefined)
      .map(([messageUid, { conversation }]) => ({ conversation, messageUid, readers: 0 }));
    return [...this.receipts.known(), ...foreign, ...answering];
  }

  follow(conversation: Conversation, uid: string): boolean {
    return this.receipts.ask(conversation, uid, this.unsaved);
  }

  forgetMessage(uid: string): void {
    this.meanwhile.delete(uid);
    this.receipts.forget(uid, this.unsaved);
    this.unanswered.forget(uid, this.unsaved);
  }
}
