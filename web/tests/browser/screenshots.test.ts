/** Pictures for a person to look at, under `target/screenshots/`. Nothing is compared. */

import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll, describe, it } from "vitest";
import { Demo } from "./demo";
import { eventually, PHONE, Visitor, withBrowser } from "./visitors";

withBrowser();

const folder = fileURLToPath(new URL("../../../target/screenshots/", import.meta.url));
mkdirSync(folder, { recursive: true });
const NOTICE = "Bed 4 moves to room 12 today. Please confirm.";
/** Slow enough for a picture of people who are still reading. */
const STORY_SECONDS = 30;

let demo: Demo;
beforeAll(async () => {
  demo = await Demo.starts(STORY_SECONDS);
  const chen = await Visitor.arrives(demo.link("Dr. Chen"));
  await chen.opens("Ward 3");
  await chen.says(NOTICE, { asking: true });
  await chen.badge(NOTICE).waitFor();
  await chen.leaves();
});
afterAll(() => demo.end());

const phone: BrowserContextOptions = { viewport: PHONE, deviceScaleFactor: 2, hasTouch: true };
const looks: [string, BrowserContextOptions][] = [
  ["desktop-light", { colorScheme: "light" }],
  ["desktop-dark", { colorScheme: "dark" }],
  ["desktop-chinese", { colorScheme: "light", locale: "zh-CN" }],
  ["phone-light", { ...phone, colorScheme: "light" }],
  ["phone-dark", { ...phone, colorScheme: "dark" }],
  ["phone-chinese", { ...phone, colorScheme: "dark", locale: "zh-CN" }],
  ["tablet-light", { colorScheme: "light", viewport: { width: 900, height: 700 } }],
];

describe.each(looks)("%s", (name, look) => {
  const options = { ...look, reducedMotion: "reduce" as const };

  async function picture({ page }: Visitor, view: string): Promise<void> {
    await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => {}))));
    await page.screenshot({ path: `${folder}${name}-${view}.png` });
  }

  it("is kept, of the one who asks", async () => {
    const chen = await Visitor.arrives(demo.link("Dr. Chen"), options);
    await chen.page.getByText("Dr. Chen").first().waitFor();
    await picture(chen, "1-groups");
    await chen.opens("Ward 3");
    await eventually(
      () => chen.readers(NOTICE),
      (readers) => readers >= 4,
    );
    await picture(chen, "2-ward");
    await chen.looksWhoHasRead(NOTICE);
    const rows = chen.sheet.getByRole("listitem");
    await named(rows);
    await picture(chen, "3-sheet");
    await chen.page.keyboard.press("Escape");
    await chen.sheet.waitFor({ state: "hidden" });
    if (look.viewport === PHONE) await chen.page.goBack();
    await chen.group("City alert").click();
    await chen.looksWhoHasRead("Heat warning");
    await named(rows);
    await eventually(
      async () => chen.sheet.locator("figcaption").innerText(),
      (text) => /\d(m|分钟)/.test(text),
    );
    await picture(chen, "4-sheet-of-5000");
    await chen.sheet.getByRole("tab").nth(1).click();
    await named(rows);
    await picture(chen, "5-not-read");
    await chen.leaves();
  });

  it("is kept, of one who is asked and of a stranger", async () => {
    const ada = await Visitor.arrives(demo.link("Nurse Ada"), options);
    await ada.group("Ward 3").click();
    await ada.message(NOTICE).locator(".given").waitFor();
    await picture(ada, "6-receiver");
    await ada.leaves();
    const stranger = await Visitor.arrives(demo.page, options);
    await picture(stranger, "7-welcome");
    await stranger.leaves();
  });
});

/** Until names stand where ids stood. */
async function named(rows: ReturnType<Visitor["page"]["getByRole"]>): Promise<void> {
  await eventually(
    async () => (await rows.allInnerTexts()).join(""),
    (names) => names.trim() !== "" && !/\bm\d{4}\b/.test(names),
  );
}
