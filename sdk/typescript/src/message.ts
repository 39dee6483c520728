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

/** Every text that a message carries. */
export function texts({ kind, extra, userInfo, mentionedInfo, expansion }: Content): string[] {
  const said = kind?.$case === "text" ? [kind.value.text] : [kind?.value.identifier ?? "", kind?.value.fields ?? ""];
  const mentioned = mentionedInfo ? [mentionedInfo.content, ...mentionedInfo.userIds] : [];
  const entries = expansion?.entries.flatMap(({ key, value }) => [key, value]) ?? [];
  return [...said, extra, ...Object.values(userInfo ?? {}), ...mentioned, ...entries];
}

/** Bytes of a body as the server counts them. */
export function contentBytes(content: Content): number {
  return texts(content).reduce((bytes, text) => bytes + utf8Bytes(text), 0);
}
