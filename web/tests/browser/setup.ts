/** The program itself, with its demo: started once for all browser tests, on a free port, with a quick story. */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

const PROGRAM = process.env.SEENBY ?? fileURLToPath(new URL("../../../target/debug/seenby", import.meta.url));
/** How long the simulated members take to read. */
const STORY_SECONDS = 6;
const LINK = /^\s*(\S.*?)\s+(http:\/\/\S+#app=\S+)$/;

declare module "vitest" {
  interface ProvidedContext {
    /** A link for each visitor, by name. */
    links: Record<string, string>;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is not there: build it with \`make test-web\``);
  const demo = spawn(PROGRAM, ["demo", "--seconds", String(STORY_SECONDS)], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => demo.once("exit", () => resolve()));
  project.provide("links", await linksOf(demo));
  return async () => {
    demo.kill("SIGTERM");
    await ended;
  };
}

/** What the demo prints is what people get, so it is what the tests use. */
function linksOf(demo: ChildProcess): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    const links: Record<string, string> = {};
    let text = "";
    demo.once("exit", (code) => reject(new Error(`the demo ended with ${code} and said: ${text}`)));
    demo.stdout?.on("data", (chunk) => {
      text += chunk;
      for (const line of text.split("\n").slice(0, -1)) {
        const [, name, link] = LINK.exec(line) ?? [];
        if (name && link) links[name] = link;
      }
      if (Object.keys(links).length === 3) resolve(links);
    });
  });
}
