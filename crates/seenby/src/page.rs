//! The chat page, if this program was built with it: feature `web`.

use seenby_server::Page;

/// What to do when there is none.
pub const MISSING: &str = "this seenby was built without the chat page; \
     `make web` builds the page, then `cargo build -p seenby --features web` puts it in";

#[cfg(feature = "web")]
pub fn built_in() -> Option<Page> {
    #[derive(rust_embed::RustEmbed)]
    #[folder = "../../web/dist"]
    struct Files;

    let files = Files::iter().filter_map(|path| Some((path.to_string(), Files::get(&path)?.data)));
    Some(Page::new(files))
}

#[cfg(not(feature = "web"))]
pub fn built_in() -> Option<Page> {
    None
}
