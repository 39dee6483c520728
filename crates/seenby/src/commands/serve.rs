//! `seenby serve`.

use std::fs::DirBuilder;
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use seenby_server::settings::{Log, LogFormat};
use seenby_server::{Listeners, Server, Settings};
use seenby_storage::{Embedded, Storage};
use tokio::net::{TcpListener, TcpSocket, UnixListener};
use tracing_subscriber::EnvFilter;

use crate::cli::ServeOptions;
use crate::config::ConfigError;
use crate::files::FilePlan;
use crate::{page, refused, signals};

/// Connections that wait to be accepted: when everybody comes back at once, those beyond it try again after a second. Most
/// systems allow no more than this.
const BACKLOG: u32 = 4_096;

/// The app that a new server begins with.
const FIRST_APP: &str = "seenby";

pub async fn run(mut settings: Settings, options: ServeOptions) -> anyhow::Result<()> {
    start_log(&settings.log)?;
    let files = FilePlan::of_this_process(settings.limits.connections_max)?;
    settings.limits.connections_max = files.connections_max;
    let page = match settings.web || options.web {
        true => Some(page::built_in().ok_or(ConfigError::new(page::MISSING))?),
        false => None,
    };
    let storage = open_store(&settings, files.store_files_max)?;
    let ops = listen(settings.ops_listen, "ops_listen")?;
    let ops_address = ops.local_addr()?;
    let listeners = Listeners {
        clients: listen(settings.listen, "listen")?,
        ops: Some(ops),
        admin: Some(listen_for_administration(&settings.admin_socket())?),
    };
    let secure = if settings.tls.certificate.is_some() { "s" } else { "" };
    let address = listeners.clients.local_addr()?;
    let admin_socket = settings.admin_socket();
    let mut server = Server::new(settings, storage)?;
    make_first_app(&server).await?;
    if let Some(page) = page {
        server = server.with_page(page);
        tracing::info!("the chat page is at http{secure}://{address}");
    }
    tracing::info!("metrics are at http://{ops_address}/metrics");
    tracing::info!("clients connect to ws{secure}://{address}");
    server.run(listeners, signals::stop()?).await;
    // Left behind, it would only make the next start remove it.
    let _ = std::fs::remove_file(admin_socket);
    Ok(())
}

pub fn store_folder(settings: &Settings) -> PathBuf {
    settings.data_dir.join("store")
}

fn open_store(settings: &Settings, files_max: usize) -> anyhow::Result<Arc<dyn Storage>> {
    let folder = store_folder(settings);
    // App secrets lie in the store: nobody else may read it.
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    made.with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let store = Embedded::open_with(&folder, files_max);
    Ok(Arc::new(store.with_context(|| format!("cannot open the store in {}", folder.display()))?))
}

fn listen(address: SocketAddr, setting: &str) -> anyhow::Result<TcpListener> {
    let listen = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // As `TcpListener::bind` does: a server that starts again need not wait for old connections to be forgotten.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listen().with_context(|| format!("{setting}: cannot listen on {address}"))
}

/// The store is ours by now, so a socket that lies here belongs to a server that is no more.
///
/// A socket is made with the permissions that the umask leaves, for others too perhaps. So it is made where nobody else may
/// look, and moved to its place when it is closed to others.
fn listen_for_administration(path: &Path) -> anyhow::Result<UnixListener> {
    let listen = || {
        let folder = path.with_extension("new");
        // Of a start that was cut short.
        let _ = std::fs::remove_dir_all(&folder);
        DirBuilder::new().mode(0o700).create(&folder)?;
        let made = folder.join("s");
        let listener = UnixListener::bind(&made)?;
        std::fs::set_permissions(&made, std::fs::Permissions::from_mode(0o600))?;
        std::fs::rename(&made, path)?;
        std::fs::remove_dir(&folder)?;
        std::io::Result::Ok(listener)
    };
    listen().with_context(|| format!("cannot make the socket {}", path.display()))
}

async fn make_first_app(server: &Server) -> anyhow::Result<()> {
    let administration = server.administration();
    if administration.apps().await.map_err(refused)?.is_empty() {
        administration.create_app(FIRST_APP).await.map_err(refused)?;
        tracing::info!("made the app {FIRST_APP}; `seenby token --user alice` makes a token for a user");
    }
    Ok(())
}

fn start_log(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.filter).with_context(|| format!("log.filter: {:?}", log.filter))?;
    // What goes wrong with the log is not written to the log, which would be the end of the program: it goes on without.
    let subscriber =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).log_internal_errors(false);
    match log.format {
        LogFormat::Text => subscriber.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => subscriber.json().init(),
    }
    Ok(())
}
