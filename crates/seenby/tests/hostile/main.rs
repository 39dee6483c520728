//! Peers who mean no good, on real sockets, beside honest people whom they must not disturb: the server lives, holds no more
//! memory than it says, and answers.
//!
//! `make hostile SECONDS=10` takes longer over each attack, and shows what the honest ones notice.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod attack;
mod peer;
#[path = "../program/seenby.rs"]
#[expect(dead_code, reason = "what other tests do with the program")]
mod seenby;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use attack::{Attack, Target};
use hdrhistogram::Histogram;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use seenby::{Installation, Server};
use seenby_client::{Conversation, Engine, EngineOptions, Event, EventStream};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::{interval, timeout};

const GROUP: &str = "ward-3";
const NURSES: usize = 8;
const HOSTILE_USERS: usize = 10;
/// Short of what the limits allow a sender.
const BETWEEN_MESSAGES: Duration = Duration::from_millis(250);
/// What the server may hold, whatever is done to it here.
const MEMORY_MIB_MAX: u64 = 256;

/// Alice asks, and the nurses answer.
struct Ward {
    server: Server,
    alice: Engine,
    nurses: Vec<(Engine, EventStream)>,
    target: Target,
}

impl Ward {
    async fn opens(installation: &Installation) -> Self {
        let server = installation.serves();
        let names = |kind: &str, count: usize| (0..count).map(|number| format!("{kind}-{number}")).collect::<Vec<_>>();
        let (nurses, hostile) = (names("nurse", NURSES), names("hostile", HOSTILE_USERS));
        let members =
            ["alice"].into_iter().chain(nurses.iter().chain(&hostile).map(String::as_str)).collect::<Vec<_>>();
        installation.does(&[&["group", "create", GROUP, "--member"][..], &members].concat());
        let alice = signs_in(installation, &server, "alice").await;
        let mut signed_in = Vec::new();
        for nurse in &nurses {
            let engine = signs_in(installation, &server, nurse).await;
            let events = engine.events();
            signed_in.push((engine, events));
        }
        let tokens = hostile.iter().map(|user| installation.token(user)).collect();
        let address = server.address().parse().unwrap();
        let target = Target { server: address, tokens: Arc::new(tokens), inputs: Arc::default() };
        Self { server, alice, nurses: signed_in, target }
    }

    /// So long everybody does what they do; gives how long answers took, in microseconds.
    async fn works(&mut self, time: Duration) -> Histogram<u64> {
        let mut latencies = Histogram::new(3).unwrap();
        let (end, mut clock) = (Instant::now() + time, interval(BETWEEN_MESSAGES));
        while Instant::now() < end {
            clock.tick().await;
            let mut draft = self.alice.create_text_message(&Conversation::group(GROUP), "round at nine");
            draft.need_receipt = true;
            let sent = soon(self.alice.send_message(&draft)).await.unwrap();
            let uid = sent.message_uid.unwrap();
            let answering = self.nurses.iter_mut().map(|nurse| answers(nurse, &uid));
            for latency in futures_util::future::join_all(answering).await {
                latencies.record(latency).unwrap();
            }
        }
        latencies
    }
}

async fn signs_in(installation: &Installation, server: &Server, user: &str) -> Engine {
    let engine = Engine::create("seenby", EngineOptions { server: server.url.clone(), ..EngineOptions::default() });
    let engine = engine.unwrap();
    soon(engine.connect(installation.token(user))).await.unwrap();
    engine
}

