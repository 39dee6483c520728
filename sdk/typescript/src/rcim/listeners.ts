/**
 * What listeners get, by the vendor's names, and where they are kept.
 *
 * One listener for each event: setting one replaces the one before, `undefined` clears it.
 */

import type { RespondUserIds } from "../respond_user_ids.js";
import type { RCIMIWConnectionStatus, RCIMIWConversationType, RCIMIWTimeOrder } from "./enums.js";
import type {
  RCIMIWMessage,
  RCIMIWReader,
  RCIMIWReadReceiptResponseV5,
  RCIMIWRecallNotificationMessage,
} from "./types.js";

export interface OnConnectionStatusChangedResult {
  status: RCIMIWConnectionStatus;
}
export interface OnConnectedResult {
  code: number;
  /** With 0 and 34001 who has signed in, or is about to, as far as the token says who that is; else empty. */
  userId: string;
}
export interface OnDatabaseOpenedResult {
  code: number;
}
export interface OnMessageReceivedResult {
  message: RCIMIWMessage;
  /** How many more entries of this conversation are waiting. */
  left: number;
  /** It was said before this connection was made. */
  offline: boolean;
  hasPackage: boolean;
}
export interface OnMessageAttachedResult {
  message: RCIMIWMessage;
}
export interface OnMessageSentResult {
  code: number;
  message: RCIMIWMessage;
}
export interface OnMessagesLoadedResult {
  code: number;
  type: RCIMIWConversationType;
  targetId: string;
  channelId: string;
  sentTime: number;
  order: RCIMIWTimeOrder;
  messages: RCIMIWMessage[];
}
export interface OnMessageRecalledResult {
  code: number;
  message: RCIMIWMessage;
}
export interface OnRemoteMessageRecalledResult {
  message: RCIMIWRecallNotificationMessage;
}
export interface OnGroupMessageReadReceiptRequestReceivedResult {
  targetId: string;
  messageUId: string;
  /** An addition, like the two that follow. */
  conversationType: RCIMIWConversationType;
  channelId: string;
  /** Who asks. */
  senderUserId: string;
}
export interface OnGroupMessageReadReceiptResponseReceivedResult {
  targetId: string;
  messageUId: string;
  /**
   * Everybody who has answered so far: user id → Unix milliseconds. `Object.keys` of it is not in the order of reading if
   * user ids are numbers; `readers` is.
   */
  respondUserIds: RespondUserIds;
  /** An addition, like all that follow: the same as a list, in the order of reading. */
  readers: RCIMIWReader[];
  conversationType: RCIMIWConversationType;
  channelId: string;
  readCount: number;
  unreadCount: number;
  leftCount: number;
  totalCount: number;
}
export interface OnGroupReadReceiptRequestSentResult {
  code: number;
  message: RCIMIWMessage;
}
export interface OnGroupReadReceiptResponseSentResult {
  /** The code of the first message that was refused, or 0. */
  code: number;
  targetId: string;
  channelId: string;
  messages: RCIMIWMessage[];
  /** The same array: the vendor's callback has it under this name. */
  message: RCIMIWMessage[];
  /** An addition: each message's own code. */
  results: Record<string, number>;
}
export interface OnMessageReadReceiptV5ReceivedResult {
  responses: RCIMIWReadReceiptResponseV5[];
}
/** An addition. */
export interface OnReadReceiptRequestedElsewhereResult {
  conversationType: RCIMIWConversationType;
  targetId: string;
  channelId: string;
  messageUId: string;
}
/** An addition. */
export interface OnReadReceiptsAnsweredElsewhereResult {
  conversationType: RCIMIWConversationType;
  targetId: string;
  channelId: string;
  messageUIds: string[];
}

/** Every event, and what its listener gets. */
export interface ListenerResults {
  onConnectionStatusChanged: OnConnectionStatusChangedResult;
  onConnected: OnConnectedResult;
  onDatabaseOpened: OnDatabaseOpenedResult;
  onMessageReceived: OnMessageReceivedResult;
  onMessageAttached: OnMessageAttachedResult;
  onMessageSent: OnMessageSentResult;
  onMessagesLoaded: OnMessagesLoadedResult;
  onMessageRecalled: OnMessageRecalledResult;
  onRemoteMessageRecalled: OnRemoteMessageRecalledResult;
  onGroupMessageReadReceiptRequestReceived: OnGroupMessageReadReceiptRequestReceivedResult;
  onGroupMessageReadReceiptResponseReceived: OnGroupMessageReadReceiptResponseReceivedResult;
  onGroupReadReceiptRequestSent: OnGroupReadReceiptRequestSentResult;
  onGroupReadReceiptResponseSent: OnGroupReadReceiptResponseSentResult;
  onMessageReadReceiptV5Received: OnMessageReadReceiptV5ReceivedResult;
  onReadReceiptRequestedElsewhere: OnReadReceiptRequestedElsewhereResult;
  onReadReceiptsAnsweredElsewhere: OnReadReceiptsAnsweredElsewhereResult;
}
export type ListenerName = keyof ListenerResults;
export type Listener<Name extends ListenerName> = (result: ListenerResults[Name]) => void;

export class Listeners {
  private readonly listeners = new Map<ListenerName, (result: never) => void>();

  set<Name extends ListenerName>(name: Name, listener: Listener<Name> | null | undefined): void {
    if (typeof listener === "function") this.listeners.set(name, listener);
    else this.listeners.delete(name);
  }

  has(name: ListenerName): boolean {
    return this.listeners.has(name);
  }

  get<Name extends ListenerName>(name: Name): Listener<Name> | undefined {
    return this.listeners.get(name) as Listener<Name> | undefined;
  }
}
