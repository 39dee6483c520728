/** What the page asks of the server and hears from it, in the page's own words. Tests have a gateway of their own. */

import type { ConversationRef } from "../conversation/conversation";
import type { Message, ReceiptCounts } from "../message/message";

/** The vendor's numbers, by what the page makes of them. */
export type ConnectionState = "connecting" | "connected" | "offline" | "signedOut" | "refused" | "blocked";

export interface ConversationInfo {
  ref: ConversationRef;
  title: string;
  memberCount: number;
  lastMessage: Message | undefined;
}

export type ReceiptList = "read" | "unread" | "left";

export interface Reader {
  userId: string;
  /** Unix milliseconds; 0: has not read. */
  readAt: number;
}

export interface PeoplePage {
  people: Reader[];
  /** Length of the whole list. */
  total: number;
  /** Empty on the last page. */
  next: string;
}

export interface GatewayEvents {
  connectionChanged(state: ConnectionState): void;
  messageReceived(message: Message, ref: ConversationRef): void;
  messageRecalled(uid: string): void;
  /** By somebody else, or by this visitor on another device. */
  receiptAsked(uid: string, ref: ConversationRef): void;
  /** Readers of an own message that are new, and the counts after them. */
  readersChanged(uid: string, newReaders: Reader[], counts: ReceiptCounts): void;
  /** On another device of this visitor. */
  answeredElsewhere(uids: string[]): void;
}

export interface Gateway {
  /** Resolves to the visitor's own user id. */
  connect(token: string, events: GatewayEvents): Promise<string>;
  close(): Promise<void>;
  conversations(): Promise<ConversationInfo[]>;
  /** Messages sent before this moment, the newest first; 0 for the newest of all. */
  history(ref: ConversationRef, before: number): Promise<Message[]>;
  /** The message as it stands in the list from now on, and as it is when it has been sent or has failed. */
  send(ref: ConversationRef, text: string, asksReceipt: boolean): Promise<{ pending: Message; sent: Promise<Message> }>;
  resend(message: Message): Promise<Message>;
  askReceipt(message: Message): Promise<void>;
  /** Each message's own code, by its uid. */
  answer(ref: ConversationRef, messages: Message[]): Promise<Map<string, number>>;
  receiptCounts(ref: ConversationRef, uid: string): Promise<ReceiptCounts>;
  receiptPeople(ref: ConversationRef, uid: string, list: ReceiptList, page: string): Promise<PeoplePage>;
  names(ref: ConversationRef, userIds: string[]): Promise<Map<string, string>>;
}

/** A call that did not work, with the code from the table of status codes. */
export class CallError extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`the call ended with code ${code}`);
    this.code = code;
  }
}

/** Why a call did not work; 3, "failed inside", if it does not say. */
export function codeOf(error: unknown): number {
  return error instanceof CallError ? error.code : 3;
}

export const PAGE_SIZE = 100;
/** Two or three screens. */
export const HISTORY_PAGE_SIZE = 40;
