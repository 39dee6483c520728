/**
 * Moves what the session wants done: it owns the socket, the timer and the store.
 *
 * What the application is told comes in a microtask of its own, so no callback runs inside a call of the application.
 */

import { Code } from "./codes.js";
import type { Conversation } from "./conversation.js";
import type { Change } from "./memory.js";
import { type Eventual, isLater, type Ports, type Socket, type SocketListener } from "./ports.js";
import { type Call, decode, encode, type Reply, type ServerFrame } from "./protocol/frames.js";
import { reasonOf } from "./reason.js";
import {
  type Action,
  type CallId,
  ConnectionStatus,
  type Outcome,
  type ReceiptResponse,
  type SessionEvent,
} from "./session/outcome.js";
import { Session } from "./session/session.js";
import type { SessionOptions } from "./session/state.js";
import { withoutSecrets } from "./socket.js";
import type { DeviceStore } from "./store.js";

export type Connected = Extract<Outcome, { kind: "connected" }>;
export type Answered = { code: number; response?: ReceiptResponse };

export type TokenSource = () => Eventual<string | null | undefined>;

export interface DriverOptions {
  address: string;
  session: SessionOptions;
  ports: Ports;
  store: DeviceStore;
  /** It has failed already, and the log says so. */
  storageFails?: boolean;
  /** Gives a newer token of the same user, or nothing if there is none. */
  tokenSource?: TokenSource | undefined;
  onEvent(event: SessionEvent): void;
  log(problem: string, error?: unknown): void;
}

export class Driver {
  private readonly options: DriverOptions;
  private readonly session: Session;
  private readonly waiters = new Map<CallId, (outcome: Outcome) => void>();
  /** Answers that neither the storage nor the server has. */
  private readonly keeping = new Map<CallId, (code: number) => void>();
  /** The last thing that it was asked for failed, and the log says so. */
  private storageFails: boolean;
  /** There is no connection, and the log says why. */
  private outageIsLogged = false;
  private link: { socket: Socket; isOpen: boolean } | undefined;
  private cancelTimer = () => {};
  /** The store works; nothing goes on until it has done. */
  private busy: Promise<void> | undefined;
  private isTelling = false;
  /**
   * Telling of events rests as long as it took. A list of 100,000 readers takes an app a while, and meanwhile the news
   * of many answers becomes one event.
   */
  private restsUntil = 0;
  private cancelRest = () => {};
  private isEnded = false;
  /** The last one for a newer token. An answer to an earlier one is late. */
  private question: object | undefined;
  private readonly endWakeups: (() => void) | undefined;

  constructor(options: DriverOptions) {
    this.options = options;
    this.storageFails = options.storageFails ?? false;
    this.session = new Session(options.session);
    this.endWakeups = options.ports.wakeups?.(() => this.lookAgain());
  }

  connect(token: string, timeoutMs: number | undefined, then: (connected: Connected) => void): void {
    this.expect(this.session.connect(this.now(), token, timeoutMs), "connected", then);
  }

  disconnect(): void {
    this.session.disconnect();
    this.settle();
  }

  private lookAgain(): void {
    if (this.isEnded) return;
    this.session.lookAgain(this.now());
    this.settle();
  }

  call(call: Call, then: (reply: Reply) => void): void {
    this.expect(this.session.call(this.now(), call), "replied", ({ reply }) => then(reply));
  }

  /**
   * Gives 0 when the answer is kept: by the storage or, where that refuses it, by the server. If the driver ends before,
   * it gives 2.
   */
  answer(conversation: Conversation, messageUids: string[], then: (answered: Answered) => void): Promise<number> {
    const call = this.session.answer(this.now(), conversation, messageUids);
    const kept = new Promise<number>((resolve) => this.keeping.set(call, resolve));
    this.expect(call, "answered", then);
    return kept;
  }

  /** 0, or the code with which a call would be refused now. */
  mayCall(): number {
    return this.session.mayCall();
  }

  /** The same for an answer for so many messages. */
  mayAnswer(messages: number): number {
    return this.session.mayAnswer(messages);
  }

  /** Stops for good, once everything is remembered. What still waits is not told. */
  async end(): Promise<void> {
    this.waiters.clear();
    this.session.disconnect();
    this.settle();
    while (this.busy) await this.busy;
    this.isEnded = true;
    this.endKeeping();
    this.endWakeups?.();
    this.close();
    this.cancelTimer();
    this.cancelRest();
    this.options.store.close();
  }

