/** Visitors with a browser each, and what they do on the page. */

import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject, onTestFinished } from "vitest";
import type { Cable } from "./cable";

export type Arrival = BrowserContextOptions & {
  /** Between the visitor and the server. */
  cable?: Cable;
  /** Of another demo than that of all. */
  links?: Record<string, string>;
};

export type VisitorName = "Dr. Chen" | "Nurse Ada" | "Bao";

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
    browser = await chromium.launch({ executablePath: EXECUTABLE, args: FLAGS });
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

  /** Without a name: somebody who has no link. */
  static async arrives(
    name: VisitorName | undefined,
    { cable, links, ...options }: Arrival = {},
  ): Promise<Visitor> {
    const direct = linkOf(name, links);
    const link = cable ? cable.link(direct) : direct;
    const context = await browser.newContext({ viewport: DESKTOP, locale: "en-GB", ...options });
    context.setDefaultTimeout(15_000);
    // Whoever is left behind by a test that failed would go on reading.
    if (expect.getState().currentTestName) onTestFinished(() => context.close());
    const page = await context.newPage();
    const visitor = new Visitor(page, new URL(link).origin);
    await page.goto(link);
    if (name) await page.getByRole("navigation").getByRole("listitem").first().waitFor();
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

  /** How many have read, by the badge. */
  async readers(text: string): Promise<number> {
    return Number((await this.badge(text).innerText()).split("/")[0]?.replaceAll(",", ""));
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
  return expect.poll(look, { timeout: 20_000, interval: 100 }).toSatisfy(isRight).then(look);
}

export function linkOf(name: VisitorName | undefined, links = inject("links")): string {
  return name ? (links[name] as string) : new URL("/", Object.values(links)[0]).href;
}

let count = 0;
/** A text that no other test uses. */
export function unique(text: string): string {
  count += 1;
  return `${text} (${Date.now().toString(36)}-${count})`;
}
