//! One WebSocket connection that carries frames.

use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::{Sink, Stream};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use seenby_protocol::frames::{ClientFrame, ServerFrame};
use seenby_protocol::{Code, ENDPOINT_PATH, FrameError};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::http::Uri;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream};

use crate::error::{CreateError, Parameter};

/// A page of 100 messages of 128 KiB, and its envelope.
const SERVER_FRAME_BYTES_MAX: usize = 16 * 1024 * 1024;
/// A peer that does not read its socket is not waited for longer than this.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Knows where the server is and whom to trust.
pub(crate) struct Dialer {
    address: Uri,
    tls: Arc<ClientConfig>,
}

impl Dialer {
    pub(crate) fn new(server: &str, extra_root_certificates: &[Vec<u8>]) -> Result<Self, CreateError> {
        let address = address(server).ok_or(CreateError::Parameter(Parameter::new(
            Code::PARAM_ERROR,
            "the server is not a ws, wss, http or https address",
        )))?;
        Ok(Self { address, tls: Arc::new(tls(extra_root_certificates).map_err(CreateError::Certificate)?) })
    }

    /// The address without a user and a password that may stand in it.
    pub(crate) fn server(&self) -> String {
        let authority = self.address.authority().map_or("", |authority| authority.as_str());
        let host = authority.rsplit('@').next().unwrap_or_default();
        format!("{}://{host}{}", self.address.scheme_str().unwrap_or_default(), self.address.path())
    }

    pub(crate) fn dial(&self) -> impl Future<Output = Result<Box<Socket>, tungstenite::Error>> + Send + use<> {
        let address = self.address.clone();
        let connector = Connector::Rustls(self.tls.clone());
        async move {
            let config = WebSocketConfig::default()
                .max_message_size(Some(SERVER_FRAME_BYTES_MAX))
                .max_frame_size(Some(SERVER_FRAME_BYTES_MAX));
            let dialed = tokio_tungstenite::connect_async_tls_with_config(address, Some(config), true, Some(connector));
            let (stream, _) = dialed.await?;
            Ok(Box::new(Socket { stream, is_flushed: true }))
        }
    }
}

fn address(server: &str) -> Option<Uri> {
    let (scheme, rest) = server.trim().split_once("://")?;
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "ws" | "http" => "ws",
        "wss" | "https" => "wss",
        _ => return None,
    };
    let rest = rest.trim_end_matches('/');
    let rest = rest.strip_suffix(ENDPOINT_PATH).unwrap_or(rest);
    let address: Uri = format!("{scheme}://{rest}{ENDPOINT_PATH}").parse().ok()?;
    address.host().is_some_and(|host| !host.is_empty()).then_some(address)
}

fn tls(extra_root_certificates: &[Vec<u8>]) -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for bytes in extra_root_certificates {
        for certificate in certificates(bytes)? {
            roots.add(certificate)?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn certificates(bytes: &[u8]) -> Result<Vec<CertificateDer<'_>>, rustls::Error> {
    const PEM: &[u8] = b"-----BEGIN";
    if !bytes.windows(PEM.len()).any(|window| window == PEM) {
        return Ok(vec![CertificateDer::from(bytes)]);
    }
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(rustls::Error::General("the PEM text has no certificate".into())),
        Err(error) => Err(rustls::Error::General(format!("the PEM text cannot be read: {error}"))),
    }
}

/// An open connection.
pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    is_flushed: bool,
}

/// Why a connection is of no more use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SocketError {
    #[error("the connection has closed")]
    Closed,
    #[error("the connection is broken")]
    Broken(#[from] tungstenite::Error),
    #[error("the server sent something that is not a frame")]
    Frame(#[from] FrameError),
}

impl Socket {
    /// Sends frames as far as the socket takes them, and then reads one.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        next_frame: impl FnMut() -> Option<ClientFrame>,
    ) -> Poll<Result<ServerFrame, SocketError>> {
        if let Poll::Ready(Err(error)) = self.poll_write(cx, next_frame) {
            return Poll::Ready(Err(error.into()));
        }
        self.poll_read(cx)
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        mut next_frame: impl FnMut() -> Option<ClientFrame>,
    ) -> Poll<Result<(), tungstenite::Error>> {
        let mut stream = std::pin::Pin::new(&mut self.stream);
        loop {
            ready!(stream.as_mut().poll_ready(cx))?;
            let Some(frame) = next_frame() else { break };
            stream.as_mut().start_send(Message::binary(seenby_protocol::encode(&frame)))?;
            self.is_flushed = false;
        }
        if !self.is_flushed {
            ready!(stream.poll_flush(cx))?;
            self.is_flushed = true;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<ServerFrame, SocketError>> {
        loop {
            let message = ready!(std::pin::Pin::new(&mut self.stream).poll_next(cx));
            return Poll::Ready(match message {
                None | Some(Ok(Message::Close(_))) => Err(SocketError::Closed),
                Some(Err(error)) => Err(error.into()),
                Some(Ok(Message::Binary(bytes))) => {
                    seenby_protocol::decode(&bytes, SERVER_FRAME_BYTES_MAX).map_err(SocketError::from)
                }
                // Pings are answered underneath; text is of no version of this protocol.
                Some(Ok(_)) => continue,
            });
        }
    }

    pub(crate) async fn close(mut self) {
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, self.stream.close(None)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_the_server_may_be_given_in_many_ways() {
        for (server, expect) in [
            ("ws://127.0.0.1:7080", "ws://127.0.0.1:7080/v1/connect"),
            ("http://localhost/", "ws://localhost/v1/connect"),
            ("https://chat.example.com/seenby/", "wss://chat.example.com/seenby/v1/connect"),
            // RFC 3986: an IPv6 address stands in brackets.
            ("ws://[::1]:7780", "ws://[::1]:7780/v1/connect"),
            ("https://[2001:db8::7]/", "wss://[2001:db8::7]/v1/connect"),
            ("WSS://chat.example.com/v1/connect", "wss://chat.example.com/v1/connect"),
        ] {
            assert_eq!(address(server).unwrap().to_string(), expect);
        }
        for server in ["", "chat.example.com", "ftp://x", "ws://", "ws:///", "ws://a b", "ws://[::1", "ws://::1:7780"] {
            assert_eq!(address(server), None, "{server}");
        }
    }

    #[test]
    fn a_root_certificate_may_be_der_or_pem_but_not_nonsense() {
        let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        assert!(tls(&[key.cert.der().to_vec()]).is_ok());
        assert!(tls(&[key.cert.pem().into_bytes()]).is_ok());
        assert!(tls(&[b"-----BEGIN".to_vec()]).is_err());
        assert!(tls(&[b"nonsense".to_vec()]).is_err());
    }
}
