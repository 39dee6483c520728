import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Directory } from "../../src/people/directory.svelte";
import { HUES, hueOf, initialsOf } from "../../src/people/initials";
import { gateway, ward } from "./builders";

describe("initialsOf", () => {
  it.each([
    ["Ada Lovelace", "AL"],
    ["Dr. Chen", "DC"],
    ["ada", "A"],
    ["m-0042", "M0"],
    ["élodie d'Arc", "ÉD"],
    ["王小明", "小明"],
    ["李娜", "李娜"],
    ["", "?"],
    ["…", "?"],
  ])("of %s are %s", (name, initials) => {
    expect(initialsOf(name)).toBe(initials);
  });

  it("of a group are what its name begins with", () => {
    expect(initialsOf("夜班小组", "group")).toBe("夜班");
  });
});

describe("hueOf", () => {
  it("is the same for one id, and spread over many", () => {
    expect(hueOf("ada")).toBe(hueOf("ada"));
    const hues = new Set(Array.from({ length: 200 }, (_, number) => hueOf(`m${number}`)));
    expect(hues.size).toBe(HUES);
  });
});

describe("Directory", () => {
  let asked: string[][];
  let directory: Directory;

  beforeEach(() => {
    vi.useFakeTimers();
    asked = [];
    const names = async (_ref: unknown, ids: string[]) => {
      asked.push(ids);
      return new Map(ids.filter((id) => id !== "unknown").map((id) => [id, `Name of ${id}`]));
    };
    directory = new Directory(gateway({ names }));
  });
  afterEach(() => void vi.useRealTimers());

  it("asks together for what is wanted together, and once", async () => {
    directory.want(ward, ["ada", "bao"]);
    directory.want(ward, ["bao", "carla", ""]);
    await vi.runAllTimersAsync();
    directory.want(ward, ["ada"]);
    await vi.runAllTimersAsync();
    expect(asked).toEqual([["ada", "bao", "carla"]]);
    expect(directory.nameOf("carla")).toBe("Name of carla");
  });

  it("asks for at most a hundred at a time", async () => {
    directory.want(ward, Array.from({ length: 250 }, (_, number) => `m${number}`));
    await vi.runAllTimersAsync();
    expect(asked.map(({ length }) => length)).toEqual([100, 100, 50]);
  });

  it("asks again some time after a call that failed, if the names are still wanted", async () => {
    let isBroken = true;
    const names = async (_ref: unknown, ids: string[]) => {
      asked.push(ids);
      if (isBroken) throw new Error("too many calls");
      return new Map(ids.map((id) => [id, `Name of ${id}`]));
    };
    const directory = new Directory(gateway({ names }));
    const wanted = async (afterMs: number) => {
      await vi.advanceTimersByTimeAsync(afterMs);
      directory.want(ward, ["ada"]);
      await vi.advanceTimersByTimeAsync(100);
      return [directory.nameOf("ada"), asked.length];
    };
    expect(await wanted(0)).toEqual(["ada", 1]);
    isBroken = false;
    expect(await wanted(0)).toEqual(["ada", 1]);
    expect(await wanted(10_000)).toEqual(["Name of ada", 2]);
  });

  it("shows the id of somebody without a name, and asks again only after a new connection", async () => {
    for (let round = 0; round < 2; round += 1) {
      directory.want(ward, ["unknown"]);
      await vi.runAllTimersAsync();
    }
    expect([directory.nameOf("unknown"), asked.length]).toEqual(["unknown", 1]);
    directory.forgetFailures();
    directory.want(ward, ["unknown"]);
    await vi.runAllTimersAsync();
    expect(asked).toHaveLength(2);
  });
});
