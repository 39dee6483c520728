//! A disk that fails when it is told to: see `disk.c`, which is preloaded into the server.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::seenby::Installation;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    /// `sync` or `write`.
    pub(crate) call: &'static str,
    /// As the system numbers them.
    pub(crate) error: i32,
    /// Calls that still work.
    pub(crate) after: u32,
}

pub(crate) struct Disk {
    folder: String,
    preloaded: String,
    order: PathBuf,
}

impl Disk {
    /// Under everything that the installation has.
    pub(crate) fn under(installation: &Installation) -> Self {
        let preloaded = installation.file("disk.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crash/disk.c");
        let flags = ["-shared", "-fPIC", "-O1", "-o"];
        let built = Command::new("cc").args(flags).args([&preloaded, &source]).arg("-ldl").status().unwrap();
        assert!(built.success(), "{} is not C", source.display());
        Self { folder: text(&installation.data_dir()), preloaded: text(&preloaded), order: installation.file("fault") }
    }

    pub(crate) fn environment(&self) -> [(&str, &str); 3] {
        let order = self.order.to_str().unwrap();
        [("LD_PRELOAD", &self.preloaded), ("DISK", &self.folder), ("DISK_FAULT", order)]
    }

    pub(crate) fn fails(&self, Fault { call, error, after }: Fault) {
        // In one step: the server looks at any moment.
        let written = self.order.with_extension("new");
        std::fs::write(&written, format!("{call} {error} {after}")).unwrap();
        std::fs::rename(&written, &self.order).unwrap();
    }

    pub(crate) fn is_mended(&self) {
        std::fs::remove_file(&self.order).unwrap();
    }
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
