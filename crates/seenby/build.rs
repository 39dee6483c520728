//! Says what is missing before the compiler stumbles over it.

use std::path::Path;
use std::process::ExitCode;

const PAGE: &str = "../../web/dist";

fn main() -> ExitCode {
    if std::env::var_os("CARGO_FEATURE_WEB").is_none() {
        println!("cargo::rerun-if-changed=build.rs");
        return ExitCode::SUCCESS;
    }
    // A page that is built anew has other files.
    println!("cargo::rerun-if-changed={PAGE}");
    if Path::new(PAGE).join("index.html").is_file() {
        return ExitCode::SUCCESS;
    }
    println!(
        "cargo::error=the feature `web` puts the chat page into the program, and web/dist has none: run `make web` first"
    );
    ExitCode::FAILURE
}
