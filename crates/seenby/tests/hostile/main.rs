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
use seenby::{Installation, Server};
use seenby_client::{Conversation, Engine, EngineOptions, Event, EventStream};
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
