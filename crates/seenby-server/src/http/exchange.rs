//! The requests of one connection, one after another: what is wrong with a request whatever it asks for, and whether there
//! may be another.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderName, HeaderValue, StatusCode, Version, header};
use axum::response::{IntoResponse as _, Response};
use hyper::body::Incoming;
use tokio::sync::Notify;
use tower::Service as _;

use super::header_list;
use super::places::Place;
use super::port::Port;

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

/// A layer around the router would do the same, but wrap every route anew for each connection.
pub(super) struct Exchange {
    port: Arc<Port>,
    router: Router,
    place: Place,
    /// Told of the first one.
    first_request: Arc<Notify>,
    requests: AtomicU32,
}

impl Exchange {
    pub(super) fn new(port: Arc<Port>, router: Router, place: Place, first_request: Arc<Notify>) -> Self {
        Self { port, router, place, first_request, requests: AtomicU32::new(0) }
    }
}

impl hyper::service::Service<Request<Incoming>> for Exchange {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        if number == 1 {
            self.first_request.notify_one();
        }
        if let Err(why) = check_host(&request) {
            let closing = [(header::CONNECTION, "close")];
            return Box::pin(async move { Ok((StatusCode::BAD_REQUEST, closing, why).into_response()) });
        }
        let persistence = self.port.persistence(&request, number);
        request.extensions_mut().insert(self.place.clone());
        let served = self.router.clone().call(request);
        Box::pin(async move {
            let mut response = served.await?;
            persistence.tell(&mut response);
            Ok(response)
        })
    }
}

/// RFC 9112, section 3.2: a request of HTTP/1.1 has one `Host`. With two of them, a proxy may have taken the other.
fn check_host<B>(request: &Request<B>) -> Result<(), &'static str> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if request.version() < Version::HTTP_11 => Ok(()),
        (None, _) => Err("a request of HTTP/1.1 must have the header Host\n"),
        (Some(_), Some(_)) => Err("the header Host must be there once\n"),
        (Some(host), None) if is_host(host) => Ok(()),
        (Some(_), None) => Err("the header Host must be a host, with or without a port\n"),
    }
}

/// Empty where what is asked for has no authority.
fn is_host(host: &HeaderValue) -> bool {
    host.is_empty() || Authority::try_from(host.as_bytes()).is_ok_and(|found| !found.as_str().contains('@'))
}

/// What becomes of a connection after a response (RFC 9112, section 9.3).
pub(super) enum Persistence {
    /// As the client wishes, which does not wish to keep it.
    Unwanted,
    Keeps {
        idle_seconds: u64,
    },
    Closes,
}

impl Persistence {
    /// Whether the client would go on.
    pub(super) fn is_wanted<B>(request: &Request<B>) -> bool {
        request.version() == Version::HTTP_11 && !header_list::has(request.headers(), &header::CONNECTION, "close")
    }

    /// A switch of protocols is the end of HTTP on this connection, and nothing is said.
    fn tell(&self, response: &mut Response) {
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return;
        }
        let headers = response.headers_mut();
        match self {
            Self::Unwanted => None,
            Self::Keeps { idle_seconds } => {
                let told = HeaderValue::try_from(format!("timeout={idle_seconds}")).expect("digits");
                headers.insert(KEEP_ALIVE, told)
            }
            Self::Closes => headers.insert(header::CONNECTION, HeaderValue::from_static("close")),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(version: Version, hosts: &[&str]) -> Request<()> {
        let request = Request::builder().version(version);
        hosts.iter().fold(request, |request, host| request.header(header::HOST, *host)).body(()).unwrap()
    }

    #[test]
    fn a_request_has_one_host() {
        for host in ["seenby.example", "seenby.example:7780", "127.0.0.1:1", "[::1]:7780", "localhost", ""] {
            assert_eq!(check_host(&request(Version::HTTP_11, &[host])), Ok(()), "{host}");
        }
        for hosts in [&[][..], &["a", "b"], &["a", "a"], &["a b"], &["a, b"], &["http://a/"], &["me@a"], &["a/b"]] {
            assert!(check_host(&request(Version::HTTP_11, hosts)).is_err(), "{hosts:?}");
        }
        assert_eq!(check_host(&request(Version::HTTP_10, &[])), Ok(()));
        assert!(check_host(&request(Version::HTTP_10, &["a", "b"])).is_err());
    }
}
