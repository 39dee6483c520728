/** The files of `vectors/`. */

import { readdirSync, readFileSync } from "node:fs";
import type { JsonValue } from "./frames_as_json.js";

const vectors = new URL("../../../vectors/", import.meta.url);

export interface Scenario {
  name: string;
  steps: Step[];
}
export type Step = Record<string, JsonValue> & { do: string };

export interface WireVector {
  name: string;
  message: "ClientFrame" | "ServerFrame";
  bytes: string;
  json: JsonValue;
}

export function scenarios(): Scenario[] {
  const files = readdirSync(new URL("session/", vectors)).filter((file) => file.endsWith(".json"));
  return files.map((file) => read(`session/${file}`) as Scenario);
}

export function wireVectors(file: "frames" | "tolerated" | "refused"): WireVector[] {
  return read(`wire/${file}.json`) as WireVector[];
}

function read(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, vectors), "utf8"));
}
