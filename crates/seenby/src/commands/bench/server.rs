//! The server under load: a process of its own on a temporary store, or one that runs elsewhere.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context as _;
use hyper::Method;
use rand::Rng as _;
use seenby_server::Settings;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use super::member::Account;
use super::process::Process;
use crate::admin_client::AdminClient;
use crate::cli::BenchOptions;
use crate::http_client::{HttpClient, encode};
use crate::output;

const APP: &str = "bench";
/// Calls of the server API under way at the same time while a run is prepared: enough to share a commit.
const PREPARERS: usize = 64;
/// People that one call takes in.
const MEMBERS_PER_CALL: usize = 1_000;
/// The limits are for people; a bench has thousands of calls of the same user.
const UNLIMITED: [&str; 10] = [
    "LIMITS__CONNECTIONS_MAX",
    "LIMITS__GROUP_MEMBERS_MAX",
    "LIMITS__SENDS_PER_SECOND",
    "LIMITS__RECEIPT_REQUESTS_PER_SECOND",
    "LIMITS__RECEIPT_ANSWERS_PER_SECOND",
    "LIMITS__QUERIES_PER_SECOND",
    "LIMITS__SIGN_INS_PER_SECOND",
    "API__TOKENS_PER_SECOND",
    "API__MESSAGES_PER_SECOND",
    "API__CALLS_PER_SECOND",
];

/// Where it listens is in the log; what it does for this bench need not be.
const LOG: &str = "info,audit=warn,fjall=warn,lsm_tree=warn";

pub struct Server {
    address: String,
    pub app: String,
    /// What the server API is called with.
    authorization: String,
    own: Option<Own>,
}

/// A server of the bench's own.
struct Own {
    child: Child,
    /// Where its metrics are.
    ops: String,
    folder: TempDir,
}

impl Server {
    pub async fn start(options: &BenchOptions) -> anyhow::Result<Self> {
        match &options.url {
            Some(url) => Self::elsewhere(url, options),
            None => Self::own(options).await,
        }
    }

    fn elsewhere(url: &str, options: &BenchOptions) -> anyhow::Result<Self> {
        let address = url.trim_start_matches("ws://").trim_end_matches('/').to_owned();
        let (app, secret) =
            options.app.as_deref().zip(options.secret.as_deref()).context("--url needs --app and --secret")?;
        Ok(Self { address, app: app.into(), authorization: format!("Bearer {app}:{secret}"), own: None })
    }

    async fn own(options: &BenchOptions) -> anyhow::Result<Self> {
        let folder = match &options.store_in {
            Some(folder) => tempfile::tempdir_in(folder),
            None => tempfile::tempdir(),
        };
        let folder = folder.context("cannot make a temporary folder")?;
        let (child, address, ops) = serve(&folder, "127.0.0.1:0").await?;
        let settings = Settings { data_dir: data_dir(&folder), ..Settings::default() };
        let made = AdminClient::new(&settings, None).send(Method::POST, &["apps"], &json!({ "key": APP })).await?;
        let secret = made["secret"].as_str().context("no secret")?;
        let authorization = format!("Bearer {APP}:{secret}");
        Ok(Self { address, app: APP.into(), authorization, own: Some(Own { child, ops, folder }) })
    }

    /// `None`: it runs elsewhere, and what it uses cannot be seen.
    pub fn process(&self) -> Option<Process> {
        self.own.as_ref().and_then(|own| own.child.id()).map(Process)
    }

    pub fn folder(&self) -> Option<&Path> {
        self.own.as_ref().map(|own| own.folder.path())
    }

    /// The present value of one of its metrics, of those without labels.
    pub async fn metric(&self, name: &str) -> anyhow::Result<f64> {
        let ops = &self.own.as_ref().context("the metrics of a server elsewhere are not read")?.ops;
        let text = HttpClient::new(TcpStream::connect(ops).await?, ops.clone(), None).await?.text("/metrics").await?;
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        Ok(value.with_context(|| format!("there is no {name}"))?.parse()?)
    }

    /// Kills it and starts it anew, on the same store and at the same address. Ready when it takes connections.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        let own = self.own.as_mut().context("a server elsewhere cannot be restarted")?;
        own.child.kill().await?;
        (own.child, _, own.ops) = serve(&own.folder, &self.address).await?;
        Ok(())
    }
}

fn data_dir(folder: &TempDir) -> PathBuf {
    folder.path().join("data")
}

