/** Frames and their codec. The types are generated from `proto/` by `npm run generate`; see there for what each means. */

import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { ClientFrame, ServerFrame } from "./seenby/v1/seenby.js";
import { decodeUtf8, encodeUtf8 } from "./utf8.js";

export * from "./seenby/v1/seenby.js";

/** What this SDK was written for; see `docs/protocol.md`. */
export const PROTOCOL_MINOR = 2;
export const ENDPOINT_PATH = "/v1/connect";
/** A client frame may have this many bytes. */
export const CLIENT_FRAME_BYTES_MAX = 160 * 1024;
/** A page of 100 messages of 128 KiB, and its envelope. */
const SERVER_FRAME_BYTES_MAX = 16 * 1024 * 1024;

export type Call = NonNullable<ClientFrame["call"]>;
export type Push = NonNullable<ServerFrame["kind"]>;

export function encode(frame: ClientFrame): Uint8Array {
  return ClientFrame.encode(frame, new BinaryWriter(encodeUtf8)).finish();
}

/** Throws if the bytes are no frame of this protocol. */
export function decode(bytes: Uint8Array): ServerFrame {
  if (bytes.length > SERVER_FRAME_BYTES_MAX) throw new RangeError("the frame is too large");
  return ServerFrame.decode(new BinaryReader(bytes, decodeUtf8));
}
