import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { BrowserContextOptions } from "playwright-core";
import { describe, expect, it } from "vitest";
import { ownDemo } from "./demo";
import { eventually, PHONE, unique, Visitor, withBrowser } from "./visitors";

withBrowser();

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  id: string;
  nodes: { html: string; failureSummary: string }[];
}

async function violations({ page }: Visitor): Promise<string[]> {
  // Run past the page's policy, which would forbid it as a script of the page.
  await page.evaluate(axe);
  // What still moves has colours of its own.
  await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => {}))));
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    return (await axe.run()).violations;
  });
  return found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`));
}

const looks: [string, BrowserContextOptions][] = [
  ["light", { colorScheme: "light", reducedMotion: "reduce" }],
  ["dark", { colorScheme: "dark", reducedMotion: "reduce" }],
  ["light on a phone", { colorScheme: "light", reducedMotion: "reduce", viewport: PHONE, hasTouch: true }],
  ["dark on a phone", { colorScheme: "dark", reducedMotion: "reduce", viewport: PHONE, hasTouch: true }],
  ["Chinese", { locale: "zh-CN", reducedMotion: "reduce" }],
];

describe.each(looks)("%s", (_name, options) => {
  it("has no violations on any view", async () => {
    const demo = await ownDemo();
    const chen = await Visitor.arrives(demo.link("Dr. Chen"), options);
    const found: Record<string, string[]> = { groups: await violations(chen) };
    await chen.group("Campus").click();
    await chen.page.getByRole("article").last().waitFor();
    found.conversation = await violations(chen);
    await chen.looksWhoHasRead("Flu shots");
    await chen.sheet.getByRole("listitem").first().waitFor();
    for (const tab of await chen.sheet.getByRole("tab").all()) {
      await tab.click();
      found[`sheet: ${await tab.innerText()}`] = await violations(chen);
    }
    await chen.sheet.getByRole("searchbox").fill("zz");
    found.search = await violations(chen);
    const stranger = await Visitor.arrives(demo.page, options);
    found.welcome = await violations(stranger);
    await stranger.page.getByRole("button").last().click();
    found["welcome with a problem"] = await violations(stranger);
    expect(found).toEqual(Object.fromEntries(Object.keys(found).map((view) => [view, []])));
    await chen.leaves();
    await stranger.leaves();
  });
});

describe("the keyboard", () => {
  it("is enough to write, to ask, to look who has read, and to come back", async () => {
    const demo = await ownDemo();
    const chen = await Visitor.arrives(demo.link("Dr. Chen"));
    const { keyboard } = chen.page;
    await chen.opens("Ward 3");
    const text = unique("Tea at four.");
    await chen.page.getByRole("main").getByRole("textbox").focus();
    await keyboard.type(text);
    await keyboard.press("Tab");
    await keyboard.press("Space");
    await keyboard.press("Tab");
    await keyboard.press("Enter");
    await chen.badge(text).waitFor();

    await chen.badge(text).waitFor();
    await chen.badge(text).focus();
    await keyboard.press("Enter");
    await focusIsOn(chen, "Close");
    await keyboard.press("Tab");
    await focusIsOn(chen, "Read");
    await keyboard.press("ArrowRight");
    await focusIsOn(chen, "Not read");
    expect(await chen.sheet.getByRole("tab", { selected: true }).innerText()).toContain("Not read");
    await keyboard.press("ArrowLeft");
    await keyboard.press("ArrowLeft");
    await focusIsOn(chen, "Left");
    await keyboard.press("Escape");
    await chen.sheet.waitFor({ state: "hidden" });
    await focusIsOn(chen, "have read it");
    await chen.leaves();
  });

  it("stays within the sheet while that covers the page", async () => {
    const demo = await ownDemo();
    const chen = await Visitor.arrives(demo.link("Dr. Chen"), { viewport: PHONE });
    await chen.opens("Campus");
    await chen.looksWhoHasRead("Flu shots");
    await chen.sheet.getByRole("listitem").first().waitFor();
    for (let step = 0; step < 12; step += 1) {
      await chen.page.keyboard.press("Tab");
      const isInside = await chen.page.evaluate(
        () => document.activeElement === document.body || document.activeElement?.closest("[role=dialog]") !== null,
      );
      expect(isInside).toBe(true);
    }
    await chen.page.goBack();
    await chen.sheet.waitFor({ state: "hidden" });
    await chen.page.getByRole("heading", { name: "Campus" }).waitFor();
    await chen.leaves();
  });
});

async function focusIsOn({ page }: Visitor, name: string): Promise<void> {
  await eventually(
    () =>
      page.evaluate(() => {
        const element = document.activeElement;
        return element?.getAttribute("aria-label") ?? element?.textContent?.trim() ?? "";
      }),
    (label) => label.includes(name),
  );
}
