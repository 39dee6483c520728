// Written by scripts/vendor.mjs from vendor/. Do not edit.

import type { IRCIMIWObjectCallback, IRCIMIWSendMessageCallback } from "../rcim/callbacks.js";
import type { RCIMIWBlacklistStatus, RCIMIWChatRoomEntriesOperationType, RCIMIWChatRoomStatus, RCIMIWConversationType, RCIMIWMessageOperationPolicy, RCIMIWMessageType, RCIMIWPushNotificationLevel, RCIMIWPushNotificationQuietHoursLevel, RCIMIWUltraGroupTypingStatus } from "../rcim/enums.js";
import type { RCIMIWConversation, RCIMIWMediaMessage, RCIMIWMessage } from "../rcim/types.js";
import type { RCIMIWBlockedMessageInfo, RCIMIWChatRoomMemberAction, RCIMIWSearchConversationResult, RCIMIWStreamMessageChunkInfo, RCIMIWTypingStatus, RCIMIWUltraGroupTypingStatusInfo } from "../rcim/vendor_types.js";

export interface IRCIMIWAddChatRoomEntriesCallback {
  onChatRoomEntriesAdded?: (res: { code: number, errors: Record<string, number> }) => void;
}

export interface IRCIMIWAddChatRoomEntryCallback {
  onChatRoomEntryAdded?: (res: { code: number }) => void;
}

export interface IRCIMIWAddToBlacklistCallback {
  onBlacklistAdded?: (res: { code: number, userId: string }) => void;
}

export interface IRCIMIWCancelDownloadingMediaMessageCallback {
  onCancelDownloadingMediaMessageCalled?: (res: { code: number, message: RCIMIWMediaMessage }) => void;
}

export interface IRCIMIWCancelSendingMediaMessageCallback {
  onCancelSendingMediaMessageCalled?: (res: { code: number, message: RCIMIWMediaMessage }) => void;
}

export interface IRCIMIWChangeConversationNotificationLevelCallback {
  onConversationNotificationLevelChanged?: (res: { code: number }) => void;
}

export interface IRCIMIWChangeConversationTopStatusCallback {
  onConversationTopStatusChanged?: (res: { code: number }) => void;
}

export interface IRCIMIWChangeConversationTypeNotificationLevelCallback {
  onConversationTypeNotificationLevelChanged?: (res: { code: number }) => void;
}

export interface IRCIMIWChangeMessageReceivedStatusCallback {
  onMessageReceiveStatusChanged?: (res: { code: number }) => void;
}

export interface IRCIMIWChangeMessageSentStatusCallback {
  onMessageSentStatusChanged?: (res: { code: number }) => void;
}

export interface IRCIMIWChangeNotificationQuietHoursCallback {
  onNotificationQuietHoursChanged?: (res: { code: number }) => void;
}

export interface IRCIMIWChangePushContentShowStatusCallback {
  onPushContentShowStatusChanged?: (res: { code: number }) => void;
}

export interface IRCIMIWChangePushLanguageCallback {
  onPushLanguageChanged?: (res: { code: number }) => void;
}

export interface IRCIMIWChangePushReceiveStatusCallback {
  onPushReceiveStatusChanged?: (res: { code: number }) => void;
}

export interface IRCIMIWChangeUltraGroupChannelDefaultNotificationLevelCallback {
  onUltraGroupChannelDefaultNotificationLevelChanged?: (res: { code: number }) => void;
}

export interface IRCIMIWChangeUltraGroupDefaultNotificationLevelCallback {
  onUltraGroupDefaultNotificationLevelChanged?: (res: { code: number }) => void;
}

export interface IRCIMIWClearDraftMessageCallback {
  onDraftMessageCleared?: (res: { code: number }) => void;
}

export interface IRCIMIWClearMessagesCallback {
  onMessagesCleared?: (res: { code: number }) => void;
}

