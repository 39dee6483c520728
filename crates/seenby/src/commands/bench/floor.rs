//! The floor: the same sockets and frames against a process that acknowledges and does nothing else. What a server costs
//! above this is what it does.

use anyhow::Context as _;
use futures_util::{SinkExt as _, StreamExt as _};
use seenby_protocol::frames::{ClientFrame, ReceiptsAccepted, Reply, ServerFrame, client_frame, reply, server_frame};
use seenby_protocol::{CLIENT_FRAME_BYTES_MAX, codec};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio_websockets::{Limits, Message, ServerBuilder};

use super::process::Process;
use crate::output::line;

/// A running floor; ends when dropped.
pub struct Floor {
    child: Child,
    pub address: String,
}

impl Floor {
    pub async fn start() -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["bench", "acknowledge"]).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("cannot start the floor")?;
        let output = child.stdout.take().context("no output")?;
        let address = BufReader::new(output).lines().next_line().await?.context("the floor did not start")?;
        Ok(Self { child, address })
    }

    pub fn process(&self) -> Option<Process> {
        self.child.id().map(Process)
    }
}

/// The floor's process: prints its address and acknowledges for ever.
pub async fn acknowledge() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    line!("{}", listener.local_addr()?)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            // A client that ends without a word is what a bench does.
            let _ = acknowledge_one(stream).await;
        });
    }
}

async fn acknowledge_one(stream: TcpStream) -> anyhow::Result<()> {
    let limits = Limits::default().max_payload_len(Some(CLIENT_FRAME_BYTES_MAX));
    let (_, mut socket) = ServerBuilder::new().limits(limits).accept(stream).await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if !message.is_binary() {
            continue;
        }
        let frame = codec::decode::<ClientFrame>(message.as_payload(), CLIENT_FRAME_BYTES_MAX)?;
        socket.send(Message::binary(acknowledgement(frame))).await?;
    }
    Ok(())
}

fn acknowledgement(frame: ClientFrame) -> Vec<u8> {
    let result = match frame.call {
        Some(client_frame::Call::AnswerReceipts(answer)) => {
            let codes = vec![0; answer.message_uids.len()];
            Some(reply::Result::ReceiptsAccepted(ReceiptsAccepted { codes }))
        }
        _ => None,
    };
    let reply = Reply { call_id: frame.call_id, result, ..Reply::default() };
    codec::encode(&ServerFrame { kind: Some(server_frame::Kind::Reply(reply)) })
}
