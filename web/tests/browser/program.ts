/** The program itself, as `make test-web` has built it. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PATIENCE_MS } from "./patience";

const PROGRAM = process.env.SEENBY ?? fileURLToPath(new URL("../../../target/debug/seenby", import.meta.url));

/** What a test that failed has left behind ends with this process. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Runs a command to its end, and gives what it printed. */
export function run(...args: string[]): string {
  return execFileSync(PROGRAM, args, { encoding: "utf8", timeout: PATIENCE_MS }).trim();
}

export interface Started<T> {
  /** What was found in its words. */
  found: T;
  end(): Promise<void>;
}

/** Starts it, and reads what it says until that has what is looked for; and then on, or it would stand still. */
export async function start<T>(args: string[], find: (said: string) => T | undefined): Promise<Started<T>> {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is not there: \`make test-web\` builds it`);
  const child = spawn(PROGRAM, args, { stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  const ended = once(child, "exit").then(() => running.delete(child));
  const found = await new Promise<T>((resolve, reject) => {
    let said = "";
    const read = (chunk: Buffer) => {
      said += chunk;
      const value = find(said);
      if (value !== undefined) resolve(value);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    void ended.then(() => reject(new Error(`${args.join(" ")} has ended and said: ${said}`)));
  });
  return {
    found,
    async end() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
