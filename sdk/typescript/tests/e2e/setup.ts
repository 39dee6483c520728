/** Builds what the end-to-end tests run: the server, if it is missing, and a page with the built SDK. */

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { build } from "tsdown";
import { pageFolder, program, repository, sdkFolder } from "./places.js";

const BUILD_MS_MAX = 15 * 60 * 1_000;

export default async function setup(): Promise<void> {
  if (!existsSync(program)) {
    const args = ["build", "--locked", "--quiet", "-p", "seenby"];
    execFileSync("cargo", args, { cwd: repository, stdio: "inherit", timeout: BUILD_MS_MAX });
  }
  if (!existsSync(`${sdkFolder}/dist/index.js`)) {
    execFileSync("npm", ["run", "build"], { cwd: sdkFolder, stdio: "inherit", timeout: BUILD_MS_MAX });
  }
  await build({
    config: false,
    cwd: sdkFolder,
    entry: { page: "tests/e2e/page.ts", sdk: "dist/index.js" },
    outDir: pageFolder,
    format: "esm",
    target: "es2022",
    platform: "browser",
    deps: { alwaysBundle: /./ },
    dts: false,
    logLevel: "warn",
  });
}
