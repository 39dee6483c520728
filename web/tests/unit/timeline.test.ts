import { describe, expect, it } from "vitest";
import { CallError, HISTORY_PAGE_SIZE } from "../../src/connection/gateway";
import type { Message } from "../../src/message/message";
import { Timeline, wantsAnswer } from "../../src/message/timeline.svelte";
import { counts, gateway, message, NOON, settled, ward } from "./builders";

/** As many as asked for, the newest first, numbered from the oldest. */
function history(all: number) {
  const messages = Array.from({ length: all }, (_, number) => message({ uid: `M${number}`, sentAt: NOON + number }));
  return async (_ref: unknown, before: number) =>
    messages
      .filter(({ sentAt }) => before === 0 || sentAt < before)
      .reverse()
      .slice(0, HISTORY_PAGE_SIZE);
}

const asked = (uid: string, change: Partial<Message> = {}) => message({ uid, receipt: { isAsked: true }, ...change });
const own = (uid: string) => message({ uid, isOwn: true });

describe("Timeline", () => {
  it("loads the newest page, then older ones until the beginning", async () => {
    const timeline = new Timeline(gateway({ history: history(HISTORY_PAGE_SIZE + 5) }), ward);
    await timeline.start();
    expect([timeline.messages.length, timeline.hasBeginning]).toEqual([HISTORY_PAGE_SIZE, false]);
    await timeline.loadOlder();
    expect([timeline.messages.length, timeline.hasBeginning]).toEqual([HISTORY_PAGE_SIZE + 5, true]);
    expect(timeline.messages[0]?.uid).toBe("M0");
  });

  it("says that a page failed, and loads it the next time", async () => {
    let isBroken = true;
    const page = history(3);
    const flaky = (ref: unknown, before: number) => (isBroken ? Promise.reject(new CallError(30002)) : page(ref, before));
    const timeline = new Timeline(gateway({ history: flaky }), ward);
    await timeline.start();
    expect(timeline.loading).toBe("failed");
    isBroken = false;
    await timeline.refresh();
    expect([timeline.loading, timeline.messages.length]).toEqual(["no", 3]);
  });

  it("gets what was missed without a connection", async () => {
    let all = 5;
    const timeline = new Timeline(gateway({ history: (ref, before) => history(all)(ref, before) }), ward);
    await timeline.start();
    all = 7;
    await timeline.refresh();
    expect(timeline.messages.map(({ uid }) => uid).at(-1)).toBe("M6");
    expect(timeline.messages).toHaveLength(7);
  });

  it("begins anew when so much was missed that there would be a gap", async () => {
    let all = 5;
    const timeline = new Timeline(gateway({ history: (ref, before) => history(all)(ref, before) }), ward);
    await timeline.start();
    timeline.received(message({ uid: undefined, key: "pending" }));
    all = 500;
    await timeline.refresh();
    expect([timeline.messages.length, timeline.hasBeginning]).toEqual([HISTORY_PAGE_SIZE + 1, false]);
    expect(timeline.messages.at(-1)?.key).toBe("pending");
  });

  it("shows what is being sent, and that it was sent, as one message", async () => {
    const pending = message({ uid: undefined, key: "p", isOwn: true, state: "sending" });
    const sent = Promise.resolve(message({ uid: "M1", key: "other", isOwn: true, receipt: { isAsked: true } }));
    const receiptCounts = async () => counts(0, 11);
    const timeline = new Timeline(gateway({ send: async () => ({ pending, sent }), receiptCounts }), ward);
    const sending = timeline.send("Hello", true);
    await Promise.resolve();
    expect(timeline.messages.map(({ state }) => state)).toEqual(["sending"]);
    await sending;
    await settled();
    expect(timeline.messages).toMatchObject([{ key: "p", state: "sent", receipt: { counts: { total: 11 } } }]);
  });

  it("gets with the next connection the counts that the last one was lost before", async () => {
    const isAsked = message({ uid: "M1", isOwn: true, receipt: { isAsked: true } });
    const pending = message({ uid: undefined, key: "p", isOwn: true, state: "sending" });
    let page: Message[] = [];
    const receiptCounts = () => Promise.reject(new CallError(30002));
    const send = async () => ({ pending, sent: Promise.resolve(isAsked) });
    const timeline = new Timeline(gateway({ history: async () => page, send, receiptCounts }), ward);
    await timeline.start();
    await timeline.send("Hello", true);
    await settled();
    expect(timeline.byUid("M1")?.receipt).toMatchObject({ isAsked: true, counts: undefined });
    page = [message({ uid: "M1", isOwn: true, receipt: { isAsked: true, counts: counts(9, 11) } })];
    await timeline.refresh();
    expect(timeline.messages).toMatchObject([{ key: "p", receipt: { counts: { read: 9 } } }]);
  });

  it("keeps what could not be sent, to be sent again", async () => {
    const pending = message({ uid: undefined, key: "p", isOwn: true, state: "sending" });
    const send = async () => ({ pending, sent: Promise.reject(new CallError(30003)) });
    const timeline = new Timeline(gateway({ send, resend: async () => message({ uid: "M1", isOwn: true }) }), ward);
    const failed = await timeline.send("Hello", false);
    expect(timeline.messages).toMatchObject([{ key: "p", state: "failed", failure: 30003 }]);
    await timeline.resend(failed);
    expect(timeline.messages).toMatchObject([{ key: "p", state: "sent", uid: "M1" }]);
    expect(timeline.messages[0]?.failure).toBeUndefined();
  });

  it("asks, and takes it back if the server refuses", async () => {
    const timeline = new Timeline(gateway({ askReceipt: () => Promise.reject(new CallError(26320)) }), ward);
    timeline.received(own("M1"));
    const asking = timeline.ask(own("M1"));
    expect(timeline.byUid("M1")?.receipt.isAsked).toBe(true);
    await asking;
    expect(timeline.byUid("M1")?.receipt).toMatchObject({ isAsked: false, failure: 26320 });
  });

  it("never counts back, in whatever order counts come", () => {
    const timeline = new Timeline(gateway({}), ward);
    timeline.received(own("M1"));
    timeline.counted("M1", counts(7, 12));
    timeline.counted("M1", counts(5, 12));
    expect(timeline.byUid("M1")?.receipt.counts?.read).toBe(7);
  });

  it("answers together what was seen, and only what was asked for", async () => {
    const answers: string[][] = [];
    const answer = async (_ref: unknown, messages: Message[]) => {
      answers.push(messages.map(({ uid }) => uid ?? ""));
      return new Map(messages.map(({ uid }) => [uid ?? "", uid === "late" ? 90001 : 0]));
    };
    const timeline = new Timeline(gateway({ answer }), ward);
    for (const one of [asked("A"), asked("late"), message({ uid: "B" }), asked("mine", { isOwn: true })]) timeline.received(one);
    await timeline.answer(timeline.messages.map(({ key }) => key));
    await timeline.answer(timeline.messages.map(({ key }) => key));
    expect(answers).toEqual([["A", "late"]]);
    expect(timeline.byUid("A")?.receipt.answer).toBe("given");
    expect(timeline.byUid("late")?.receipt.answer).toBe("notWanted");
  });

  it("tries again what could not be answered", async () => {
    const timeline = new Timeline(gateway({ answer: () => Promise.reject(new CallError(90002)) }), ward);
    timeline.received(asked("A"));
    await timeline.answer(["key of A"]);
    expect(wantsAnswer(timeline.byUid("A") as Message)).toBe(true);
  });

  it("knows what another device has asked, answered and recalled", () => {
    const timeline = new Timeline(gateway({}), ward);
    for (const uid of ["A", "B", "C"]) timeline.received(message({ uid }));
    timeline.asked("A");
    timeline.answered(["B"]);
    timeline.recalled("C");
    expect(timeline.messages.map(({ receipt, isRecalled }) => [receipt.isAsked, receipt.answer, isRecalled])).toEqual([
      [true, "none", false],
      [true, "given", false],
      [false, "none", true],
    ]);
  });
});
