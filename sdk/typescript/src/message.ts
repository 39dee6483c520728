/** Messages, from the application to the wire and back. */

import type { Content } from "./protocol/frames.js";
import { characters } from "./conversation.js";

const UID_CHARACTERS_MAX = 64;

export function isUid(uid: string): boolean {
  return uid !== "" && uid.length <= 2 * UID_CHARACTERS_MAX && characters(uid) <= UID_CHARACTERS_MAX;
}

/** Bytes of a body as the server counts them. */
export function contentBytes({ kind, extra }: Content): number {
  if (kind?.$case === "text") return utf8Bytes(kind.value.text) + utf8Bytes(extra);
  if (kind?.$case === "custom") return utf8Bytes(kind.value.identifier) + utf8Bytes(kind.value.fields) + utf8Bytes(extra);
  return utf8Bytes(extra);
}

function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let place = 0; place < text.length; place += 1) {
    const unit = text.charCodeAt(place);
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
