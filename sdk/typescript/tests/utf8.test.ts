/** The codec for platforms without `TextEncoder` gives what that gives. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeUtf8, decodeUtf8ByHand, encodeUtf8ByHand, utf8Bytes } from "../src/protocol/utf8.js";

const texts = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }));
/** Single UTF-16 units, so that pairs are broken. */
const units = fc.array(fc.integer({ min: 0xd700, max: 0xe0ff }), { maxLength: 8 });
/** Bytes with which characters of several bytes begin and go on. */
const oddBytes = fc.array(
  fc.constantFrom(0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xa0, 0xef, 0xf0, 0xf4, 0x90, 0xff),
);

describe("texts", () => {
  it("have the bytes that the platform would give them", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const bytes = new TextEncoder().encode(text);
        expect([...encodeUtf8ByHand(text)]).toEqual([...bytes]);
        expect(utf8Bytes(text)).toBe(bytes.length);
        expect(decodeUtf8ByHand(bytes)).toBe(text);
        expect(decodeUtf8(bytes)).toBe(text);
      }),
    );
  });

  it("with half a character have a replacement for it", () => {
    fc.assert(
      fc.property(units, (codes) => {
        const text = String.fromCharCode(...codes);
        expect([...encodeUtf8ByHand(text)]).toEqual([...new TextEncoder().encode(text)]);
      }),
    );
  });

  it("begin with a byte order mark only if somebody wrote one", () => {
    expect(decodeUtf8(encodeUtf8ByHand("\ufeffx"))).toBe("\ufeffx");
    expect(decodeUtf8ByHand(encodeUtf8ByHand("\ufeffx"))).toBe("\ufeffx");
  });

  it("are not made of bytes that are not UTF-8", () => {
    const reading = (read: (bytes: Uint8Array) => string, bytes: number[]) => {
      try {
        return read(Uint8Array.from(bytes));
      } catch {
        return undefined;
      }
    };
    const anyBytes = fc.array(fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.oneof(oddBytes, anyBytes), (bytes) => {
        expect(reading(decodeUtf8ByHand, bytes)).toBe(reading(decodeUtf8, bytes));
      }),
      { numRuns: 2_000 },
    );
  });
});
