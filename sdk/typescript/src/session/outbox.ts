/**
 * Answers that the server has not settled yet.
 *
 * An answer names messages of one conversation and has one outcome, when the last of them has its final code. For the
 * wire the waiting messages of a conversation are gathered into batches, whichever answer they came with, so a user who
 * answered a hundred messages one by one while offline sends one frame.
 */

import { type Conversation, conversationKey } from "../conversation.js";
import type { Answer, KeptAnswer } from "../memory.js";
import type { CallId, ReceiptResponse } from "./outcome.js";

/**
 * Messages that may wait at once. A call that would pass it is refused, unless nothing waits: a single answer may be of
 * any length.
 */
const MESSAGES_WAITING_MAX = 100_000;

interface Kept {
  answer: Answer;
  codes: (number | undefined)[];
  open: number;
  /** `undefined` after a restart. */
  call: CallId | undefined;
}

/** One message of one answer. */
interface Item {
  number: number;
  index: number;
}

/** What goes into one frame. */
export interface Batch {
  conversation: Conversation;
  items: Item[];
}

/** An answer whose every message has its final code. */
export interface Settled {
  number: number;
  call: CallId | undefined;
  response: ReceiptResponse;
}

export class Outbox {
  private readonly kept = new Map<number, Kept>();
  /** Batches go round the conversations, the first of them next, so that a busy one cannot starve the others. */
  private readonly turns: Batch[] = [];
  private readonly waiting = new Map<string, Batch>();
  /** How often each message that is not settled is named. */
  private readonly unsettled = new Map<string, number>();
  private unsettledMessages = 0;
  private nextNumber = 0;

  /**
   * Goes on with what was remembered; `calls` are those of this process that still wait for one of them.
   * Answers kept in `newer` are of the same user and get new numbers.
   */
  static restored(answers: readonly KeptAnswer[], calls: ReadonlyMap<number, CallId>, newer: Outbox): Outbox {
    const restored = new Outbox();
    for (const { number, answer } of answers) restored.insert(number, answer, calls.get(number));
    for (const { answer, call } of newer.kept.values()) restored.insert(restored.nextNumber, answer, call);
    return restored;
  }

  hasRoomFor(messages: number): boolean {
    return this.unsettledMessages === 0 || this.unsettledMessages + messages <= MESSAGES_WAITING_MAX;
  }

  keep(answer: Answer, call: CallId): number {
    const number = this.nextNumber;
    this.insert(number, answer, call);
    return number;
  }

  private insert(number: number, answer: Answer, call: CallId | undefined): void {
    const items = answer.messageUids.map((_, index) => ({ number, index }));
    for (const uid of answer.messageUids) this.unsettled.set(uid, (this.unsettled.get(uid) ?? 0) + 1);
    const open = items.length;
    this.unsettledMessages += open;
    this.nextNumber = Math.max(this.nextNumber, number + 1);
    this.kept.set(number, { answer, codes: new Array(open).fill(undefined), open, call });
    this.append({ conversation: answer.conversation, items });
  }

  private append(batch: Batch): void {
    const waiting = this.waiting.get(conversationKey(batch.conversation));
    if (waiting) {
      for (const item of batch.items) waiting.items.push(item);
    } else {
      this.waiting.set(conversationKey(batch.conversation), batch);
      this.turns.push(batch);
    }
  }

  nextBatch(messagesMax: number): Batch | undefined {
    const waiting = this.turns.shift();
    if (!waiting) return undefined;
    const items = waiting.items.splice(0, messagesMax);
    if (waiting.items.length > 0) this.turns.push(waiting);
    else this.waiting.delete(conversationKey(waiting.conversation));
    return { conversation: waiting.conversation, items };
  }

  uids(batch: Batch): string[] {
    return batch.items.flatMap(({ number, index }) => this.kept.get(number)?.answer.messageUids[index] ?? []);
  }

  /** The batch has to be sent again, before what came later. */
  putBack(batch: Batch): void {
    const waiting = this.waiting.get(conversationKey(batch.conversation));
    if (waiting) {
      waiting.items = batch.items.concat(waiting.items);
    } else {
      this.waiting.set(conversationKey(batch.conversation), batch);
      this.turns.unshift(batch);
    }
  }

  /** Settles a batch: `code` of each place in it is `undefined` if that message has to be sent again. */
  settle(batch: Batch, code: (place: number) => number | undefined): Settled[] {
    const settled: Settled[] = [];
    const again: Item[] = [];
    batch.items.forEach((item, place) => {
      const final = code(place);
      if (final === undefined) again.push(item);
      else settled.push(...this.settleOne(item, final));
    });
    if (again.length > 0) this.putBack({ conversation: batch.conversation, items: again });
    return settled;
  }

  private settleOne({ number, index }: Item, code: number): Settled[] {
    const kept = this.kept.get(number);
    const uid = kept?.answer.messageUids[index];
    if (!kept || uid === undefined || kept.codes[index] !== undefined) return [];
    kept.codes[index] = code;
    kept.open -= 1;
    this.unsettledMessages -= 1;
    const count = this.unsettled.get(uid) ?? 0;
    if (count > 1) this.unsettled.set(uid, count - 1);
    else this.unsettled.delete(uid);
    if (kept.open > 0) return [];
    this.kept.delete(number);
    return [{ number, call: kept.call, response: responseOf(kept) }];
  }

  /** Whether this device is still answering for the message. */
  holds(uid: string): boolean {
    return this.unsettled.has(uid);
  }

  hasWaiting(): boolean {
    return this.turns.length > 0;
  }

  answers(): KeptAnswer[] {
    return [...this.kept].map(([number, { answer }]) => ({ number, answer }));
  }

  /** The calls that wait, by the number of their answer. */
  calls(): Map<number, CallId> {
    const calls = new Map<number, CallId>();
    for (const [number, { call }] of this.kept) if (call !== undefined) calls.set(number, call);
    return calls;
  }
}

function responseOf({ answer, codes }: Kept): ReceiptResponse {
  const results = answer.messageUids.map((messageUid, index) => ({ messageUid, code: codes[index] ?? 0 }));
  return { conversation: answer.conversation, results };
}
