/**
 * The client's side of the contract as a state machine without I/O.
 *
 * A {@link Session} owns no socket, no clock and no random number: time comes in as milliseconds since any fixed moment,
 * jitter from a seed. What it needs done comes out of `poll*`. The same machine exists in Rust and plays the same
 * `vectors/`.
 *
 * The one order of calls: after each `handle*` or command, take {@link Session.pollAction} until it is empty and do each
 * action, then {@link Session.pollTransmit}, {@link Session.pollOutcome} and {@link Session.pollEvent} as far as there is
 * room for what they give, then `pollAction` once more, then wait: for the socket, for the application, or until
 * {@link Session.pollTimeout}. Actions come before frames, so an answer is remembered before it is sent.
 */

import { Code } from "../codes.js";
import type { Conversation } from "../conversation.js";
import type { Change, KeptAnswer, Memory } from "../memory.js";
import { type Call, type ClientFrame, type Goodbye, PROTOCOL_MINOR, type ServerFrame } from "../protocol/frames.js";
import { CALLS_IN_FLIGHT_MAX } from "./calls.js";
import {
  dropConnection,
  endConnection,
  expectUser,
  giveWay,
  goOnlineIfLoaded,
  handleRefused,
  lose,
  open,
  refuseSecond,
  signOut,
  signOutRefused,
} from "./connection.js";
import { PROBE_TIMEOUT_MS } from "./heartbeat.js";
import { Outbox, Parked } from "./outbox.js";
import { type Action, type CallId, ConnectionStatus, type Outcome, type SessionEvent } from "./outcome.js";
import { Positions } from "./positions.js";
import { handlePush } from "./pushes.js";
import { Receipts } from "./receipts.js";
import { handleReply } from "./replies.js";
import { type ServerTime, type SessionOptions, type SessionOwner, State } from "./state.js";
import { userIdOf } from "./token.js";
import { Unanswered } from "./unanswered.js";

/** A session of one installation with one server, over any number of connections and users. */
export class Session {
  private readonly state: State;

  constructor(options: SessionOptions) {
    this.state = new State(options);
  }

  // ------------------------------------------------------------------------------------ commands of the application

  /**
   * Signs in, and stays signed in over lost connections until `disconnect` or a refusal. Without a connection within
   * `timeoutMs` it gives up; `undefined` is for ever. While nobody is signed in, another token takes over from the one
   * before.
   */
  connect(now: number, token: string, timeoutMs?: number): CallId {
    const state = this.state;
    const call = state.newCall();
    if (state.login && (state.login.token === token || state.isSignedIn)) {
      refuseSecond(state, call);
      return call;
    }
    giveWay(state);
    state.login = { token, isRenewed: false, call, giveUpAt: timeoutMs === undefined ? undefined : now + timeoutMs };
    state.backoff.reset();
    open(state, now);
    expectUser(state, userIdOf(token));
    return call;
  }

  /** Signs out. Answers stay in the outbox for the next time that this user signs in. */
  disconnect(): void {
    if (this.state.login) signOut(this.state, ConnectionStatus.SIGNED_OUT, Code.NOT_CONNECTED);
  }

  /** Makes a call that has one reply. */
  call(now: number, call: Call): CallId {
    const state = this.state;
    const number = state.newCall();
    const code = this.mayCall();
    if (code !== Code.SUCCESS) {
      state.refuse(number, code);
    } else {
      state.transmit(now, number, call);
      state.calls.insert(number, { kind: "application", call }, now + state.options.callTimeoutMs);
    }
    return number;
  }

  /** 0, or the code with which a call would be refused now. */
  mayCall(): number {
    if (!this.state.isOnline) return Code.NOT_CONNECTED;
    return this.state.calls.size < CALLS_IN_FLIGHT_MAX ? Code.SUCCESS : Code.TOO_BUSY;
  }

  /** Answers for messages of one conversation, now or as soon as there is a connection. */
  answer(now: number, conversation: Conversation, messageUids: string[]): CallId {
    const state = this.state;
    const call = state.newCall();
    const code = this.mayAnswer(messageUids.length);
    if (code !== Code.SUCCESS) {
      state.outcomes.push({ kind: "answered", call, code });
      return call;
    }
    const answer = { conversation, messageUids };
    const number = state.outbox.keep(answer, call);
    if (state.hasLoaded) state.unsaved.push({ kind: "answerKept", number, answer });
    state.pump(now);
    return call;
  }

  /** 0, or the code with which an answer for so many messages would be refused now. */
  mayAnswer(messages: number): number {
    if (messages === 0) return Code.PARAM_ERROR;
    if (!this.state.owner) return Code.NOT_CONNECTED;
    return this.state.outbox.hasRoomFor(messages) ? Code.SUCCESS : Code.TOO_BUSY;
  }

  // ------------------------------------------------------------------------------------ what happens outside

