/**
 * Whose a token is, as far as the token itself says: only the server knows whether that is true.
 *
 * An answer is kept under this name before the server has confirmed it, and sent only when it has.
 */

import { base64Decode } from "@bufbuild/protobuf/wire";
import { characters, ID_CHARACTERS_MAX } from "../conversation.js";
import { decodeUtf8 } from "../protocol/utf8.js";

/** `undefined` if this is no JWT that names a user. */
export function userIdOf(token: string): string | undefined {
  const [, payload, ...signature] = token.split(".");
  if (signature.length !== 1 || !payload || !/^[\w-]+$/.test(payload)) return undefined;
  try {
    const sub = JSON.parse(decodeUtf8(base64Decode(payload)))?.sub;
    return typeof sub === "string" && sub !== "" && characters(sub) <= ID_CHARACTERS_MAX ? sub : undefined;
  } catch {
    return undefined;
  }
}
