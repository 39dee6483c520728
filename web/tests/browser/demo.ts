/** The program with its demo, on a free port: three visitors with links, and thousands who answer. */

import { onTestFinished } from "vitest";
import { start } from "./program";

const LINK = /^\s*(\S.*?)\s+(http:\/\/\S+#app=\S+)$/;
/** How long the simulated members take to read. */
const STORY_SECONDS = 6;

/** Of the simulated members of Ward 3, those who read in the end: always so many. */
export const WARD_READERS = 8;

export type VisitorName = "Dr. Chen" | "Nurse Ada" | "Bao";

export class Demo {
  readonly #links: Map<string, string>;
  readonly end: () => Promise<void>;

  private constructor(links: Map<string, string>, end: () => Promise<void>) {
    this.#links = links;
    this.end = end;
  }

  /** What the demo prints is what people get, so it is what the tests use. */
  static async starts(storySeconds = STORY_SECONDS): Promise<Demo> {
    const { found, end } = await start(["demo", "--seconds", String(storySeconds)], (said) => {
      const lines = said.split("\n").slice(0, -1);
      const links = new Map(lines.flatMap((line) => linkIn(line) ?? []));
      return links.size === 3 ? links : undefined;
    });
    return new Demo(found, end);
  }

  link(name: VisitorName): string {
    return this.#links.get(name) as string;
  }

  /** The page for those who have no link. */
  get page(): string {
    return new URL("/", this.link("Bao")).href;
  }
}

/** For this test alone: nobody of another test reads or writes there. */
export async function ownDemo(): Promise<Demo> {
  const demo = await Demo.starts();
  onTestFinished(demo.end);
  return demo;
}

function linkIn(line: string): [[string, string]] | undefined {
  const [, name, link] = LINK.exec(line) ?? [];
  return name && link ? [[name, link]] : undefined;
}