  /** The connection is open. */
  handleOpened(now: number): void {
    const state = this.state;
    if (state.phase.kind !== "opening" || !state.login) return;
    const { appKey, deviceId, sdk } = state.options;
    const call = state.newCall();
    state.phase = { kind: "signingIn", call, until: state.phase.until };
    const signIn = { appKey, token: state.login.token, deviceId, sdk, protocolMinor: PROTOCOL_MINOR };
    state.transmit(now, call, { $case: "signIn", value: signIn });
  }

  /** A frame has come. */
  handleFrame(now: number, { kind }: ServerFrame): void {
    const state = this.state;
    // A frame without a kind is of a newer server; a push before it was asked for is passed over.
    if (kind?.$case === "reply") handleReply(state, now, kind.value);
    else if (kind?.$case === "goodbye") this.handleGoodbye(now, kind.value);
    else if (kind && state.isOnline) handlePush(state, kind);
    if (state.phase.kind === "online") state.phase.heartbeat.received(now, state.calls.size > 0);
    state.pump(now);
  }

  private handleGoodbye(now: number, goodbye: Goodbye): void {
    if (!this.state.isConnected) return;
    if (goodbye.reconnect) dropConnection(this.state, now, 0, `the server said goodbye: ${goodbye.code}`);
    else handleRefused(this.state, goodbye.code);
  }

  /** The connection could not be opened, or has closed. */
  handleClosed(now: number): void {
    if (this.state.isConnected) lose(this.state, now, 0);
  }

  /** Time has passed. */
  handleTimeout(now: number): void {
    const state = this.state;
    this.expireCalls(now);
    if (state.login?.giveUpAt !== undefined && state.login.giveUpAt <= now) {
      signOut(state, ConnectionStatus.TIMED_OUT, Code.CONNECT_TIMEOUT);
    }
    const { phase } = state;
    if (phase.kind === "waiting" && phase.until <= now) open(state, now);
    else if ((phase.kind === "opening" || phase.kind === "signingIn") && phase.until <= now) {
      dropConnection(state, now, 0, "there was no answer in time");
    } else if (phase.kind === "online") this.keepAlive(now);
    state.pump(now);
  }

  private keepAlive(now: number): void {
    const state = this.state;
    if (state.phase.kind !== "online") return;
    if (state.mustCatchUp) {
      state.actions.push({ kind: "close" });
      endConnection(state);
      open(state, now);
      return;
    }
    const beat = state.phase.heartbeat.due(now);
    if (beat === "lost") dropConnection(state, now, 0, "the server has fallen silent");
    if (beat === "probe") this.probe(now);
    if (beat === "ping") this.ping(now);
  }

  private probe(now: number): void {
    const { phase } = this.state;
    if (phase.kind === "online" && phase.heartbeat.probe(now)) this.ping(now);
  }

  private ping(now: number): void {
    this.state.sendOwn(now, { kind: "ping" }, { $case: "ping", value: {} });
  }

  /**
   * The network may be another one, or back, or the program has slept: a connection is probed, and the next attempt is
   * made now and not after its pause. What the server asked to wait is waited.
   */
  lookAgain(now: number): void {
    const { state } = this;
    const { phase } = state;
    state.backoff.reset();
    if (phase.kind === "online") this.probe(now);
    else if (phase.kind === "waiting" && phase.notBefore <= now) open(state, now);
    else if (phase.kind === "waiting") phase.until = phase.notBefore;
    // On a network that is gone an attempt would hang until its time is over.
    else if (phase.kind === "opening" || phase.kind === "signingIn") {
      phase.until = Math.min(phase.until, now + PROBE_TIMEOUT_MS);
    }
  }

  /** The token that was asked for; `undefined` if this user is not to be signed in any more. */
  handleToken(now: number, token: string | undefined): void {
    const { state } = this;
    if (state.phase.kind !== "renewing" || !state.login) return;
    if (token === undefined) return signOutRefused(state, state.phase.code);
    state.login.token = token;
    state.login.isRenewed = true;
    open(state, now);
    expectUser(state, userIdOf(token));
  }

  /** Whether there is a newer token is not known now. It is asked for again after a pause, if the old one is refused then. */
  handleNoToken(now: number): void {
    if (this.state.phase.kind === "renewing") lose(this.state, now, 0);
  }

  private expireCalls(now: number): void {
    const state = this.state;
    for (let expired = state.calls.takeExpired(now); expired; expired = state.calls.takeExpired(now)) {
      const [number, purpose] = expired;
      if (purpose.kind === "application") {
        state.endUnknown(number, purpose.call, state.isOnline ? Code.REPLY_TIMEOUT : Code.RESULT_UNKNOWN);
      } else if (purpose.kind === "answers") {
        state.outbox.putBack(purpose.batch);
        state.answersPause.begin(now, 0);
      } else if (purpose.kind === "readers") {
        state.receipts.handleNoPage(purpose.uid);
        state.fetchesPause.begin(now, 0);
      }
    }
  }

