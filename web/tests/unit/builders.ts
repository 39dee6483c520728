/** Messages, people and a gateway for tests. */

import type { Gateway, PeoplePage, Reader } from "../../src/connection/gateway";
import type { ConversationRef } from "../../src/conversation/conversation";
import { conversationId } from "../../src/conversation/conversation";
import type { Message, Receipt, ReceiptCounts } from "../../src/message/message";

export const ward: ConversationRef = { type: 2, targetId: "ward-3", channelId: "" };
export const NOON = new Date(2026, 2, 10, 12).getTime();
export const MINUTE = 60_000;

export function message(change: Partial<Omit<Message, "receipt">> & { receipt?: Partial<Receipt> } = {}): Message {
  const { receipt, ...rest } = change;
  const uid = "uid" in rest ? rest.uid : "M1";
  return {
    key: `key of ${uid}`,
    uid,
    conversationId: conversationId(ward),
    senderId: "ada",
    isOwn: false,
    sentAt: NOON,
    text: "Good morning",
    state: "sent",
    isRecalled: false,
    receipt: { isAsked: false, answer: "none", counts: undefined, ...receipt },
    source: {},
    ...rest,
  };
}

export function counts(read: number, total: number, left = 0): ReceiptCounts {
  return { read, unread: total - read, left, total };
}

/** People who read one after another; the newest first. */
export function readers(...ids: string[]): Reader[] {
  return ids.map((userId, place) => ({ userId, readAt: NOON + (ids.length - place) * 1_000 }));
}

/** Pages of so many people, by token. */
export function pagesOf(people: readonly Reader[], size: number): (token: string) => Promise<PeoplePage> {
  return async (token) => {
    const start = Number(token || 0);
    const next = start + size < people.length ? String(start + size) : "";
    return { people: people.slice(start, start + size), total: people.length, next };
  };
}

/** A gateway that does what the test says, and fails in everything else. */
export function gateway(parts: Partial<Gateway>): Gateway {
  const missing = () => Promise.reject(new Error("not in this test"));
  return {
    connect: missing,
    close: missing,
    conversations: missing,
    history: missing,
    send: missing,
    resend: missing,
    askReceipt: missing,
    answer: missing,
    receiptCounts: missing,
    receiptPeople: missing,
    names: missing,
    ...parts,
  };
}

/** Lets everything happen that needs no time. */
export function settled(): Promise<void> {
  return new Promise((resume) => setImmediate(resume));
}

/** A clock that the test moves. */
export class FakeClock {
  #now = 0;
  readonly #timers = new Set<{ at: number; callback: () => void }>();

  after = (ms: number, callback: () => void): (() => void) => {
    const timer = { at: this.#now + ms, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  };

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
    return [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  }
}