  get status(): ConnectionStatus {
    return this.session.status;
  }

  get userId(): string | undefined {
    return this.session.userId;
  }

  /** This device's clock less the server's, in milliseconds; 0 before the first sign-in. */
  get deltaTimeMs(): number {
    const read = this.session.serverTime;
    if (!read) return 0;
    const { clock } = this.options.ports;
    return Math.round(clock.unixTime() - (clock.now() - read.readAt) - read.serverTimeMs);
  }

  private expect<Kind extends Outcome["kind"]>(
    call: CallId,
    kind: Kind,
    then: (outcome: Extract<Outcome, { kind: Kind }>) => void,
  ): void {
    this.waiters.set(call, (outcome) => {
      if (outcome.kind === kind) then(outcome as Extract<Outcome, { kind: Kind }>);
    });
    this.settle();
  }

  /** Does what the session wants done, then waits for what comes next. */
  private settle(): void {
    if (this.isEnded || !this.act()) return;
    this.noteOutage(this.session.takeTrouble());
    if (this.status === ConnectionStatus.CONNECTED) this.outageIsLogged = false;
    this.transmit();
    this.tellSoon();
    this.cancelTimer();
    const timeout = this.session.pollTimeout();
    if (timeout === undefined) return;
    this.cancelTimer = this.options.ports.clock.after(timeout - this.now(), () => {
      this.session.handleTimeout(this.now());
      this.settle();
    });
  }

  /** Whether everything has been done; if not, the rest follows when the store is ready. */
  private act(): boolean {
    while (!this.busy) {
      const action = this.session.pollAction();
      if (!action) return true;
      const done = this.do(action);
      if (isLater(done)) {
        this.busy = done.then(() => {
          this.busy = undefined;
          this.settle();
        });
      }
    }
    return false;
  }

  private do(action: Action): Eventual<void> {
    switch (action.kind) {
      case "connect":
        return this.dial();
      case "close":
        return this.close();
      case "renewToken":
        return this.renewToken();
      case "load":
        return this.load(action.userId);
      case "save":
        return this.save(action.userId, action.changes);
    }
  }

  /** The application may take as long as it likes: meanwhile other things go on. */
  private renewToken(): void {
    const question = {};
    this.question = question;
    const handIn = (answer: () => void) => {
      if (this.question !== question || this.isEnded) return;
      answer();
      this.settle();
    };
    void Promise.resolve()
      .then(() => this.options.tokenSource?.())
      .then(
        (token) => handIn(() => this.session.handleToken(this.now(), token || undefined)),
        (error) =>
          handIn(() => {
            this.options.log("there is no newer token; it is asked for again later", error);
            this.session.handleNoToken(this.now());
          }),
      );
  }

  private load(userId: string): Eventual<void> {
    return this.ask(
      "cannot be read",
      () => this.options.store.load(this.owner(userId)),
      (memory) => this.session.handleLoaded(this.now(), userId, memory),
      () => this.session.handleLoadFailed(this.now(), userId),
    );
  }

  private save(userId: string, changes: Change[]): Eventual<void> {
    return this.ask(
      "cannot be written",
      () => this.options.store.save(this.owner(userId), changes),
      () => this.session.handleSaved(userId, changes),
      () => this.session.handleSaveFailed(userId, changes),
    );
  }

  /** A storage may work or fail, at once or later. One that stays broken is asked again and again, and logged once. */
  private ask<T>(problem: string, work: () => Eventual<T>, then: (result: T) => void, otherwise: () => void) {
    const worked = (result: T) => {
      this.storageFails = false;
      then(result);
    };
    const failed = (error: unknown) => {
      if (!this.storageFails) this.options.log(`the storage ${problem}; a restart may lose answers`, error);
      this.storageFails = true;
      otherwise();
    };
    let result: Eventual<T>;
    try {
      result = work();
    } catch (error) {
      return failed(error);
    }
    return isLater(result) ? result.then(worked, failed) : worked(result);
  }

  private owner(userId: string) {
    return { appKey: this.options.session.appKey, userId };
  }

