/**
 * Calls that await their reply.
 *
 * Every frame of this client is a call. Those of the application survive a lost connection and are sent again on the
 * next one, with the same number, until their deadline; the session's own are made anew from its state.
 */

import type { Call } from "../protocol/frames.js";
import type { Batch } from "./outbox.js";
import type { CallId } from "./outcome.js";

/** More calls of the application than this are refused as too busy: nobody waits for that many replies on purpose. */
export const CALLS_IN_FLIGHT_MAX = 1_000;

export type Purpose =
  | { kind: "application"; call: Call }
  | { kind: "answers"; batch: Batch }
  /** The readers of this own message are being fetched. */
  | { kind: "readers"; uid: string }
  | { kind: "resume" }
  | { kind: "ping" };

export class Calls {
  /** All wait equally long, so the first one is the first to expire. */
  private readonly pending = new Map<CallId, { purpose: Purpose; deadline: number }>();
  private readonly counts = new Map<Purpose["kind"], number>();

  insert(number: CallId, purpose: Purpose, deadline: number): void {
    this.counts.set(purpose.kind, this.count(purpose.kind) + 1);
    this.pending.set(number, { purpose, deadline });
  }

  take(number: CallId): Purpose | undefined {
    const purpose = this.pending.get(number)?.purpose;
    if (!purpose) return undefined;
    this.pending.delete(number);
    this.counts.set(purpose.kind, this.count(purpose.kind) - 1);
    return purpose;
  }

  /** The next call whose time is over. */
  takeExpired(now: number): [CallId, Purpose] | undefined {
    for (const [number, { deadline }] of this.pending) {
      const purpose = deadline > now ? undefined : this.take(number);
      return purpose && [number, purpose];
    }
    return undefined;
  }

  /** The session's own, which end with the connection. */
  takeOwn(): Purpose[] {
    const own = [...this.pending].filter(([, { purpose }]) => purpose.kind !== "application");
    return own.flatMap(([number]) => this.take(number) ?? []);
  }

  ofApplication(): [CallId, Call][] {
    return [...this.pending].flatMap(([number, { purpose }]): [CallId, Call][] =>
      purpose.kind === "application" ? [[number, purpose.call]] : [],
    );
  }

  /** How many of this kind are on their way. */
  count(kind: Purpose["kind"]): number {
    return this.counts.get(kind) ?? 0;
  }

  get size(): number {
    return this.pending.size;
  }

  nextDeadline(): number | undefined {
    for (const { deadline } of this.pending.values()) return deadline;
    return undefined;
  }
}
