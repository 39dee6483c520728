//! What is generated from `proto/` and `codes.toml` is checked in, so that a build needs no generator and a reader sees
//! the code. These tests fail when it is out of date; with `UPDATE_GENERATED=1` (`make generate`) they bring it up to date.

#![expect(clippy::unwrap_used, reason = "a generator that fails should say so at once")]

use std::collections::BTreeSet;
use std::fmt::Write;

use seenby_vectors::{compare, root};
use serde::Deserialize;

#[test]
fn the_rust_frames_are_those_of_the_proto_file() {
    let files = protox::compile(["seenby/v1/seenby.proto"], [root().join("proto")]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut config = prost_build::Config::new();
    config.out_dir(folder.path()).compile_fds(files).unwrap();
    let code = std::fs::read_to_string(folder.path().join("seenby.v1.rs")).unwrap();
    compare("crates/seenby-protocol/src/frames.rs", &code);
}

#[test]
fn the_constants_and_the_pages_are_those_of_the_table() {
    let codes = table();
    compare("crates/seenby-protocol/src/codes.rs", &constants(&codes));
    compare("sdk/typescript/src/codes.ts", &typescript(&codes));
    compare("docs/codes.md", &page(&codes, Language::English));
    compare("docs/codes.zh-CN.md", &page(&codes, Language::Chinese));
}

#[test]
fn the_table_is_in_order_and_names_nothing_twice() {
    let codes = table();
    assert!(codes.is_sorted_by(|a, b| a.number < b.number));
    let names: BTreeSet<_> = codes.iter().map(|code| &code.name).collect();
    assert_eq!(names.len(), codes.len());
}

#[derive(Deserialize)]
struct Table {
    code: Vec<Code>,
}

#[derive(Deserialize)]
struct Code {
    number: u32,
    name: String,
    meaning: String,
    meaning_zh: String,
    action: String,
    action_zh: String,
}

fn table() -> Vec<Code> {
    let text = std::fs::read_to_string(root().join("crates/seenby-protocol/codes.toml")).unwrap();
    toml::from_str::<Table>(&text).unwrap().code
}

fn constants(codes: &[Code]) -> String {
    let mut text = String::from("// Generated from codes.toml by `make generate`.\n\ncodes! {\n");
    for Code { number, name, meaning, action, .. } in codes {
        writeln!(text, "    {name} = {number}, {meaning:?}, {action:?};").unwrap();
    }
    text + "}\n"
}

fn typescript(codes: &[Code]) -> String {
    let mut text = String::from(
        "// Generated from crates/seenby-protocol/codes.toml by `make generate`.\n\n\
         /** The status codes of Seenby and of its SDKs. */\nexport const Code = {\n",
    );
    for Code { number, name, meaning, action, .. } in codes {
        writeln!(text, "  /**\n   * {meaning}\n   *\n   * What to do: {action}\n   */\n  {name}: {number},").unwrap();
    }
    text + "} as const;\n"
}

#[derive(Clone, Copy)]
enum Language {
    English,
    Chinese,
}

fn page(codes: &[Code], language: Language) -> String {
    let mut text = String::from(match language {
        Language::English => {
            "<!-- Generated from crates/seenby-protocol/codes.toml by `make generate`. -->\n\n# Status codes\n\n\
             Numbers 0 to 4 are the SDK's own. Five-digit numbers below 90000 are the vendor's, with the vendor's meaning; \
             Seenby's own start at 90000.\n\n| code | name | meaning | what to do |\n|---|---|---|---|\n"
        }
        Language::Chinese => {
            "<!-- 由 `make generate` 根据 crates/seenby-protocol/codes.toml 生成。 -->\n\n# 状态码\n\n\
             0 到 4 由 SDK 自身产生。小于 90000 的五位数沿用厂商的编号与含义;Seenby 自有的状态码从 90000 开始。\n\n\
             | 状态码 | 名称 | 含义 | 处理方式 |\n|---|---|---|---|\n"
        }
    });
    for code in codes {
        let (meaning, action) = match language {
            Language::English => (&code.meaning, &code.action),
            Language::Chinese => (&code.meaning_zh, &code.action_zh),
        };
        writeln!(text, "| {} | `{}` | {meaning} | {action} |", code.number, code.name).unwrap();
    }
    text
}
