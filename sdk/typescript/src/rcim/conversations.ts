/** Conversations and people, from the wire. */

import { Code } from "../codes.js";
import type { Call, Conversation, ConversationInfo, Message, Users } from "../protocol/frames.js";
import { isNumber } from "./arguments.js";
import { named } from "./message.js";
import type { RCIMIWConversation, RCIMIWMessage, RCIMIWUserInfo } from "./types.js";

/** As many as the server gives at a time. */
const PAGE_COUNT = 100;

/** Which conversations of a user are wanted. */
export interface Wanted {
  types: readonly number[];
  /** Empty: of all channels. */
  channelId: string;
  /** Only what was last said before this moment, in Unix milliseconds; 0 is any. */
  startTime: number;
  count: number;
}

export function conversationsCall(pageToken: string): Call {
  return { $case: "listConversations", value: { pageToken, count: PAGE_COUNT } };
}

export function areTypes(types: unknown[]): types is number[] {
  return types.every(isNumber);
}

export function conversationOf(
  { conversation, title, members, lastMessage }: ConversationInfo,
  seen: (message: Message, where: Conversation) => RCIMIWMessage,
): RCIMIWConversation[] {
  if (!conversation) return [];
  const said = lastMessage && { lastMessage: seen(lastMessage, conversation) };
  return [{ ...named(conversation), title, memberCount: members, ...said }];
}

/** The server's order is one that never changes; people want what was last said in first. */
export function chosen(all: readonly RCIMIWConversation[], wanted: Wanted): RCIMIWConversation[] {
  const { types, channelId, startTime, count } = wanted;
  return all
    .filter((one) => types.includes(one.conversationType ?? 0))
    .filter((one) => channelId === "" || one.channelId === channelId)
    .filter((one) => startTime <= 0 || lastSaid(one) < startTime)
    .sort((a, b) => lastSaid(b) - lastSaid(a))
    .slice(0, count);
}

function lastSaid({ lastMessage }: RCIMIWConversation): number {
  return lastMessage?.sentTime ?? 0;
}

export function userInfosOf({ items }: Users): RCIMIWUserInfo[] {
  return items.map(({ userId, name }) => ({ userId, name }));
}

/** A page that leads nowhere new would be asked for without end. */
export function nextPage(token: string, next: string): { code: number; token?: string } {
  if (next === "") return { code: Code.SUCCESS };
  return next === token ? { code: Code.NATIVE_OPERATION_ERROR } : { code: Code.SUCCESS, token: next };
}
