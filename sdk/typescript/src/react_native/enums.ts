/** The enums of `@seenby/rcim` with their members in capitals, as React Native's have them: `GROUP` for `group`. */

import * as enums from "../rcim/enums.js";

type Capitals<Name extends string> = Name extends `${infer Letter}${infer Rest}`
  ? `${Capital<Letter>}${Capitals<Rest>}`
  : "";
/** A digit is neither a small letter nor a large one. */
type Capital<Letter extends string> = Letter extends Lowercase<Letter> ? Uppercase<Letter> : `_${Letter}`;

type InCapitals<Members> = { readonly [Name in keyof Members as Capitals<Name & string>]: Members[Name] };

function inCapitals<Members extends object>(members: Members): InCapitals<Members> {
  const named = Object.entries(members).filter(([, number]) => typeof number === "number");
  const capital = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
  return Object.fromEntries(named.map(([name, number]) => [capital(name), number])) as InCapitals<Members>;
}

export const RCIMIWConversationType = inCapitals(enums.RCIMIWConversationType);
export type RCIMIWConversationType = enums.RCIMIWConversationType;
export const RCIMIWErrorCode = inCapitals(enums.RCIMIWErrorCode);
export type RCIMIWErrorCode = enums.RCIMIWErrorCode;
export const RCIMIWConnectionStatus = inCapitals(enums.RCIMIWConnectionStatus);
export type RCIMIWConnectionStatus = enums.RCIMIWConnectionStatus;
export const RCIMIWMessageType = inCapitals(enums.RCIMIWMessageType);
export type RCIMIWMessageType = enums.RCIMIWMessageType;
export const RCIMIWMessageDirection = inCapitals(enums.RCIMIWMessageDirection);
export type RCIMIWMessageDirection = enums.RCIMIWMessageDirection;
export const RCIMIWSentStatus = inCapitals(enums.RCIMIWSentStatus);
export type RCIMIWSentStatus = enums.RCIMIWSentStatus;
export const RCIMIWReceivedStatus = inCapitals(enums.RCIMIWReceivedStatus);
export type RCIMIWReceivedStatus = enums.RCIMIWReceivedStatus;
export const RCIMIWCustomMessagePolicy = inCapitals(enums.RCIMIWCustomMessagePolicy);
export type RCIMIWCustomMessagePolicy = enums.RCIMIWCustomMessagePolicy;
export const RCIMIWTimeOrder = inCapitals(enums.RCIMIWTimeOrder);
export type RCIMIWTimeOrder = enums.RCIMIWTimeOrder;
export const RCIMIWMessageOperationPolicy = inCapitals(enums.RCIMIWMessageOperationPolicy);
export type RCIMIWMessageOperationPolicy = enums.RCIMIWMessageOperationPolicy;
export const RCIMIWLogLevel = inCapitals(enums.RCIMIWLogLevel);
export type RCIMIWLogLevel = enums.RCIMIWLogLevel;
export const RCIMIWMentionedType = inCapitals(enums.RCIMIWMentionedType);
export type RCIMIWMentionedType = enums.RCIMIWMentionedType;
export const RCIMIWReadReceiptStatus = inCapitals(enums.RCIMIWReadReceiptStatus);
export type RCIMIWReadReceiptStatus = enums.RCIMIWReadReceiptStatus;
export const RCIMIWReadReceiptOrder = inCapitals(enums.RCIMIWReadReceiptOrder);
export type RCIMIWReadReceiptOrder = enums.RCIMIWReadReceiptOrder;
export const RCIMIWBlacklistStatus = inCapitals(enums.RCIMIWBlacklistStatus);
export type RCIMIWBlacklistStatus = enums.RCIMIWBlacklistStatus;
/** The one whose members have small letters there. */
export const RCIMIWChatRoomEntriesOperationType = { Update: 0, Remove: 1 } as const;
export type RCIMIWChatRoomEntriesOperationType = enums.RCIMIWChatRoomEntriesOperationType;
export const RCIMIWChatRoomMemberActionType = inCapitals(enums.RCIMIWChatRoomMemberActionType);
export type RCIMIWChatRoomMemberActionType = enums.RCIMIWChatRoomMemberActionType;
export const RCIMIWChatRoomStatus = inCapitals(enums.RCIMIWChatRoomStatus);
export type RCIMIWChatRoomStatus = enums.RCIMIWChatRoomStatus;
export const RCIMIWImportanceHW = inCapitals(enums.RCIMIWImportanceHW);
export type RCIMIWImportanceHW = enums.RCIMIWImportanceHW;
export const RCIMIWMessageBlockType = inCapitals(enums.RCIMIWMessageBlockType);
export type RCIMIWMessageBlockType = enums.RCIMIWMessageBlockType;
export const RCIMIWPushNotificationLevel = inCapitals(enums.RCIMIWPushNotificationLevel);
export type RCIMIWPushNotificationLevel = enums.RCIMIWPushNotificationLevel;
export const RCIMIWPushNotificationQuietHoursLevel = inCapitals(enums.RCIMIWPushNotificationQuietHoursLevel);
export type RCIMIWPushNotificationQuietHoursLevel = enums.RCIMIWPushNotificationQuietHoursLevel;
export const RCIMIWUltraGroupTypingStatus = inCapitals(enums.RCIMIWUltraGroupTypingStatus);
export type RCIMIWUltraGroupTypingStatus = enums.RCIMIWUltraGroupTypingStatus;
export const RCIMIWVIVOPushType = inCapitals(enums.RCIMIWVIVOPushType);
export type RCIMIWVIVOPushType = enums.RCIMIWVIVOPushType;
