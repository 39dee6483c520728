/**
 * Writes the types of the vendor's calls, callbacks and messages that Seenby does not have, from the tables in `vendor/`:
 * an app that names them compiles. With `--check` it writes nothing, and fails if what is there is not what it would
 * write. Types that are written by hand, because Seenby has what they are for, are left out.
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const sdk = fileURLToPath(new URL("..", import.meta.url));
const read = (path) => readFileSync(join(sdk, path), "utf8");
const uniApp = JSON.parse(read("vendor/uni-app.json"));
const reactNative = JSON.parse(read("vendor/react-native.json"));
const GENERATED = ["vendor_types.ts", "vendor_callbacks.ts", "vendor_calls.ts"];

const isCallback = (name) => /(Callback|Listener|Result)$/.test(name) && name !== "RCIMIWSearchConversationResult";
const byHand = new Map();
for (const folder of ["rcim", "react_native"]) {
  for (const file of readdirSync(join(sdk, "src", folder)).filter((name) => !GENERATED.includes(name))) {
    const path = `src/${folder}/${file}`;
    for (const [, name] of read(path).matchAll(/^export (?:interface|enum|type|const) (\w+)/gm)) {
      byHand.set(`${folder}/${name}`, `../${folder}/${file.replace(/ts$/, "js")}`);
    }
  }
}
const lists = read("src/rcim/not_supported.ts");
const notSupported = [...lists.matchAll(/^ {2}"(\w+)",$/gm), ...lists.matchAll(/^ {2}(create\w+):/gm)].map(
  ([, name]) => name,
);

const files = {
  "src/rcim/vendor_types.ts": file(
    "rcim",
    types(uniApp, "rcim", (name) => !isCallback(name)),
  ),
  "src/rcim/vendor_callbacks.ts": file("rcim", types(uniApp, "rcim", isCallback)),
  "src/rcim/vendor_calls.ts": file("rcim", calls(uniApp)),
  "src/react_native/vendor_callbacks.ts": file("react_native", types(reactNative, "react_native", isCallback)),
  "src/react_native/vendor_calls.ts": file("react_native", calls(uniApp, reactNative)),
};
for (const [path, text] of Object.entries(files)) {
  if (!process.argv.includes("--check")) writeFileSync(join(sdk, path), text);
  else if (read(path) !== text) {
    console.error(`${path} is not what vendor/ says: run \`npm run generate\`.`);
    process.exitCode = 1;
  }
}

/** What the table has and no hand has written. */
function types(table, folder, isWanted) {
  return Object.entries(table.types)
    .filter(
      ([name]) =>
        isWanted(name) && !byHand.has(`${folder}/${name}`) && !(folder === "react_native" && name in table.enums),
    )
    .map(([name, type]) => declaration(name, type));
}

function declaration(name, { generic, extends: base, members }) {
  const heads = `export interface ${name}${generic ? `<${generic}>` : ""}${base ? ` extends ${base}` : ""}`;
  // An app need not give every member of a callback, and what is not looked at may be null.
  const isResult = isCallback(name) && name.endsWith("Result");
  const lines = Object.entries(members).map(([member, type]) => {
    const plain = member.replace(/\?$/, "");
    return `  ${plain}${isResult ? "" : "?"}: ${type};`;
  });
  if (lines.length === 0 && !base) return `export type ${name} = object;`;
  return `${heads} {\n${lines.join("\n")}\n}`;
}

/** The calls and setters that are not supported, as the last table that has them says. */
function calls(...tables) {
  const found = (name) => tables.map((table) => table.calls[name] ?? table.setters[name]).findLast((call) => call);
  const lines = notSupported.map((name) => {
    const { parameters, result } = found(name) ?? { parameters: { deviceToken: "string" }, result: "Promise<number>" };
    return `  ${name}(${Object.entries(parameters).map(parameter).join(", ")}): ${result};`;
  });
  return [`export interface NotSupported {\n${lines.join("\n")}\n}`];
}

function parameter([name, type]) {
  const plain = name.replace(/\?$/, "");
  if (plain === "callback" || plain === "listener") return `${plain}?: ${/=>/.test(type) ? `(${type})` : type} | null`;
  return plain === "channelId" ? `${plain}: ${type} | null | undefined` : `${name}: ${type}`;
}

function file(folder, declarations) {
  const text = declarations.join("\n\n");
  const own = new Set([...text.matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name]) => name));
  const named = new Set([...text.matchAll(/\b(I?RCIMIW\w+|On\w+Result)\b/g)].map(([, name]) => name));
  const imports = new Map();
  for (const name of [...named].filter((name) => !own.has(name)).sort()) {
    const from = origin(folder, name);
    imports.set(from, [...(imports.get(from) ?? []), name]);
  }
  const lines = [...imports].sort().map(([from, names]) => `import type { ${names.join(", ")} } from "${from}";`);
  return `// Written by scripts/vendor.mjs from vendor/. Do not edit.\n\n${lines.join("\n")}\n\n${text}\n`;
}

function origin(folder, name) {
  const here =
    folder === "react_native" && isCallback(name) && (reactNative.types[name] || byHand.has(`react_native/${name}`));
  const home = here ? "react_native" : "rcim";
  return byHand.get(`${home}/${name}`) ?? `../${home}/${isCallback(name) ? "vendor_callbacks.js" : "vendor_types.js"}`;
}
