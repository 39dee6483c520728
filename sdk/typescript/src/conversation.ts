/**
 * Conversations: where a message is said.
 *
 * A conversation is a group, or one channel of an ultra group. Other types exist on the wire; they have no receipts
 * here, and calls about them are refused before anything is sent.
 */

import { Code } from "./codes.js";
import { type Conversation, ConversationType } from "./protocol/frames.js";
import { utf8Bytes } from "./protocol/utf8.js";

export type { Conversation };

/** Ids of users and groups have 1 to this many characters. */
export const ID_CHARACTERS_MAX = 64;
/** Longer ones on the wire are of no honest server. */
export const ID_BYTES_MAX = 4 * ID_CHARACTERS_MAX;
const CHANNEL_ID_CHARACTERS_MAX = 20;
/** The channel of an ultra group that is meant when none is named. */
const DEFAULT_CHANNEL = "RCDefault";

/** Only ultra groups have channels; elsewhere `channelId` is not looked at. */
export function conversation(type: number, targetId: string, channelId: string | null | undefined): Conversation {
  const channel = type === ConversationType.ULTRA_GROUP ? channelId || DEFAULT_CHANNEL : "";
  return { type: type as ConversationType, targetId, channelId: channel };
}

/** 0, or the code of the first argument that no call can have. */
export function checkConversation({ type, targetId, channelId }: Conversation): number {
  if (type !== ConversationType.GROUP && type !== ConversationType.ULTRA_GROUP) return Code.CONVERSATION_TYPE_INVALID;
  if (targetId === "") return Code.PARAM_ERROR;
  if (characters(targetId) > ID_CHARACTERS_MAX) return Code.TARGET_ID_INVALID;
  if (characters(channelId) > CHANNEL_ID_CHARACTERS_MAX || channelId.includes("_")) return Code.CHANNEL_ID_INVALID;
  return Code.SUCCESS;
}

/** `undefined` for what is no conversation that this version knows. */
export function conversationFromWire(wire: Conversation | undefined): Conversation | undefined {
  if (!wire || Math.max(utf8Bytes(wire.targetId), utf8Bytes(wire.channelId)) > ID_BYTES_MAX) return undefined;
  if (wire.type < ConversationType.PRIVATE || wire.type > ConversationType.ULTRA_GROUP) return undefined;
  return conversation(wire.type, wire.targetId, wire.channelId);
}

/** One text for one conversation, whatever characters its ids have. */
export function conversationKey({ type, targetId, channelId }: Conversation): string {
  return `${type}:${channelId.length}:${channelId}${targetId}`;
}

/** The order in which conversations are reported. */
export function compareConversations(a: Conversation, b: Conversation): number {
  return a.type - b.type || compareText(a.targetId, b.targetId) || compareText(a.channelId, b.channelId);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Characters as the server counts them: code points. */
export function characters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
