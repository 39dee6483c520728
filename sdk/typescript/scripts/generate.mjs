/**
 * Writes the frames of `proto/` in TypeScript. With `--check` it writes nothing, and fails if what is there is not what
 * it would write.
 *
 * The generated codec passes over a known field of the wrong kind. Every other implementation refuses such a frame, so
 * the code is changed to do that too.
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const sdk = fileURLToPath(new URL("..", import.meta.url));
const file = "src/protocol/seenby/v1/seenby.ts";
const check = process.argv.includes("--check");

const code = refuseWrongKinds(generate());
const path = join(sdk, file);
if (!check) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, code);
} else if (readFileSync(path, "utf8") !== code) {
  console.error(`${file} is not what proto/ says: run \`npm run generate\`.`);
  process.exit(1);
}

function generate() {
  const folder = mkdtempSync(join(tmpdir(), "seenby-generate-"));
  try {
    const buf = join(sdk, "node_modules/.bin/buf");
    execFileSync(buf, ["generate", "../../proto", "-o", folder], { cwd: sdk, stdio: "inherit", timeout: 60_000 });
    return readFileSync(join(folder, file), "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function refuseWrongKinds(generated) {
  const refuse = 'throw new globalThis.Error("a field of the wrong kind");';
  const places = [
    // A field that has one kind.
    [/(if \(tag !== \d+\) \{\s+)break;/g, refuse],
    // Numbers that come packed or one by one.
    [/(continue;\n {12}\}\n\n {12})break;/g, refuse],
    // The end of a group, or field number 0.
    [/(if \(\(tag & 7\) === 4 \|\| tag === 0\) \{\s+)break;/g, refuse],
  ];
  return places.reduce((code, [place, replacement]) => {
    if (!place.test(code)) throw new Error(`nothing in the generated code looks like ${place}`);
    return code.replaceAll(place, `$1${replacement}`);
  }, generated);
}
