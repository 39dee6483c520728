/**
 * What the SDK needs of the platform that it runs on: a socket, a clock, a place to remember things, randomness, and
 * perhaps a sign that the network is back.
 *
 * {@link platformPorts} has what browsers, Node and React Native offer; an app may hand in its own.
 */

/** Opens connections. */
export interface Dialer {
  /** Calls back until the connection has closed. Neither this nor what it gives may throw. */
  dial(address: string, listener: SocketListener): Socket;
}

export interface Socket {
  send(bytes: Uint8Array): void;
  close(): void;
}

export interface SocketListener {
  onOpen(): void;
  onFrame(bytes: Uint8Array): void;
  /** It has closed, could not be opened, or is of no more use; why, as far as that is known, for the log. */
  onClose(reason?: string): void;
}

export interface Clock {
  /** Milliseconds that never go back. */
  now(): number;
  /** Milliseconds since 1970, as this device has it. */
  unixTime(): number;
  /** Calls back once, after about so many milliseconds, unless it is cancelled. */
  after(ms: number, callback: () => void): () => void;
}

/** Gives 32 random bits. They name installations and messages, so two of them should never be alike. */
export type Random = () => number;

/** A result now or later. */
export type Eventual<T> = T | Promise<T>;

/**
 * Keeps texts by name, over restarts if it can.
 *
 * With a storage that answers at once an answer is kept when the call returns. One that gives promises is waited for
 * before anything is sent.
 */
export interface Storage {
  set(key: string, value: string): Eventual<void>;
  delete(key: string): Eventual<void>;
  /** All keys that begin so, with their values, in no particular order. */
  entries(prefix: string): Eventual<[key: string, value: string][]>;
  /**
   * Claims a name among all who share this storage, such as the tabs of a browser: gives what releases it, or
   * `undefined` if somebody has it. Without this the storage is one engine's alone.
   */
  claim?(name: string): Promise<(() => void) | undefined>;
}

/**
 * Calls back whenever a look at the connection is worth it, because the network or the app may be back; too often does no
 * harm. Gives what ends it.
 */
export type Wakeups = (onWakeup: () => void) => () => void;

export interface Ports {
  dialer: Dialer;
  clock: Clock;
  random: Random;
  storage: Storage;
  /** Without one a dead connection is found by its silence alone. */
  wakeups?: Wakeups | undefined;
}

/** The longest time that timers take: beyond, they fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export const platformClock: Clock = {
  now: () => (typeof performance === "undefined" ? Date.now() : performance.now()),
  unixTime: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(ms, 0), TIMER_MS_MAX));
    return () => clearTimeout(timer);
  },
};

export const platformRandom: Random = () => {
  // Old React Native has no crypto; names made there are still unlikely to meet.
  if (typeof crypto === "undefined" || !crypto.getRandomValues) return Math.floor(Math.random() * 2 ** 32);
  return crypto.getRandomValues(new Uint32Array(1))[0] as number;
};

/** Whether a result comes later. A storage of the application may have promises of its own kind. */
export function isLater<T>(result: Eventual<T>): result is Promise<T> {
  return typeof (result as Promise<T> | undefined)?.then === "function";
}

/** Carries on with a result, at once if it is there. */
export function whenDone<T, R>(result: Eventual<T>, then: (result: T) => Eventual<R>): Eventual<R> {
  return isLater(result) ? Promise.resolve(result).then(then) : then(result);
}

/** Waits for all of them, if any has to be waited for. */
export function whenAllDone(results: Eventual<unknown>[]): Eventual<void> {
  const waiting = results.filter(isLater);
  if (waiting.length > 0) return Promise.all(waiting).then(() => {});
}
