// Written by scripts/vendor.mjs from vendor/. Do not edit.

import type { RCIMIWBlacklistStatus, RCIMIWPushNotificationLevel, RCIMIWPushNotificationQuietHoursLevel } from "../rcim/enums.js";
import type { RCIMIWConversation, RCIMIWMediaMessage, RCIMIWMessage } from "../rcim/types.js";
import type { RCIMIWSearchConversationResult } from "../rcim/vendor_types.js";

export interface IRCIMIWAddChatRoomEntriesCallback {
  onChatRoomEntriesAdded?: (code: number, errors: Map<string, number>) => void;
}

export interface IRCIMIWAddChatRoomEntryCallback {
  onChatRoomEntryAdded?: (code: number) => void;
}

export interface IRCIMIWAddToBlacklistCallback {
  onBlacklistAdded?: (code: number, userId: string) => void;
}

export interface IRCIMIWCancelDownloadingMediaMessageCallback {
  onCancelDownloadingMediaMessageCalled?: (code: number, message: RCIMIWMediaMessage) => void;
}

export interface IRCIMIWCancelSendingMediaMessageCallback {
  onCancelSendingMediaMessageCalled?: (code: number, message: RCIMIWMediaMessage) => void;
}

export interface IRCIMIWChangeConversationNotificationLevelCallback {
  onConversationNotificationLevelChanged?: (code: number) => void;
}

export interface IRCIMIWChangeConversationTopStatusCallback {
  onConversationTopStatusChanged?: (code: number) => void;
}

export interface IRCIMIWChangeConversationTypeNotificationLevelCallback {
  onConversationTypeNotificationLevelChanged?: (code: number) => void;
}

export interface IRCIMIWChangeMessageReceivedStatusCallback {
  onMessageReceiveStatusChanged?: (code: number) => void;
}

export interface IRCIMIWChangeMessageSentStatusCallback {
  onMessageSentStatusChanged?: (code: number) => void;
}

export interface IRCIMIWChangeNotificationQuietHoursCallback {
  onNotificationQuietHoursChanged?: (code: number) => void;
}

export interface IRCIMIWChangePushContentShowStatusCallback {
  onPushContentShowStatusChanged?: (code: number) => void;
}

export interface IRCIMIWChangePushLanguageCallback {
  onPushLanguageChanged?: (code: number) => void;
}

export interface IRCIMIWChangePushReceiveStatusCallback {
  onPushReceiveStatusChanged?: (code: number) => void;
}

export interface IRCIMIWChangeUltraGroupChannelDefaultNotificationLevelCallback {
  onUltraGroupChannelDefaultNotificationLevelChanged?: (code: number) => void;
}

export interface IRCIMIWChangeUltraGroupDefaultNotificationLevelCallback {
  onUltraGroupDefaultNotificationLevelChanged?: (code: number) => void;
}

export interface IRCIMIWClearDraftMessageCallback {
  onDraftMessageCleared?: (code: number) => void;
}

export interface IRCIMIWClearMessagesCallback {
  onMessagesCleared?: (code: number) => void;
}

export interface IRCIMIWClearUltraGroupMessagesCallback {
  onUltraGroupMessagesCleared?: (code: number) => void;
}

export interface IRCIMIWClearUltraGroupMessagesForAllChannelCallback {
  onUltraGroupMessagesClearedForAllChannel?: (code: number) => void;
}

export interface IRCIMIWClearUnreadCountCallback {
  onUnreadCountCleared?: (code: number) => void;
}

export interface IRCIMIWConnectCallback {
  onConnected?: (code: number, userId: string) => void;
  onDatabaseOpened?: (code: number) => void;
}

export interface IRCIMIWDeleteLocalMessagesCallback {
  onLocalMessagesDeleted?: (code: number, messages: Array<RCIMIWMessage>) => void;
}

export interface IRCIMIWDeleteMessagesCallback {
  onMessagesDeleted?: (code: number, messages: Array<RCIMIWMessage>) => void;
}

export interface IRCIMIWDownloadMediaMessageListener {
  onMediaMessageDownloading?: (message: RCIMIWMediaMessage, progress: number) => void;
  onDownloadingMediaMessageCanceled?: (message: RCIMIWMediaMessage) => void;
  onMediaMessageDownloaded?: (code: number, message: RCIMIWMediaMessage) => void;
}

export interface IRCIMIWGetBatchRemoteUltraGroupMessagesCallback {
  onSuccess?: (matchedMessages: Array<RCIMIWMessage>, notMatchedMessages: Array<RCIMIWMessage>) => void;
  onError?: (code: number) => void;
}

export interface IRCIMIWGetBlacklistCallback extends IRCIMIWObjectCallback<Array<string>> {

}

export interface IRCIMIWGetBlacklistStatusCallback extends IRCIMIWObjectCallback<RCIMIWBlacklistStatus> {

}

export interface IRCIMIWGetBlockedConversationsCallback extends IRCIMIWObjectCallback<Array<RCIMIWConversation>> {

}

