//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Group-chat read receipts: who has read it, when, and who has not.
///
/// Try `seenby demo` first. Then `seenby serve` starts a server, and in another terminal `seenby group create` and
/// `seenby token` prepare it for the first app.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub struct Arguments {
    #[command(flatten)]
    pub settings: SettingArguments,

    #[command(subcommand)]
    pub command: Command,
}

/// Flags win over the environment (SEENBY_LISTEN, SEENBY_LIMITS__SENDS_PER_SECOND, …), which wins over the file.
#[derive(Debug, Default, Args)]
pub struct SettingArguments {
    /// TOML file with settings; `seenby config` shows what can stand in it
    #[arg(long, global = true, env = "SEENBY_CONFIG", value_name = "FILE", help_heading = "Settings")]
    pub config: Option<PathBuf>,
    /// Folder of the store and of the administration socket
    #[arg(long, global = true, value_name = "FOLDER", help_heading = "Settings")]
    pub data_dir: Option<PathBuf>,
    /// Where clients connect
    #[arg(long, global = true, value_name = "ADDRESS:PORT", help_heading = "Settings")]
    pub listen: Option<String>,
    /// Where metrics and health checks are served
    #[arg(long, global = true, value_name = "ADDRESS:PORT", help_heading = "Settings")]
    pub ops_listen: Option<String>,
    /// Log levels, such as `info` or `warn,seenby_server=debug`
    #[arg(long, global = true, value_name = "FILTER", help_heading = "Settings")]
    pub log: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a server
    Serve(ServeOptions),
    /// Chat in the browser among 5,000 people who answer, on a server of its own; prints a link for each of three visitors
    Demo(DemoOptions),
    /// Measure what a server can do on this machine, and what it costs
    Bench(BenchOptions),
    /// After restoring a backup: make clients forget what they know of this store
    Restored,
    /// Print the settings in force, as a TOML file with comments
    Config,
    /// Make a sign-in token for a user
    Token(TokenOptions),
    /// Apps: each has its own users, groups and secret
    App {
        #[command(subcommand)]
        command: AppCommand,
    },
    /// Keys with which back ends call the server API, each for some kinds of call only
    Key {
        #[command(flatten)]
        app: InApp,
        #[command(subcommand)]
        command: KeyCommand,
    },
    /// Users
    User {
        #[command(flatten)]
        app: InApp,
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Groups and ultra groups
    Group {
        #[command(flatten)]
        app: InApp,
        #[command(subcommand)]
        command: GroupCommand,
    },
}

#[derive(Debug, Args)]
pub struct ServeOptions {
    /// Serve the chat page at `/`, where clients connect
    #[arg(long)]
    pub web: bool,
}

#[derive(Debug, Args)]
pub struct DemoOptions {
    /// Where the page is served on this machine; a free port by default
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub port: u16,
    /// How long it takes until everybody who reads has read: 60, or 12 with --terminal
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(0..=600))]
    pub seconds: Option<u64>,
    /// Show one announcement being read in the terminal instead
    #[arg(long, conflicts_with = "port")]
    pub terminal: bool,
    /// With --terminal: how many people are asked
    #[arg(long, default_value_t = 12, requires = "terminal", value_parser = clap::value_parser!(u32).range(1..=500))]
    pub people: u32,
    /// Print links to a page that is served elsewhere, by a development server for example
    #[arg(long, value_name = "URL", hide = true)]
    pub page_at: Option<String>,
}

