/** What people write turns nothing but itself. */

import { describe, expect, it } from "vitest";
import { conversationInfoOf, messageOf } from "../../src/connection/from_rcim";
import { en } from "../../src/i18n/en";
import { zh } from "../../src/i18n/zh";
import { balanced, isolated } from "../../src/people/bidi";

const [LRE, RLE, PDF, LRO, RLO] = ["\u202A", "\u202B", "\u202C", "\u202D", "\u202E"];
const [LRI, RLI, FSI, PDI] = ["\u2066", "\u2067", "\u2068", "\u2069"];

describe("balanced", () => {
  it.each([
    ["", ""],
    ["Ada", "Ada"],
    ["عائشة", "عائشة"],
    ["\u200Fשרה\u200E", "\u200Fשרה\u200E"],
    [`Ada${RLO}`, `Ada${RLO}${PDF}`],
    [`${LRE}a${RLE}b${LRO}c`, `${LRE}a${RLE}b${LRO}c${PDF}${PDF}${PDF}`],
    [`${LRI}a${RLI}b${FSI}c`, `${LRI}a${RLI}b${FSI}c${PDI}${PDI}${PDI}`],
    // What would end the isolation around it is left out, with what it was to let through.
    [`Ada${PDI}${RLO}`, `Ada${RLO}${PDF}`],
    [`Ada${PDF}${PDI}${PDI}`, "Ada"],
    [`${RLI}שרה${PDI} ok`, `${RLI}שרה${PDI} ok`],
    // An isolate ends the embeddings within it, and an embedding no isolate.
    [`${LRI}${RLO}a${PDI}b${PDF}`, `${LRI}${RLO}a${PDI}b`],
    [`${RLO}${LRI}a${PDF}`, `${RLO}${LRI}a${PDI}${PDF}`],
    [`one${RLO}\ntwo${PDF}`, `one${RLO}${PDF}\ntwo`],
  ])("of %j is %j", (text, expected) => {
    expect(balanced(text)).toBe(expected);
    expect(balanced(expected)).toBe(expected);
  });

  it("leaves nothing open, whatever the text is", () => {
    const characters = [LRE, RLE, PDF, LRO, RLO, LRI, RLI, FSI, PDI, "a", "א", "\n"];
    let seed = 1;
    const next = () => (seed = (seed * 48_271) % 2_147_483_647);
    for (let round = 0; round < 2_000; round += 1) {
      const text = Array.from({ length: next() % 12 }, () => characters[next() % characters.length]).join("");
      for (const line of balanced(text).split("\n")) expect(leftOpen(line), JSON.stringify(text)).toEqual([]);
    }
  });
});

/** By the rules of the bidirectional algorithm: a `PDI` without its beginning counts as left open, for what is around it. */
function leftOpen(line: string): string[] {
  const open: string[] = [];
  for (const character of line) {
    if ([LRI, RLI, FSI].includes(character)) open.push(PDI);
    if ([LRE, RLE, LRO, RLO].includes(character)) open.push(PDF);
    if (character === PDF && open.at(-1) === PDF) open.pop();
    if (character !== PDI) continue;
    const begin = open.lastIndexOf(PDI);
    if (begin < 0) return [PDI];
    open.length = begin;
  }
  return open;
}

describe("what people are called and what they say", () => {
  it("is isolated in every sentence that names them", () => {
    for (const t of [en, zh]) {
      const sentences = [
        t.messageFrom("X"),
        t.announceMessage("X", "X"),
        t.story.choose("X"),
        t.story.receiverAsked("X"),
        t.story.receiverGiven("X"),
      ];
      for (const sentence of sentences) expect(sentence.replaceAll(isolated("X"), "")).not.toContain("X");
    }
  });

  it("is balanced where it comes from the server", () => {
    const evil = `Ada${PDI}${RLO}`;
    expect(messageOf({ messageUId: "M1", text: evil } as object).text).toBe(balanced(evil));
    expect(conversationInfoOf({ title: evil }).title).toBe(balanced(evil));
    expect(conversationInfoOf({ targetId: evil }).title).toBe(balanced(evil));
  });
});
