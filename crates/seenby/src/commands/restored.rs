//! `seenby restored`.

use anyhow::Context as _;
use seenby_server::Settings;
use seenby_storage::Embedded;

use super::serve::store_folder;
use crate::output::line;

pub fn run(settings: &Settings) -> anyhow::Result<()> {
    let folder = store_folder(settings);
    anyhow::ensure!(folder.is_dir(), "there is no store in {}", folder.display());
    let mut store =
        Embedded::open(&folder).with_context(|| format!("cannot open the store in {}", folder.display()))?;
    let store_id = store.rename()?;
    Ok(line!("The store is now called {store_id}. Clients will read everything anew.")?)
}
