/** The order in which listeners and callbacks get on React Native what stands in one object elsewhere. */

import type { ListenerResults } from "../rcim/listeners.js";

export const POSITIONS = {
  onSuccess: ["t"],
  onError: ["code"],
  onMessageSaved: ["message"],
  onConnectionStatusChanged: ["status"],
  onConnected: ["code", "userId"],
  onDatabaseOpened: ["code"],
  onMessageReceived: ["message", "left", "offline", "hasPackage"],
  onMessageAttached: ["message"],
  onMessageSent: ["code", "message"],
  onMessagesLoaded: ["code", "type", "targetId", "channelId", "sentTime", "order", "messages"],
  onMessageRecalled: ["code", "message"],
  onRemoteMessageRecalled: ["message"],
  onGroupMessageReadReceiptRequestReceived: ["targetId", "messageUId", "channelId", "conversationType", "senderUserId"],
  onGroupMessageReadReceiptResponseReceived: [
    "targetId",
    "messageUId",
    "respondUserIds",
    "channelId",
    "conversationType",
    "readCount",
    "unreadCount",
    "leftCount",
    "totalCount",
    "readers",
  ],
  onGroupReadReceiptRequestSent: ["code", "message"],
  onGroupReadReceiptResponseSent: ["code", "targetId", "channelId", "messages", "results"],
  onMessageReadReceiptV5Received: ["responses"],
  onReadReceiptRequestedElsewhere: ["targetId", "messageUId", "channelId", "conversationType"],
  onReadReceiptsAnsweredElsewhere: ["targetId", "messageUIds", "channelId", "conversationType"],
} as const satisfies Record<keyof ListenerResults | "onSuccess" | "onError" | "onMessageSaved", readonly string[]>;

/** The callback of an answer has no names of the conversation: the code and then the messages. */
export const RESPONSE_CALLBACK_POSITIONS = ["code", "messages", "results"] as const;

export type Name = keyof typeof POSITIONS;

/** A function that gets the values of a result one by one. */
export type Positional<Result, Order extends readonly string[]> = (...values: Values<Result, Order>) => void;
type Values<Result, Order extends readonly string[]> = { [Place in keyof Order]: Value<Result, Order[Place]> };
type Value<Result, Field> = Field extends "respondUserIds"
  ? Map<string, number>
  : Field extends keyof Result
    ? Result[Field]
    : undefined;

/** Readers go out as a real `Map`. */
export function inOrder(result: object, order: readonly string[]): unknown[] {
  return order.map((field) => {
    const value: unknown = Reflect.get(result, field);
    return field === "respondUserIds" ? new Map(value as Iterable<[string, number]>) : value;
  });
}
