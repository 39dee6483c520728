//! Where the engine gets a newer token of its user.

use std::error::Error;
use std::fmt;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, TryFutureExt};

pub(crate) type Renewal = BoxFuture<'static, Result<Option<String>, Box<dyn Error + Send + Sync>>>;

/// Asked for a newer token of the same user when the server says that the present one has expired or is not valid.
///
/// ```
/// use seenby_client::{EngineOptions, TokenSource};
///
/// async fn ask_my_back_end() -> std::io::Result<Option<String>> {
///     Ok(Some("a newer token".into()))
/// }
///
/// let options = EngineOptions { token_source: Some(TokenSource::new(ask_my_back_end)), ..Default::default() };
/// ```
pub struct TokenSource(Box<dyn Fn() -> Renewal + Send>);

impl TokenSource {
    /// `ask` may take as long as it likes. `None` ends the sign-in with the server's code; an error is logged, and the
    /// question is asked again after a pause.
    pub fn new<Asked, E>(ask: impl Fn() -> Asked + Send + 'static) -> Self
    where
        Asked: Future<Output = Result<Option<String>, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>> + 'static,
    {
        Self(Box::new(move || ask().map_err(Into::into).boxed()))
    }

    pub(crate) fn ask(&self) -> Renewal {
        (self.0)()
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenSource")
    }
}
