/** Requests of others that this user has not answered. */

import type { Conversation } from "../conversation.js";
import type { Change, MessageName } from "../memory.js";

/** The newest of them are remembered and reported; an older one can still be answered. */
const UNANSWERED_MAX = 1_000;

export class Unanswered {
  /** In the order of arrival. */
  private readonly requests = new Map<string, MessageName>();

  static restored(requests: readonly MessageName[]): Unanswered {
    const restored = new Unanswered();
    for (const request of requests) restored.insert(request.conversation, request.messageUid, []);
    return restored;
  }

  /** Whether this is news. */
  insert(conversation: Conversation, messageUid: string, changes: Change[]): boolean {
    if (this.requests.has(messageUid)) return false;
    const request = { conversation, messageUid };
    this.requests.set(messageUid, request);
    changes.push({ kind: "unanswered", request });
    const [oldest] = this.requests.keys();
    if (this.requests.size > UNANSWERED_MAX && oldest !== undefined) this.forget(oldest, changes);
    return true;
  }

  forget(messageUid: string, changes: Change[]): void {
    if (this.requests.delete(messageUid)) changes.push({ kind: "unansweredForgotten", messageUid });
  }

  [Symbol.iterator](): Iterator<MessageName> {
    return this.requests.values();
  }
}