export interface IRCIMIWClearUltraGroupMessagesCallback {
  onUltraGroupMessagesCleared?: (res: { code: number }) => void;
}

export interface IRCIMIWClearUltraGroupMessagesForAllChannelCallback {
  onUltraGroupMessagesClearedForAllChannel?: (res: { code: number }) => void;
}

export interface IRCIMIWClearUnreadCountCallback {
  onUnreadCountCleared?: (res: { code: number }) => void;
}

export interface IRCIMIWDeleteLocalMessagesCallback {
  onLocalMessagesDeleted?: (res: { code: number, messages: Array<RCIMIWMessage> }) => void;
}

export interface IRCIMIWDeleteMessagesCallback {
  onMessagesDeleted?: (res: { code: number, messages: Array<RCIMIWMessage> }) => void;
}

export interface IRCIMIWDownloadMediaMessageListener {
  onMediaMessageDownloading?: (res: { message: RCIMIWMediaMessage, progress: number }) => void;
  onDownloadingMediaMessageCanceled?: (res: { message: RCIMIWMediaMessage }) => void;
  onMediaMessageDownloaded?: (res: { code: number, message: RCIMIWMediaMessage }) => void;
}

export interface IRCIMIWGetBatchRemoteUltraGroupMessagesCallback {
  onSuccess?: (res: { matchedMessages: Array<RCIMIWMessage>, notMatchedMessages: Array<RCIMIWMessage> }) => void;
  onError?: (res: { code: number }) => void;
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

export interface IRCIMIWGetConversationsForAllChannelCallback extends IRCIMIWObjectCallback<Array<RCIMIWConversation>> {

}

export interface IRCIMIWGetDraftMessageCallback extends IRCIMIWObjectCallback<string> {

}

export interface IRCIMIWGetFirstUnreadMessageCallback extends IRCIMIWObjectCallback<RCIMIWMessage> {

}

export interface IRCIMIWGetMessageCountCallback extends IRCIMIWObjectCallback<number> {

}

export interface IRCIMIWGetNotificationQuietHoursCallback {
  onSuccess?: (res: { startTime: string, spanMinutes: number, level: RCIMIWPushNotificationQuietHoursLevel }) => void;
  onError?: (res: { code: number }) => void;
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

export interface IRCIMIWGetUnreadConversationsCallback extends IRCIMIWObjectCallback<Array<RCIMIWConversation>> {

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
  onMessageInserted?: (res: { code: number, message: RCIMIWMessage }) => void;
}

export interface IRCIMIWInsertMessagesCallback {
  onMessagesInserted?: (res: { code: number, messages: Array<RCIMIWMessage> }) => void;
}

export interface IRCIMIWJoinChatRoomCallback {
  onChatRoomJoined?: (res: { code: number, targetId: string }) => void;
}

export interface IRCIMIWLeaveChatRoomCallback {
  onChatRoomLeft?: (res: { code: number, targetId: string }) => void;
}

export interface IRCIMIWModifyUltraGroupMessageCallback {
  onUltraGroupMessageModified?: (res: { code: number }) => void;
}

export interface IRCIMIWRecallUltraGroupMessageCallback {
  onUltraGroupMessageRecalled?: (res: { code: number }) => void;
}

export interface IRCIMIWRemoveChatRoomEntriesCallback {
  onChatRoomEntriesRemoved?: (res: { code: number }) => void;
}

export interface IRCIMIWRemoveChatRoomEntryCallback {
  onChatRoomEntryRemoved?: (res: { code: number }) => void;
}

export interface IRCIMIWRemoveConversationCallback {
  onConversationRemoved?: (res: { code: number }) => void;
}

export interface IRCIMIWRemoveConversationsCallback {
  onConversationsRemoved?: (res: { code: number }) => void;
}

export interface IRCIMIWRemoveFromBlacklistCallback {
  onBlacklistRemoved?: (res: { code: number, userId: string }) => void;
}

export interface IRCIMIWRemoveMessageExpansionForKeysCallback {
  onMessageExpansionForKeysRemoved?: (res: { code: number }) => void;
}

export interface IRCIMIWRemoveNotificationQuietHoursCallback {
  onNotificationQuietHoursRemoved?: (res: { code: number }) => void;
}

export interface IRCIMIWRemoveUltraGroupMessageExpansionForKeysCallback {
  onUltraGroupMessageExpansionForKeysRemoved?: (res: { code: number }) => void;
}

export interface IRCIMIWSaveDraftMessageCallback {
  onDraftMessageSaved?: (res: { code: number }) => void;
}

export interface IRCIMIWSearchConversationsCallback extends IRCIMIWObjectCallback<Array<RCIMIWSearchConversationResult>> {

}

export interface IRCIMIWSearchMessagesByMessageTypesCallback {
  onSuccess?: (res: { t: RCIMIWMessage[] }) => void;
  onError?: (res: { code: number }) => void;
}

export interface IRCIMIWSearchMessagesByTimeRangeCallback extends IRCIMIWObjectCallback<Array<RCIMIWMessage>> {

}

export interface IRCIMIWSearchMessagesByUserIdCallback extends IRCIMIWObjectCallback<Array<RCIMIWMessage>> {

}

export interface IRCIMIWSearchMessagesCallback extends IRCIMIWObjectCallback<Array<RCIMIWMessage>> {

}

export interface IRCIMIWSendGroupMessageToDesignatedUsersCallback extends IRCIMIWSendMessageCallback {

}

export interface IRCIMIWSendMediaMessageListener {
  onMediaMessageSaved?: (res: { message: RCIMIWMediaMessage }) => void;
  onMediaMessageSending?: (res: { message: RCIMIWMediaMessage, progress: number }) => void;
  onSendingMediaMessageCanceled?: (res: { message: RCIMIWMediaMessage }) => void;
  onMediaMessageSent?: (res: { code: number, message: RCIMIWMediaMessage }) => void;
}

export interface IRCIMIWSendPrivateReadReceiptMessageCallback {
  onPrivateReadReceiptMessageSent?: (res: { code: number }) => void;
}

export interface IRCIMIWSendUltraGroupTypingStatusCallback {
  onUltraGroupTypingStatusSent?: (res: { code: number }) => void;
}

export interface IRCIMIWSyncConversationReadStatusCallback {
  onConversationReadStatusSynced?: (res: { code: number }) => void;
}

export interface IRCIMIWSyncUltraGroupReadStatusCallback {
  onUltraGroupReadStatusSynced?: (res: { code: number }) => void;
}

export interface IRCIMIWUpdateMessageExpansionCallback {
  onMessageExpansionUpdated?: (res: { code: number }) => void;
}

export interface IRCIMIWUpdateUltraGroupMessageExpansionCallback {
  onUltraGroupMessageExpansionUpdated?: (res: { code: number }) => void;
}

export interface OnBatchRemoteUltraGroupMessagesLoadedResult {
  code: number;
  matchedMessages: Array<RCIMIWMessage>;
  notMatchedMessages: Array<RCIMIWMessage>;
}

export interface OnBlacklistAddedResult {
  code: number;
  userId: string;
}

export interface OnBlacklistLoadedResult {
  code: number;
  userIds: Array<string>;
}

export interface OnBlacklistRemovedResult {
  code: number;
  userId: string;
}

export interface OnBlacklistStatusLoadedResult {
  code: number;
  userId: string;
  status: RCIMIWBlacklistStatus;
}

export interface OnBlockedConversationsLoadedResult {
  code: number;
  conversationTypes: Array<RCIMIWConversationType>;
  channelId: string;
  conversations: Array<RCIMIWConversation>;
}

export interface OnChatRoomAllEntriesLoadedResult {
  code: number;
  targetId: string;
  entries: Record<string, string>;
}

export interface OnChatRoomEntriesAddedResult {
  code: number;
  targetId: string;
  entries: Record<string, string>;
  errorEntries: Record<string, number>;
}

export interface OnChatRoomEntriesChangedResult {
  operationType: RCIMIWChatRoomEntriesOperationType;
  roomId: string;
  entries: Record<string, string>;
}

export interface OnChatRoomEntriesRemovedResult {
  code: number;
  targetId: string;
  keys: Array<string>;
}

export interface OnChatRoomEntriesSyncedResult {
  roomId: string;
}

export interface OnChatRoomEntryAddedResult {
  code: number;
  targetId: string;
  key: string;
}

export interface OnChatRoomEntryLoadedResult {
  code: number;
  targetId: string;
  entry: Record<string, string>;
}

export interface OnChatRoomEntryRemovedResult {
  code: number;
  targetId: string;
  key: string;
}

export interface OnChatRoomJoinedResult {
  code: number;
  targetId: string;
}

export interface OnChatRoomJoiningResult {
  targetId: string;
}

export interface OnChatRoomLeftResult {
  code: number;
  targetId: string;
}

export interface OnChatRoomMemberChangedResult {
  targetId: string;
  actions: Array<RCIMIWChatRoomMemberAction>;
}

export interface OnChatRoomMessagesLoadedResult {
  code: number;
  targetId: string;
  messages: Array<RCIMIWMessage>;
  syncTime: number;
}

export interface OnChatRoomStatusChangedResult {
  targetId: string;
  status: RCIMIWChatRoomStatus;
}

export interface OnConversationLoadedResult {
  code: number;
  type: RCIMIWConversationType;
  targetId: string;
  channelId: string;
  conversation: RCIMIWConversation;
}

export interface OnConversationNotificationLevelChangedResult {
  code: number;
  type: RCIMIWConversationType;
  targetId: string;
  channelId: string;
  level: RCIMIWPushNotificationLevel;
}

export interface OnConversationNotificationLevelLoadedResult {
  code: number;
  type: RCIMIWConversationType;
  targetId: string;
  channelId: string;
  level: RCIMIWPushNotificationLevel;
}

export interface OnConversationNotificationLevelSyncedResult {
  type: RCIMIWConversationType;
  targetId: string;
  channelId: string;
  level: RCIMIWPushNotificationLevel;
}

export interface OnConversationReadStatusSyncMessageReceivedResult {
  type: RCIMIWConversationType;
  targetId: string;
  timestamp: number;
}

export interface OnConversationReadStatusSyncedResult {
  code: number;
  type: RCIMIWConversationType;
  targetId: string;
  channelId: string;
  timestamp: number;
}

export interface OnConversationRemovedResult {
  code: number;
  type: RCIMIWConversationType;
  targetId: string;
  channelId: string;
}

export interface OnConversationTopStatusChangedResult {
  code: number;
  type: RCIMIWConversationType;
  targetId: string;
  channelId: string;
  top: boolean;
}

export interface OnConversationTopStatusLoadedResult {
  code: number;
  type: RCIMIWConversationType;
  targetId: string;
  channelId: string;
  top: boolean;
}

export interface OnConversationTopStatusSyncedResult {
  type: RCIMIWConversationType;
  targetId: string;
  channelId: string;
  top: boolean;
}

export interface OnConversationTypeNotificationLevelChangedResult {
  code: number;
  type: RCIMIWConversationType;
  level: RCIMIWPushNotificationLevel;
}

export interface OnConversationTypeNotificationLevelLoadedResult {
  code: number;
  type: RCIMIWConversationType;
  level: RCIMIWPushNotificationLevel;
}

export interface OnConversationsLoadedForAllChannelResult {
  code: number;
  type: RCIMIWConversationType;
  targetId: string;
  conversations: Array<RCIMIWConversation>;
}

export interface OnConversationsLoadedResult {
  code: number;
  conversationTypes: Array<RCIMIWConversationType>;
  channelId: string;
  startTime: number;
  count: number;
  conversations: Array<RCIMIWConversation>;
}

export interface OnConversationsRemovedResult {
  code: number;
  conversationTypes: Array<RCIMIWConversationType>;
  channelId: string;
}

export interface OnConversationsSearchedResult {
  code: number;
  conversationTypes: Array<RCIMIWConversationType>;
  channelId: string;
  messageTypes: Array<RCIMIWMessageType>;
  keyword: string;
  conversations: Array<RCIMIWSearchConversationResult>;
}

export interface OnDownloadingMediaMessageCanceledResult {
  code: number;
  message: RCIMIWMediaMessage;
}

export interface OnDraftMessageClearedResult {
  code: number;
  type: RCIMIWConversationType;
  targetId: string;
  channelId: string;
}

export interface OnDraftMessageLoadedResult {
  code: number;
  type: RCIMIWConversationType;
  targetId: string;
  channelId: string;
  draft: string;
}

export interface OnDraftMessageSavedResult {
  code: number;
  type: RCIMIWConversationType;
  targetId: string;
  channelId: string;
  draft: string;
}

export interface OnFirstUnreadMessageLoadedResult {
  code: number;
  type: RCIMIWConversationType;
  targetId: string;
  channelId: string;
  message: RCIMIWMessage;
}

export interface OnGroupMessageToDesignatedUsersAttachedResult {
  message: RCIMIWMessage;
}

export interface OnGroupMessageToDesignatedUsersSentResult {
  code: number;
  message: RCIMIWMessage;
}

export interface OnLocalMessagesDeletedResult {
  code: number;
  messages: Array<RCIMIWMessage>;
}

export interface OnMediaMessageAttachedResult {
  message: RCIMIWMediaMessage;
}

export interface OnMediaMessageDownloadedResult {
  code: number;
  message: RCIMIWMediaMessage;
}

export interface OnMediaMessageDownloadingResult {
  message: RCIMIWMediaMessage;
  progress: number;
}

export interface OnMediaMessageSendingResult {
  message: RCIMIWMediaMessage;
  progress: number;
}

export interface OnMediaMessageSentResult {
  code: number;
  message: RCIMIWMediaMessage;
}

export interface OnMessageBlockedResult {
  info: RCIMIWBlockedMessageInfo;
}

export interface OnMessageCountLoadedResult {
  code: number;
  type: RCIMIWConversationType;
  targetId: string;
  channelId: string;
  count: number;
}

export interface OnMessageExpansionForKeysRemovedResult {
  code: number;
  messageUId: string;
  keys: Array<string>;
}

export interface OnMessageExpansionUpdatedResult {
  code: number;
  messageUId: string;
  expansion: Record<string, string>;
}

export interface OnMessageInsertedResult {
  code: number;
  message: RCIMIWMessage;
}

export interface OnMessageReceiveStatusChangedResult {
  code: number;
  messageId: number;
}

export interface OnMessageSentStatusChangedResult {
  code: number;
  messageId: number;
}

export interface OnMessagesClearedResult {
  code: number;
  type: RCIMIWConversationType;
  targetId: string;
  channelId: string;
  timestamp: number;
}

export interface OnMessagesDeletedResult {
  code: number;
  type: RCIMIWConversationType;
  targetId: string;
  channelId: string;
  messages: Array<RCIMIWMessage>;
}

export interface OnMessagesInsertedResult {
  code: number;
  messages: Array<RCIMIWMessage>;
}

export interface OnMessagesSearchedByTimeRangeResult {
  code: number;
  type: RCIMIWConversationType;
  targetId: string;
  channelId: string;
  keyword: string;
  startTime: number;
  endTime: number;
  offset: number;
  count: number;
  messages: Array<RCIMIWMessage>;
}

export interface OnMessagesSearchedByUserIdResult {
  code: number;
  userId: string;
  type: RCIMIWConversationType;
  targetId: string;
  channelId: string;
  startTime: number;
  count: number;
  messages: Array<RCIMIWMessage>;
}

export interface OnMessagesSearchedResult {
  code: number;
  type: RCIMIWConversationType;
  targetId: string;
  channelId: string;
  keyword: string;
  startTime: number;
  count: number;
  messages: Array<RCIMIWMessage>;
}

export interface OnNotificationQuietHoursChangedResult {
  code: number;
  startTime: string;
  spanMinutes: number;
  level: RCIMIWPushNotificationQuietHoursLevel;
}

export interface OnNotificationQuietHoursLoadedResult {
  code: number;
  startTime: string;
  spanMinutes: number;
  level: RCIMIWPushNotificationQuietHoursLevel;
}

export interface OnNotificationQuietHoursRemovedResult {
  code: number;
}

export interface OnPrivateReadReceiptMessageSentResult {
  code: number;
  targetId: string;
  channelId: string;
  timestamp: number;
}

export interface OnPrivateReadReceiptReceivedResult {
  targetId: string;
  channelId: string;
  timestamp: number;
}

export interface OnPushContentShowStatusChangedResult {
  code: number;
  showContent: boolean;
}

export interface OnPushLanguageChangedResult {
  code: number;
  language: string;
}

export interface OnPushReceiveStatusChangedResult {
  code: number;
  receive: boolean;
}

export interface OnRemoteMessageExpansionForKeyRemovedResult {
  message: RCIMIWMessage;
  keys: Array<string>;
}

export interface OnRemoteMessageExpansionUpdatedResult {
  expansion: Record<string, string>;
  message: RCIMIWMessage;
}

export interface OnRemoteUltraGroupMessageExpansionUpdatedResult {
  messages: Array<RCIMIWMessage>;
}

export interface OnRemoteUltraGroupMessageModifiedResult {
  messages: Array<RCIMIWMessage>;
}

export interface OnRemoteUltraGroupMessageRecalledResult {
  messages: Array<RCIMIWMessage>;
}

export interface OnSendingMediaMessageCanceledResult {
  code: number;
  message: RCIMIWMediaMessage;
}

export interface OnStreamMessageRequestCompleteResult {
  messageUId: string;
  code: number;
}

export interface OnStreamMessageRequestDataResult {
  message: RCIMIWMessage;
  chunkInfo: RCIMIWStreamMessageChunkInfo;
}

export interface OnStreamMessageRequestInitResult {
  messageUId: string;
}

export interface OnTopConversationsLoadedResult {
  code: number;
  conversationTypes: Array<RCIMIWConversationType>;
  channelId: string;
  conversations: Array<RCIMIWConversation>;
}

export interface OnTotalUnreadCountLoadedResult {
  code: number;
  channelId: string;
  count: number;
}

export interface OnTypingStatusChangedResult {
  type: RCIMIWConversationType;
  targetId: string;
  channelId: string;
  userTypingStatus: Array<RCIMIWTypingStatus>;
}

export interface OnUltraGroupAllUnreadCountLoadedResult {
  code: number;
  count: number;
}

export interface OnUltraGroupAllUnreadMentionedCountLoadedResult {
  code: number;
  count: number;
}

export interface OnUltraGroupChannelDefaultNotificationLevelChangedResult {
  code: number;
  targetId: string;
  channelId: string;
  level: RCIMIWPushNotificationLevel;
}

export interface OnUltraGroupChannelDefaultNotificationLevelLoadedResult {
  code: number;
  targetId: string;
  channelId: string;
  level: RCIMIWPushNotificationLevel;
}

export type OnUltraGroupConversationsSyncedResult = object;

export interface OnUltraGroupDefaultNotificationLevelChangedResult {
  code: number;
  targetId: string;
  level: RCIMIWPushNotificationLevel;
}

export interface OnUltraGroupDefaultNotificationLevelLoadedResult {
  code: number;
  targetId: string;
  level: RCIMIWPushNotificationLevel;
}

export interface OnUltraGroupMessageExpansionForKeysRemovedResult {
  code: number;
  messageUId: string;
  keys: Array<string>;
}

export interface OnUltraGroupMessageExpansionUpdatedResult {
  code: number;
  expansion: Record<string, string>;
  messageUId: string;
}

export interface OnUltraGroupMessageModifiedResult {
  code: number;
  messageUId: string;
}

export interface OnUltraGroupMessageRecalledResult {
  code: number;
  message: RCIMIWMessage;
  deleteRemote: boolean;
}

export interface OnUltraGroupMessagesClearedForAllChannelResult {
  code: number;
  targetId: string;
  timestamp: number;
}

export interface OnUltraGroupMessagesClearedResult {
  code: number;
  targetId: string;
  channelId: string;
  timestamp: number;
  policy: RCIMIWMessageOperationPolicy;
}

export interface OnUltraGroupReadStatusSyncedResult {
  code: number;
  targetId: string;
  channelId: string;
  timestamp: number;
}

export interface OnUltraGroupReadTimeReceivedResult {
  targetId: string;
  channelId: string;
  timestamp: number;
}

export interface OnUltraGroupTypingStatusChangedResult {
  info: Array<RCIMIWUltraGroupTypingStatusInfo>;
}

export interface OnUltraGroupTypingStatusSentResult {
  code: number;
  targetId: string;
  channelId: string;
  typingStatus: RCIMIWUltraGroupTypingStatus;
}

export interface OnUltraGroupUnreadCountLoadedResult {
  code: number;
  targetId: string;
  count: number;
}

export interface OnUltraGroupUnreadMentionedCountLoadedResult {
  code: number;
  targetId: string;
  count: number;
}

export interface OnUnreadCountByConversationTypesLoadedResult {
  code: number;
  conversationTypes: Array<RCIMIWConversationType>;
  channelId: string;
  contain: boolean;
  count: number;
}

export interface OnUnreadCountClearedResult {
  code: number;
  type: RCIMIWConversationType;
  targetId: string;
  channelId: string;
  timestamp: number;
}

export interface OnUnreadCountLoadedResult {
  code: number;
  type: RCIMIWConversationType;
  targetId: string;
  channelId: string;
  count: number;
}

export interface OnUnreadMentionedCountLoadedResult {
  code: number;
  type: RCIMIWConversationType;
  targetId: string;
  channelId: string;
  count: number;
}

export interface OnUnreadMentionedMessagesLoadedResult {
  code: number;
  type: RCIMIWConversationType;
  targetId: string;
  channelId: string;
  messages: Array<RCIMIWMessage>;
}

export interface RCIMIWDownloadMediaMessageListener extends IRCIMIWDownloadMediaMessageListener {
  onMediaMessageDownloading?: (res: { message: RCIMIWMediaMessage, progress: number }) => void;
  onDownloadingMediaMessageCanceled?: (res: { message: RCIMIWMediaMessage }) => void;
}

export interface RCIMIWSendGroupMessageToDesignatedUsersCallback extends IRCIMIWSendGroupMessageToDesignatedUsersCallback {
  onMessageSaved?: (res: { message: RCIMIWMessage }) => void;
}

export interface RCIMIWSendMediaMessageListener extends IRCIMIWSendMediaMessageListener {
  onMediaMessageSaved?: (res: { message: RCIMIWMediaMessage }) => void;
  onMediaMessageSending?: (res: { message: RCIMIWMediaMessage, progress: number }) => void;
  onSendingMediaMessageCanceled?: (res: { message: RCIMIWMediaMessage }) => void;
}
