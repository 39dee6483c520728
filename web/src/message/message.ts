/** One message as the page shows it. Messages are never changed, only replaced. */

import type { RCIMIWMessage } from "@seenby/rcim";

export interface Message {
  /** The page's own name for it, the same before and after sending. */
  key: string;
  /** The server's name for it, once it has one. */
  uid: string | undefined;
  conversationId: string;
  senderId: string;
  isOwn: boolean;
  /** Unix milliseconds; by this device's clock until the server has said otherwise. */
  sentAt: number;
  text: string;
  state: "sending" | "failed" | "sent";
  /** Why it could not be sent: a code. */
  failure?: number | undefined;
  isRecalled: boolean;
  receipt: Receipt;
  /** As the SDK gave it and wants it back. */
  source: RCIMIWMessage;
}

export interface Receipt {
  /** Somebody wants to know who has read this. */
  isAsked: boolean;
  /** This visitor's own part, for messages of others. */
  answer: "none" | "giving" | "given" | "notWanted";
  /** For own messages. */
  counts: ReceiptCounts | undefined;
  /** Why it could not be asked for: a code. */
  failure?: number | undefined;
}

export interface ReceiptCounts {
  read: number;
  unread: number;
  left: number;
  total: number;
}

/** Oldest first. What is still being sent stands at the end, in the order of sending. */
export function compareMessages(a: Message, b: Message): number {
  if (a.uid && b.uid) return a.sentAt - b.sentAt || (a.uid < b.uid ? -1 : Number(a.uid > b.uid));
  return Number(!a.uid) - Number(!b.uid) || a.sentAt - b.sentAt;
}

/** Puts messages among others; what is there already is replaced by what came last. */
export function mergeMessages(known: readonly Message[], more: readonly Message[]): Message[] {
  const byKey = new Map(known.map((message) => [message.key, message]));
  const keyOf = new Map(known.flatMap(({ uid, key }) => (uid ? [[uid, key] as const] : [])));
  for (const message of more) {
    const key = (message.uid && keyOf.get(message.uid)) ?? message.key;
    byKey.set(key, withLatestCounts(byKey.get(key), { ...message, key }));
    // History had it before its sender was told that it was sent.
    if (key !== message.key) byKey.delete(message.key);
    if (message.uid) keyOf.set(message.uid, key);
  }
  return [...byKey.values()].sort(compareMessages);
}

/** A page from history may have been made before an event that came first: nobody unreads. */
function withLatestCounts(known: Message | undefined, message: Message): Message {
  const { counts, isAsked, answer } = known?.receipt ?? {};
  const isNewer = (counts?.read ?? -1) > (message.receipt.counts?.read ?? -1);
  const receipt: Receipt = {
    isAsked: isAsked || message.receipt.isAsked,
    answer: answer && answer !== "none" ? answer : message.receipt.answer,
    counts: isNewer ? counts : message.receipt.counts,
  };
  return { ...message, receipt };
}
