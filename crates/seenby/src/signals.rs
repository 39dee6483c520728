//! How a program that runs for long is asked to end: SIGINT, which Ctrl-C sends, or SIGTERM.

use tokio::signal::unix::{SignalKind, signal};

/// Ready when somebody asks. Whoever asks twice does not want to wait.
pub fn stop() -> anyhow::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            std::process::exit(1);
        });
    })
}
