//! `seenby restored`.

use anyhow::Context as _;
use seenby_server::Settings;
use seenby_storage::{Embedded, Storage as _};

use super::serve::store_folder;
use crate::output::line;

pub fn run(settings: &Settings) -> anyhow::Result<()> {
    let folder = store_folder(settings);
    let mut store =
        Embedded::open_existing(&folder).with_context(|| format!("cannot open the store in {}", folder.display()))?;
    let (apps, messages) = (store.snapshot().apps()?.len(), store.message_count()?);
    anyhow::ensure!(apps > 0, "the store in {} is empty: is this the copy?", folder.display());
    let store_id = store.rename()?;
    line!("The store is now called {store_id}. Clients will read everything anew.")?;
    Ok(line!("It has {apps} {}, {messages} {}.", counted(apps, "app"), counted(messages, "message"))?)
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { noun.to_owned() } else { format!("{noun}s") }
}
