/** The program itself with its demo, on a free port, with a quick story. */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const PROGRAM = process.env.SEENBY ?? fileURLToPath(new URL("../../../target/debug/seenby", import.meta.url));
const LINK = /^\s*(\S.*?)\s+(http:\/\/\S+#app=\S+)$/;

export interface Demo {
  /** A link for each visitor, by name. */
  links: Record<string, string>;
  end(): Promise<void>;
}

/** `storySeconds`: how long the simulated members take to read. */
export async function startDemo(storySeconds: number): Promise<Demo> {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is not there: \`make test-web\` builds it`);
  const program = spawn(PROGRAM, ["demo", "--seconds", String(storySeconds)], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => program.once("exit", () => resolve()));
  const links = await linksOf(program);
  return {
    links,
    async end() {
      program.kill("SIGTERM");
      await ended;
    },
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
