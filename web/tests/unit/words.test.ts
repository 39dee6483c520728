/** What the page says: languages, times, and the line that explains. */

import { describe, expect, it } from "vitest";
import { en } from "../../src/i18n/en";
import { preferredLanguage } from "../../src/i18n/i18n.svelte";
import { zh } from "../../src/i18n/zh";
import type { Message } from "../../src/message/message";
import { type Scene, storyOf } from "../../src/story/story";
import { dayName, duration, readingTime, shortTime } from "../../src/time/format";
import { counts, message, MINUTE, NOON } from "./builders";

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe("preferredLanguage", () => {
  it.each([
    [null, ["zh-TW", "en"], "zh"],
    [null, ["en-US", "zh"], "en"],
    [null, ["fr", "zh-CN", "en"], "zh"],
    [null, ["fr"], "en"],
    [null, [], "en"],
    ["zh", ["en"], "zh"],
    ["xx", ["en"], "en"],
  ])("of %j and %j is %s", (kept, wanted, tag) => {
    expect(preferredLanguage(kept, wanted)).toBe(tag);
  });
});

describe("times", () => {
  it("name the days that are near", () => {
    expect(dayName("en", NOON, NOON + HOUR)).toBe("Today");
    expect(dayName("en", NOON, NOON + DAY)).toBe("Yesterday");
    expect(dayName("zh", NOON, NOON + DAY)).toBe("昨天");
    expect(dayName("en", NOON, NOON + 3 * DAY)).toBe("Tuesday 10 March");
    expect(dayName("en", NOON, NOON + 400 * DAY)).toContain("2026");
  });

  it("are as exact as they have to be", () => {
    expect(shortTime("en", NOON, NOON)).toBe("12:00");
    expect(shortTime("en", NOON, NOON + DAY)).toBe("10 Mar");
    expect(readingTime("en", NOON + 5_000, NOON + HOUR)).toBe("12:00:05");
    expect(readingTime("en", NOON, NOON + DAY)).toBe("10 Mar 12:00");
  });

  it.each([
    [0, "1s", "1秒"],
    [59_999, "59s", "59秒"],
    [MINUTE, "1m", "1分钟"],
    [3 * HOUR + MINUTE, "3h", "3小时"],
    [2 * DAY, "2d", "2天"],
  ])("say how long %i ms are", (ms, inEnglish, inChinese) => {
    expect(duration("en", ms)).toBe(inEnglish);
    expect(duration("zh", ms)).toBe(inChinese);
  });
});

describe("storyOf", () => {
  const own = (read: number, total: number) =>
    message({ isOwn: true, receipt: { isAsked: true, counts: counts(read, total) } });
  const theirs = (answer: Message["receipt"]["answer"]) => message({ receipt: { isAsked: true, answer } });

  function told(change: Partial<Scene>): string {
    const scene: Scene = {
      connection: "connected",
      visitorName: "Dr. Chen",
      memberCount: 12,
      messages: [],
      isSheetOpen: false,
      nameOf: () => "Ada",
      ...change,
    };
    return storyOf(scene, en);
  }

  it.each<[Partial<Scene>, string]>([
    [{ memberCount: undefined }, en.story.choose("Dr. Chen")],
    [{}, en.story.invite(11)],
    [{ messages: [own(0, 11)] }, en.story.asked(11)],
    [{ messages: [own(7, 11)] }, en.story.progress(7, 11, 4)],
    [{ messages: [own(11, 11)] }, en.story.complete(11)],
    [{ messages: [own(7, 11), theirs("none")] }, en.story.receiverAsked("Ada")],
    [{ messages: [theirs("given")] }, en.story.receiverGiven("Ada")],
    [{ messages: [theirs("given")], isSheetOpen: true }, en.story.panel],
    [{ messages: [theirs("giving")], connection: "offline" }, en.story.offline(1)],
    [{ connection: "connecting" }, en.story.connecting],
    [{ connection: "signedOut" }, en.story.signedOut],
    [{ connection: "refused" }, en.story.refused],
    [{ connection: "blocked" }, en.story.blocked],
  ])("explains %#", (scene, line) => {
    expect(told(scene)).toBe(line);
  });
});

describe("texts", () => {
  it("are not empty in any language", () => {
    for (const texts of [en, zh]) {
      const plain = JSON.stringify(texts);
      expect(plain).not.toContain('""');
    }
  });

  it("give a reason for what failed, in words or by its code", () => {
    for (const t of [en, zh]) {
      expect(t.notSent(t.reasons[30016] ?? "")).toMatch(/long|过长/);
      expect(t.otherReason(90010)).toContain("90010");
    }
    expect(Object.keys(zh.reasons)).toEqual(Object.keys(en.reasons));
  });

  it("count people right", () => {
    expect(en.members(1)).toBe("1 member");
    expect(en.members(5_000)).toBe("5,000 members");
    expect(en.story.progress(11, 12, 1)).toContain("1 person has not");
    expect(zh.members(5_000)).toBe("5,000 位成员");
  });
});
