import { describe, expect, it } from "vitest";
import { halfReadAfter, readingCurve } from "../../src/receipts/reading_curve";
import { NOON } from "./builders";

const input = { from: NOON, until: NOON + 10_000, newest: [] as number[], read: 0, total: 10 };

describe("readingCurve", () => {
  it("is flat while nobody has read", () => {
    const { line, height, guess } = readingCurve(input);
    expect(line).toBe(`M0 ${height}L320 ${height}`);
    expect(guess).toBe("");
  });

  it("reaches the top when everybody has read", () => {
    const { end } = readingCurve({ ...input, newest: [NOON + 5_000], read: 1, total: 1 });
    expect(end.y).toBe(0);
  });

  it("rises at the times of reading", () => {
    const { line, height } = readingCurve({ ...input, newest: [NOON + 5_000, NOON + 2_500], read: 2, total: 4 });
    expect(line).toContain(`L80 ${height * 0.75}`);
    expect(line).toContain(`L160 ${height * 0.5}`);
  });

  it("only guesses before the readers that are known", () => {
    const { guess, line, height } = readingCurve({ ...input, newest: [NOON + 5_000], read: 8, total: 8 });
    expect(guess).toBe(`M0 ${height}L160 0`);
    expect(line.startsWith("M160 0")).toBe(true);
  });

  it("stays small for many readers", () => {
    const newest = Array.from({ length: 5_000 }, (_, back) => NOON + 5_000 - back);
    expect(readingCurve({ ...input, newest, read: 5_000, total: 5_000 }).line.length).toBeLessThan(4_000);
  });

  it("has room for a reader whose clock runs ahead", () => {
    const { until } = readingCurve({ ...input, until: NOON, newest: [NOON + 60_000], read: 1, total: 2 });
    expect(until).toBe(NOON + 60_000);
  });
});

describe("halfReadAfter", () => {
  it("is the time of the reader who made it half", () => {
    const newest = [NOON + 4_000, NOON + 3_000, NOON + 2_000, NOON + 1_000];
    expect(halfReadAfter({ ...input, newest, read: 4, total: 4 })).toBe(2_000);
    expect(halfReadAfter({ ...input, newest, read: 4, total: 5 })).toBe(3_000);
  });

  it("is not there before half have read, nor when that reader is not known", () => {
    expect(halfReadAfter({ ...input, newest: [NOON + 1_000], read: 1, total: 3 })).toBeUndefined();
    expect(halfReadAfter({ ...input, newest: [NOON + 1_000], read: 9, total: 10 })).toBeUndefined();
    expect(halfReadAfter({ ...input, newest: [], read: 0, total: 0 })).toBeUndefined();
  });
});
