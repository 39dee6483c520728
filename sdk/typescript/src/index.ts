/**
 * Group read receipts on a Seenby server, with the call names of RongCloud's `RCIMIWEngine`.
 *
 * ```ts
 * import RCIMIWEngine, { RCIMIWConversationType } from "@seenby/rcim";
 *
 * const engine = await RCIMIWEngine.create("seenby", { naviServer: "ws://127.0.0.1:7780" });
 * engine?.setOnGroupMessageReadReceiptResponseReceivedListener(({ messageUId, respondUserIds }) => {
 *   console.log(messageUId, Object.keys(respondUserIds));
 * });
 * await engine?.connect("token from my back end", 30, { onConnected: ({ code, userId }) => console.log(code, userId) });
 * ```
 */

export { Code } from "./codes.js";
export { RCIMIWEngine, RCIMIWEngine as default } from "./engine.js";
export type { Clock, Dialer, Eventual, Random, Socket, SocketListener, Storage, Wakeups } from "./ports.js";
export type * from "./rcim/callbacks.js";
export * from "./rcim/enums.js";
export type * from "./rcim/listeners.js";
export { CALLS_NOT_SUPPORTED, LISTENERS_NOT_SUPPORTED, MESSAGES_NOT_SUPPORTED } from "./rcim/not_supported.js";
export type * from "./rcim/types.js";
export type * from "./rcim/vendor_callbacks.js";
export type * from "./rcim/vendor_types.js";
export type { RespondUserIds } from "./respond_user_ids.js";
export {
  type UniSockets,
  uniDialer,
  type WebSocketConstructor,
  type WebSocketLike,
  webSocketDialer,
} from "./socket.js";
export { type AsyncStorage, asyncStorage } from "./storage/async.js";
export { indexedDbStorage } from "./storage/indexed_db.js";
export { memoryStorage } from "./storage/memory.js";
export { type UniStorage, uniStorage } from "./storage/uni.js";
export { type WebStorage, webStorage } from "./storage/web.js";
export {
  type AppStateLike,
  type Browser,
  browserWakeups,
  type NetInfoLike,
  reactNativeWakeups,
  type UniLifecycle,
  uniWakeups,
} from "./wakeups.js";
