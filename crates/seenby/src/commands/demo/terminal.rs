//! `seenby demo --terminal`: one announcement being read by a group of people, each with an engine of the SDK, on a
//! server of its own with a temporary store.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use seenby_client::{Conversation, Engine, EngineOptions, Event, EventStream, Message, Readers, ReceiptCounts};
use seenby_server::{Administration, Listeners, Server, Settings, group_name};
use seenby_storage::Embedded;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::APP;
use crate::cli::DemoOptions;
use crate::{output, refused};

const GROUP: &str = "ward-3";
const SENDER: &str = "Dr. Chen";
const ANNOUNCEMENT: &str = "Bed 7: penicillin allergy. Please confirm that you have read this.";
const NAMES: [&str; 12] =
    ["Ada", "Bao", "Carla", "Dmitri", "Elif", "Femi", "Greta", "Hiro", "Ines", "Jonas", "Kavya", "Lin"];
const READING_SECONDS: u64 = 12;
/// Names of those who are still missing, on one line.
const MISSING_SHOWN_MAX: usize = 6;

pub async fn run(options: DemoOptions) -> anyhow::Result<()> {
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let storage = Arc::new(Embedded::open(folder.path()).context("cannot open a temporary store")?);
    let server = Server::new(Settings::default(), storage)?;
    let administration = server.administration();
    let clients = TcpListener::bind("127.0.0.1:0").await.context("cannot listen on 127.0.0.1")?;
    let address = format!("ws://{}", clients.local_addr()?);
    let (stop, stopped) = oneshot::channel::<()>();
    let listeners = Listeners { clients, ops: None, admin: None };
    let running = tokio::spawn(server.run(listeners, async move { drop(stopped.await) }));

    output::line!("A server runs at {address}, with its store in {}.", folder.path().display())?;
    let names = names(options.people);
    let stage = Stage::set(&administration, &address, &names).await?;
    let told = stage.play(&names, Duration::from_secs(options.seconds.unwrap_or(READING_SECONDS))).await;
    drop(stop);
    running.await?;
    told
}

fn names(count: u32) -> Vec<String> {
    let name = |number: usize| match number / NAMES.len() {
        0 => NAMES[number].to_owned(),
        round => format!("{} {}", NAMES[number % NAMES.len()], round + 1),
    };
    (0..count as usize).map(name).collect()
}

/// Everybody at the server, before the announcement.
struct Stage {
    sender: Engine,
    sender_events: EventStream,
    people: Vec<Person>,
}

struct Person {
    engine: Engine,
    events: EventStream,
}

impl Stage {
    async fn set(administration: &Administration, address: &str, names: &[String]) -> anyhow::Result<Self> {
        let app = administration.create_app(APP).await.map_err(refused)?;
        let group = group_name(&app.key, "group", GROUP).map_err(refused)?;
        administration.create_group(&group, "Ward 3").await.map_err(refused)?;
        let members: Vec<&str> = names.iter().map(String::as_str).chain([SENDER]).collect();
        administration.join(&group, &members).await.map_err(refused)?;

        let arrive = async |name: &str| -> anyhow::Result<Person> {
            let token = administration.token(&app, name, Duration::from_secs(3_600)).await.map_err(refused)?;
            let options = EngineOptions { server: address.to_owned(), ..EngineOptions::default() };
            let engine = Engine::create(APP, options)?;
            let events = engine.events();
            engine.connect(token).await.with_context(|| format!("{name} cannot sign in"))?;
            Ok(Person { engine, events })
        };
        let Person { engine: sender, events: sender_events } = arrive(SENDER).await?;
        let mut people = Vec::with_capacity(names.len());
        for name in names {
            people.push(arrive(name).await?);
        }
        output::line!("{} people of Ward 3 are online.\n", people.len())?;
        Ok(Self { sender, sender_events, people })
    }

    async fn play(self, names: &[String], duration: Duration) -> anyhow::Result<()> {
        let Self { sender, sender_events, people } = self;
        let message = sender.create_text_message(&Conversation::group(GROUP), ANNOUNCEMENT);
        let message = sender.send_message(&message).await?;
        output::line!("{SENDER}: “{ANNOUNCEMENT}”")?;
        sender.send_group_read_receipt_request(&message).await?;
        output::line!("{SENDER} asks who has read it.\n")?;

        let mut readers = JoinSet::new();
        let count = people.len() as u32;
        for (place, person) in (1..).zip(people) {
            readers.spawn(person.reads_after(duration * place / count));
        }
        let watched = watch(sender_events, &message, names).await;
        while let Some(read) = readers.join_next().await {
            read??;
        }
        watched
    }
}

impl Person {
    /// Waits to be asked, takes its time, and answers.
    async fn reads_after(mut self, time: Duration) -> anyhow::Result<()> {
        let (conversation, message_uid) = loop {
            let event = self.events.next().await.context("the engine ended")?;
            if let Event::GroupMessageReadReceiptRequestReceived { conversation, message_uid, .. } = event {
                break (conversation, message_uid);
            }
        };
        sleep(time).await;
        let message = self.engine.get_message_by_uid(&conversation, &message_uid).await?;
        self.engine.send_group_read_receipt_response(GROUP, None, &[message]).await?;
        Ok(())
    }
}

/// Prints each reader as it comes, until everybody has read.
async fn watch(mut events: EventStream, message: &Message, names: &[String]) -> anyhow::Result<()> {
    let mut missing: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    while let Some(event) = events.next().await {
        let Event::GroupMessageReadReceiptResponseReceived { respond_user_ids, new_readers, counts, .. } = event else {
            continue;
        };
        for reader in &new_readers {
            missing.remove(&*reader.user_id);
            let seconds = reader.read_at_ms.saturating_sub(message.sent_time) as f64 / 1_000.0;
            let place = names.len() - missing.len();
            output::line!("{}", line(&reader.user_id, seconds, place, counts.total, &missing))?;
        }
        if counts.unread == 0 {
            return Ok(output::line!("\n{}", summary(&respond_user_ids, counts, message.sent_time))?);
        }
    }
    anyhow::bail!("the sender's engine ended before everybody had read")
}

fn line(name: &str, seconds: f64, place: usize, total: u32, missing: &BTreeSet<&str>) -> String {
    let names: Vec<&str> = missing.iter().copied().take(MISSING_SHOWN_MAX).collect();
    let rest = missing.len() - names.len();
    let missing = match (names.is_empty(), rest) {
        (true, _) => "nobody is missing".to_owned(),
        (false, 0) => format!("missing: {}", names.join(", ")),
        (false, rest) => format!("missing: {} and {rest} more", names.join(", ")),
    };
    format!("  {place:>3}/{total}  {name:<10} after {seconds:>4.1} s   {missing}")
}

fn summary(readers: &Readers, counts: ReceiptCounts, sent_time: u64) -> String {
    let last = readers.iter().map(|reader| reader.read_at_ms).max().unwrap_or(sent_time);
    let seconds = last.saturating_sub(sent_time) as f64 / 1_000.0;
    format!("{}/{} have read it, the last after {seconds:.1} s.", counts.read, counts.total)
}
