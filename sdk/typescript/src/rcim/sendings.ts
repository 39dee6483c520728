/**
 * Which message an object is when it is sent.
 *
 * An object that is sent again is another message, unless its last sending failed or ended without a known result: then
 * it is the same one, if it still says the same at the same place, and the server stores it once. Objects are told apart
 * by their number, those without one by themselves.
 */

import type { SendMessage } from "../protocol/frames.js";
import type { RCIMIWMessage } from "./types.js";

/** Sendings that are remembered, and those of them that have failed. */
const SENDINGS_MAX = 10_000;
const FAILED_MAX = 1_000;

export class Sendings {
  /** The number under which each object was last sent. */
  private readonly last = new Map<number, number>();
  private readonly unnumbered = new WeakMap<object, number>();
  /** What was said under numbers whose sending has failed. */
  private readonly failed = new Map<number, string>();
  private readonly newNumber: () => number;

  constructor(newNumber: () => number) {
    this.newNumber = newNumber;
  }

  /** The number of the message that is sent with this object now. */
  begin(object: RCIMIWMessage, said: SendMessage): number {
    const own = numberOf(object);
    const last = own === undefined ? this.unnumbered.get(object) : this.last.get(own);
    const number = this.numberFor(object, last, said);
    this.failed.delete(number);
    if (own === undefined) this.unnumbered.set(object, number);
    else insert(this.last, own, number, SENDINGS_MAX);
    insert(this.last, number, number, SENDINGS_MAX);
    return number;
  }

  private numberFor(object: RCIMIWMessage, last: number | undefined, said: SendMessage): number {
    if (last !== undefined) return this.failed.get(last) === textOf(said) ? last : this.newNumber();
    // What has a uid was stored before; what has none may have been sent by an earlier run, with a result unknown here.
    return (!object.messageUId && numberOf(object)) || this.newNumber();
  }

  end(number: number, said: SendMessage, isStored: boolean): void {
    if (!isStored) insert(this.failed, number, textOf(said), FAILED_MAX);
  }
}

function numberOf({ messageId }: RCIMIWMessage): number | undefined {
  return Number.isSafeInteger(messageId) && (messageId as number) > 0 ? messageId : undefined;
}

function textOf({ conversation, content, needReceipt }: SendMessage): string {
  return JSON.stringify([conversation, content, needReceipt]);
}

/** At the end; when there are too many, the oldest goes. */
function insert<V>(map: Map<number, V>, key: number, value: V, sizeMax: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= sizeMax) return;
    map.delete(oldest);
  }
}
