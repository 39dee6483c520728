import { describe, expect, it } from "vitest";
import type { Message } from "../../src/message/message";
import { rowsOf } from "../../src/message/rows";
import { message, MINUTE, NOON } from "./builders";

const DAY = 24 * 60 * MINUTE;

function said(uid: string, sentAt: number, senderId = "ada"): Message {
  return message({ uid, key: uid, sentAt, senderId, isOwn: senderId === "me" });
}

/** A row in short: `A` stands alone, `A-` begins a run, `-A-` is within one, `-A` ends it. */
function drawn(messages: Message[], readThrough?: number): string[] {
  return rowsOf(messages, readThrough).map((row) => {
    if (row.kind !== "message") return row.kind;
    return `${row.isFirst ? "" : "-"}${row.message.uid}${row.isLast ? "" : "-"}`;
  });
}

describe("rowsOf", () => {
  it("has nothing for nothing", () => {
    expect(rowsOf([])).toEqual([]);
  });

  it("begins each day with its date", () => {
    expect(drawn([said("A", NOON), said("B", NOON + DAY)])).toEqual(["day", "A", "day", "B"]);
  });

  it("joins what one person says without a long pause", () => {
    const messages = [said("A", NOON), said("B", NOON + 1), said("C", NOON + 2), said("D", NOON + 9 * MINUTE)];
    expect(drawn(messages)).toEqual(["day", "A-", "-B-", "-C", "D"]);
  });

  it("keeps people apart", () => {
    expect(drawn([said("A", NOON), said("B", NOON + 1, "bao")])).toEqual(["day", "A", "B"]);
  });

  it("marks where the new ones of others begin", () => {
    const messages = [said("A", NOON), said("B", NOON + 1, "me"), said("C", NOON + 2), said("D", NOON + 3)];
    expect(drawn(messages, NOON)).toEqual(["day", "A", "B", "new", "C-", "-D"]);
  });

  it("marks nothing where everything is new, or nothing is", () => {
    expect(drawn([said("A", NOON)], 0)).toEqual(["day", "A"]);
    expect(drawn([said("A", NOON), said("B", NOON + 1)], NOON + 1)).toEqual(["day", "A-", "-B"]);
  });

  it("gives every row a key of its own", () => {
    const rows = rowsOf([said("A", NOON), said("B", NOON + DAY), said("C", NOON + 2 * DAY)], NOON);
    expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length);
  });
});
