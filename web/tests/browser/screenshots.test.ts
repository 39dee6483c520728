/** Pictures for a person to look at, under `target/screenshots/`. Nothing is compared. */

import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { BrowserContextOptions } from "playwright-core";
import { describe, it } from "vitest";
import { eventually, PHONE, Visitor, withBrowser } from "./visitors";

withBrowser();

const folder = fileURLToPath(new URL("../../../target/screenshots/", import.meta.url));
mkdirSync(folder, { recursive: true });

const phone: BrowserContextOptions = { viewport: PHONE, deviceScaleFactor: 2, hasTouch: true };
const looks: [string, BrowserContextOptions][] = [
  ["desktop-light", { colorScheme: "light" }],
  ["desktop-dark", { colorScheme: "dark" }],
  ["desktop-chinese", { colorScheme: "light", locale: "zh-CN" }],
  ["phone-light", { ...phone, colorScheme: "light" }],
  ["phone-dark", { ...phone, colorScheme: "dark" }],
  ["phone-chinese", { ...phone, colorScheme: "light", locale: "zh-CN" }],
  ["tablet-light", { colorScheme: "light", viewport: { width: 900, height: 700 } }],
];

describe.each(looks)("%s", (name, options) => {
  async function picture({ page }: Visitor, view: string): Promise<void> {
    await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => {}))));
    await page.screenshot({ path: `${folder}${name}-${view}.png` });
  }

  it("is kept", async () => {
    const chen = await Visitor.arrives("Dr. Chen", { ...options, reducedMotion: "reduce" });
    await picture(chen, "1-groups");
    await chen.group("Ward 3").click();
    const badge = chen.page.getByRole("article").getByRole("button", { expanded: false });
    await badge.last().waitFor();
    await picture(chen, "2-ward");
    await badge.last().click();
    const rows = chen.sheet.getByRole("listitem");
    await rows.locator("time").first().waitFor();
    await picture(chen, "3-sheet");
    await chen.page.keyboard.press("Escape");
    await chen.sheet.waitFor({ state: "hidden" });
    if (options.viewport === PHONE) await chen.page.goBack();
    await chen.group("City alert").click();
    await chen.badge("Heat warning").click();
    await rows.locator("time").first().waitFor();
    await picture(chen, "4-sheet-of-5000");
    await chen.sheet.getByRole("tab").nth(1).click();
    await eventually(
      async () => (await rows.allInnerTexts()).join(""),
      (names) => names.trim() !== "" && !/\bm\d{4}\b/.test(names),
    );
    await picture(chen, "5-not-read");
    await chen.leaves();
    const ada = await Visitor.arrives("Nurse Ada", { ...options, reducedMotion: "reduce" });
    await ada.group("Ward 3").click();
    await ada.page.getByRole("article").last().waitFor();
    await picture(ada, "6-receiver");
    await ada.leaves();
    const stranger = await Visitor.arrives(undefined, options);
    await picture(stranger, "7-welcome");
    await stranger.leaves();
  });
});
