/** Interfaces by the vendor's names. Members that say "an addition" are Seenby's own. */

import type { Clock, Dialer, Random, Storage, Wakeups } from "../ports.js";
import type { RespondUserIds } from "../respond_user_ids.js";
import type { WebSocketConstructor } from "../socket.js";
import type {
  RCIMIWAreaCode,
  RCIMIWConversationType,
  RCIMIWCustomMessagePolicy,
  RCIMIWGroupReadReceiptVersion,
  RCIMIWLogLevel,
  RCIMIWMentionedType,
  RCIMIWMessageDirection,
  RCIMIWMessageType,
  RCIMIWReadReceiptOrder,
  RCIMIWReadReceiptStatus,
  RCIMIWReceivedStatus,
  RCIMIWSentStatus,
} from "./enums.js";
import type {
  RCIMIWCompressOptions,
  RCIMIWMessageAuditInfo,
  RCIMIWMessagePushOptions,
  RCIMIWPushOptions,
} from "./vendor_types.js";

/** Options of the engine. */
export interface RCIMIWEngineOptions {
  /** The Seenby server: `ws://`, `wss://`, `http://` or `https://`. `ws://127.0.0.1:7780` if it is not given. */
  naviServer?: string;
  /** Not looked at: there are no files. */
  fileServer?: string;
  /** Not looked at: no statistics are sent. */
  statisticServer?: string;
  /** Not looked at: no logs are sent. */
  logServer?: string;
  /** Not looked at: there is none. */
  cloudControlServer?: string;
  /** Not looked at: `naviServer` says where the server is. */
  areaCode?: RCIMIWAreaCode;
  /** Not looked at: `naviServer` says where the server is. */
  environment?: string;
  /** Not looked at: the server decides how many devices a user may have. */
  kickReconnectDevice?: boolean;
  /** Not looked at: there are no files. */
  compressOptions?: RCIMIWCompressOptions;
  /** What goes to the console. Warnings and errors, if it is not given. */
  logLevel?: RCIMIWLogLevel;
  /** Not looked at: there is no push. */
  pushOptions?: RCIMIWPushOptions;
  /** Not looked at: there is no push. */
  enablePush?: boolean;
  /** Not looked at: there are no processes beside this one. */
  enableIPC?: boolean;

  /** An addition: the `WebSocket` to use, such as that of the package `ws` on Node before 22. */
  webSocket?: WebSocketConstructor;
  /** An addition: how to connect, where there is no `WebSocket`; see `uniDialer`. */
  dialer?: Dialer;
  /**
   * An addition: where to remember answers that were not sent, and how far this device is. The browser's `localStorage`
   * or the storage of uni-app, if it is not given and there is one; else nothing outlives the process.
   */
  storage?: Storage;
  /**
   * An addition: gives a newer token of the same user, now or later, when the server says that the present one has
   * expired or is not valid. Nothing ends the sign-in with the server's code; after an error it is asked again. Without
   * one the sign-in ends then.
   */
  tokenSource?: () => string | null | undefined | Promise<string | null | undefined>;
  /**
   * An addition: what tells that the network or the app is back, so that the connection is looked at without delay. What
   * browsers and uni-app tell, if it is not given; see `reactNativeWakeups`.
   */
  wakeups?: Wakeups;
  /** An addition: hears why there is no engine, before `create` gives `null`. On React Native there is no `null`. */
  onCreateFailed?: (failure: RCIMIWCreateFailure) => void;
  /** An addition, for tests. */
  clock?: Clock;
  /** An addition, for tests. */
  random?: Random;
}

/** An addition: why `create` has made no engine. */
export interface RCIMIWCreateFailure {
  /** 1: the App Key or `naviServer` cannot be; 33001: there is no way to connect; 3: anything else. */
  code: number;
  /** For people, in English; the console says the same. */
  message: string;
}

export interface RCIMIWMessage {
  /** A group, if it is not given; with a `channelId`, an ultra group. */
  conversationType?: RCIMIWConversationType;
  messageType?: RCIMIWMessageType;
  targetId?: string;
  channelId?: string;
  /** This device's own number of the message. By it an object that is sent again is known. */
  messageId?: number;
  /** The server's name for the message; not there until it is sent. */
  messageUId?: string;
  offLine?: boolean;
  groupReadReceiptInfo?: RCIMIWGroupReadReceiptInfo;
  /** Unix milliseconds by this device's clock. */
  receivedTime?: number;
  /** Unix milliseconds by the server's clock. */
  sentTime?: number;
  receivedStatus?: RCIMIWReceivedStatus;
  sentStatus?: RCIMIWSentStatus;
  senderUserId?: string;
  direction?: RCIMIWMessageDirection;
  /** What the sender says of itself; carried along, and checked by nobody. */
  userInfo?: RCIMIWUserInfo;
  mentionedInfo?: RCIMIWMentionedInfo;
  /** Not looked at: there is no push. */
  pushOptions?: RCIMIWMessagePushOptions;
  /** Free text of the application, carried along. */
  extra?: string;
  /** Not looked at: nothing is kept beside a message on this device. */
  localExtra?: string;
  /** Texts of the application by key, carried along. */
  expansion?: Record<string, string>;
  /** Carried: with it a message has an `expansion`, if only an empty one. */
  canIncludeExpansion?: boolean;
  /** Not looked at, and not given: the message stays until it is recalled or too old. */
  destructDuration?: number;
  /** Not looked at, and not given: nobody examines messages. */
  auditInfo?: RCIMIWMessageAuditInfo;
  /** Refused with 90012, unless it is empty: a message goes to all members of its group. */
  directedUserIds?: string[];
  /** Set before sending: ask for a receipt in the same step. */
  needReceipt?: boolean;
  /** This user has answered (V5); the same as `groupReadReceiptInfo.hasRespond`. */
  sentReceipt?: boolean;
}

