/** Enums by the vendor's names and numbers, as its uni-app engine has them. */

export enum RCIMIWConversationType {
  invalid = 0,
  private = 1,
  group = 2,
  chatroom = 3,
  system = 4,
  ultraGroup = 5,
}

/** The wrapper's own codes. All others are in the table of status codes: see `Code`. */
export enum RCIMIWErrorCode {
  success = 0,
  paramError = 1,
  engineDestroyed = 2,
  nativeOperationError = 3,
  resultUnknown = 4,
}

export enum RCIMIWConnectionStatus {
  networkUnavailable = 0,
  connected = 1,
  connecting = 2,
  unconnected = 3,
  kickedOfflineByOtherClient = 4,
  tokenIncorrect = 5,
  connUserBlocked = 6,
  signOut = 7,
  /** Lost, or not to be made; the engine tries again by itself. */
  suspend = 8,
  timeout = 9,
  unknown = 10,
}

/** As in the newest typings: 15 was `nativeCustomMedia` up to 5.12. */
export enum RCIMIWMessageType {
  unknown = 0,
  custom = 1,
  text = 2,
  voice = 3,
  image = 4,
  file = 5,
  sight = 6,
  gif = 7,
  recall = 8,
  reference = 9,
  command = 10,
  commandNotification = 11,
  location = 12,
  userCustom = 13,
  nativeCustom = 14,
  stream = 15,
  nativeCustomMedia = 16,
  groupNotification = 17,
  combineV2 = 18,
}

export enum RCIMIWMessageDirection {
  send = 0,
  receive = 1,
}

export enum RCIMIWSentStatus {
  sending = 0,
  failed = 1,
  sent = 2,
  received = 3,
  read = 4,
  destroyed = 5,
  canceled = 6,
}

export enum RCIMIWReceivedStatus {
  unread = 0,
  read = 1,
  listened = 2,
  downloaded = 3,
  retrieved = 4,
  multipleReceive = 5,
}

export enum RCIMIWCustomMessagePolicy {
  command = 0,
  normal = 1,
  status = 2,
  storage = 3,
}

export enum RCIMIWTimeOrder {
  before = 0,
  after = 1,
}

/** Taken and not looked at: history is the server's. */
export enum RCIMIWMessageOperationPolicy {
  local = 0,
  remote = 1,
  localRemote = 2,
}

export enum RCIMIWLogLevel {
  none = 0,
  error = 1,
  warn = 2,
  info = 3,
  debug = 4,
  verbose = 5,
}

export enum RCIMIWMentionedType {
  all = 0,
  part = 1,
}

export enum RCIMIWAreaCode {
  bj = 0,
  sg = 1,
  na = 2,
  sgB = 3,
  sa = 4,
}

export enum RCIMIWReadReceiptStatus {
  read = 0,
  unread = 1,
  /** An addition: people who were asked and left the group without answering. */
  left = 2,
}

export enum RCIMIWReadReceiptOrder {
  descending = 0,
  ascending = 1,
}

/** Seenby serves 1 and 4 at once. */
export enum RCIMIWGroupReadReceiptVersion {
  unknown = 0,
  version1 = 1,
  version2 = 2,
  version4 = 3,
  version5 = 4,
}

// What follows is about things that Seenby does not have; an app that names them links.

export enum RCIMIWBlacklistStatus {
  unknown = 0,
  inBlacklist = 1,
  notInBlacklist = 2,
}

export enum RCIMIWChatRoomEntriesOperationType {
  update = 0,
  remove = 1,
}

export enum RCIMIWChatRoomMemberActionType {
  unknown = 0,
  join = 1,
  leave = 2,
}

export enum RCIMIWChatRoomStatus {
  reset = 0,
  destroyManual = 1,
  destroyAuto = 2,
}

export enum RCIMIWImportanceHW {
  normal = 0,
  low = 1,
}

export enum RCIMIWImportanceHonor {
  normal = 0,
  low = 1,
}

export enum RCIMIWMessageAuditType {
  disallow = 0,
  allow = 1,
}

export enum RCIMIWMessageBlockType {
  unknown = 0,
  global = 1,
  custom = 2,
  thirdParty = 3,
}

export enum RCIMIWNativeCustomMessagePersistentFlag {
  none = 0,
  persisted = 1,
  counted = 2,
  status = 3,
}

export enum RCIMIWPushNotificationLevel {
  allMessage = 0,
  none = 1,
  mention = 2,
  mentionUsers = 3,
  mentionAll = 4,
  blocked = 5,
}

export enum RCIMIWPushNotificationQuietHoursLevel {
  none = 0,
  mentionMessage = 1,
  blocked = 2,
}

export enum RCIMIWPushType {
  iOS = 0,
  unknown = 1,
  rong = 2,
  huawei = 3,
  xiaomi = 4,
  googleFCM = 5,
  googleGCM = 6,
  meizu = 7,
  vivo = 8,
  oppo = 9,
  honor = 10,
}

export enum RCIMIWUltraGroupTypingStatus {
  text = 0,
}

export enum RCIMIWVIVOPushType {
  operate = 0,
  system = 1,
}
