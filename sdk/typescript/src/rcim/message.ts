/** The vendor's messages, made for the application from the wire and back. */

import { Code } from "../codes.js";
import { type Conversation, checkConversation, conversation } from "../conversation.js";
import { CONTENT_BYTES_MAX, contentBytes, isUid } from "../message.js";
import type { Message, ReceiptInfo, SendMessage } from "../protocol/frames.js";
import { respondUserIds } from "../respond_user_ids.js";
import type { Reader } from "../session/outcome.js";
import { readersFromWire } from "../session/receipts.js";
import { isString } from "./arguments.js";
import { fromContent, toContent } from "./content.js";
import { RCIMIWConversationType, RCIMIWMessageDirection, RCIMIWReceivedStatus, RCIMIWSentStatus } from "./enums.js";
import type { RCIMIWGroupReadReceiptInfo, RCIMIWMessage, RCIMIWReader } from "./types.js";

/** A value, or the code that says why there is none. */
export type Checked<T> = { code: 0; value: T } | { code: number; value?: undefined };

export function draft(type: number, targetId: string, channelId: string | null | undefined, messageId: number) {
  return {
    ...named(conversation(type, targetId, channelId)),
    messageId,
    direction: RCIMIWMessageDirection.send,
    sentStatus: RCIMIWSentStatus.sending,
  };
}

/** The fields that name a conversation. */
export function named({ type, targetId, channelId }: Conversation) {
  return { conversationType: type as RCIMIWConversationType, targetId, channelId };
}

/** Where a message is said. One that does not say its type is of a group or, as only those have channels, an ultra group. */
export function conversationOf(message: RCIMIWMessage): Checked<Conversation> {
  const { conversationType, targetId, channelId } = message;
  if (typeof targetId !== "string") return { code: Code.PARAM_ERROR };
  const channel = isString(channelId) ? channelId : undefined;
  const type = conversationType ?? (channel ? RCIMIWConversationType.ultraGroup : RCIMIWConversationType.group);
  const value = conversation(type, targetId, channel);
  const code = checkConversation(value);
  return code === Code.SUCCESS ? { code, value } : { code };
}

/** The conversation and the uid of a message that was sent. */
export function sentName(message: RCIMIWMessage): Checked<{ conversation: Conversation; messageUid: string }> {
  const { code, value } = conversationOf(message);
  if (!value) return { code };
  const messageUid = message.messageUId;
  if (typeof messageUid !== "string" || !isUid(messageUid)) return { code: Code.MESSAGE_UID_INVALID };
  return { code: Code.SUCCESS, value: { conversation: value, messageUid } };
}

/** What goes to the server, but for the reference. */
export function toSend(message: RCIMIWMessage): Checked<SendMessage> {
  const where = conversationOf(message);
  if (!where.value) return where;
  const content = toContent(message);
  if (typeof content === "number") return { code: content };
  if (contentBytes(content) > CONTENT_BYTES_MAX) return { code: Code.MESSAGE_TOO_LARGE };
  const needReceipt = message.needReceipt === true;
  return { code: 0, value: { conversation: where.value, clientRef: "", content, needReceipt } };
}

/** An object on its way: nothing is left of an earlier message that it may have been. */
export function saving(object: RCIMIWMessage, messageId: number, senderUserId: string): RCIMIWMessage {
  const { messageUId, sentTime, receivedTime, receivedStatus, offLine, sentReceipt, groupReadReceiptInfo, ...own } =
    object;
  const direction = RCIMIWMessageDirection.send;
  return { ...own, messageId, senderUserId, direction, sentStatus: RCIMIWSentStatus.sending };
}

/** A message that came or was fetched, as this user sees it. */
export function fromWire(
  message: Message,
  where: Conversation,
  about: { userId: string; messageId: number; receivedTime: number; offLine?: boolean },
): RCIMIWMessage {
  const isOwn = message.senderId === about.userId;
  const receipt = message.receipt && receiptInfo(message.receipt, isOwn);
  return {
    ...named(where),
    messageId: about.messageId,
    messageUId: message.uid,
    senderUserId: message.senderId,
    direction: isOwn ? RCIMIWMessageDirection.send : RCIMIWMessageDirection.receive,
    sentTime: message.sentAtMs,
    receivedTime: about.receivedTime,
    offLine: about.offLine ?? false,
    sentStatus: isOwn ? RCIMIWSentStatus.sent : RCIMIWSentStatus.received,
    receivedStatus: RCIMIWReceivedStatus.unread,
    needReceipt: receipt?.readReceiptMessage ?? false,
    sentReceipt: receipt?.hasRespond ?? false,
    ...(receipt && { groupReadReceiptInfo: receipt }),
    ...fromContent(message.recalled ? undefined : message.content, message.recalled),
  };
}

function receiptInfo(receipt: ReceiptInfo, isOwn: boolean): RCIMIWGroupReadReceiptInfo {
  const info = { readReceiptMessage: receipt.requested, hasRespond: receipt.answered };
  if (!isOwn || !receipt.requested) return info;
  const readers = receipt.readers ? readersFromWire(receipt.readers) : [];
  return { ...info, respondUserIds: respondUserIds(readers), readers: listed(readers), ...counted(receipt.counts) };
}

/** Readers by the names that events and messages have for them. */
export function listed(readers: readonly Reader[]): RCIMIWReader[] {
  return readers.map(({ userId, readAtMs }) => ({ userId, timestamp: readAtMs }));
}

/** Counts by the names that events and messages have for them. */
export function counted(counts: ReceiptInfo["counts"]) {
  const { read = 0, unread = 0, left = 0, total = 0 } = counts ?? {};
  return { readCount: read, unreadCount: unread, leftCount: left, totalCount: total };
}
