//! The chat page: files that were built elsewhere, served at `/` beside the WebSocket endpoint.
//!
//! What lies under `assets/` has a hash of its content in its name, so a browser need never ask for it again; about every
//! other file it asks each time, with the file's tag. The page may load what this server serves and nothing else.
//!
//! Deliberately absent: answering every path with the first page (it has one address, and what is not there is not
//! there), and compression, which is a proxy's business.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use sha2::{Digest as _, Sha256};

/// Nothing inline, and nothing from anywhere else. Browsers take `'self'` for WebSockets of the same origin too.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const FIRST_PAGE: &str = "index.html";
/// Where file names have a hash of the content.
const HASHED: &str = "assets/";

/// The files of a page that was built.
pub struct Page {
    files: HashMap<String, File>,
}

struct File {
    content: Bytes,
    content_type: &'static str,
    tag: HeaderValue,
    caching: &'static str,
}

impl Page {
    /// Paths are those in the folder of the page, such as `index.html` and `assets/index-5f3c.js`.
    pub fn new(files: impl IntoIterator<Item = (String, Cow<'static, [u8]>)>) -> Self {
        let files = files.into_iter().map(|(path, content)| (path.clone(), File::new(&path, content)));
        Self { files: files.collect() }
    }

    fn find(&self, path: &str) -> Option<&File> {
        let path = path.strip_prefix('/')?;
        self.files.get(if path.is_empty() { FIRST_PAGE } else { path })
    }
}

impl File {
    fn new(path: &str, content: Cow<'static, [u8]>) -> Self {
        let content = match content {
            Cow::Borrowed(content) => Bytes::from_static(content),
            Cow::Owned(content) => Bytes::from(content),
        };
        let hash: String = Sha256::digest(&content).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Self {
            content_type: content_type(path),
            tag: HeaderValue::try_from(format!("\"{hash}\"")).expect("a hash in quotes is a header"),
            caching: if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" },
            content,
        }
    }

    fn served(&self, asked: &HeaderMap) -> Response {
        let is_known = asked.get_all(header::IF_NONE_MATCH).iter().any(|tags| names(tags, &self.tag));
        let mut response = match is_known {
            true => StatusCode::NOT_MODIFIED.into_response(),
            // Whoever asks for the head alone gets it: the body is taken off where the response is written.
            false => Body::from(self.content.clone()).into_response(),
        };
        let fixed = |text| HeaderValue::from_static(text);
        let headers: [(HeaderName, HeaderValue); 6] = [
            (header::CONTENT_TYPE, fixed(self.content_type)),
            (header::ETAG, self.tag.clone()),
            (header::CACHE_CONTROL, fixed(self.caching)),
            (header::CONTENT_SECURITY_POLICY, fixed(POLICY)),
            (header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
            (header::REFERRER_POLICY, fixed("no-referrer")),
        ];
        response.headers_mut().extend(headers.map(|(name, value)| (Some(name), value)));
        response
    }
}

/// Whether a list of tags has this one; proxies make tags weak when they compress.
fn names(tags: &HeaderValue, tag: &HeaderValue) -> bool {
    let tags = tags.to_str().unwrap_or_default().split(',').map(str::trim);
    tags.map(|known| known.strip_prefix("W/").unwrap_or(known)).any(|known| known == "*" || known.as_bytes() == tag)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Puts the page before everything else that is served: a path of the page is the page's, every other goes on.
pub(crate) fn before(router: Router, page: Arc<Page>) -> Router {
    router.layer(middleware::from_fn_with_state(page, serve))
}

async fn serve(State(page): State<Arc<Page>>, request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    match page.find(request.uri().path()).filter(|_| is_read) {
        Some(file) => file.served(request.headers()),
        None => next.run(request).await,
    }
}