  /** What is remembered of this user. */
  handleLoaded(now: number, userId: string, memory: Memory): void {
    const state = this.state;
    if (!this.endsLoading(userId, "loaded")) return;
    if (state.storeId === "") {
      state.storeId = memory.storeId;
      state.positions = Positions.restored(memory.positions);
      state.receipts = Receipts.restored(memory.asked);
      state.unanswered = Unanswered.restored(memory.unanswered);
    } else {
      // This session has been online without it, and knows more by now.
      state.unsaved.push({ kind: "storeChanged", storeId: state.storeId });
    }
    this.restoreAnswers(userId, memory.answers);
    goOnlineIfLoaded(state, now);
  }

  /** What is remembered of this user cannot be read now. */
  handleLoadFailed(now: number, userId: string): void {
    const state = this.state;
    if (!this.endsLoading(userId, "unreadable")) return;
    const parked = state.parked.get(userId);
    if (parked) state.outbox.takeUnkept(parked);
    goOnlineIfLoaded(state, now);
  }

  /** Whether this user's memory was awaited. */
  private endsLoading(userId: string, memory: SessionOwner["memory"]): boolean {
    const { owner } = this.state;
    if (owner?.userId !== userId || owner.memory !== "loading") return false;
    owner.memory = memory;
    return true;
  }

  /** The storage has these changes. */
  handleSaved(userId: string, changes: readonly Change[]): void {
    const state = this.state;
    for (const change of changes) {
      if (change.kind !== "answerKept") continue;
      const { number } = change;
      const isHere = state.hasLoadedOf(userId);
      const call = isHere ? state.outbox.noteKept(number) : state.parked.get(userId)?.calls.get(number);
      if (call !== undefined) state.outcomes.push({ kind: "kept", call });
    }
  }

  /**
   * The storage has not taken these changes, or only some. What they say of answers is said again; the rest a restart
   * learns from the server.
   */
  handleSaveFailed(userId: string, changes: readonly Change[]): void {
    const state = this.state;
    if (state.hasLoadedOf(userId)) {
      state.mustSaveAgain = true;
      state.outbox.takeBack(changes);
    } else {
      state.parked.get(userId)?.takeBack(changes);
    }
  }

  /** Answers that are not remembered yet are this user's, and are remembered from now on. */
  private restoreAnswers(userId: string, remembered: readonly KeptAnswer[]): void {
    const state = this.state;
    state.outbox = Outbox.restored(remembered, state.parked.get(userId) ?? new Parked(), state.outbox);
    state.parked.delete(userId);
    state.unsaved.push(...state.outbox.takeUnsaved());
  }

  // ------------------------------------------------------------------------------------ what must now be done

  /** The next thing for the driver to do. */
  pollAction(): Action | undefined {
    this.state.flushUnsaved();
    return this.state.actions.shift();
  }

  /** The next frame to send, in order. */
  pollTransmit(): ClientFrame | undefined {
    return this.state.transmits.shift();
  }

  /** The next result of a command. */
  pollOutcome(): Outcome | undefined {
    return this.state.outcomes.shift();
  }

  /**
   * The next event for the application, if it has room for one. Events wait here meanwhile; when too many do, what the
   * server pushes is left there, and fetched by a new connection once all of them have been taken.
   */
  pollEvent(): SessionEvent | undefined {
    const state = this.state;
    for (let waiting = state.events.take(); waiting; waiting = state.events.take()) {
      const { news } = waiting;
      const event = typeof news === "string" ? state.receipts.takeEvent(news, state.unsaved) : news;
      state.unsaved.push(...waiting.afterwards);
      if (event) return event;
    }
    return undefined;
  }

  /** When to call `handleTimeout`, if nothing happens before. It may be in the past. */
  pollTimeout(): number | undefined {
    const state = this.state;
    const answers = state.isOnline && state.outbox.hasWaiting() ? state.answersPause.until : undefined;
    const fetches = state.isOnline && state.receipts.hasFetches() ? state.fetchesPause.until : undefined;
    const timeouts = [this.phaseTimeout(), state.login?.giveUpAt, state.calls.nextDeadline(), answers, fetches];
    const set = timeouts.filter((timeout) => timeout !== undefined);
    return set.length > 0 ? Math.min(...set) : undefined;
  }

  private phaseTimeout(): number | undefined {
    const { phase, mustCatchUp } = this.state;
    switch (phase.kind) {
      case "signedOut":
      case "renewing":
      case "loading":
        return undefined;
      case "online":
        return mustCatchUp ? 0 : phase.heartbeat.next();
      default:
        return phase.until;
    }
  }

  /** Why the session has left a connection by itself, once for each that it will make again. For the log. */
  takeTrouble(): string | undefined {
    const { trouble } = this.state;
    this.state.trouble = undefined;
    return trouble;
  }

  /** How the connection is. */
  get status(): ConnectionStatus {
    return this.state.status;
  }

  /** Who has signed in. */
  get userId(): string | undefined {
    return this.state.userId;
  }

  /** The server's clock, when it was last read. */
  get serverTime(): ServerTime | undefined {
    return this.state.serverTime;
  }
}
