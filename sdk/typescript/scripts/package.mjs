/**
 * Tries the package as those get it who install it: packed, in an empty project, from ES modules, from CommonJS and from
 * TypeScript. The folder `dist` must be there; see `npm run build`.
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const sdk = fileURLToPath(new URL("..", import.meta.url));
const bin = (name) => join(sdk, "node_modules/.bin", name);
const project = mkdtempSync(join(tmpdir(), "seenby-package-"));

try {
  run(sdk, bin("publint"), "--strict");
  run(sdk, bin("attw"), "--pack", ".", "--format", "ascii");
  const [{ filename, files }] = JSON.parse(
    output(sdk, "npm", "pack", "--json", "--ignore-scripts", "--pack-destination", project),
  );
  for (const licence of ["dist/LICENSE-APACHE", "dist/LICENSE-MIT"]) {
    if (!files.some(({ path }) => path === licence)) throw new Error(`${licence} is not in the package`);
  }
  write("package.json", JSON.stringify({ name: "app", private: true }));
  run(project, "npm", "install", "--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline", `./${filename}`);
  tryJavaScript();
  tryTypeScript();
  console.log("The package works from ES modules, from CommonJS and from TypeScript.");
} finally {
  rmSync(project, { recursive: true });
}

function tryJavaScript() {
  const uses = `
    if (typeof index.RCIMIWEngine.create !== "function") throw new Error("index has no engine");
    if (index.default.RCIMIWEngine !== undefined && index.default.RCIMIWEngine !== index.RCIMIWEngine)
      throw new Error("there are two engines");
    if (typeof native.RCIMIWEngine.create !== "function") throw new Error("react-native has no engine");
    if (index.Code.SUCCESS !== 0 || native.Code.SUCCESS !== 0) throw new Error("there are no codes");
  `;
  write(
    "app.mjs",
    `import * as index from "@seenby/rcim"; import * as native from "@seenby/rcim/react-native"; ${uses}`,
  );
  write(
    "app.cjs",
    `const index = require("@seenby/rcim"); const native = require("@seenby/rcim/react-native"); ${uses}`,
  );
  run(project, process.execPath, "app.mjs");
  run(project, process.execPath, "app.cjs");
}

function tryTypeScript() {
  const source = `
    import { Code, RCIMIWEngine } from "@seenby/rcim";
    import { RCIMIWEngine as NativeEngine } from "@seenby/rcim/react-native";
    export const success: number = Code.SUCCESS;
    export const engines: [{ create: unknown }, { create: unknown }] = [RCIMIWEngine, NativeEngine];
  `;
  for (const [folder, type, module, moduleResolution] of [
    ["esm", "module", "node16", "node16"],
    ["cjs", "commonjs", "node16", "node16"],
    ["bundler", "module", "es2022", "bundler"],
  ]) {
    write(`${folder}/package.json`, JSON.stringify({ type }));
    write(`${folder}/app.ts`, source);
    const compilerOptions = {
      module,
      moduleResolution,
      target: "es2022",
      lib: ["es2022", "dom"],
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      noEmit: true,
    };
    write(`${folder}/tsconfig.json`, JSON.stringify({ compilerOptions, include: ["app.ts"] }));
    run(project, bin("tsc"), "-p", folder);
  }
}

function write(path, text) {
  mkdirSync(join(project, path, ".."), { recursive: true });
  writeFileSync(join(project, path), text);
}

function run(folder, program, ...args) {
  execFileSync(program, args, { cwd: folder, stdio: "inherit", timeout: 120_000 });
}

function output(folder, program, ...args) {
  return execFileSync(program, args, { cwd: folder, encoding: "utf8", timeout: 120_000 });
}
