//! Talks to the administration socket of the server on this machine.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use anyhow::anyhow;
use hyper::Method;
use seenby_server::Settings;
use serde_json::Value;
use tokio::net::UnixStream;

use crate::http_client::{HttpClient, encode};

pub struct AdminClient {
    socket: PathBuf,
    app: Option<String>,
}

impl AdminClient {
    pub fn new(settings: &Settings, app: Option<String>) -> Self {
        Self { socket: settings.admin_socket(), app }
    }

    pub async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> anyhow::Result<Value> {
        self.request(Method::GET, path, query, &Value::Null).await
    }

    pub async fn send(&self, method: Method, path: &[&str], body: &Value) -> anyhow::Result<Value> {
        self.request(method, path, &[], body).await
    }

    async fn request(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: &Value,
    ) -> anyhow::Result<Value> {
        let stream = UnixStream::connect(&self.socket).await;
        let stream = stream.map_err(|error| anyhow!("{}: {error}; {}", self.socket.display(), what_to_do(&error)))?;
        let mut client = HttpClient::new(stream, "seenby".into(), None).await?;
        client.request(method, self.uri(path, query), body).await
    }

    fn uri(&self, path: &[&str], query: &[(&str, &str)]) -> String {
        let path: String = path.iter().map(|part| format!("/{}", encode(part))).collect();
        let app = self.app.as_deref().map(|app| ("app", app));
        let query: Vec<_> = app
            .into_iter()
            .chain(query.iter().copied())
            .map(|(key, value)| format!("{key}={}", encode(value)))
            .collect();
        format!("/v1{path}?{}", query.join("&"))
    }
}

fn what_to_do(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::PermissionDenied => "run this as the user that the server runs as",
        ErrorKind::NotFound => "start a server with `seenby serve`, or name the folder of one with --data-dir",
        ErrorKind::ConnectionRefused => "the server that made this socket has ended; start one with `seenby serve`",
        _ => "no server answers there",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_that_nobody_answers_has_its_advice() {
        for (kind, advice) in [
            (ErrorKind::PermissionDenied, "as the user that the server runs as"),
            (ErrorKind::NotFound, "start a server"),
            (ErrorKind::ConnectionRefused, "has ended"),
            (ErrorKind::TimedOut, "no server answers"),
        ] {
            assert!(what_to_do(&kind.into()).contains(advice));
        }
    }
}
