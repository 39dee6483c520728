/** A server with the page, for one test alone: with the people, names and groups that it is about. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { run, start } from "./program";

const APP = "seenby";

export class Server {
  readonly #settings: string[];
  readonly page: string;

  private constructor(settings: string[], page: string) {
    this.#settings = settings;
    this.page = page;
  }

  static async starts(): Promise<Server> {
    const folder = mkdtempSync(join(tmpdir(), "seenby-page-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const settings = ["--data-dir", join(folder, "data"), "--ops-listen", "127.0.0.1:0"];
    const { found, end } = await start([...settings, "--listen", "127.0.0.1:0", "serve", "--web"], addressIn);
    onTestFinished(end);
    return new Server(settings, found.replace(/^ws/, "http"));
  }

  /** A command of the operator. */
  run(...args: string[]): string {
    return run(...this.#settings, ...args);
  }

  /** Users with names, by id. */
  knows(people: Record<string, string>): void {
    for (const [id, name] of Object.entries(people)) this.run("user", "save", id, "--name", name);
  }

  group(id: string, title: string, members: string[]): void {
    this.run("group", "create", id, "--title", title, "--member", ...members);
  }

  link(userId: string): string {
    return `${this.page}/#app=${APP}&token=${this.run("token", "--user", userId)}`;
  }
}

function addressIn(log: string): string | undefined {
  return /clients connect to (ws:\/\/[^\s\u001b]+)/.exec(log)?.[1];
}
