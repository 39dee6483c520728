/**
 * The messages that this engine has seen lately: for `getMessageById`, and so that one message keeps one number.
 *
 * Numbers grow with time over all runs on this device, so a message that is sent again after a restart is not another
 * one, and no new message is taken for it.
 */

import type { Clock, Random } from "../ports.js";
import type { RCIMIWMessage } from "./types.js";

/** A screen or ten of history. Beyond, the message is asked for by its uid. */
const MESSAGES_MAX = 1_000;
/** Numbers that one millisecond has room for. */
const IDS_PER_MS = 1_024;

export class KnownMessages {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #byId = new Map<number, RCIMIWMessage>();
  readonly #ids = new Map<string, number>();
  #last = 0;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** A number that no other message has. */
  newId(): number {
    this.#last = Math.max(this.#last + 1, this.#clock.unixTime() * IDS_PER_MS + (this.#random() % IDS_PER_MS));
    return this.#last;
  }

  idOf(uid: string): number {
    return this.#ids.get(uid) ?? this.newId();
  }

  remember<M extends RCIMIWMessage>(message: M): M {
    if (message.messageId === undefined) return message;
    this.#byId.delete(message.messageId);
    this.#byId.set(message.messageId, message);
    if (message.messageUId) this.#ids.set(message.messageUId, message.messageId);
    for (const [id, oldest] of this.#byId) {
      if (this.#byId.size <= MESSAGES_MAX) break;
      this.#byId.delete(id);
      if (oldest.messageUId) this.#ids.delete(oldest.messageUId);
    }
    return message;
  }

  byId(messageId: number): RCIMIWMessage | undefined {
    return this.#byId.get(messageId);
  }

  byUid(uid: string): RCIMIWMessage | undefined {
    const id = this.#ids.get(uid);
    return id === undefined ? undefined : this.#byId.get(id);
  }
}
