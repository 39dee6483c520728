/** The pages of this SDK name what the engine has, and say truly what it does not have. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CALLS_NOT_SUPPORTED, Code, LISTENERS_NOT_SUPPORTED } from "../src/index.js";
import { SETTERS, SUPPORTED_CALLS } from "./engine/app.js";

const SUPPORTED = ["create", ...SUPPORTED_CALLS, ...SETTERS];
const CODES: readonly number[] = Object.values(Code);

describe.each(["typescript-sdk.md", "typescript-sdk.zh-CN.md"])("docs/%s", (name) => {
  const page = readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8");
  const tables = page.split("\n").filter((line) => line.startsWith("|"));

  it("has every method of the engine in a table", () => {
    const shown = tables.flatMap((line) => (line.split("|")[1] ?? "").match(/\w+/g) ?? []);
    expect(SUPPORTED.filter((method) => !shown.includes(method))).toEqual([]);
  });

  it("lists exactly the calls and the listeners that are not supported", () => {
    const [calls, listeners] = blocks(page, "text");
    expect(calls).toEqual([...CALLS_NOT_SUPPORTED]);
    expect(listeners).toEqual([...LISTENERS_NOT_SUPPORTED]);
  });

  it("names no code that there is not", () => {
    const named = [...page.matchAll(/\b[239]\d{4}\b/g)].map(([code]) => Number(code));
    expect(named.filter((code) => !CODES.includes(code))).toEqual([]);
  });

  it("shows the same programs in both languages", () => {
    const other = readFileSync(new URL("../../../docs/typescript-sdk.md", import.meta.url), "utf8");
    const withoutComments = (text: string) => blocks(text.replace(/\s*\/\/ .*$/gm, ""), "ts");
    expect(withoutComments(page)).toEqual(withoutComments(other));
  });
});

/** The words of each block of code in this language. */
function blocks(page: string, language: string): string[][] {
  const found = page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "gms"));
  return [...found].map(([, code = ""]) => code.split(/\s+/).filter((word) => word !== ""));
}