export interface RCIMIWTextMessage extends RCIMIWMessage {
  text?: string;
}

export interface RCIMIWCustomMessage extends RCIMIWMessage {
  identifier?: string;
  policy?: RCIMIWCustomMessagePolicy;
  fields?: Record<string, string>;
  /**
   * An addition: `fields` as the sender wrote them, on messages that come: JavaScript rounds large numbers. A message that
   * is sent on carries them, unless `fields` has been changed.
   */
  fieldsText?: string;
}

export interface RCIMIWMediaMessage extends RCIMIWMessage {
  local?: string;
  remote?: string;
}

/** Who has recalled it is not said: its sender, or a back end. */
export interface RCIMIWRecallNotificationMessage extends RCIMIWMessage {
  admin?: boolean;
  deleted?: boolean;
  /** Sent time of the message that was recalled. */
  recallTime?: number;
  recallActionTime?: number;
  originalMessage?: RCIMIWMessage;
}

export interface RCIMIWUnknownMessage extends RCIMIWMessage {
  rawData?: string;
  objectName?: string;
}

/** A group, or one channel of an ultra group. Unread counts are the application's. */
export interface RCIMIWConversation {
  conversationType?: RCIMIWConversationType;
  targetId?: string;
  channelId?: string;
  /** The newest that is not recalled. */
  lastMessage?: RCIMIWMessage;
  /** An addition: the group's title. */
  title?: string;
  /** An addition: how many people are in the group now. */
  memberCount?: number;
}

export interface RCIMIWGroupReadReceiptInfo {
  /** A receipt was asked for. */
  readReceiptMessage?: boolean;
  /** I have answered (receivers). */
  hasRespond?: boolean;
  /**
   * Who has read, and when (the sender): everybody up to 1,000 readers, the newest 1,000 beyond. `Object.keys` of it is
   * not in the order of reading if user ids are numbers; `readers` is.
   */
  respondUserIds?: RespondUserIds;
  /** An addition: the same as a list, in the order of reading. */
  readers?: RCIMIWReader[];
  /** An addition, like the three that follow (the sender). `totalCount` = `readCount` + `unreadCount`. */
  readCount?: number;
  unreadCount?: number;
  /** People who were asked and left the group without answering. */
  leftCount?: number;
  totalCount?: number;
}

/** An addition. */
export interface RCIMIWReader {
  userId: string;
  /** When the first answer was accepted: Unix milliseconds by the server's clock. */
  timestamp: number;
}

export interface RCIMIWUserInfo {
  userId?: string;
  name?: string;
  portrait?: string;
  alias?: string;
  extra?: string;
}

export interface RCIMIWMentionedInfo {
  type?: RCIMIWMentionedType;
  userIdList?: string[];
  mentionedContent?: string;
}

export interface RCIMIWAppSettings {
  speechToTextEnable?: boolean;
  messageModifiableMinutes?: number;
  readReceiptVersion?: RCIMIWGroupReadReceiptVersion;
}

export interface RCIMIWMessageIdentifier {
  conversationType?: RCIMIWConversationType;
  targetId?: string;
  channelId?: string;
  messageUId?: string;
}

export interface RCIMIWReadReceiptUsersOption {
  /** Empty or not there for the first page, then that of the page before. */
  pageToken?: string;
  /** 1 to 100. */
  pageCount?: number;
  /** By time of reading. The other lists have one order only. */
  order?: RCIMIWReadReceiptOrder;
  readStatus?: RCIMIWReadReceiptStatus;
}

export interface RCIMIWReadReceiptUsersResult {
  /** Empty on the last page. */
  pageToken?: string;
  /** Length of the whole list; 0 when people were asked for by name. */
  totalCount?: number;
  users?: RCIMIWReadReceiptUser[];
}

export interface RCIMIWReadReceiptUser {
  userId?: string;
  /** Unix milliseconds; 0 if this user has not read. */
  timestamp?: number;
  /** An addition: in which list this user stands. */
  readStatus?: RCIMIWReadReceiptStatus;
}

export interface RCIMIWReadReceiptInfoV5 extends RCIMIWMessageIdentifier {
  messageUId?: string;
  readCount?: number;
  unreadCount?: number;
  totalCount?: number;
  /** An addition. */
  leftCount?: number;
  /** An addition: 0, or why this message has no counts. */
  code?: number;
}

export interface RCIMIWReadReceiptResponseV5 extends RCIMIWMessageIdentifier {
  /** Those who are new since the event before. */
  users?: RCIMIWReadReceiptUser[];
  readCount?: number;
  unreadCount?: number;
  totalCount?: number;
  /** An addition. */
  leftCount?: number;
}
