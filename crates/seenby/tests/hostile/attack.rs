//! What is done to a server. Each attacker counts the bad inputs it got rid of, and goes on until it is stopped.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand::Rng as _;
use seenby_protocol::CLIENT_FRAME_BYTES_MAX;
use seenby_protocol::frames::{AnswerReceipts, Conversation, ConversationType, GetHistory, Ping, client_frame::Call};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::peer::{BINARY, CONTINUATION, PING, Peer, frame};

#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) server: SocketAddr,
    /// Of people who are in the group and mean no good.
    pub(crate) tokens: Arc<Vec<String>>,
    pub(crate) inputs: Arc<AtomicU64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attack {
    Nothing,
    /// No HTTP at all.
    Garbage,
    /// Heads of requests, a byte at a time.
    SlowHeads,
    /// Frames, a byte at a time.
    SlowFrames,
    /// Connections that are upgraded and never sign in.
    Strangers,
    /// More devices than a server has room for, each with a good token.
    Devices,
    /// Everything is asked for and nothing is read.
    NeverReads,
    /// The same without a token: pages and documents.
    NeverReadsPages,
    /// Sign-ins with tokens of somebody else's making.
    BadTokens,
    /// Pings of the WebSocket and of the protocol.
    Pings,
    /// A frame in pieces of one byte.
    Fragments,
    /// Frames of the largest size, and one byte more.
    LargeFrames,
    /// A hundred ids of nothing in each call.
    BogusIds,
}

pub(crate) const ALL: [Attack; 12] = [
    Attack::Nothing,
    Attack::Garbage,
    Attack::SlowHeads,
    Attack::SlowFrames,
    Attack::Strangers,
    Attack::NeverReads,
    Attack::NeverReadsPages,
    Attack::BadTokens,
    Attack::Pings,
    Attack::Fragments,
    Attack::LargeFrames,
    Attack::BogusIds,
];

impl Attack {
    fn attackers(self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Garbage | Self::BadTokens => 50,
            Self::SlowHeads => 1_000,
            Self::Strangers | Self::Devices | Self::NeverReadsPages => 300,
            Self::SlowFrames | Self::NeverReads | Self::LargeFrames => 60,
            Self::Pings | Self::Fragments | Self::BogusIds => 16,
        }
    }

    /// Until it is dropped.
    pub(crate) fn begins(self, target: &Target) -> JoinSet<()> {
        let mut attackers = JoinSet::new();
        for number in 0..self.attackers() {
            let target = target.clone();
            attackers.spawn(async move {
                loop {
                    self.strikes(&target, number).await;
                    // Sent away, or refused: it comes again.
                    sleep(Duration::from_millis(20)).await;
                }
            });
        }
        attackers
    }

    /// Up to the moment at which the server has had enough.
    async fn strikes(self, target: &Target, number: usize) -> Option<()> {
        let Target { server, tokens, inputs } = target;
        let count = |more: u64| {
            inputs.fetch_add(more, Ordering::Relaxed);
        };
        let token = || &*tokens[number % tokens.len()];
        let member = async || Peer::sign_in(*server, token(), number / tokens.len()).await;
        match self {
            Self::Nothing => {}
            Self::Garbage => {
                let mut peer = Peer::connect(*server).await?;
                let garbage: Vec<u8> = (0..4_096).map(|_| rand::rng().random()).collect();
                peer.write(&garbage).await;
                count(1);
                peer.is_sent_away().await;
            }
            Self::SlowHeads => {
                let mut peer = Peer::connect(*server).await?;
                for byte in b"GET /v1/connect HTTP/1.1\r\nhost: seenby\r\nx: ".iter().chain(std::iter::repeat(&b'x')) {
                    peer.write(&[*byte]).await.then_some(())?;
                    peer.skip().then_some(())?;
                    count(1);
                    sleep(Duration::from_millis(500)).await;
                }
            }
            Self::SlowFrames => {
                let mut peer = member().await?;
                for byte in frame(true, BINARY, &[7; 60_000]) {
                    peer.write(&[byte]).await.then_some(())?;
                    peer.skip().then_some(())?;
                    count(1);
                    sleep(Duration::from_millis(100)).await;
                }
            }
            Self::Strangers => {
                if let Some(mut peer) = Peer::upgrade(*server).await {
                    count(1);
                    peer.is_sent_away().await;
                }
                sleep(Duration::from_secs(1)).await;
            }
            Self::Devices => {
                if let Some(mut peer) = member().await {
                    count(1);
                    peer.is_sent_away().await;
                }
                sleep(Duration::from_secs(1)).await;
            }
            Self::NeverReadsPages => {
                let mut peer = Peer::connect(*server).await?;
                let requests = format!("GET /api/v1/openapi.json HTTP/1.1\r\nhost: {server}\r\n\r\n").repeat(100);
                while peer.write(requests.as_bytes()).await {
                    count(100);
                    sleep(Duration::from_millis(10)).await;
                }
            }
            Self::NeverReads => {
                let mut peer = member().await?;
                while peer.call(Call::GetHistory(history())).await {
                    count(1);
                    sleep(Duration::from_millis(10)).await;
                }
            }
            Self::BadTokens => {
                let bad = format!("{}x", &token()[..token().len() - 1]);
                let mut peer = Peer::sign_in(*server, &bad, number).await?;
                count(1);
                peer.is_sent_away().await;
            }
            Self::Pings => {
                let mut peer = member().await?;
                let ping = frame(true, PING, &[7; 125]).repeat(32);
                while peer.write(&ping).await && peer.call(Call::Ping(Ping {})).await && peer.skip() {
                    count(33);
                    tokio::task::yield_now().await;
                }
            }
            Self::Fragments => {
                let mut peer = member().await?;
                peer.write(&frame(false, BINARY, &[7])).await.then_some(())?;
                let pieces = frame(false, CONTINUATION, &[7]).repeat(64);
                while peer.write(&pieces).await && peer.skip() {
                    count(64);
                    tokio::task::yield_now().await;
                }
            }
            Self::LargeFrames => {
                let mut peer = member().await?;
                let largest = frame(true, BINARY, &vec![0xff; CLIENT_FRAME_BYTES_MAX]);
                let too_large = frame(true, BINARY, &vec![0xff; CLIENT_FRAME_BYTES_MAX + 1]);
                while peer.write(&largest).await && peer.write(&too_large).await && peer.skip() {
                    count(2);
                }
            }
            Self::BogusIds => {
                let mut peer = member().await?;
                while peer.call(Call::AnswerReceipts(bogus())).await && peer.skip() {
                    count(100);
                    sleep(Duration::from_millis(10)).await;
                }
            }
        }
        Some(())
    }
}

fn group() -> Option<Conversation> {
    let r#type = ConversationType::Group.into();
    Some(Conversation { r#type, target_id: crate::GROUP.into(), channel_id: String::new() })
}

fn history() -> GetHistory {
    GetHistory { conversation: group(), count: 100, ..GetHistory::default() }
}

fn bogus() -> AnswerReceipts {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";
    let digit = || char::from(DIGITS[rand::rng().random_range(0..DIGITS.len())]);
    let part = || (0..4).map(|_| digit()).collect::<String>();
    let uid = || format!("38{}{}-{}-{}-{}", digit(), digit(), part(), part(), part());
    AnswerReceipts { conversation: group(), message_uids: (0..100).map(|_| uid()).collect() }
}
