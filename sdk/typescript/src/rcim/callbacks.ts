/** Callbacks by the vendor's names. Each member is optional, and each gets one object. */

import type {
  OnConnectedResult,
  OnDatabaseOpenedResult,
  OnGroupReadReceiptRequestSentResult,
  OnGroupReadReceiptResponseSentResult,
  OnMessageAttachedResult,
  OnMessageRecalledResult,
  OnMessageSentResult,
} from "./listeners.js";
import type {
  RCIMIWConversation,
  RCIMIWMessage,
  RCIMIWReadReceiptInfoV5,
  RCIMIWReadReceiptUsersResult,
  RCIMIWUserInfo,
} from "./types.js";

export interface IRCIMIWObjectCallback<T> {
  onSuccess?(result: { t: T }): void;
  onError?(result: { code: number }): void;
}

export interface IRCIMIWOperationCallback {
  onSuccess?(result: object): void;
  onError?(result: { code: number }): void;
}

export interface IRCIMIWConnectCallback {
  onDatabaseOpened?(result: OnDatabaseOpenedResult): void;
  onConnected?(result: OnConnectedResult): void;
}

export interface IRCIMIWSendMessageCallback {
  onMessageSaved?(result: OnMessageAttachedResult): void;
  onMessageSent?(result: OnMessageSentResult): void;
}

export interface IRCIMIWRecallMessageCallback {
  onMessageRecalled?(result: OnMessageRecalledResult): void;
}

export interface IRCIMIWSendGroupReadReceiptRequestCallback {
  onGroupReadReceiptRequestSent?(result: OnGroupReadReceiptRequestSentResult): void;
}

export interface IRCIMIWSendGroupReadReceiptResponseCallback {
  onGroupReadReceiptResponseSent?(result: OnGroupReadReceiptResponseSentResult): void;
}

export type RCIMIWConnectCallback = IRCIMIWConnectCallback;
export type RCIMIWSendMessageCallback = IRCIMIWSendMessageCallback;
export type IRCIMIWGetMessagesCallback = IRCIMIWObjectCallback<RCIMIWMessage[]>;
export type IRCIMIWGetMessageCallback = IRCIMIWObjectCallback<RCIMIWMessage>;
export type IRCIMIWSendReadReceiptResponseV5Callback = IRCIMIWOperationCallback;
export type IRCIMIWGetMessageReadReceiptInfoV5Callback = IRCIMIWObjectCallback<RCIMIWReadReceiptInfoV5[]>;
export type IRCIMIWGetMessagesReadReceiptUsersByPageV5Callback = IRCIMIWObjectCallback<RCIMIWReadReceiptUsersResult>;
export type IRCIMIWGetMessagesReadReceiptByUsersV5Callback = IRCIMIWObjectCallback<RCIMIWReadReceiptUsersResult>;
export type IRCIMIWGetConversationsCallback = IRCIMIWObjectCallback<RCIMIWConversation[]>;
/** An addition. */
export type IRCIMIWGetUserInfosCallback = IRCIMIWObjectCallback<RCIMIWUserInfo[]>;
