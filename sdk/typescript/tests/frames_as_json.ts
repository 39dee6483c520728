/**
 * Frames in the JSON of `vectors/`, read by Protobuf-ES from the descriptors of `proto/`: a second opinion on what the
 * generated codec of the SDK makes of the bytes.
 */

import { execFileSync } from "node:child_process";
import { createFileRegistry, fromBinary, fromJson, type JsonValue } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

export type { JsonValue };
export type FrameName = "ClientFrame" | "ServerFrame" | "Reply";

const buf = new URL("../node_modules/.bin/buf", import.meta.url).pathname;
const proto = new URL("../../../proto", import.meta.url).pathname;
const descriptors = execFileSync(buf, ["build", proto, "-o", "-#format=binpb"], { timeout: 60_000 });
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptors));

/** The frame that this JSON is, as the generated codec has it. */
export function frameOf<Frame>(name: FrameName, json: JsonValue): Frame {
  const descriptor = registry.getMessage(`seenby.v1.${name}`);
  if (!descriptor) throw new Error(`proto/ has no ${name}`);
  return withNamesOfCodec(fromJson(descriptor, json)) as Frame;
}

/** The codec says `$case` for `case`, `number` for `bigint`, and nothing of types and unknown fields. */
function withNamesOfCodec(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(withNamesOfCodec);
  if (typeof value !== "object" || value === null) return value;
  if ("case" in value) return oneof(value);
  const fields = Object.entries(value).filter(([name]) => !name.startsWith("$"));
  return Object.fromEntries(fields.map(([name, field]) => [name, withNamesOfCodec(field)]));
}

function oneof(choice: { case: unknown; value?: unknown }): unknown {
  return choice.case === undefined ? undefined : { $case: choice.case, value: withNamesOfCodec(choice.value) };
}
