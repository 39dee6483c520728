//! What a process uses, from its own accounting: the load and the server share the machine, so the machine's says little.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::Context as _;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// A process by its number.
#[derive(Debug, Clone, Copy)]
pub struct Process(pub u32);

#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// Time that its threads have run, those that have ended too.
    pub cpu: Duration,
    /// Memory that it holds now.
    pub memory_bytes: u64,
    /// What it has open: files, sockets and the like.
    pub files: usize,
    pub threads: usize,
}

impl Process {
    pub fn usage(self) -> anyhow::Result<Usage> {
        let (mut system, pid) = (System::new(), Pid::from_u32(self.0));
        let what = ProcessRefreshKind::nothing().with_cpu().with_memory().with_tasks();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, what);
        let process = system.process(pid).with_context(|| format!("the process {} is gone", self.0))?;
        Ok(Usage {
            cpu: Duration::from_millis(process.accumulated_cpu_time()),
            memory_bytes: process.memory(),
            files: process.open_files().context("what the process has open cannot be seen")?,
            threads: process.tasks().map_or(0, HashSet::len),
        })
    }
}

/// Raises this process's limit of open files, and that of those it starts, as far as is allowed; gives what it is then.
pub fn raise_file_limit(files: u64) -> u64 {
    // Only root may raise the upper limit, and not everywhere.
    match rlimit::setrlimit(rlimit::Resource::NOFILE, files, files) {
        Ok(()) => files,
        Err(_) => rlimit::increase_nofile_limit(files).unwrap_or_default(),
    }
}