/// Waits to be asked, and answers; gives how long the answer took.
async fn answers((engine, events): &mut (Engine, EventStream), uid: &str) -> u64 {
    let is_asked = async {
        loop {
            if let Some(Event::GroupMessageReadReceiptRequestReceived { message_uid, .. }) = events.next().await
                && message_uid == uid
            {
                return;
            }
        }
    };
    soon(is_asked).await;
    let begin = Instant::now();
    soon(engine.send_read_receipt_response(&Conversation::group(GROUP), &[uid])).await.unwrap();
    u64::try_from(begin.elapsed().as_micros()).unwrap()
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(60), what).await.expect("this should have happened by now")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn honest_people_are_served_whatever_others_do() {
    let seconds = std::env::var("SEENBY_HOSTILE_SECONDS").map_or(1, |seconds| seconds.parse().unwrap());
    let installation = Installation::new();
    let mut ward = Ward::opens(&installation).await;
    println!("{:<12} {:>12} {:>10} {:>12} {:>12}", "attack", "bad inputs", "MiB", "p99 ms", "p99 before");
    for attack in attack::ALL {
        let before = ward.works(Duration::from_secs(seconds)).await;
        ward.target.inputs = Arc::new(AtomicU64::new(0));
        let attackers = attack.begins(&ward.target);
        let during = ward.works(Duration::from_secs(seconds)).await;
        let (inputs, memory) = (ward.target.inputs.load(Ordering::Relaxed), ward.server.memory_mib_most());
        drop(attackers);
        let p99 = |latencies: &Histogram<u64>| latencies.value_at_quantile(0.99) as f64 / 1_000.0;
        let name = format!("{attack:?}");
        println!("{name:<12} {inputs:>12} {memory:>10} {:>12.1} {:>12.1}", p99(&during), p99(&before));
        assert!(memory < MEMORY_MIB_MAX, "{attack:?}: {memory} MiB");
        assert!((attack == Attack::Nothing) == (inputs == 0), "{attack:?}: {inputs} bad inputs");
        assert!(ward.server.is_ready());
    }
}

/// A connection of a back end that stays open.
struct BackEnd {
    connection: SendRequest<Full<Bytes>>,
    authorization: String,
}

impl BackEnd {
    async fn connects(installation: &Installation, server: &Server) -> Self {
        let shown = installation.does(&["key", "create", "--scope", "messages"]);
        let key = shown.split_whitespace().last().unwrap();
        let stream = TcpStream::connect(server.address()).await.unwrap();
        let (connection, driver) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(driver);
        Self { connection, authorization: format!("Bearer {key}") }
    }

    async fn publishes(&mut self, text: &str) {
        let message = json!({
            "sender_id": "alice",
            "targets": [{ "kind": "group", "group_id": GROUP }],
            "content": { "text": text },
        });
        let request = Request::post("/api/v1/messages")
            .header(header::HOST, "seenby")
            .header(header::AUTHORIZATION, &self.authorization)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::from(message.to_string()))
            .unwrap();
        soon(self.connection.ready()).await.unwrap();
        let response = soon(self.connection.send_request(request)).await.unwrap();
        let (head, body) = response.into_parts();
        let body = soon(body.collect()).await.unwrap().to_bytes();
        assert!(head.status.is_success(), "{}: {}", head.status, String::from_utf8_lossy(&body));
    }
}

const FEW_FILES: u64 = 256;
/// Enough for the engine to begin new files, several times.
const LARGE_MESSAGES: usize = 1_200;
const FEW_FILES_SETTINGS: [(&str, &str); 3] = [
    ("SEENBY_API__MESSAGES_PER_SECOND", "100000"),
    ("SEENBY_LIMITS__DEVICES_PER_USER_MAX", "1000"),
    ("SEENBY_LIMITS__SIGN_INS_PER_SECOND", "100000"),
];

/// Clients take every connection that there is, and come again when they are sent away. Meanwhile a back end publishes so much
/// that the store has to open files.
async fn the_store_goes_on_under(attack: Attack, meanwhile: impl AsyncFn(&Installation, &Server)) {
    let installation = Installation::new();
    let server = installation.serves_with_files(FEW_FILES, &FEW_FILES_SETTINGS);
    installation.does(&["group", "create", GROUP, "--member", "alice"]);
    let tokens = Arc::new(vec![installation.token("alice")]);
    let mut back_end = BackEnd::connects(&installation, &server).await;
    let target = Target { server: server.address().parse().unwrap(), tokens, inputs: Arc::default() };
    let text = "x".repeat(120_000);
    back_end.publishes(&text).await;
    let _attackers = attack.begins(&target);
    for number in 0..LARGE_MESSAGES {
        back_end.publishes(&text).await;
        if number % 100 == 0 {
            assert!(server.is_ready());
            meanwhile(&installation, &server).await;
        }
    }
    assert!(target.inputs.load(Ordering::Relaxed) > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_keep_nobody_out_of_a_server_with_few_files() {
    let comes_in = async |installation: &Installation, server: &Server| {
        signs_in(installation, server, "alice").await.destroy().await;
    };
    the_store_goes_on_under(Attack::Strangers, comes_in).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_few_files_keeps_some_for_its_store() {
    the_store_goes_on_under(Attack::Devices, async |_, _| {}).await;
}
