/** From the SDK's messages and events to the page's. */

import {
  type RCIMIWConversation,
  type RCIMIWConversationType,
  RCIMIWConnectionStatus,
  RCIMIWMessageDirection,
  RCIMIWMessageType,
  type RCIMIWMessage,
  type RCIMIWReadReceiptUsersResult,
  RCIMIWSentStatus,
  type RCIMIWTextMessage,
} from "@seenby/rcim";
import { conversationId, type ConversationRef } from "../conversation/conversation";
import type { Message, Receipt, ReceiptCounts } from "../message/message";
import { balanced } from "../people/bidi";
import type { ConnectionState, ConversationInfo, PeoplePage } from "./gateway";

interface Place {
  conversationType?: RCIMIWConversationType;
  targetId?: string;
  channelId?: string;
}

export function refOf({ conversationType, targetId, channelId }: Place): ConversationRef {
  return { type: conversationType ?? 0, targetId: targetId ?? "", channelId: channelId ?? "" };
}

export function messageOf(source: RCIMIWMessage): Message {
  const isOwn = source.direction === RCIMIWMessageDirection.send;
  return {
    key: `m${source.messageId ?? source.messageUId}`,
    uid: source.messageUId,
    conversationId: conversationId(refOf(source)),
    senderId: source.senderUserId ?? "",
    isOwn,
    sentAt: source.sentTime || source.receivedTime || Date.now(),
    text: balanced((source as RCIMIWTextMessage).text ?? ""),
    state: stateOf(source),
    isRecalled: source.messageType === RCIMIWMessageType.recall,
    receipt: receiptOf(source, isOwn),
    source,
  };
}

function stateOf({ messageUId, sentStatus }: RCIMIWMessage): Message["state"] {
  if (messageUId) return "sent";
  return sentStatus === RCIMIWSentStatus.failed ? "failed" : "sending";
}

function receiptOf({ groupReadReceiptInfo: info, needReceipt }: RCIMIWMessage, isOwn: boolean): Receipt {
  const isAsked = info?.readReceiptMessage ?? needReceipt ?? false;
  const counts = isOwn && isAsked && info?.totalCount !== undefined ? countsOf(info) : undefined;
  return { isAsked, answer: info?.hasRespond ? "given" : "none", counts };
}

interface WireCounts {
  readCount?: number;
  unreadCount?: number;
  leftCount?: number;
  totalCount?: number;
}

export function countsOf({ readCount = 0, unreadCount = 0, leftCount = 0, totalCount = 0 }: WireCounts): ReceiptCounts {
  return { read: readCount, unread: unreadCount, left: leftCount, total: totalCount };
}

export function pageOf({ users = [], totalCount = 0, pageToken = "" }: RCIMIWReadReceiptUsersResult): PeoplePage {
  const people = users.map(({ userId = "", timestamp = 0 }) => ({ userId, readAt: timestamp }));
  return { people, total: totalCount, next: pageToken };
}

export function connectionStateOf(status: RCIMIWConnectionStatus): ConnectionState {
  switch (status) {
    case RCIMIWConnectionStatus.connected:
      return "connected";
    case RCIMIWConnectionStatus.connecting:
    case RCIMIWConnectionStatus.unconnected:
      return "connecting";
    case RCIMIWConnectionStatus.kickedOfflineByOtherClient:
    case RCIMIWConnectionStatus.signOut:
      return "signedOut";
    case RCIMIWConnectionStatus.tokenIncorrect:
      return "refused";
    case RCIMIWConnectionStatus.connUserBlocked:
      return "blocked";
    default:
      return "offline";
  }
}

export function conversationInfoOf(source: RCIMIWConversation): ConversationInfo {
  const ref = refOf(source);
  const lastMessage = source.lastMessage && messageOf(source.lastMessage);
  return { ref, title: balanced(source.title || ref.targetId), memberCount: source.memberCount ?? 0, lastMessage };
}
