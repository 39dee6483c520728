/** A platform whose clock stands still and whose network is the test. */

import type { Clock, Dialer, Ports, SocketListener, Storage } from "../src/ports.js";
import { type Call, ClientFrame, type Push, type Reply, ServerFrame } from "../src/protocol/frames.js";

export class FakeClock implements Clock {
  #now = 1_000;
  readonly #timers = new Set<{ at: number; callback: () => void }>();

  now = () => this.#now;
  unixTime = () => 1_700_000_000_000 + this.#now;

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Lets time pass, from one timer to the next. */
  pass(ms: number): void {
    const end = this.#now + ms;
    for (let timer = this.#next(end); timer; timer = this.#next(end)) {
      this.#timers.delete(timer);
      this.#now = timer.at;
      timer.callback();
    }
    this.#now = end;
  }

  #next(end: number) {
    const due = [...this.#timers].filter(({ at }) => at <= end);
    return due.sort((a, b) => a.at - b.at)[0];
  }
}

/** One connection, seen from the server. */
export class Peer {
  readonly #listener: SocketListener;
  readonly #sent: ClientFrame[] = [];
  isClosed = false;

  constructor(listener: SocketListener) {
    this.#listener = listener;
  }

  readonly socket = {
    send: (bytes: Uint8Array) => void this.#sent.push(ClientFrame.decode(bytes)),
    close: () => {
      this.isClosed = true;
    },
  };

  opens(): void {
    this.#listener.onOpen();
  }

  closes(reason?: string): void {
    this.#listener.onClose(reason);
  }

  sends(bytes: Uint8Array): void {
    this.#listener.onFrame(bytes);
  }

  replies(callId: number, reply: Partial<Reply> = {}): void {
    this.pushes({
      $case: "reply",
      value: { callId, code: 0, detail: "", retryAfterMs: 0, result: undefined, ...reply },
    });
  }

  pushes(kind: Push): void {
    this.sends(ServerFrame.encode({ kind }).finish());
  }

  /** What kinds of calls have come and not been taken. */
  get waiting(): string[] {
    return this.#sent.map(({ call }) => call?.$case ?? "");
  }

  /** The next frame, which must be this call. */
  takes(kind: Call["$case"]): ClientFrame {
    const frame = this.#sent.shift();
    if (frame?.call?.$case !== kind) throw new Error(`${kind} was expected and not ${frame?.call?.$case}`);
    return frame;
  }

  /** Lets the user in who has asked. */
  signsIn(userId: string): void {
    this.replies(this.takes("signIn").callId, {
      result: {
        $case: "signedIn",
        value: {
          userId,
          serverTimeMs: 1_700_000_000_000,
          protocolMinor: 1,
          storeId: "store-1",
          pingIntervalMs: 30_000,
          answersPerFrameMax: 100,
          pageSizeMax: 100,
          resumeItemsMax: 10_000,
        },
      },
    });
  }
}

export class FakeDialer implements Dialer {
  readonly peers: Peer[] = [];
  readonly addresses: string[] = [];
  /** Thrown by the next attempts. */
  problem: Error | undefined;

  dial(address: string, listener: SocketListener) {
    this.addresses.push(address);
    if (this.problem) throw this.problem;
    const peer = new Peer(listener);
    this.peers.push(peer);
    return peer.socket;
  }

  get last(): Peer {
    const peer = this.peers.at(-1);
    if (!peer) throw new Error("nobody has dialed");
    return peer;
  }
}

export class FakePorts implements Ports {
  readonly dialer = new FakeDialer();
  readonly clock = new FakeClock();
  readonly random = () => 7;
  private readonly awake = new Set<() => void>();

  constructor(readonly storage: Storage) {}

  readonly wakeups = (onWakeup: () => void) => {
    this.awake.add(onWakeup);
    return () => void this.awake.delete(onWakeup);
  };

  /** The platform says that the network is back. */
  wakesUp(): void {
    for (const onWakeup of this.awake) onWakeup();
  }

  get listeners(): number {
    return this.awake.size;
  }
}

export function fakePorts(storage: Storage): FakePorts {
  return new FakePorts(storage);
}

/** Lets everything happen that needs neither time nor network. */
export async function settled(): Promise<void> {
  await new Promise<void>((resume) => setImmediate(resume));
}
