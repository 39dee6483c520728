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
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly messages = new Map<number, RCIMIWMessage>();
  private readonly ids = new Map<string, number>();
  private last = 0;

  constructor(clock: Clock, random: Random) {
    this.clock = clock;
    this.random = random;
  }

  /** A number that no other message has. */
  newId(): number {
    this.last = Math.max(this.last + 1, this.clock.unixTime() * IDS_PER_MS + (this.random() % IDS_PER_MS));
    return this.last;
  }

  idOf(uid: string): number {
    return this.ids.get(uid) ?? this.newId();
  }

  remember<M extends RCIMIWMessage>(message: M): M {
    if (message.messageId === undefined) return message;
    this.messages.delete(message.messageId);
    this.messages.set(message.messageId, message);
    if (message.messageUId) this.ids.set(message.messageUId, message.messageId);
    for (const [id, oldest] of this.messages) {
      if (this.messages.size <= MESSAGES_MAX) break;
      this.messages.delete(id);
      if (oldest.messageUId) this.ids.delete(oldest.messageUId);
    }
    return message;
  }

  byId(messageId: number): RCIMIWMessage | undefined {
    return this.messages.get(messageId);
  }

  byUid(uid: string): RCIMIWMessage | undefined {
    const id = this.ids.get(uid);
    return id === undefined ? undefined : this.messages.get(id);
  }
}
