/** The messages and people that a call names, checked. Elements of arrays may be anything. */

import { Code } from "../codes.js";
import { type Conversation, characters, conversationKey, ID_CHARACTERS_MAX } from "../conversation.js";
import { isUid } from "../message.js";
import { isObject, isString } from "./arguments.js";
import { type Checked, conversationOf, sentName } from "./message.js";
import type { RCIMIWMessage, RCIMIWMessageIdentifier } from "./types.js";

/** Names in one call that may fit into a frame; how many it takes is for the server to say. */
const NAMES_PER_CALL_MAX = 500;

/** Messages of one conversation. */
export interface MessageNames {
  conversation: Conversation;
  messageUids: string[];
}

/** The conversation that the arguments name and every message is of, and the uids, each once. */
export function oneConversation(
  targetId: string,
  channelId: string | null | undefined,
  messages: RCIMIWMessage[],
): Checked<MessageNames> {
  const list = Array.from(messages);
  if (!list.every(isObject)) return { code: Code.PARAM_ERROR };
  const type = list.map(({ conversationType }) => conversationType ?? undefined).find((each) => each !== undefined);
  const where = {
    targetId,
    ...(type === undefined ? {} : { conversationType: type }),
    ...(channelId ? { channelId } : {}),
  };
  const { code, value } = conversationOf(where);
  if (!value) return { code };
  const sent = list.map((message) => sentName({ ...where, ...saidOf(message) }));
  const refused = sent.find((name) => !name.value);
  if (refused) return { code: refused.code };
  if (!sent.every((name) => isSame(name.value?.conversation, value))) return { code: Code.PARAM_ERROR };
  return {
    code: 0,
    value: { conversation: value, messageUids: onceEach(sent.map((name) => name.value?.messageUid ?? "")) },
  };
}

/** What a message says of itself, without what it leaves open. */
function saidOf(message: RCIMIWMessage): RCIMIWMessage {
  const { conversationType, targetId, channelId, messageUId } = message;
  const said = Object.entries({ conversationType, targetId, channelId, messageUId });
  return Object.fromEntries(said.filter(([, value]) => value !== undefined && value !== null));
}

function isSame(a: Conversation | undefined, b: Conversation): boolean {
  return a?.type === b.type && a.targetId === b.targetId && a.channelId === b.channelId;
}

/** What each conversation is asked about, or the first code that says why it cannot be. */
export function namesOf(identifiers: RCIMIWMessageIdentifier[]): Checked<MessageNames[]> {
  const list = Array.from(identifiers);
  if (!list.every(isObject)) return { code: Code.PARAM_ERROR };
  if (list.length > NAMES_PER_CALL_MAX) return { code: Code.RECEIPT_LIST_TOO_LONG };
  const byConversation = new Map<string, MessageNames>();
  for (const identifier of list) {
    const { code, value } = sentName(identifier);
    if (!value) return { code };
    const { conversation: where, messageUid } = value;
    const key = conversationKey(where);
    const names = byConversation.get(key) ?? { conversation: where, messageUids: [] };
    names.messageUids.push(messageUid);
    byConversation.set(key, names);
  }
  return { code: 0, value: [...byConversation.values()] };
}

export function checkUids(uids: unknown[]): number {
  const list = Array.from(uids);
  if (!list.every(isString)) return Code.PARAM_ERROR;
  return list.every(isUid) ? Code.SUCCESS : Code.MESSAGE_UID_INVALID;
}

/** The same for a call that has to fit into one frame. */
export function checkUidsOfOneCall(uids: unknown[]): number {
  return checkUids(uids) || (uids.length > NAMES_PER_CALL_MAX ? Code.RECEIPT_LIST_TOO_LONG : Code.SUCCESS);
}

export function checkUserIds(userIds: unknown[]): number {
  const list = Array.from(userIds);
  if (!list.every(isString)) return Code.PARAM_ERROR;
  if (list.length > NAMES_PER_CALL_MAX) return Code.RECEIPT_LIST_TOO_LONG;
  return list.every((id) => characters(id) <= ID_CHARACTERS_MAX) ? Code.SUCCESS : Code.USER_ID_INVALID;
}

export function onceEach(uids: Iterable<string>): string[] {
  return [...new Set(uids)];
}
