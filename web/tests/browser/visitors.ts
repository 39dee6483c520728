/** Visitors with a browser each, and what they do on the page. */

import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { PATIENCE_MS } from "./patience";

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

let browser: Browser;

/** Call it once in each file. */
export function withBrowser(): void {
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: EXECUTABLE, args: FLAGS, timeout: PATIENCE_MS });
  });
  afterAll(() => browser.close());
}

export class Visitor {
  readonly page: Page;
  /** What no page of ours may do: errors, and requests that leave the server. */
  readonly problems: string[] = [];

  private constructor(page: Page, origin: string) {
    this.page = page;
    page.on("pageerror", (error) => this.problems.push(`error: ${error.message}`));
    page.on("console", (message) => {
      // A lost connection is no error of the page.
      const isExpected = message.text().includes("WebSocket connection to");
      if (message.type() === "error" && !isExpected) this.problems.push(`console: ${message.text()}`);
    });
    page.on("request", (request) => this.#mayGoTo(request.url(), origin));
    page.on("websocket", (socket) => this.#mayGoTo(socket.url().replace(/^ws/, "http"), origin));
  }

  #mayGoTo(url: string, origin: string): void {
    if (new URL(url).origin !== origin && !url.startsWith("data:")) this.problems.push(`request to ${url}`);
  }

  /** Through a link with a token, or through one without: as somebody who has none. */
  static async arrives(link: string, options: BrowserContextOptions = {}): Promise<Visitor> {
    const context = await browser.newContext({ viewport: DESKTOP, locale: "en-GB", ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    // Somebody left behind by a test that failed would go on reading.
    if (expect.getState().currentTestName) onTestFinished(() => context.close());
    const page = await context.newPage();
    const { origin, hash } = new URL(link);
    const visitor = new Visitor(page, origin);
    await page.goto(link);
    if (hash) await page.getByRole("navigation").getByRole("listitem").first().waitFor();
    return visitor;
  }

  async opens(title: string): Promise<void> {
    await this.group(title).click();
    await this.page.getByRole("heading", { name: title }).waitFor();
    await this.page.getByRole("article").last().waitFor();
  }

  group(title: string): Locator {
    return this.page.getByRole("navigation").getByRole("button", { name: title });
  }

  async says(text: string, options: { asking: boolean }): Promise<Locator> {
    const toggle = this.page.getByRole("switch");
    if ((await toggle.getAttribute("aria-checked")) !== String(options.asking)) await toggle.click();
    const field = this.page.getByRole("main").getByRole("textbox");
    await field.fill(text);
    await field.press("Enter");
    const message = this.message(text);
    await message.waitFor();
    return message;
  }

  message(text: string): Locator {
    return this.page.getByRole("article").filter({ hasText: text });
  }

  /** In whatever language it speaks. */
  badge(text: string): Locator {
    return this.message(text).locator("button[aria-haspopup=dialog]");
  }

  /** By the keyboard: a list that is still being drawn moves away under a mouse. */
  async looksWhoHasRead(text: string): Promise<void> {
    const badge = this.badge(text);
    // A row that is not measured yet is hidden, and what is hidden takes no focus: the key would go to what has it.
    await badge.waitFor();
    await badge.press("Enter");
    await this.sheet.waitFor();
  }

  /** How many have read, by the badge, once it says so: right after asking it does not know yet. */
  async readers(text: string): Promise<number> {
    const counted = this.badge(text).filter({ hasText: /^\s*[\d,]+\/[\d,]+\s*$/ });
    return Number((await counted.innerText()).split("/")[0]?.replaceAll(",", ""));
  }

  get sheet(): Locator {
    return this.page.getByRole("dialog");
  }

  async leaves(): Promise<void> {
    await this.page.context().close();
    expect(this.problems).toEqual([]);
  }
}

/** Waits until it is so; the last value is told if it never is. */
export async function eventually<T>(look: () => Promise<T>, isRight: (value: T) => boolean): Promise<T> {
  return expect.poll(look, { timeout: PATIENCE_MS, interval: 100 }).toSatisfy(isRight).then(look);
}

let count = 0;
/** A text that no other test uses. */
export function unique(text: string): string {
  count += 1;
  return `${text} (${Date.now().toString(36)}-${count})`;
}
