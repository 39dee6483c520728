import { describe, expect, it } from "vitest";
import { PeopleList } from "../../src/receipts/people_list.svelte";
import { pagesOf, readers } from "./builders";

const ids = (list: PeopleList) => list.people.map(({ userId }) => userId).join("");

describe("PeopleList", () => {
  it("loads page after page", async () => {
    const list = new PeopleList(pagesOf(readers(..."abcde"), 2));
    await list.loadMore();
    expect([ids(list), list.total, list.isComplete]).toEqual(["ab", 5, false]);
    await list.loadUntil(100);
    expect([ids(list), list.total, list.isComplete]).toEqual(["abcde", 5, true]);
  });

  it("loads one page at a time, whoever asks", async () => {
    let calls = 0;
    const list = new PeopleList((token) => {
      calls += 1;
      return pagesOf(readers(..."abcd"), 2)(token);
    });
    await Promise.all([list.loadMore(), list.loadMore()]);
    expect([calls, ids(list)]).toEqual([1, "ab"]);
  });

  it("has nobody twice, though pages shift while they are read", async () => {
    const list = new PeopleList(pagesOf(readers(..."abab"), 2));
    await list.loadUntil(100);
    expect(ids(list)).toBe("ab");
  });

  it("puts those who are new in front", async () => {
    const list = new PeopleList(pagesOf(readers(..."ab"), 2));
    await list.loadMore();
    list.joined([
      { userId: "y", readAt: 1 },
      { userId: "z", readAt: 2 },
      { userId: "a", readAt: 3 },
    ]);
    expect(ids(list)).toBe("zyab");
  });

  it("loses those who belong elsewhere, also from pages that come later", async () => {
    const list = new PeopleList(pagesOf(readers(..."abcd"), 2));
    await list.loadMore();
    list.went(["a", "d"]);
    await list.loadMore();
    expect(ids(list)).toBe("bc");
  });

  it("says that a page failed, and tries again when told", async () => {
    let isBroken = true;
    const list = new PeopleList((token) => (isBroken ? Promise.reject(new Error()) : pagesOf(readers("a"), 2)(token)));
    await list.loadUntil(10);
    expect(list.hasFailed).toBe(true);
    isBroken = false;
    await list.retry();
    expect([list.hasFailed, ids(list)]).toEqual([false, "a"]);
  });
});
