/** The groups of this visitor, and what is new in them. */

import type { Gateway } from "../connection/gateway";
import type { Message } from "../message/message";
import { channelOf, compareConversations, type Conversation, conversationId, type ConversationRef } from "./conversation";

/** How far this visitor has read, kept on this device. */
export interface ReadMarks {
  load(): Record<string, number>;
  save(marks: Record<string, number>): void;
}

export class Conversations {
  list = $state.raw<readonly Conversation[]>([]);
  isLoaded = $state(false);
  /** Messages of others that came since they were last read, by conversation. */
  unread = $state.raw<Readonly<Record<string, number>>>({});
  readonly #gateway: Pick<Gateway, "conversations">;
  readonly #kept: ReadMarks;
  #readThrough: Record<string, number>;
  /** What was counted already, as messages may come twice. */
  readonly #counted = new Set<string>();

  constructor(gateway: Pick<Gateway, "conversations">, kept: ReadMarks) {
    this.#gateway = gateway;
    this.#kept = kept;
    this.#readThrough = kept.load();
  }

  async load(): Promise<void> {
    const found = await this.#gateway.conversations();
    const withIds = found.map((info) => ({ ...info, id: conversationId(info.ref), channel: channelOf(info.ref) }));
    this.list = withIds.sort(compareConversations);
    this.isLoaded = true;
  }

  byId(id: string | undefined): Conversation | undefined {
    return this.list.find((conversation) => conversation.id === id);
  }

  /** Something newer than what was read is there, though perhaps it was never counted. */
  hasNews({ id, lastMessage }: Conversation): boolean {
    if (!lastMessage || lastMessage.isOwn) return false;
    return (this.unread[id] ?? 0) > 0 || lastMessage.sentAt > (this.#readThrough[id] ?? 0);
  }

  readThrough(id: string): number | undefined {
    return this.#readThrough[id];
  }

  /** A message was sent, received or changed. `isRead`: the visitor looks at it right now. */
  said(message: Message, ref: ConversationRef, isRead: boolean): void {
    const { conversationId: id } = message;
    if (!this.byId(id)) return this.#found(message, ref);
    const isNewer = (known: Message | undefined) =>
      !known || known.key === message.key || known.uid === message.uid || known.sentAt <= message.sentAt;
    this.list = this.list
      .map((known) => (known.id === id && isNewer(known.lastMessage) ? { ...known, lastMessage: message } : known))
      .sort(compareConversations);
    if (isRead) this.read(id, message.sentAt);
    else if (!message.isOwn) this.#count(message);
  }

  read(id: string, sentAt: number): void {
    if (this.unread[id]) this.unread = { ...this.unread, [id]: 0 };
    if (sentAt <= (this.#readThrough[id] ?? 0)) return;
    this.#readThrough = { ...this.#readThrough, [id]: sentAt };
    this.#kept.save(this.#readThrough);
    // The marks are no state of their own: the list is drawn anew.
    this.list = [...this.list];
  }

  #count(message: Message): void {
    const { conversationId: id, sentAt, uid = message.key } = message;
    if (sentAt <= (this.#readThrough[id] ?? 0) || this.#counted.has(uid)) return;
    this.#counted.add(uid);
    this.unread = { ...this.unread, [id]: (this.unread[id] ?? 0) + 1 };
  }

  /** A group that the visitor was taken into meanwhile; the server knows its name. */
  #found(message: Message, ref: ConversationRef): void {
    const id = message.conversationId;
    const conversation = { ref, id, title: ref.targetId, channel: channelOf(ref), memberCount: 0, lastMessage: message };
    this.list = [...this.list, conversation].sort(compareConversations);
    this.#count(message);
    this.load().catch(() => {});
  }
}
