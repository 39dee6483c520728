//! Talks to the administration socket of the server on this machine.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use seenby_server::Settings;
use serde_json::Value;
use tokio::net::UnixStream;

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
        let stream = UnixStream::connect(&self.socket).await.with_context(|| {
            format!("no server answers at {}; start one with `seenby serve`", self.socket.display())
        })?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(self.uri(path, query))
            .header("host", "seenby")
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body.to_string())))?;
        let response = sender.send_request(request).await?;
        let status = response.status();
        let bytes = response.into_body().collect().await?.to_bytes();
        if status.is_success() {
            return Ok(serde_json::from_slice(&bytes)?);
        }
        match serde_json::from_slice::<Value>(&bytes) {
            Ok(problem) => bail!("{} ({})", problem["detail"].as_str().unwrap_or("refused"), problem["code"]),
            Err(_) => bail!("{status}: {}", String::from_utf8_lossy(&bytes)),
        }
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

/// Percent-encoding: ids may hold any character.
fn encode(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
