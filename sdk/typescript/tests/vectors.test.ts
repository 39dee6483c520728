/** What every SDK must do alike: the session's scenarios step by step, and frames byte by byte. */

import { describe, expect, it } from "vitest";
import { ClientFrame, decode, ServerFrame } from "../src/protocol/frames.js";
import { frameOf } from "./frames_as_json.js";
import { replay } from "./replay.js";
import { scenarios, type WireVector, wireVectors } from "./vectors.js";

describe("the session does what the vectors say", () => {
  it.each(scenarios())("$name", (scenario) => replay(scenario));
});

describe("the codec reads and writes what the vectors say", () => {
  it.each(wireVectors("frames"))("$name", ({ message, bytes, json }) => {
    const frame = frameOf(message, json);
    expect(decodeAs(message, bytes)).toEqual(frame);
    expect(encodeAs(message, frame)).toBe(bytes);
  });
});

describe("the codec tolerates", () => {
  it.each(wireVectors("tolerated"))("$name", ({ message, bytes, json }) => {
    expect(decodeAs(message, bytes)).toEqual(frameOf(message, json));
  });
});

describe("the codec refuses", () => {
  it.each(wireVectors("refused"))("$name", ({ message, bytes }) => {
    expect(() => decodeAs(message, bytes)).toThrow();
  });
});

function decodeAs(message: WireVector["message"], hexadecimal: string): unknown {
  const bytes = Uint8Array.from(Buffer.from(hexadecimal, "hex"));
  return message === "ServerFrame" ? decode(bytes) : ClientFrame.decode(bytes);
}

function encodeAs(message: WireVector["message"], frame: unknown): string {
  const bytes =
    message === "ServerFrame"
      ? ServerFrame.encode(frame as ServerFrame).finish()
      : ClientFrame.encode(frame as ClientFrame).finish();
  return Buffer.from(bytes).toString("hex");
}