export interface IRCIMIWGetChatRoomAllEntriesCallback extends IRCIMIWObjectCallback<Map<string, string>> {

}

export interface IRCIMIWGetChatRoomEntryCallback extends IRCIMIWObjectCallback<Map<string, string>> {

}

export interface IRCIMIWGetChatRoomMessagesCallback extends IRCIMIWObjectCallback<Array<RCIMIWMessage>> {

}

export interface IRCIMIWGetConversationCallback extends IRCIMIWObjectCallback<RCIMIWConversation> {

}

export interface IRCIMIWGetConversationNotificationLevelCallback extends IRCIMIWObjectCallback<RCIMIWPushNotificationLevel> {

}

export interface IRCIMIWGetConversationTopStatusCallback extends IRCIMIWObjectCallback<boolean> {

}

export interface IRCIMIWGetConversationTypeNotificationLevelCallback extends IRCIMIWObjectCallback<RCIMIWPushNotificationLevel> {

}

export interface IRCIMIWGetConversationsCallback extends IRCIMIWObjectCallback<Array<RCIMIWConversation>> {

}

export interface IRCIMIWGetConversationsForAllChannelCallback extends IRCIMIWObjectCallback<Array<RCIMIWConversation>> {

}

export interface IRCIMIWGetDraftMessageCallback extends IRCIMIWObjectCallback<string> {

}

export interface IRCIMIWGetFirstUnreadMessageCallback extends IRCIMIWObjectCallback<RCIMIWMessage> {

}

export interface IRCIMIWGetMessageCallback extends IRCIMIWObjectCallback<RCIMIWMessage> {

}

export interface IRCIMIWGetMessageCountCallback extends IRCIMIWObjectCallback<number> {

}

export interface IRCIMIWGetMessagesCallback extends IRCIMIWObjectCallback<Array<RCIMIWMessage>> {

}

export interface IRCIMIWGetNotificationQuietHoursCallback {
  onSuccess?: (startTime: string, spanMinutes: number, level: RCIMIWPushNotificationQuietHoursLevel) => void;
  onError?: (code: number) => void;
}

export interface IRCIMIWGetTopConversationsCallback extends IRCIMIWObjectCallback<Array<RCIMIWConversation>> {

}

export interface IRCIMIWGetTotalUnreadCountCallback extends IRCIMIWObjectCallback<number> {

}

export interface IRCIMIWGetUltraGroupAllUnreadCountCallback extends IRCIMIWObjectCallback<number> {

}

export interface IRCIMIWGetUltraGroupAllUnreadMentionedCountCallback extends IRCIMIWObjectCallback<number> {

}

export interface IRCIMIWGetUltraGroupChannelDefaultNotificationLevelCallback extends IRCIMIWObjectCallback<RCIMIWPushNotificationLevel> {

}

export interface IRCIMIWGetUltraGroupDefaultNotificationLevelCallback extends IRCIMIWObjectCallback<RCIMIWPushNotificationLevel> {

}

export interface IRCIMIWGetUltraGroupUnreadCountCallback extends IRCIMIWObjectCallback<number> {

}

export interface IRCIMIWGetUltraGroupUnreadMentionedCountCallback extends IRCIMIWObjectCallback<number> {

}

export interface IRCIMIWGetUnreadCountByConversationTypesCallback extends IRCIMIWObjectCallback<number> {

}

export interface IRCIMIWGetUnreadCountCallback extends IRCIMIWObjectCallback<number> {

}

export interface IRCIMIWGetUnreadMentionedCountCallback extends IRCIMIWObjectCallback<number> {

}

export interface IRCIMIWGetUnreadMentionedMessagesCallback extends IRCIMIWObjectCallback<Array<RCIMIWMessage>> {

}

export interface IRCIMIWInsertMessageCallback {
  onMessageInserted?: (code: number, message: RCIMIWMessage) => void;
}

export interface IRCIMIWInsertMessagesCallback {
  onMessagesInserted?: (code: number, messages: Array<RCIMIWMessage>) => void;
}

export interface IRCIMIWJoinChatRoomCallback {
  onChatRoomJoined?: (code: number, targetId: string) => void;
}

export interface IRCIMIWLeaveChatRoomCallback {
  onChatRoomLeft?: (code: number, targetId: string) => void;
}

export interface IRCIMIWModifyUltraGroupMessageCallback {
  onUltraGroupMessageModified?: (code: number) => void;
}

export interface IRCIMIWObjectCallback<T> {
  onSuccess?: (t: T) => void;
  onError?: (code: number) => void;
}

export interface IRCIMIWRecallMessageCallback {
  onMessageRecalled?: (code: number, message: RCIMIWMessage) => void;
}

export interface IRCIMIWRecallUltraGroupMessageCallback {
  onUltraGroupMessageRecalled?: (code: number) => void;
}