#[derive(Debug, Args)]
pub struct BenchOptions {
    /// What to measure
    #[arg(value_enum)]
    pub workload: BenchWorkload,
    /// Print what was measured as JSON, every run
    #[arg(long)]
    pub json: bool,
    /// Runs of each workload
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=100))]
    pub runs: u64,
    /// Members of the storms
    #[arg(long, value_name = "COUNT", value_delimiter = ',', default_values_t = [500, 2_000, 10_000])]
    pub members: Vec<usize>,
    /// Answers of one storm; there are as many messages as that takes
    #[arg(long, default_value_t = 100_000)]
    pub answers: usize,
    /// Connections that are idle
    #[arg(long, value_name = "COUNT", value_delimiter = ',', default_values_t = [20_000])]
    pub connections: Vec<usize>,
    /// How long a soak takes
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub minutes: u64,
    /// Folder for temporary stores, on the disk that is to be measured
    #[arg(long, value_name = "FOLDER")]
    pub store_in: Option<PathBuf>,
    /// A server that runs already, instead of one of the bench's own
    #[arg(long, value_name = "URL", requires_all = ["app", "secret"])]
    pub url: Option<String>,
    /// App key on that server
    #[arg(long, value_name = "KEY")]
    pub app: Option<String>,
    /// The app's secret
    #[arg(long, env = "SEENBY_BENCH_SECRET", value_name = "SECRET", hide_env_values = true)]
    pub secret: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BenchWorkload {
    /// Everything, in turns
    All,
    /// Everybody answers one message after another, beside a process that only acknowledges
    Storm,
    /// Everybody answers as soon as the message comes; the next one comes when the asker has seen all answers
    Round,
    /// Answers at half of the rate that a storm reaches, beside the disk
    Half,
    /// One member answers, one message after another, beside the disk
    Quiet,
    /// Members answer 1 to 100 messages a call
    CatchUp,
    /// The same storm in a group of 1,000 and in one of 100,000
    Growth,
    /// Messages and answers in 1,000 groups at a fixed rate
    Mixed,
    /// Connections at rest, and their return after a restart
    Idle,
    /// Whether a server in use grows: not a part of `all`
    Soak,
    /// Core and store without sockets
    Ledger,
    /// One append with a sync after another
    Disk,
    /// The process that only acknowledges, and nothing else
    #[value(hide = true)]
    Acknowledge,
}

#[derive(Debug, Args)]
pub struct InApp {
    /// App key; needed when there are several apps
    #[arg(long, global = true, value_name = "KEY")]
    pub app: Option<String>,
}

#[derive(Debug, Args)]
pub struct TokenOptions {
    /// User id; 1 to 64 characters
    #[arg(long, value_name = "ID")]
    pub user: String,
    /// How long the token is good for
    #[arg(long, default_value_t = 30, value_name = "DAYS", value_parser = clap::value_parser!(u64).range(1..=36_500))]
    pub days: u64,
    #[command(flatten)]
    pub app: InApp,
}

#[derive(Debug, Subcommand)]
pub enum AppCommand {
    /// Make an app; prints its secret, this once
    Create { key: String },
    /// List the keys of all apps
    List,
    /// Give an app a new secret; prints it, this once. Tokens and signatures made with the old one are void
    RotateSecret { key: String },
}

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a key; prints it, this once
    Create {
        /// What will use it, for people
        #[arg(long, default_value = "")]
        label: String,
        /// What it may be used for: tokens, users, groups, messages, receipts
        #[arg(long = "scope", value_name = "SCOPE", num_args = 1.., required = true)]
        scopes: Vec<String>,
    },
    /// List keys: id, label, scopes
    List,
    /// Make a key worthless
    Revoke { id: String },
}

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Register a user, or change the name of one
    Save {
        id: String,
        #[arg(long)]
        name: Option<String>,
    },
    /// List users
    List,
    /// Sign a user out and keep it out
    Block { id: String },
    /// Let a blocked user in again
    Unblock { id: String },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum GroupKind {
    Group,
    UltraGroup,
}

#[derive(Debug, Args)]
pub struct GroupArguments {
    pub id: String,
    /// A plain group has one conversation, an ultra group has channels
    #[arg(long, value_enum, default_value_t = GroupKind::Group)]
    pub kind: GroupKind,
}

#[derive(Debug, Subcommand)]
pub enum GroupCommand {
    /// Make a group, or change the title of one
    Create {
        #[command(flatten)]
        group: GroupArguments,
        #[arg(long, default_value = "")]
        title: String,
        /// User ids of the first members
        #[arg(long = "member", value_name = "ID", num_args = 1..)]
        members: Vec<String>,
    },
    /// List groups
    List,
    /// Show a group and its members
    Show {
        #[command(flatten)]
        group: GroupArguments,
    },
    /// Take users in
    Add {
        #[command(flatten)]
        group: GroupArguments,
        #[arg(required = true)]
        members: Vec<String>,
    },
    /// Let users go
    Remove {
        #[command(flatten)]
        group: GroupArguments,
        #[arg(required = true)]
        members: Vec<String>,
    },
    /// Add a channel to an ultra group
    Channel { id: String, channel: String },
    /// End a group: everybody leaves
    Dismiss {
        #[command(flatten)]
        group: GroupArguments,
    },
}
