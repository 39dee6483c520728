// Written by scripts/vendor.mjs from vendor/. Do not edit.

import type { RCIMIWChatRoomMemberActionType, RCIMIWConversationType, RCIMIWImportanceHW, RCIMIWImportanceHonor, RCIMIWMessageAuditType, RCIMIWMessageBlockType, RCIMIWUltraGroupTypingStatus, RCIMIWVIVOPushType } from "../rcim/enums.js";
import type { RCIMIWConversation, RCIMIWMediaMessage, RCIMIWMessage } from "../rcim/types.js";

export interface RCIMIWAndroidPushOptions {
  notificationId?: string;
  channelIdMi?: string;
  channelIdHW?: string;
  categoryHW?: string;
  channelIdOPPO?: string;
  pushTypeVIVO?: RCIMIWVIVOPushType;
  collapseKeyFCM?: string;
  imageUrlFCM?: string;
  importanceHW?: RCIMIWImportanceHW;
  imageUrlHW?: string;
  channelIdFCM?: string;
  categoryVivo?: string;
  importanceHonor?: RCIMIWImportanceHonor;
  imageUrlHonor?: string;
}

export interface RCIMIWBlockedMessageInfo {
  conversationType?: RCIMIWConversationType;
  targetId?: string;
  blockedMsgUId?: string;
  blockType?: RCIMIWMessageBlockType;
  extra?: string;
}

export interface RCIMIWChatRoomMemberAction {
  userId?: string;
  actionType?: RCIMIWChatRoomMemberActionType;
}

export interface RCIMIWCommandMessage extends RCIMIWMessage {
  name?: string;
  data?: string;
}

export interface RCIMIWCommandNotificationMessage extends RCIMIWMessage {
  name?: string;
  data?: string;
}

export interface RCIMIWCompressOptions {
  originalImageQuality?: number;
  originalImageSize?: number;
  originalImageMaxSize?: number;
  thumbnailQuality?: number;
  thumbnailMaxSize?: number;
  thumbnailMinSize?: number;
  sightCompressWidth?: number;
  sightCompressHeight?: number;
  locationThumbnailQuality?: number;
  locationThumbnailWidth?: number;
  locationThumbnailHeight?: number;
}

export interface RCIMIWFileMessage extends RCIMIWMediaMessage {
  name?: string;
  fileType?: string;
  size?: number;
}

export interface RCIMIWGIFMessage extends RCIMIWMediaMessage {
  dataSize?: number;
  width?: number;
  height?: number;
}

export interface RCIMIWHarmonyPushOptions {
  imageUrl?: string;
  category?: string;
}

export interface RCIMIWIOSPushOptions {
  threadId?: string;
  category?: string;
  apnsCollapseId?: string;
  richMediaUri?: string;
  interruptionLevel?: string;
}

export interface RCIMIWImageMessage extends RCIMIWMediaMessage {
  thumbnailBase64String?: string;
  original?: boolean;
  thumWidth?: number;
  thumHeight?: number;
}

export interface RCIMIWLocationMessage extends RCIMIWMessage {
  longitude?: number;
  latitude?: number;
  poiName?: string;
  thumbnailPath?: string;
}

export interface RCIMIWMessageAuditInfo {
  auditType?: RCIMIWMessageAuditType;
  project?: string;
  strategy?: string;
}

export interface RCIMIWMessagePushOptions {
  disableNotification?: boolean;
  disablePushTitle?: boolean;
  pushTitle?: string;
  pushContent?: string;
  pushData?: string;
  forceShowDetailContent?: boolean;
  templateId?: string;
  voIPPush?: boolean;
  iOSPushOptions?: RCIMIWIOSPushOptions;
  androidPushOptions?: RCIMIWAndroidPushOptions;
  harmonyPushOptions?: RCIMIWHarmonyPushOptions;
}

export interface RCIMIWNativeCustomMediaMessage extends RCIMIWMediaMessage {
  fields?: Record<string, unknown>;
  searchableWords?: string[];
  messageIdentifier?: string;
}

export interface RCIMIWNativeCustomMessage extends RCIMIWMessage {
  fields?: Record<string, unknown>;
  searchableWords?: string[];
  messageIdentifier?: string;
}

export interface RCIMIWPushOptions {
  idMI?: string;
  appKeyMI?: string;
  appIdMeizu?: string;
  appKeyMeizu?: string;
  appKeyOPPO?: string;
  appSecretOPPO?: string;
  enableHWPush?: boolean;
  enableFCM?: boolean;
  enableVIVOPush?: boolean;
  enableHonorPush?: boolean;
}

export interface RCIMIWReceivedStatusInfo {
  read?: boolean;
  listened?: boolean;
  downloaded?: boolean;
  retrieved?: boolean;
}

export interface RCIMIWReferenceInfo {
  senderId?: string;
  messageUId?: string;
  objectName?: string;
  content?: RCIMIWMessage;
}

export interface RCIMIWReferenceMessage extends RCIMIWMessage {
  text?: string;
  referenceMessage?: RCIMIWMessage;
}

export interface RCIMIWSearchConversationResult {
  conversation?: RCIMIWConversation;
  count?: number;
}

export interface RCIMIWSightMessage extends RCIMIWMediaMessage {
  duration?: number;
  size?: number;
  name?: string;
  thumbnailBase64String?: string;
}

export interface RCIMIWStreamMessage extends RCIMIWMessage {
  content?: string;
  type?: string;
  complete?: boolean;
  sync?: boolean;
  completeReason?: number;
  stopReason?: number;
  referMsg?: RCIMIWReferenceInfo;
}

export interface RCIMIWStreamMessageChunkInfo {
  content?: string;
}

export interface RCIMIWStreamMessageRequestParams {
  messageUId?: string;
}

export interface RCIMIWTypingStatus {
  userId?: string;
  contentType?: string;
  sentTime?: number;
}

export interface RCIMIWUltraGroupTypingStatusInfo {
  targetId?: string;
  channelId?: string;
  userId?: string;
  userNums?: number;
  status?: RCIMIWUltraGroupTypingStatus;
  timestamp?: number;
}

export interface RCIMIWVoiceMessage extends RCIMIWMediaMessage {
  duration?: number;
  numberOfChannels?: number;
  sampleRate?: number;
  format?: string;
}
