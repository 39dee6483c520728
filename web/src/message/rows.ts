/** What stands in a conversation, from top to bottom: messages, days between them, and where the new ones begin. */

import type { Message } from "./message";

export type Row =
  | { kind: "day"; key: string; at: number }
  | { kind: "new"; key: string }
  | {
      kind: "message";
      key: string;
      message: Message;
      /** The first of several by the same person: it has the name. */
      isFirst: boolean;
      /** The last of them: it has the picture. */
      isLast: boolean;
    };

/** People who pause longer than this begin anew. */
const RUN_PAUSE_MS = 5 * 60_000;

/** `readThrough`: messages of others sent later are new; without it none is. */
export function rowsOf(messages: readonly Message[], readThrough?: number): Row[] {
  const rows: Row[] = [];
  let hasMark = readThrough === undefined;
  messages.forEach((message, place) => {
    const before = messages[place - 1];
    if (!before || !isSameDay(before.sentAt, message.sentAt)) {
      rows.push({ kind: "day", key: `day ${dayOf(message.sentAt)}`, at: message.sentAt });
    }
    if (!hasMark && !message.isOwn && message.sentAt > (readThrough ?? 0)) {
      hasMark = true;
      // Nothing was read before: everything is new, and a mark above everything says nothing.
      if (before) rows.push({ kind: "new", key: "new" });
    }
    const isFirst = rows.at(-1)?.kind !== "message" || !belongTogether(before, message);
    const isLast = !belongTogether(message, messages[place + 1]);
    rows.push({ kind: "message", key: message.key, message, isFirst, isLast });
  });
  return rows;
}

function belongTogether(a: Message | undefined, b: Message | undefined): boolean {
  if (!a || !b || a.senderId !== b.senderId) return false;
  return b.sentAt - a.sentAt < RUN_PAUSE_MS && isSameDay(a.sentAt, b.sentAt);
}

function isSameDay(a: number, b: number): boolean {
  return dayOf(a) === dayOf(b);
}

function dayOf(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}
