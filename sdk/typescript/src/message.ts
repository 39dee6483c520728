/** Messages, from the application to the wire and back. */

import { characters } from "./conversation.js";
import type { Content } from "./protocol/frames.js";
import { utf8Bytes } from "./protocol/utf8.js";

/** A body may have this many bytes. */
export const CONTENT_BYTES_MAX = 128 * 1024;
const UID_CHARACTERS_MAX = 64;

export function isUid(uid: string): boolean {
  return uid !== "" && uid.length <= 2 * UID_CHARACTERS_MAX && characters(uid) <= UID_CHARACTERS_MAX;
}

/** Bytes of a body as the server counts them. */
export function contentBytes({ kind, extra }: Content): number {
  if (kind?.$case === "text") return utf8Bytes(kind.value.text) + utf8Bytes(extra);
  if (kind?.$case === "custom")
    return utf8Bytes(kind.value.identifier) + utf8Bytes(kind.value.fields) + utf8Bytes(extra);
  return utf8Bytes(extra);
}
