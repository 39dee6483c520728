//! `seenby demo`: a chat among 5,000 people in the browser, on a server of its own with a temporary store.
//!
//! Three visitors get a link each. Everybody else is simulated ([`crowd`]): asked by a visitor, the members sign in and
//! answer through the SDK and a real socket. What was said before the visitors came is written ahead ([`past`]).
//! [`terminal`] tells a shorter story, without a browser.

mod crowd;
mod past;
mod people;
mod terminal;

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use seenby_server::{Listeners, Server, Settings};
use seenby_storage::Embedded;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use self::crowd::Crowd;
use self::people::People;
use crate::cli::DemoOptions;
use crate::output::line;
use crate::{page, refused, signals};

const APP: &str = "demo";
/// How long the links are good for.
const LINK_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3_600);
const READING_SECONDS: u64 = 60;

pub async fn run(options: DemoOptions) -> anyhow::Result<()> {
    match options.terminal {
        true => terminal::run(options).await,
        false => show(options).await,
    }
}

async fn show(options: DemoOptions) -> anyhow::Result<()> {
    let page = page::built_in();
    if page.is_none() && options.page_at.is_none() {
        anyhow::bail!("{}; or try `seenby demo --terminal`", page::MISSING);
    }
    let stop = signals::stop()?;
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let storage = Arc::new(Embedded::open(folder.path()).context("cannot open a temporary store")?);
    let people = People::gather();
    let past = {
        let (storage, people) = (storage.clone(), people.clone());
        tokio::task::spawn_blocking(move || past::write(&storage, &people)).await??
    };
    let mut server = Server::new(Settings::default(), storage)?;
    if let Some(page) = page {
        server = server.with_page(page);
    }
    let administration = server.administration();
    let app = administration.create_app(APP).await.map_err(refused)?;
    let clients = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await;
    let clients = clients.with_context(|| format!("cannot listen on port {} of 127.0.0.1", options.port))?;
    let address = clients.local_addr()?;
    let (end, ended) = oneshot::channel::<()>();
    let listeners = Listeners { clients, ops: None, admin: None };
    let mut running = tokio::spawn(server.run(listeners, async move { drop(ended.await) }));

    let page_at = options.page_at.unwrap_or_else(|| format!("http://{address}"));
    let mut links = String::new();
    for visitor in &people.visitors {
        let token = administration.token(&app, &visitor.id, LINK_LIFETIME).await.map_err(refused)?;
        links += &format!("  {:<10} {page_at}/#app={APP}&token={token}\n", visitor.name);
    }
    let reading = Duration::from_secs(options.seconds.unwrap_or(READING_SECONDS));
    let member_count = people.crowd.len() + people.visitors.len();
    let crowd = Crowd::gathers(format!("ws://{address}"), administration, app, people, past, reading).await?;
    line!("A server runs at ws://{address} with {member_count} people, its store in {}.", folder.path().display())?;
    line!("Open two of these links side by side:\n\n{links}")?;
    line!("Send something and ask who has read it. The others answer, most of them. Ctrl-C ends it.")?;

    let told = tokio::select! {
        () = stop => Ok(()),
        told = crowd.plays() => told,
        _ = &mut running => Err(anyhow::anyhow!("the server ended")),
    };
    drop(end);
    if !running.is_finished() {
        running.await?;
    }
    told
}
