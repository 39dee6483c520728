import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";

const SCRIPTS_BYTES_MAX = 120 * 1_000;
const dist = new URL("../../dist/", import.meta.url);
const html = readFileSync(new URL("index.html", dist), "utf8");

describe("the first load", () => {
  it("is small: at most 120 kB of scripts, as they travel", () => {
    const scripts = [...html.matchAll(/(?:src|href)="([^"]+\.js)"/g)].map(([, path]) => path as string);
    const bytes = scripts.map((path) => gzipSync(readFileSync(fileURLToPath(new URL(path, dist)))).length);
    const total = bytes.reduce((sum, one) => sum + one, 0);
    console.log(`first load: ${(total / 1_000).toFixed(1)} kB of scripts, gzipped`);
    expect(scripts.length).toBeGreaterThan(0);
    expect(total).toBeLessThanOrEqual(SCRIPTS_BYTES_MAX);
  });

  it("has nothing inline, which the page's policy would forbid", () => {
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/);
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=/);
  });
});
