import { describe, expect, it } from "vitest";
import { forgetVisitor, parsePasted, problemOf, readVisitor } from "../../src/visitor/visitor";

function storage(): Storage {
  const items = new Map<string, string>();
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  } as unknown as Storage;
}

const link = "#app=demo&token=a.b-c_d.e";
const visitor = { appKey: "demo", token: "a.b-c_d.e" };

describe("readVisitor", () => {
  it("takes the visitor from the link, and knows it after a reload", () => {
    const kept = storage();
    expect(readVisitor(link, kept)).toEqual(visitor);
    expect(readVisitor("", kept)).toEqual(visitor);
    forgetVisitor(kept);
    expect(readVisitor("", kept)).toBeUndefined();
  });

  it.each(["", "#", "#app=demo", "#token=t", "#app=&token=t", "#something"])("finds nobody in %j", (fragment) => {
    expect(readVisitor(fragment, storage())).toBeUndefined();
  });

  it("survives a storage that is damaged or forbidden", () => {
    const damaged = storage();
    damaged.setItem("seenby.visitor", "{");
    expect(readVisitor("", damaged)).toBeUndefined();
    const forbidden = { getItem: forbid, setItem: forbid } as unknown as Storage;
    expect(readVisitor(link, forbidden)).toEqual(visitor);
    expect(readVisitor("", forbidden)).toBeUndefined();
  });
});

describe("problemOf", () => {
  it.each([
    [31004, "refused"],
    [31002, "refused"],
    [31009, "blocked"],
    [31020, "expired"],
  ])("%i is %s", (code, problem) => {
    expect(problemOf(code)).toBe(problem);
  });
});

describe("parsePasted", () => {
  it("takes a token or a link", () => {
    expect(parsePasted(" a.b-c_d.e\n", "demo")).toEqual(visitor);
    expect(parsePasted(`http://127.0.0.1:7780/${link}`, "other")).toEqual(visitor);
  });

  it("takes nothing for nothing", () => {
    expect(parsePasted("  ", "demo")).toBeUndefined();
    expect(parsePasted("token", " ")).toBeUndefined();
  });
});

function forbid(): never {
  throw new Error("forbidden");
}
