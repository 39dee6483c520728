//! What goes wrong.

use crate::server::Server;
use crate::world::World;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DiskFault {
    NotWritten,
    WrittenButFailed,
    /// Written, and the server ends before it tells anybody.
    CrashAfterwards,
}

impl World {
    pub fn break_something(&mut self) -> Result<(), String> {
        let knobs = self.knobs;
        if self.choice.once_in(knobs.cut_every) {
            let phone = self.some_phone();
            self.cut(phone);
        }
        if self.choice.once_in(knobs.half_open_every) {
            let phone = self.some_phone();
            self.note(format!("phone {phone}: nothing gets through any more"));
            if let Some((_, link)) = &mut self.phones[phone].link {
                link.is_dead = true;
            }
        }
        if self.choice.once_in(knobs.phone_crash_every) {
            self.crash_phone()?;
        }
        if self.choice.once_in(knobs.reinstall_every) {
            let phone = self.some_phone();
            self.note(format!("phone {phone} is a new one"));
            self.abandon(phone);
            let device = format!("{}-{}", self.phones[phone].user, self.now);
            self.phones[phone].reinstall(device);
        }
        if self.choice.once_in(knobs.clock_jump_every) {
            self.set_clock();
        }
        if self.choice.once_in(knobs.server_crash_every) {
            self.crash_server();
        }
        Ok(())
    }

    fn cut(&mut self, phone: usize) {
        self.note(format!("phone {phone} loses its connection"));
        self.summary.cuts += 1;
        if let Some((_, link)) = &mut self.phones[phone].link {
            link.cut();
        }
    }

    /// In the middle of what it does, perhaps.
    fn crash_phone(&mut self) -> Result<(), String> {
        let (phone, turns) = (self.some_phone(), self.choice.below(4));
        self.settle(phone, turns)?;
        self.note(format!("phone {phone} crashes after {turns} turns"));
        self.summary.phone_crashes += 1;
        self.abandon(phone);
        self.phones[phone].crash();
        Ok(())
    }

    /// The server notices nothing, or only later.
    fn abandon(&mut self, phone: usize) {
        if let Some((id, _)) = self.phones[phone].link.take()
            && self.choice.once_in(2)
        {
            self.server.close(id);
        }
    }

    fn set_clock(&mut self) {
        let hours = self.choice.between(0, 48) as i64 - 24;
        self.clock_skew += hours * 3_600_000;
        self.note(format!("the server's clock jumps by {hours} hours"));
    }

    /// What waits in its queue is lost, and so is what it had not said yet. What is on its way may arrive.
    pub fn crash_server(&mut self) {
        self.note("the server crashes".into());
        self.summary.server_crashes += 1;
        self.starts += 1;
        self.server = Server::start(&self.store, &self.knobs, self.starts);
        self.writes_at = self.now;
        self.restarts_at = None;
        for phone in &mut self.phones {
            if let Some((_, link)) = &mut phone.link {
                link.server_has_closed = true;
            }
        }
    }

    /// The desk takes a batch, and perhaps the disk fails, or the server ends before it tells anybody.
    pub fn write(&mut self) -> Result<(), String> {
        if self.restarts_at.is_some_and(|at| at <= self.now) {
            self.crash_server();
        }
        if self.now < self.writes_at || self.server.queue.is_empty() {
            return Ok(());
        }
        let fault = match self.is_calm || self.store_has_failed() {
            true => None,
            false => self.choice.once_in(self.knobs.commit_failure_every).then(|| self.some_disk_fault()),
        };
        match fault {
            Some(DiskFault::NotWritten) => self.store.fail_next_commit(),
            Some(DiskFault::WrittenButFailed) => self.store.fail_next_commit_after_writing(),
            Some(DiskFault::CrashAfterwards) | None => {}
        }
        let size = 1 + self.choice.below(self.knobs.batch_calls_max);
        self.write_batch(size, fault != Some(DiskFault::NotWritten))?;
        self.summary.commits += 1;
        let slowest = if self.is_calm { 0 } else { self.knobs.commit_ms_max };
        self.writes_at = self.now + self.choice.between(0, slowest);
        if let Some(fault) = fault {
            self.suffer(fault);
        }
        Ok(())
    }

    fn some_disk_fault(&mut self) -> DiskFault {
        let faults = [DiskFault::NotWritten, DiskFault::WrittenButFailed, DiskFault::CrashAfterwards];
        *self.choice.of(&faults).expect("there are some")
    }

    fn suffer(&mut self, fault: DiskFault) {
        self.note(format!("{fault:?}"));
        self.summary.failed_commits += 1;
        if fault == DiskFault::CrashAfterwards {
            self.crash_server();
        } else if self.store_has_failed() {
            self.restarts_at = Some(self.now + self.choice.between(0, self.knobs.refusing_ms_max));
        } else {
            // A batch that changes nothing asks nothing of the disk.
            self.store.reopen();
        }
    }
}
