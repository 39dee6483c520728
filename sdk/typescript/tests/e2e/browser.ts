/** Phones in a real browser, whose pages load the built SDK from a server on this machine. */

import { once } from "node:events";
import { createReadStream } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, chromium, type Page } from "playwright-core";
import type { App } from "./page.js";
import { PATIENCE_MS } from "./patience.js";
import type { Phone } from "./phone.js";
import { type Phones, phoneByText } from "./phones.js";
import { chromium as executablePath, pageFolder } from "./places.js";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** What `page.ts` puts there. */
declare const app: App;

export async function browserPhones(): Promise<Phones> {
  const files = await serveFiles();
  const baseURL = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
  const launch = { executablePath, args: ARGUMENTS, headless: true, timeout: PATIENCE_MS };
  const browser = await chromium.launch(launch);
  const pages = new Map<Phone, { page: Page; address: string }>();

  const start = async (page: Page, address: string) => {
    await page.goto("/");
    await page.waitForFunction(() => "app" in globalThis);
    await page.evaluate((address) => app.start(address), address);
    const phone = phoneByText((name, args) =>
      page.evaluate(([name, args]) => app.call(name, args), [name, args] as const),
    );
    pages.set(phone, { page, address });
    return phone;
  };
  const closeAll = async () => {
    pages.clear();
    await Promise.all(browser.contexts().map((context) => context.close()));
  };
  return {
    open: async (address) => start(await newPage(browser, baseURL), address),
    async restart(phone) {
      const found = pages.get(phone);
      if (!found) throw new Error("there is no such phone");
      pages.delete(phone);
      return start(found.page, found.address);
    },
    closeAll,
    async end() {
      await browser.close();
      files.close();
    },
  };
}

/** Of a person's own browser: what it keeps is kept from all others. */
async function newPage(browser: Browser, baseURL: string): Promise<Page> {
  const context = await browser.newContext({ baseURL });
  context.setDefaultTimeout(PATIENCE_MS);
  return context.newPage();
}

async function serveFiles(): Promise<Server> {
  const scripts = ["/page.js", "/sdk.js"];
  const files = createServer(({ url = "" }, response) => {
    const isScript = scripts.includes(url);
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    if (isScript) createReadStream(pageFolder + url).pipe(response);
    else response.end('<!doctype html><script type="module" src="/page.js"></script>');
  });
  files.listen(0, "127.0.0.1");
  await once(files, "listening");
  return files;
}
