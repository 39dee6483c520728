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
  /** Of an ultra group; empty for a group, and for the channel that every ultra group has. */
  channel: string;
  memberCount: number;
  lastMessage: Message | undefined;
}

/** What the channel is called in which one is that names none. */
const DEFAULT_CHANNEL = "RCDefault";

export function channelOf({ channelId }: ConversationRef): string {
  return channelId === DEFAULT_CHANNEL ? "" : channelId;
}

/** One text for one conversation, whatever characters its ids have. */
export function conversationId({ type, targetId, channelId }: ConversationRef): string {
  return `${type}/${encodeURIComponent(targetId)}/${encodeURIComponent(channelId)}`;
}

/** Newest first; what nobody has said anything in comes last, by title. */
export function compareConversations(a: Conversation, b: Conversation): number {
  return (b.lastMessage?.sentAt ?? 0) - (a.lastMessage?.sentAt ?? 0) || a.title.localeCompare(b.title) || a.channel.localeCompare(b.channel);
}
