//! `seenby`: the server, its administration and a demo, in one program.

// A print macro panics when its reader goes away.
#![warn(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;

use clap::Parser as _;

mod admin_client;
mod cli;
mod commands;
mod config;
mod files;
mod http_client;
mod output;
mod page;
mod signals;

use cli::{Arguments, Command};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Threads on which reads of the store may wait for the disk. More of them would only wait beside one another there.
const READER_THREADS_MAX: usize = 32;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if output::has_no_reader(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(format_args!("seenby: {error:#}"));
            ExitCode::from(if error.is::<config::ConfigError>() { 2 } else { 1 })
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    let settings = config::load(&arguments.settings)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().max_blocking_threads(READER_THREADS_MAX).build()?;
    runtime.block_on(async {
        match arguments.command {
            Command::Serve(options) => commands::serve::run(settings, options).await,
            Command::Bench(options) => commands::bench::run(options).await,
            Command::Restored => commands::restored::run(&settings),
            Command::Demo(options) => commands::demo::run(options).await,
            Command::Config => {
                output::write(format_args!("{}", config::documented(&settings)))?;
                Ok(())
            }
            Command::Token(options) => commands::administer::token(&settings, options).await,
            Command::App { command } => commands::administer::app(&settings, command).await,
            Command::Key { app, command } => commands::administer::key(&settings, app, command).await,
            Command::User { app, command } => commands::administer::user(&settings, app, command).await,
            Command::Group { app, command } => commands::administer::group(&settings, app, command).await,
        }
    })
}

/// A refusal of the server in this process, as an error for people.
fn refused(refusal: seenby_server::Refusal) -> anyhow::Error {
    anyhow::anyhow!("{} ({})", refusal.detail, refusal.code)
}
