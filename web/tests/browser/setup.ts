/** One demo for all browser tests that do not need a fresh one. */

import type { TestProject } from "vitest/node";
import { startDemo } from "./demo";

declare module "vitest" {
  interface ProvidedContext {
    links: Record<string, string>;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const demo = await startDemo(6);
  project.provide("links", demo.links);
  return demo.end;
}
