import { describe, expect, it } from "vitest";
import { EnterKey, type Key } from "../../src/message/enter_key";

const ENTER = 13;
const INPUT_METHOD = 229;

function key(change: Partial<Key> = {}): Key {
  return { key: "Enter", keyCode: ENTER, shiftKey: false, isComposing: false, timeStamp: 1_000, ...change };
}

describe("Enter", () => {
  it("sends, and with shift makes a new line", () => {
    expect(new EnterKey().sends(key())).toBe(true);
    expect(new EnterKey().sends(key({ shiftKey: true }))).toBe(false);
    expect(new EnterKey().sends(key({ key: "a" }))).toBe(false);
  });

  it("chooses a word while an input method composes, however the browser says so", () => {
    // Chromium and Firefox, Windows.
    expect(new EnterKey().sends(key({ isComposing: true }))).toBe(false);
    expect(new EnterKey().sends(key({ keyCode: INPUT_METHOD, key: "Process" }))).toBe(false);
    // Safari says 229 with `isComposing` false.
    expect(new EnterKey().sends(key({ keyCode: INPUT_METHOD }))).toBe(false);
  });

  it("ends a composition where that is over before the key goes down, and sends at the next stroke", () => {
    const enter = new EnterKey();
    enter.compositionEnded({ timeStamp: 1_000 });
    expect(enter.sends(key({ timeStamp: 999 }))).toBe(false);
    enter.released();
    expect(enter.sends(key({ timeStamp: 1_100 }))).toBe(true);
  });

  it("sends at once after a word was chosen with another key", () => {
    const enter = new EnterKey();
    expect(enter.sends(key({ key: " ", keyCode: INPUT_METHOD, isComposing: true }))).toBe(false);
    enter.compositionEnded({ timeStamp: 1_000 });
    enter.released();
    expect(enter.sends(key({ timeStamp: 1_050 }))).toBe(true);
  });

  it("sends when a word was chosen with the mouse some time ago", () => {
    const enter = new EnterKey();
    enter.compositionEnded({ timeStamp: 1_000 });
    expect(enter.sends(key({ timeStamp: 2_000 }))).toBe(true);
  });
});
