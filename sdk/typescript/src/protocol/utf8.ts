/**
 * Text and its bytes. Written out because uni-app and older React Native have no `TextEncoder` or `TextDecoder`; those
 * that are there are faster.
 */

/** As `TextEncoder`: half a surrogate pair becomes U+FFFD. */
export const encodeUtf8: (text: string) => Uint8Array =
  typeof TextEncoder === "undefined" ? encodeUtf8ByHand : textEncoder(new TextEncoder());

/** Throws if the bytes are not UTF-8. */
export const decodeUtf8: (bytes: Uint8Array) => string =
  typeof TextDecoder === "undefined"
    ? decodeUtf8ByHand
    : textDecoder(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }));

function textEncoder(encoder: TextEncoder): (text: string) => Uint8Array {
  return (text) => encoder.encode(text);
}

function textDecoder(decoder: TextDecoder): (bytes: Uint8Array) => string {
  return (bytes) => decoder.decode(bytes);
}

/** How many bytes a text has. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let place = 0; place < text.length; place += 1) {
    const unit = text.charCodeAt(place);
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

const REPLACEMENT = 0xfffd;

export function encodeUtf8ByHand(text: string): Uint8Array {
  // No character has more than three bytes for each of its UTF-16 units.
  const bytes = new Uint8Array(3 * text.length);
  let end = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? REPLACEMENT;
    const point = code >= 0xd800 && code < 0xe000 ? REPLACEMENT : code;
    const following = followingBytes(point);
    bytes[end++] = following === 0 ? point : LEADS[following] | (point >> (6 * following));
    for (let rest = following - 1; rest >= 0; rest -= 1) bytes[end++] = 0x80 | ((point >> (6 * rest)) & 0x3f);
  }
  return bytes.subarray(0, end);
}

/** What the first byte has, by how many follow it. */
const LEADS = [0, 0xc0, 0xe0, 0xf0] as const;

function followingBytes(point: number): 0 | 1 | 2 | 3 {
  if (point < 0x80) return 0;
  if (point < 0x800) return 1;
  return point < 0x10000 ? 2 : 3;
}

export function decodeUtf8ByHand(bytes: Uint8Array): string {
  let text = "";
  for (let place = 0; place < bytes.length; ) {
    const first = bytes[place++] as number;
    const following = first < 0x80 ? 0 : followers(first);
    let point = first & (0x7f >> (following + Math.min(following, 1)));
    for (let rest = 0; rest < following; rest += 1) {
      const next = bytes[place++];
      if (next === undefined || next >> 6 !== 2) throw notUtf8();
      point = (point << 6) | (next & 0x3f);
    }
    // Longer than need be, half a surrogate pair, or beyond Unicode.
    if (followingBytes(point) !== following || (point >= 0xd800 && point < 0xe000) || point > 0x10ffff) throw notUtf8();
    text += String.fromCodePoint(point);
  }
  return text;
}

function followers(first: number): 1 | 2 | 3 {
  if (first >> 5 === 0b110) return 1;
  if (first >> 4 === 0b1110) return 2;
  if (first >> 3 === 0b11110) return 3;
  throw notUtf8();
}

function notUtf8(): Error {
  return new RangeError("the text is not UTF-8");
}
