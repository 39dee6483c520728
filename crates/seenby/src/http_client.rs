//! One request and its answer, in JSON, over any stream.

use std::fmt;

use anyhow::{Context as _, bail, ensure};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};

/// The connection ended between a request and its answer.
#[derive(Debug)]
pub struct Unanswered;

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server ended before it answered, so whether it was done is not known")
    }
}

/// A connection that requests go over, one after another.
pub struct HttpClient {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    authorization: Option<String>,
}

impl HttpClient {
    /// `authorization`: goes along with every request.
    pub async fn new<S>(stream: S, host: String, authorization: Option<String>) -> anyhow::Result<Self>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { sender, host, authorization })
    }

    /// An answer that is no success is an error, with what the server said.
    pub async fn request(&mut self, method: Method, uri: String, body: &Value) -> anyhow::Result<Value> {
        let (status, bytes) = self.send(method, &uri, body.to_string()).await?;
        if status.is_success() {
            return Ok(serde_json::from_slice(&bytes)?);
        }
        match serde_json::from_slice::<Value>(&bytes) {
            Ok(problem) => bail!("{} ({})", problem["detail"].as_str().unwrap_or("refused"), problem["code"]),
            Err(_) => bail!("{status}: {}", String::from_utf8_lossy(&bytes)),
        }
    }

    /// A page that is no JSON.
    pub async fn text(&mut self, uri: &str) -> anyhow::Result<String> {
        let (status, bytes) = self.send(Method::GET, uri, String::new()).await?;
        ensure!(status.is_success(), "{uri}: {status}");
        Ok(String::from_utf8(bytes.to_vec())?)
    }

    async fn send(&mut self, method: Method, uri: &str, body: String) -> anyhow::Result<(StatusCode, Bytes)> {
        let mut request = Request::builder()
            .method(method)
            .uri(uri)
            .header("host", &self.host)
            .header("content-type", "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        self.sender.ready().await?;
        let request = request.body(Full::new(Bytes::from(body)))?;
        let response = self.sender.send_request(request).await.context(Unanswered)?;
        let status = response.status();
        Ok((status, response.into_body().collect().await.context(Unanswered)?.to_bytes()))
    }
}

/// Percent-encoding: ids may hold any character.
pub fn encode(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
