import { describe, expect, it } from "vitest";
import { mergeMessages } from "../../src/message/message";
import { counts, message, NOON } from "./builders";

describe("mergeMessages", () => {
  it("puts them in the order of sending, and what is not sent yet last", () => {
    const pending = message({ uid: undefined, key: "p", sentAt: NOON - 5 });
    const [a, b] = [message({ uid: "A", sentAt: NOON + 1 }), message({ uid: "B", sentAt: NOON })];
    expect(mergeMessages([pending, a], [b]).map(({ key }) => key)).toEqual([b.key, a.key, "p"]);
  });

  it("keeps the order of those that were sent in the same millisecond", () => {
    const merged = mergeMessages([message({ uid: "B" })], [message({ uid: "A" })]);
    expect(merged.map(({ uid }) => uid)).toEqual(["A", "B"]);
  });

  it("has a message once, though it comes under another key", () => {
    const merged = mergeMessages([message({ uid: "A", key: "sent here" })], [message({ uid: "A", key: "from history" })]);
    expect(merged.map(({ key }) => key)).toEqual(["sent here"]);
  });

  it("has a message once, though history had it before its sender knew", () => {
    const pending = message({ uid: undefined, key: "p", state: "sending" });
    const fromHistory = mergeMessages([pending], [message({ uid: "A", key: "h" })]);
    expect(mergeMessages(fromHistory, [message({ uid: "A", key: "p" })])).toHaveLength(1);
  });

  it("never counts back", () => {
    const known = message({ isOwn: true, receipt: { isAsked: true, counts: counts(5, 10) } });
    const [merged] = mergeMessages([known], [message({ isOwn: true, receipt: { isAsked: true, counts: counts(3, 10) } })]);
    expect(merged?.receipt.counts?.read).toBe(5);
  });

  it("does not forget that an answer is on its way", () => {
    const [merged] = mergeMessages([message({ receipt: { isAsked: true, answer: "giving" } })], [message()]);
    expect(merged?.receipt).toMatchObject({ isAsked: true, answer: "giving" });
  });
});
