import { beforeEach, describe, expect, it } from "vitest";
import { ScreenWatch } from "../../src/receipts/screen_watch";
import { SeenTracker } from "../../src/receipts/seen_tracker";
import { FakeClock } from "./builders";

let clock: FakeClock;
let tracker: SeenTracker;
let seen: string[][];

beforeEach(() => {
  clock = new FakeClock();
  seen = [];
  tracker = new SeenTracker({ dwellMs: 500, gatherMs: 150, after: clock.after, onSeen: (keys) => seen.push(keys) });
});

describe("SeenTracker", () => {
  it("reports a message that was on screen for half a second", () => {
    tracker.shown("A");
    clock.pass(649);
    expect(seen).toEqual([]);
    clock.pass(1);
    expect(seen).toEqual([["A"]]);
  });

  it("does not report what was scrolled past", () => {
    tracker.shown("A");
    clock.pass(499);
    tracker.hidden("A");
    clock.pass(10_000);
    expect(seen).toEqual([]);
  });

  it("counts from the start when a message comes back", () => {
    tracker.shown("A");
    clock.pass(400);
    tracker.hidden("A");
    tracker.shown("A");
    clock.pass(400);
    expect(seen).toEqual([]);
    clock.pass(250);
    expect(seen).toEqual([["A"]]);
  });

  it("reports together what is seen within a moment", () => {
    tracker.shown("A");
    clock.pass(100);
    tracker.shown("B");
    clock.pass(2_000);
    expect(seen).toEqual([["A", "B"]]);
  });

  it("waits while nobody looks", () => {
    tracker.shown("A");
    clock.pass(300);
    tracker.setAttention(false);
    tracker.shown("B");
    clock.pass(10_000);
    expect(seen).toEqual([]);
    tracker.setAttention(true);
    clock.pass(649);
    expect(seen).toEqual([]);
    clock.pass(1);
    expect(seen).toEqual([["A", "B"]]);
  });

  it("reports once, however often it is told that a message is there", () => {
    tracker.shown("A");
    clock.pass(300);
    tracker.shown("A");
    clock.pass(10_000);
    expect(seen).toEqual([["A"]]);
  });

  it("still reports what was seen when it is stopped, and nothing after", () => {
    tracker.shown("A");
    clock.pass(500);
    tracker.shown("B");
    tracker.stop();
    clock.pass(10_000);
    expect(seen).toEqual([["A"]]);
  });
});

describe("ScreenWatch", () => {
  it("goes on watching a message while others come", () => {
    const screen = new ScreenWatch(tracker, () => undefined);
    expect(screen.of("A")).toBe(screen.of("A"));
    expect(screen.of("A")).not.toBe(screen.of("B"));
  });
});
