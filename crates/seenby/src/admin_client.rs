//! Talks to the administration socket of the server on this machine.

use std::path::PathBuf;

use anyhow::Context as _;
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
        let stream = UnixStream::connect(&self.socket).await.with_context(|| {
            format!("no server answers at {}; start one with `seenby serve`", self.socket.display())
        })?;
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
