/** How much of an app the SDK is, with all that it depends on: minified and compressed. Fails if that is too much. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "tsdown";

const BYTES_MAX = 40 * 1024;

const folder = mkdtempSync(join(tmpdir(), "seenby-size-"));
try {
  for (const entry of ["index", "react-native"]) {
    await build({
      config: false,
      entry: [`src/${entry}.ts`],
      outDir: folder,
      format: "esm",
      target: "es2022",
      platform: "browser",
      minify: true,
      deps: { alwaysBundle: /./ },
      clean: false,
      logLevel: "silent",
    });
    const bytes = gzipSync(readFileSync(join(folder, `${entry}.js`)), { level: 9 }).length;
    console.log(`${entry}: ${(bytes / 1024).toFixed(1)} KiB of ${BYTES_MAX / 1024} KiB with everything, after gzip`);
    if (bytes > BYTES_MAX) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}
