/**
 * Answers that the server has not settled yet.
 *
 * An answer names messages of one conversation and has one outcome, when the last of them has its final code. For the
 * wire the waiting messages of a conversation are gathered into batches, whichever answer they came with, so a user who
 * answered a hundred messages one by one while offline sends one frame.
 */

import { type Conversation, conversationKey } from "../conversation.js";
import type { Answer, Change, KeptAnswer } from "../memory.js";
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
  /** The storage has it. */
  isKept: boolean;
}

/** Answers of a user who is not there now. */
export class Parked {
  /** Who waits for those that the storage has, or is about to have, by their number. */
  readonly calls = new Map<number, CallId>();
  /** Those that it does not have. */
  unkept: { answer: Answer; call: CallId }[] = [];

  /** The storage has not taken these after all. */
  takeBack(changes: readonly Change[]): void {
    for (const change of changes) {
      const call = change.kind === "answerKept" ? this.calls.get(change.number) : undefined;
      if (change.kind !== "answerKept" || call === undefined) continue;
      this.calls.delete(change.number);
      this.unkept.push({ answer: change.answer, call });
    }
  }
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
  isKept: boolean;
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
  /** Settled answers that the storage may still have: it has refused to forget them. */
  private toForget: number[] = [];

  /**
   * Goes on with what the storage has, and what was parked. Answers in `newer` are of the same user and get new numbers.
   */
  static restored(answers: readonly KeptAnswer[], parked: Parked, newer: Outbox): Outbox {
    const restored = new Outbox();
    for (const { number, answer } of answers) restored.insert(number, answer, parked.calls.get(number), true);
    restored.takeUnkept(parked);
    for (const { answer, call } of newer.kept.values()) restored.insert(restored.nextNumber, answer, call, false);
    return restored;
  }

  takeUnkept(parked: Parked): void {
    for (const { answer, call } of parked.unkept.splice(0)) this.insert(this.nextNumber, answer, call, false);
  }

  /** Sets everything aside. With `isSaved` the storage has all of it, or is about to. */
  park(parked: Parked, isSaved: boolean): void {
    for (const [number, { answer, call }] of this.kept) {
      if (call === undefined) continue;
      if (isSaved) parked.calls.set(number, call);
      else parked.unkept.push({ answer, call });
    }
  }

  hasRoomFor(messages: number): boolean {
    return this.unsettledMessages === 0 || this.unsettledMessages + messages <= MESSAGES_WAITING_MAX;
  }

  keep(answer: Answer, call: CallId): number {
    const number = this.nextNumber;
    this.insert(number, answer, call, false);
    return number;
  }

  private insert(number: number, answer: Answer, call: CallId | undefined, isKept: boolean): void {
    const items = answer.messageUids.map((_, index) => ({ number, index }));
    for (const uid of answer.messageUids) this.unsettled.set(uid, (this.unsettled.get(uid) ?? 0) + 1);
    const open = items.length;
    this.unsettledMessages += open;
    this.nextNumber = Math.max(this.nextNumber, number + 1);
    this.kept.set(number, { answer, codes: new Array(open).fill(undefined), open, call, isKept });
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
    return [{ number, call: kept.call, isKept: kept.isKept, response: responseOf(kept) }];
  }

  /** Whether this device is still answering for the message. */
  holds(uid: string): boolean {
    return this.unsettled.has(uid);
  }

  hasWaiting(): boolean {
    return this.turns.length > 0;
  }

  /** The storage has not taken these changes, or only some. */
  takeBack(changes: readonly Change[]): void {
    for (const change of changes) if (change.kind === "answerDone") this.toForget.push(change.number);
  }

  /** What the storage does not know. */
  takeUnsaved(): Change[] {
    const done = this.toForget.splice(0).map((number): Change => ({ kind: "answerDone", number }));
    const unkept = [...this.kept].filter(([, { isKept }]) => !isKept);
    return [...done, ...unkept.map(([number, { answer }]): Change => ({ kind: "answerKept", number, answer }))];
  }

  /** The storage has this answer: who is to be told. */
  noteKept(number: number): CallId | undefined {
    const kept = this.kept.get(number);
    if (!kept || kept.isKept) return undefined;
    kept.isKept = true;
    return kept.call;
  }
}

function responseOf({ answer, codes }: Kept): ReceiptResponse {
  const results = answer.messageUids.map((messageUid, index) => ({ messageUid, code: codes[index] ?? 0 }));
  return { conversation: answer.conversation, results };
}