  private dial(): void {
    // Nothing of a connection that was closed may be handed in: it is not this link any more.
    const listener: SocketListener = {
      onOpen: () => this.handIn(link, () => this.handleOpened(link)),
      onFrame: (bytes) => this.handIn(link, () => this.handleFrame(bytes)),
      onClose: (reason) => this.handIn(link, () => this.handleClosed(reason)),
    };
    const link: { socket: Socket; isOpen: boolean } = { socket: closedSocket, isOpen: false };
    this.link = link;
    try {
      link.socket = this.options.ports.dialer.dial(this.options.address, listener);
    } catch (error) {
      this.handleClosed(reasonOf(error));
    }
  }

  private handIn(link: object, event: () => void): void {
    if (this.link !== link || this.isEnded) return;
    event();
    this.settle();
  }

  private handleOpened(link: { isOpen: boolean }): void {
    link.isOpen = true;
    this.session.handleOpened(this.now());
  }

  private handleFrame(bytes: Uint8Array): void {
    let frame: ServerFrame;
    try {
      frame = decode(bytes);
    } catch (error) {
      this.close();
      this.handleClosed(`the server sent something that is not a frame: ${reasonOf(error)}`);
      return;
    }
    this.session.handleFrame(this.now(), frame);
  }

  private handleClosed(reason?: string): void {
    this.noteOutage(reason || "it has closed");
    this.link = undefined;
    this.session.handleClosed(this.now());
  }

  /** An outage is logged once, with the reason of its first failure. The token is in neither address nor reason. */
  private noteOutage(reason: string | undefined): void {
    if (reason === undefined || this.outageIsLogged) return;
    this.outageIsLogged = true;
    const server = withoutSecrets(this.options.address);
    this.options.log(`there is no connection to ${server}, and the engine goes on trying: ${reason}`);
  }

  private close(): void {
    const link = this.link;
    this.link = undefined;
    try {
      link?.socket.close();
    } catch (error) {
      this.options.log("the connection cannot be closed", error);
    }
  }

  private transmit(): void {
    while (this.link?.isOpen) {
      const frame = this.session.pollTransmit();
      if (!frame) return;
      try {
        this.link.socket.send(encode(frame));
      } catch (error) {
        // The socket says that it has closed in a moment, and what was sent in vain is sent again.
        this.options.log("a frame cannot be sent", error);
      }
    }
  }

  private tellSoon(): void {
    if (this.isTelling) return;
    this.isTelling = true;
    void turns().then(() => {
      this.isTelling = false;
      this.tell();
    });
  }

  private tell(): void {
    // Positions must not be remembered before what they stand for was told, nor told while the store works.
    if (this.isEnded || this.busy) return;
    for (let outcome = this.session.pollOutcome(); outcome; outcome = this.session.pollOutcome()) {
      if (outcome.kind === "kept") {
        this.tellKept(outcome.call, Code.SUCCESS);
        // Its result, if it is there, comes when the application has this.
        return this.tellSoon();
      }
      const then = this.waiters.get(outcome.call);
      this.waiters.delete(outcome.call);
      then?.(outcome);
    }
    const began = this.now();
    if (began < this.restsUntil) {
      this.cancelRest();
      this.cancelRest = this.options.ports.clock.after(this.restsUntil - began, () => this.tellSoon());
      return;
    }
    let told = false;
    for (let event = this.session.pollEvent(); event && !this.isEnded; event = this.session.pollEvent()) {
      told = true;
      this.options.onEvent(event);
    }
    this.restsUntil = 2 * this.now() - began;
    // What was told may have to be remembered.
    if (told) this.settle();
  }

  private tellKept(call: CallId, code: number): void {
    this.keeping.get(call)?.(code);
    this.keeping.delete(call);
  }

  private endKeeping(): void {
    for (let outcome = this.session.pollOutcome(); outcome; outcome = this.session.pollOutcome()) {
      if (outcome.kind === "kept") this.tellKept(outcome.call, Code.SUCCESS);
    }
    for (const call of this.keeping.keys()) this.tellKept(call, Code.ENGINE_DESTROYED);
  }

  private now(): number {
    return this.options.ports.clock.now();
  }
}

/** So many that an app that awaits a call has its number before its result, also behind a wrapper or two. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await undefined;
}

const closedSocket: Socket = { send() {}, close() {} };
