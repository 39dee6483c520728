/** Conversations as the page knows them. */

import type { Message } from "../message/message";

/** Where something is said. The numbers of `type` are the vendor's: 2 is a group, 5 a channel of an ultra group. */
export interface ConversationRef {
  type: number;
  targetId: string;
  channelId: string;
}

export interface Conversation {
  ref: ConversationRef;
  id: string;
  title: string;
  memberCount: number;
  lastMessage: Message | undefined;
}

/** One text for one conversation, whatever characters its ids have. */
export function conversationId({ type, targetId, channelId }: ConversationRef): string {
  return `${type}/${encodeURIComponent(targetId)}/${encodeURIComponent(channelId)}`;
}

/** Newest first; what nobody has said anything in comes last, by title. */
export function compareConversations(a: Conversation, b: Conversation): number {
  return (b.lastMessage?.sentAt ?? 0) - (a.lastMessage?.sentAt ?? 0) || a.title.localeCompare(b.title);
}