/// Starts `seenby serve` from this program's own file; gives where clients connect and where its metrics are.
async fn serve(folder: &TempDir, listen: &str) -> anyhow::Result<(Child, String, String)> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--data-dir").arg(data_dir(folder)).args([
        "--listen",
        listen,
        "--ops-listen",
        "127.0.0.1:0",
        "--log",
        LOG,
        "serve",
    ]);
    for limit in UNLIMITED {
        command.env(format!("SEENBY_{limit}"), "1000000");
    }
    command.stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().context("cannot start the server")?;
    let mut log = BufReader::new(child.stderr.take().context("no log")?).lines();
    let (mut said, mut ops) = (String::new(), String::new());
    while let Some(line) = log.next_line().await? {
        if let Some((_, address)) = line.split_once("metrics are at http://") {
            ops = address.trim_end_matches("/metrics").to_owned();
        }
        if let Some((_, address)) = line.split_once("clients connect to ws://") {
            let address = address.trim().to_owned();
            // Whoever writes a log that nobody reads will wait for ever one day.
            tokio::spawn(async move {
                while let Ok(Some(line)) = log.next_line().await {
                    output::complain(format_args!("{line}"));
                }
            });
            return Ok((child, address, ops));
        }
        said += &line;
        said.push('\n');
    }
    anyhow::bail!("the server did not start: {said}")
}

/// What is prepared through the server API.
impl Server {
    async fn api(&self) -> anyhow::Result<HttpClient> {
        let stream =
            TcpStream::connect(&self.address).await.with_context(|| format!("nobody answers at {}", self.address))?;
        HttpClient::new(stream, self.address.clone(), Some(self.authorization.clone())).await
    }

    pub async fn make_group(&self, group: &str, members: &[String]) -> anyhow::Result<()> {
        let mut api = self.api().await?;
        let path = format!("/api/v1/groups/group/{}", encode(group));
        let (first, rest) = members.split_at(members.len().min(MEMBERS_PER_CALL));
        api.request(Method::PUT, path.clone(), &json!({ "title": group, "members": first })).await?;
        for more in rest.chunks(MEMBERS_PER_CALL) {
            api.request(Method::PATCH, format!("{path}/members"), &json!({ "add": more })).await?;
        }
        Ok(())
    }

    pub async fn dismiss_group(&self, group: &str) -> anyhow::Result<()> {
        let path = format!("/api/v1/groups/group/{}", encode(group));
        self.api().await?.request(Method::DELETE, path, &Value::Null).await.map(drop)
    }

    /// For a group and its people, unlike all others on this server.
    pub fn new_name(&self) -> String {
        format!("{:05x}", rand::rng().random_range(0..1 << 20))
    }

    /// One device for each user, in order.
    pub async fn accounts(&self, users: &[String]) -> anyhow::Result<Vec<Account>> {
        let tokens = self.tokens(users).await?;
        let account = |(place, token)| Account {
            server: self.address.clone(),
            app: self.app.clone(),
            token,
            device: "bench".into(),
            place,
        };
        Ok(tokens.into_iter().enumerate().map(account).collect())
    }

    /// One for each user, in order.
    pub async fn tokens(&self, users: &[String]) -> anyhow::Result<Vec<String>> {
        let mut preparing = JoinSet::new();
        let share = users.len().div_ceil(PREPARERS).max(1);
        for (place, users) in users.chunks(share).enumerate() {
            let (mut api, users) = (self.api().await?, users.to_vec());
            preparing.spawn(async move {
                let mut tokens = Vec::with_capacity(users.len());
                for user in &users {
                    let body = json!({ "user_id": user });
                    let made = api.request(Method::POST, "/api/v1/tokens".into(), &body).await?;
                    tokens.push(made["token"].as_str().unwrap_or_default().to_owned());
                }
                anyhow::Ok((place, tokens))
            });
        }
        let mut shares = preparing.join_all().await.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
        shares.sort_by_key(|(place, _)| *place);
        Ok(shares.into_iter().flat_map(|(_, tokens)| tokens).collect())
    }

    /// Messages of `sender` that everybody in the group is asked about, oldest first.
    pub async fn ask(&self, group: &str, sender: &str, count: usize) -> anyhow::Result<Vec<String>> {
        let mut api = self.api().await?;
        let mut uids = Vec::with_capacity(count);
        for number in 0..count {
            let body = json!({
                "sender_id": sender,
                "targets": [{ "kind": "group", "group_id": group }],
                "content": { "text": format!("announcement {number}") },
                "need_receipt": true,
            });
            let sent: Value = api.request(Method::POST, "/api/v1/messages".into(), &body).await?;
            let uid = sent["messages"][0]["message_uid"].as_str().context("no message id")?;
            uids.push(uid.to_owned());
        }
        Ok(uids)
    }
}