export interface IRCIMIWRemoveChatRoomEntriesCallback {
  onChatRoomEntriesRemoved?: (code: number) => void;
}

export interface IRCIMIWRemoveChatRoomEntryCallback {
  onChatRoomEntryRemoved?: (code: number) => void;
}

export interface IRCIMIWRemoveConversationCallback {
  onConversationRemoved?: (code: number) => void;
}

export interface IRCIMIWRemoveConversationsCallback {
  onConversationsRemoved?: (code: number) => void;
}

export interface IRCIMIWRemoveFromBlacklistCallback {
  onBlacklistRemoved?: (code: number, userId: string) => void;
}

export interface IRCIMIWRemoveMessageExpansionForKeysCallback {
  onMessageExpansionForKeysRemoved?: (code: number) => void;
}

export interface IRCIMIWRemoveNotificationQuietHoursCallback {
  onNotificationQuietHoursRemoved?: (code: number) => void;
}

export interface IRCIMIWRemoveUltraGroupMessageExpansionForKeysCallback {
  onUltraGroupMessageExpansionForKeysRemoved?: (code: number) => void;
}

export interface IRCIMIWSaveDraftMessageCallback {
  onDraftMessageSaved?: (code: number) => void;
}

export interface IRCIMIWSearchConversationsCallback extends IRCIMIWObjectCallback<Array<RCIMIWSearchConversationResult>> {

}

export interface IRCIMIWSearchMessagesByTimeRangeCallback extends IRCIMIWObjectCallback<Array<RCIMIWMessage>> {

}

export interface IRCIMIWSearchMessagesByUserIdCallback extends IRCIMIWObjectCallback<Array<RCIMIWMessage>> {

}

export interface IRCIMIWSearchMessagesCallback extends IRCIMIWObjectCallback<Array<RCIMIWMessage>> {

}

export interface IRCIMIWSendGroupMessageToDesignatedUsersCallback extends IRCIMIWSendMessageCallback {

}

export interface IRCIMIWSendGroupReadReceiptRequestCallback {
  onGroupReadReceiptRequestSent?: (code: number, message: RCIMIWMessage) => void;
}

export interface IRCIMIWSendGroupReadReceiptResponseCallback {
  onGroupReadReceiptResponseSent?: (code: number, message: Array<RCIMIWMessage>) => void;
}

export interface IRCIMIWSendMediaMessageListener {
  onMediaMessageSaved?: (message: RCIMIWMediaMessage) => void;
  onMediaMessageSending?: (message: RCIMIWMediaMessage, progress: number) => void;
  onSendingMediaMessageCanceled?: (message: RCIMIWMediaMessage) => void;
  onMediaMessageSent?: (code: number, message: RCIMIWMediaMessage) => void;
}

export interface IRCIMIWSendMessageCallback {
  onMessageSaved?: (message: RCIMIWMessage) => void;
  onMessageSent?: (code: number, message: RCIMIWMessage) => void;
}

export interface IRCIMIWSendPrivateReadReceiptMessageCallback {
  onPrivateReadReceiptMessageSent?: (code: number) => void;
}

export interface IRCIMIWSendUltraGroupTypingStatusCallback {
  onUltraGroupTypingStatusSent?: (code: number) => void;
}

export interface IRCIMIWSyncConversationReadStatusCallback {
  onConversationReadStatusSynced?: (code: number) => void;
}

export interface IRCIMIWSyncUltraGroupReadStatusCallback {
  onUltraGroupReadStatusSynced?: (code: number) => void;
}

export interface IRCIMIWUpdateMessageExpansionCallback {
  onMessageExpansionUpdated?: (code: number) => void;
}

export interface IRCIMIWUpdateUltraGroupMessageExpansionCallback {
  onUltraGroupMessageExpansionUpdated?: (code: number) => void;
}

export interface RCIMIWConnectCallback extends IRCIMIWConnectCallback {
  onDatabaseOpened?: (code: number) => void;
}

export interface RCIMIWDownloadMediaMessageListener extends IRCIMIWDownloadMediaMessageListener {
  onMediaMessageDownloading?: (message: RCIMIWMediaMessage, progress: number) => void;
  onDownloadingMediaMessageCanceled?: (message: RCIMIWMediaMessage) => void;
}

export interface RCIMIWSendGroupMessageToDesignatedUsersCallback extends IRCIMIWSendGroupMessageToDesignatedUsersCallback {
  onMessageSaved?: (message: RCIMIWMessage) => void;
}

export interface RCIMIWSendMediaMessageListener extends IRCIMIWSendMediaMessageListener {
  onMediaMessageSaved?: (message: RCIMIWMediaMessage) => void;
  onMediaMessageSending?: (message: RCIMIWMediaMessage, progress: number) => void;
  onSendingMediaMessageCanceled?: (message: RCIMIWMediaMessage) => void;
}

export interface RCIMIWSendMessageCallback extends IRCIMIWSendMessageCallback {
  onMessageSaved?: (message: RCIMIWMessage) => void;
}
