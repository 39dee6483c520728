/**
 * Compares what this package exports with the tables of what the vendor's two packages export: names, numbers,
 * parameters, and whether the types of one may stand where those of the other are expected.
 */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { beforeAll, describe, expect, it } from "vitest";
import * as uniApp from "../src/index.js";
import * as reactNative from "../src/react-native.js";

interface Table {
  enums: Record<string, Record<string, number>>;
  types: Record<string, { generic?: string; extends?: string; members: Record<string, string> }>;
  calls: Record<string, Callable>;
  setters: Record<string, Callable>;
}
interface Callable {
  parameters: Record<string, string>;
  result: string;
}

const FLAVOURS = [
  ["uni-app", "index", uniApp],
  ["react-native", "react-native", reactNative],
] as const;

/** Ours is theirs and more; that nobody can make one by hand does not matter. */
const READERS = "Record<string, number>";

describe.each(FLAVOURS)("the vendor's names for %s", (flavour, entry, ours) => {
  const table: Table = JSON.parse(readFileSync(new URL(`../vendor/${flavour}.json`, import.meta.url), "utf8"));
  const exported = ours as unknown as Record<string, Record<string, unknown>>;

  it("has each enum with its numbers", () => {
    expect(Object.keys(table.enums).length).toBeGreaterThan(20);
    for (const [name, members] of Object.entries(table.enums)) expect(exported[name], name).toMatchObject(members);
  });

  it("has each call and each setter", () => {
    const engine = ours.RCIMIWEngine;
    const names = [...Object.keys(table.calls), ...Object.keys(table.setters)];
    expect(names.length).toBeGreaterThan(240);
    expect(names.filter((name) => !(name in engine.prototype || name in engine))).toEqual([]);
  });

  const { text, lineNames } = comparison(table, entry);
  let compiled: Compiled;
  beforeAll(() => {
    compiled = compile(text);
  }, 300_000);

  it("has each type, and ours and theirs are assignable to each other", () => {
    const wrong = problems(compiled).map(({ line, message }) => `${lineNames.get(line) ?? line}: ${message}`);
    expect(wrong).toEqual([]);
  }, 300_000);

  it("has the vendor's names for parameters", () => {
    const found = parametersOf(compiled);
    const differing = [...Object.entries(table.calls), ...Object.entries(table.setters)].flatMap(([name, call]) => {
      const theirs = Object.keys(call.parameters).map((parameter) => parameter.replace("?", ""));
      const own = found.get(name)?.slice(0, theirs.length) ?? [];
      // A setter's only parameter is a listener, which the vendor calls so in one package and `callback` in the other.
      const isSame = name.startsWith("setOn") ? own.length === 1 : own.join() === theirs.join();
      return isSame ? [] : [`${name}(${own}) for ${name}(${theirs})`];
    });
    expect(differing).toEqual([]);
  }, 300_000);
});

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  types: [],
  strict: true,
  noEmit: true,
  skipLibCheck: true,
};

/** A program that puts ours where theirs is expected and the other way round, and what each of its lines is about. */
function comparison(table: Table, entry: string) {
  const lines = [`import * as Ours from "./src/${entry}.js";`];
  const lineNames = new Map<number, string>();
  const say = (name: string, line: string) => lineNames.set(lines.push(line), name);
  lines.push("namespace Theirs {");
  // A number is a number: that the members have the right ones is another test's.
  for (const name of Object.keys(table.enums)) lines.push(`export type ${name} = number;`);
  lines.push("export type RCIMIWEngine = Ours.RCIMIWEngine;");
  for (const [name, { generic, extends: base, members }] of Object.entries(table.types)) {
    const own = (member: string, type: string) => (member === "respondUserIds?" ? "Ours.RespondUserIds" : type);
    const fields = Object.entries(members).map(([member, type]) => `${member}: ${own(member, type)};`);
    const heads = `${name}${generic ? `<${generic}>` : ""}${base ? ` extends ${base}` : ""}`;
    lines.push(`export interface ${heads} { ${fields.join(" ")} }`);
  }
  lines.push(`export interface Calls { ${signatures(table.calls)} ${signatures(table.setters)} }`, "}");
  lines.push("declare const given: any;", "export const engine = given as Ours.RCIMIWEngine;");
  lines.push("export const kind = Ours.RCIMIWEngine;");
  say("respondUserIds", `((theirs: ${READERS}) => theirs)(given as Ours.RespondUserIds);`);
  for (const [name, { generic }] of Object.entries(table.types)) {
    const type = generic ? `${name}<string>` : name;
    // What the app gives to us, theirs must do; what it gets from us must do for it.
    if (!name.endsWith("Result") || name === "RCIMIWSearchConversationResult") {
      say(`${name} theirs`, `((ours: Ours.${type}) => ours)(given as Theirs.${type});`);
    }
    if (!/Callback$|Listener$|Options$/.test(name)) {
      say(`${name} ours`, `((theirs: Theirs.${type}) => theirs)(given as Ours.${type});`);
    }
  }
  for (const name of [...Object.keys(table.calls), ...Object.keys(table.setters)]) {
    if (name === "create") continue;
    const call = `(given as Ours.RCIMIWEngine)["${name}"]`;
    say(`${name} call`, `((theirs: Theirs.Calls["${name}"]) => theirs)(${call});`);
  }
  return { text: lines.join("\n"), lineNames };
}

function signatures(calls: Record<string, Callable>): string {
  const parameters = (call: Callable) => Object.entries(call.parameters).map(([name, type]) => `${name}: ${type}`);
  return Object.entries(calls)
    .map(([name, call]) => `${name}(${parameters(call).join(", ")}): ${call.result};`)
    .join(" ");
}

interface Compiled {
  program: ts.Program;
  source: ts.SourceFile;
}

function compile(text: string): Compiled {
  const path = `${ROOT}vendor-comparison.ts`;
  const host = ts.createCompilerHost(OPTIONS);
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) => (name === path ? source : read(name, ...rest));
  host.fileExists = (name) => name === path || ts.sys.fileExists(name);
  return { program: ts.createProgram([path], OPTIONS, host), source };
}

function problems({ program, source }: Compiled): { line: number; message: string }[] {
  return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map((found) => ({
    line: source.getLineAndCharacterOfPosition(found.start ?? 0).line + 1,
    message: ts.flattenDiagnosticMessageText(found.messageText, " / ").slice(0, 400),
  }));
}

/** The names of parameters, as an editor shows them. */
function parametersOf({ program, source }: Compiled): Map<string, string[]> {
  const checker = program.getTypeChecker();
  const symbols = checker.getExportsOfModule(checker.getSymbolAtLocation(source) as ts.Symbol);
  const members = symbols.flatMap((symbol) => checker.getTypeOfSymbol(symbol).getProperties());
  const named = (parameter: ts.Symbol): string[] => {
    const { target } = checker.getTypeOfSymbol(parameter) as ts.TupleTypeReference;
    const labels = target?.labeledElementDeclarations?.map((label) => label?.name.getText() ?? "");
    return labels ?? [parameter.name];
  };
  return new Map(
    members.map((member) => {
      const [signature] = checker.getTypeOfSymbol(member).getCallSignatures();
      return [member.name, signature?.getParameters().flatMap(named) ?? []];
    }),
  );
}
