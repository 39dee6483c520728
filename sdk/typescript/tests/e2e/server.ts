/** The real server, as an operator runs it. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PATIENCE_MS } from "./patience.js";
import { program } from "./places.js";

/** Servers that a test has left behind end with this process. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A folder for a server, and the commands that work on it. */
export class Installation {
  readonly #folder = mkdtempSync(join(tmpdir(), "seenby-e2e-"));
  readonly #environment: Record<string, string>;
  #listen = "127.0.0.1:0";
  #server: Server | undefined;

  /** Settings of the server are given as in the environment: `SEENBY_LIMITS__SENDS_PER_SECOND`. */
  constructor(environment: Record<string, string> = {}) {
    this.#environment = environment;
  }

  /** Runs a command to its end, and gives what it printed. */
  run(...args: string[]): string {
    const options = { env: {}, encoding: "utf8", timeout: PATIENCE_MS } as const;
    return execFileSync(program, [...this.#settings(), ...args], options).trim();
  }

  token(userId: string): string {
    return this.run("token", "--user", userId);
  }

  /** Starts the server; again and again at the same address. */
  async serves(): Promise<Server> {
    const child = spawn(program, [...this.#settings(), "--listen", this.#listen, "serve"], {
      env: this.#environment,
      stdio: ["ignore", "ignore", "pipe"],
    });
    running.add(child);
    child.once("exit", () => running.delete(child));
    this.#server = new Server(child, await urlOf(child));
    this.#listen = new URL(this.#server.url).host;
    return this.#server;
  }

  /** Stops the server if it still runs, and forgets all that it knew. */
  async remove(): Promise<void> {
    await this.#server?.kill();
    rmSync(this.#folder, { recursive: true });
  }

  #settings(): string[] {
    return ["--data-dir", join(this.#folder, "data"), "--ops-listen", "127.0.0.1:0"];
  }
}

/** A running server. */
export class Server {
  readonly #child: ChildProcess;
  /** Where clients connect. */
  readonly url: string;

  constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** SIGTERM: it says goodbye. */
  stop(): Promise<void> {
    return this.#end("SIGTERM");
  }

  /** SIGKILL: no last words, nothing written. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (!running.has(this.#child)) return;
    const ended = once(this.#child, "exit");
    this.#child.kill(signal);
    await ended;
  }
}

/** Reads the log until the server says where it is; and then on, because a log that nobody reads would stop it. */
function urlOf({ stderr }: ChildProcess): Promise<string> {
  if (!stderr) throw new Error("the server has no log");
  const said: string[] = [];
  const lines = createInterface({ input: stderr });
  return new Promise((resolve, reject) => {
    lines.on("line", (line) => {
      const [, url] = line.split("clients connect to ");
      if (url) resolve(url.trim());
      else said.push(line);
    });
    lines.once("close", () => reject(new Error(`the server ended:\n${said.join("\n")}`)));
  });
}
