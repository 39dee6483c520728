//! What goes wrong.

use seenby_core::Notice;
use seenby_server::machine::Told;

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
            let node = self.some_node();
            self.crash_server(node);
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
            self.close(id);
        }
    }

    fn set_clock(&mut self) {
        let hours = self.choice.between(0, 48) as i64 - 24;
        let node = self.some_node();
        self.nodes[node].clock_skew += hours * 3_600_000;
        self.note(format!("the clock of node {node} jumps by {hours} hours"));
    }

    /// What waits in its queue is lost, and so is what it had not said yet. What is on its way may arrive.
    pub fn crash_server(&mut self, node: usize) {
        self.note(format!("node {node} crashes"));
        self.summary.server_crashes += 1;
        self.starts += 1;
        let clock_skew = self.nodes[node].clock_skew;
        let server = &mut self.nodes[node];
        *server = Server::start(&self.store, &self.knobs, self.starts);
        (server.clock_skew, server.writes_at) = (clock_skew, self.now);
        for phone in &mut self.phones {
            if let Some((id, link)) = &mut phone.link
                && self.homes[id] == node
            {
                link.server_has_closed = true;
            }
        }
    }

    /// The desk takes a batch; others may be faster; perhaps the disk fails, or the server ends before it tells anybody.
    pub fn write(&mut self, node: usize) -> Result<(), String> {
        if self.nodes[node].restarts_at.is_some_and(|at| at <= self.now) {
            self.crash_server(node);
        }
        if !self.nodes[node].is_deciding() && self.now >= self.nodes[node].writes_at {
            self.decide(node);
        }
        if !self.nodes[node].may_append(self.now) {
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
        if !self.append(node, fault != Some(DiskFault::NotWritten))? {
            // Another node was faster, and nothing was asked of the disk.
            if fault.is_some() {
                self.store.reopen();
            }
            return Ok(());
        }
        self.summary.commits += 1;
        let slowest = self.slowest();
        self.nodes[node].writes_at = self.now + self.choice.between(0, slowest);
        if let Some(fault) = fault {
            self.suffer(node, fault);
        }
        Ok(())
    }

    fn decide(&mut self, node: usize) {
        if self.nodes[node].queue.is_empty() {
            return;
        }
        let size = 1 + self.choice.below(self.knobs.batch_calls_max);
        let slowest = if self.nodes.len() == 1 { 0 } else { self.slowest() };
        let appends_at = self.now + self.choice.between(0, slowest);
        let clock = self.clock(node);
        self.nodes[node].decide(size, clock, appends_at);
    }

    fn slowest(&self) -> u64 {
        if self.is_calm { 0 } else { self.knobs.commit_ms_max }
    }

    fn some_disk_fault(&mut self) -> DiskFault {
        let faults = [DiskFault::NotWritten, DiskFault::WrittenButFailed, DiskFault::CrashAfterwards];
        *self.choice.of(&faults).expect("there are some")
    }

    fn suffer(&mut self, node: usize, fault: DiskFault) {
        self.note(format!("{fault:?}"));
        self.summary.failed_commits += 1;
        if fault == DiskFault::CrashAfterwards {
            self.crash_server(node);
        } else if self.nodes.len() > 1 {
            // A store that nodes share is there again, and nobody was told what may have been written.
            self.store.reopen();
            self.tell_all(Told::Lost);
        } else if self.store_has_failed() {
            self.nodes[node].restarts_at = Some(self.now + self.choice.between(0, self.knobs.refusing_ms_max));
        } else {
            // A batch that changes nothing asks nothing of the disk.
            self.store.reopen();
        }
    }
}

/// What nodes tell each other.
impl World {
    /// The node itself by a channel; the others late, twice, in another order, or by what they miss.
    pub fn tell(&mut self, from: usize, notices: Vec<Notice>) {
        let now = self.now;
        for node in (0..self.nodes.len()).filter(|node| *node != from) {
            let told = match !self.is_calm && self.choice.once_in(self.knobs.news_lost_every) {
                true => Told::Lost,
                false => Told::Notices(notices.clone()),
            };
            let times = if self.choice.once_in(10) { 2 } else { 1 };
            for _ in 0..times {
                let arrives_at = self.some_time_later();
                self.nodes[node].told.push((arrives_at, told.clone()));
            }
        }
        self.nodes[from].told.push((now, Told::Notices(notices)));
        self.nodes[from].hear_told(now);
    }

    fn tell_all(&mut self, told: Told) {
        for node in 0..self.nodes.len() {
            let arrives_at = self.some_time_later();
            self.nodes[node].told.push((arrives_at, told.clone()));
        }
    }

    fn some_time_later(&mut self) -> u64 {
        self.now + if self.is_calm { 1 } else { self.choice.between(0, self.knobs.news_ms_max) }
    }
}
