/** Callbacks of calls that the vendor's package for React Native does not have yet, in its manner. */

import type { RCIMIWReadReceiptInfoV5, RCIMIWReadReceiptUsersResult, RCIMIWUserInfo } from "../rcim/types.js";
import type { IRCIMIWObjectCallback } from "./vendor_callbacks.js";

export interface IRCIMIWOperationCallback {
  onSuccess?: () => void;
  onError?: (code: number) => void;
}

export type IRCIMIWSendReadReceiptResponseV5Callback = IRCIMIWOperationCallback;
export type IRCIMIWGetMessageReadReceiptInfoV5Callback = IRCIMIWObjectCallback<RCIMIWReadReceiptInfoV5[]>;
export type IRCIMIWGetMessagesReadReceiptUsersByPageV5Callback = IRCIMIWObjectCallback<RCIMIWReadReceiptUsersResult>;
export type IRCIMIWGetMessagesReadReceiptByUsersV5Callback = IRCIMIWObjectCallback<RCIMIWReadReceiptUsersResult>;
/** An addition. */
export type IRCIMIWGetUserInfosCallback = IRCIMIWObjectCallback<RCIMIWUserInfo[]>;
