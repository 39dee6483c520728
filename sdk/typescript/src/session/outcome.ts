/** What comes out of a session: things to do, results of commands, and news for the application. */

import type { Conversation } from "../conversation.js";
import type { Change } from "../memory.js";
import type { Message, ReceiptCounts, Reply } from "../protocol/frames.js";

/** Names a command, to tell its outcome. */
export type CallId = number;

/** What the driver has to do. */
export type Action =
  /** Open a connection, then call `handleOpened`, or `handleClosed` if it cannot be opened. */
  | { kind: "connect" }
  /** Close the connection, or stop opening it. Nothing of it may be handed in from now on, not even that it closed. */
  | { kind: "close" }
  /** Ask for a newer token of the same user, then call `handleToken` or `handleNoToken`. */
  | { kind: "renewToken" }
  /** Read what is remembered of this user, then call `handleLoaded` or `handleLoadFailed`. */
  | { kind: "load"; userId: string }
  /** Remember these changes, in order, then call `handleSaved` or `handleSaveFailed`. */
  | { kind: "save"; userId: string; changes: Change[] };

/** The result of a command. Each command has exactly one, and before it an answer that is not refused is kept. */
export type Outcome =
  /** Of `connect`: the user who signed in, or the code that says why nobody has; with 34001 who is, if that is known. */
  | { kind: "connected"; call: CallId; code: number; userId?: string }
  /** Of `call`: the server's reply, or one made here with a code that says why there is none. */
  | { kind: "replied"; call: CallId; reply: Reply }
  /** Of `answer`: the storage has it, or else the server has settled it. Until then it may be lost. */
  | { kind: "kept"; call: CallId }
  /** Of `answer`. Without a response nothing was kept. */
  | { kind: "answered"; call: CallId; code: number; response?: ReceiptResponse };

/** The result of one answer, message by message, in the order of the call. */
export interface ReceiptResponse {
  conversation: Conversation;
  results: ReceiptResult[];
}

export interface ReceiptResult {
  messageUid: string;
  /** 0 if the answer counts, now or since earlier. */
  code: number;
}

/** The code of the whole call: the first that is not a success. */
export function responseCode(response: ReceiptResponse): number {
  return response.results.find(({ code }) => code !== 0)?.code ?? 0;
}

export interface Reader {
  userId: string;
  /** When the first answer was accepted: Unix milliseconds by the server's clock. */
  readAtMs: number;
}

/** What the application is told unasked. */
export type SessionEvent =
  | { kind: "connectionStatusChanged"; status: ConnectionStatus }
  /** `left`: how many more entries of this conversation wait. `offline`: it was said before this connection was made. */
  | { kind: "messageReceived"; conversation: Conversation; message: Message; left: number; offline: boolean }
  /** Not by this device. */
  | { kind: "messageRecalled"; conversation: Conversation; messageUid: string; senderUserId: string }
  | {
      kind: "groupMessageReadReceiptRequestReceived";
      conversation: Conversation;
      messageUid: string;
      senderUserId: string;
    }
  | ReadersEvent
  /** The final result of an answer that was kept from an earlier run. */
  | { kind: "groupReadReceiptResponseSent"; code: number; response: ReceiptResponse }
  /** Another device of this user asked for a receipt. */
  | { kind: "receiptRequestedElsewhere"; conversation: Conversation; messageUid: string }
  /** Another device of this user has answered. */
  | { kind: "receiptsAnswered"; conversation: Conversation; messageUids: string[] };

/** Everybody who has read an own message so far, in the order of reading, and those who are new. */
export interface ReadersEvent {
  kind: "groupMessageReadReceiptResponseReceived";
  conversation: Conversation;
  messageUid: string;
  respondUserIds: Reader[];
  newReaders: Reader[];
  counts: ReceiptCounts;
}

/** The numbers are those of the vendor's `RCIMIWConnectionStatus`. */
export const ConnectionStatus = {
  CONNECTED: 1,
  CONNECTING: 2,
  /** Nobody has tried to connect yet. */
  UNCONNECTED: 3,
  KICKED_BY_OTHER_DEVICE: 4,
  TOKEN_INCORRECT: 5,
  USER_BLOCKED: 6,
  SIGNED_OUT: 7,
  /** Lost, or not to be made; the engine tries again by itself. */
  SUSPENDED: 8,
  TIMED_OUT: 9,
  /** The server refused the connection for another reason. */
  REFUSED: 10,
} as const;
export type ConnectionStatus = (typeof ConnectionStatus)[keyof typeof ConnectionStatus];
