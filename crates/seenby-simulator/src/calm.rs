//! Peace: nothing breaks, everybody connects, and time passes until nobody has anything to say.

use crate::phone::Phone;
use crate::world::World;

/// Steps of 50 ms after which things must have become quiet.
const STEPS_MAX: u64 = 6_000;
const STEP_MS: u64 = 50;
/// As long as the longest pause before a phone tries again, at least.
const STEPS_MIN: u64 = 120;
/// Quiet for so many steps in a row. Phones ping now and then, so it is never quiet for long.
const QUIET_STEPS: u64 = 15;

impl World {
    pub fn calm_down(&mut self) -> Result<(), String> {
        self.note("nothing breaks any more".into());
        self.is_calm = true;
        if self.store_has_failed() {
            self.crash_server(0);
        }
        for phone in 0..self.phones.len() {
            if let Some((_, link)) = &mut self.phones[phone].link
                && link.is_dead
            {
                link.is_dead = false;
                link.cut();
            }
            if !self.phones[phone].is_online() {
                self.connect(phone);
            }
        }
        self.wait_until_quiet()
    }

    fn wait_until_quiet(&mut self) -> Result<(), String> {
        let mut quiet_for = 0;
        for step in 0..STEPS_MAX {
            self.now += STEP_MS;
            self.step()?;
            quiet_for = if self.is_quiet() { quiet_for + 1 } else { 0 };
            if quiet_for >= QUIET_STEPS && step >= STEPS_MIN {
                return Ok(());
            }
        }
        let busy = self.phones.iter().enumerate().filter(|(_, phone)| !is_quiet(phone)).map(|(number, phone)| {
            format!("phone {number} is {:?} with {} calls", phone.session.status(), phone.pending_calls())
        });
        let nodes: Vec<_> = self.nodes.iter().map(|node| node.is_quiet(self.now)).collect();
        Err(format!("it does not become quiet; the nodes are: {nodes:?}; {:?}", busy.collect::<Vec<_>>()))
    }

    fn is_quiet(&self) -> bool {
        self.nodes.iter().all(|node| node.is_quiet(self.now)) && self.phones.iter().all(is_quiet)
    }
}

fn is_quiet(phone: &Phone) -> bool {
    let wires_are_empty =
        phone.link.as_ref().is_none_or(|(_, link)| link.to_server.is_empty() && link.to_phone.is_empty());
    wires_are_empty && phone.opens_at.is_none() && (!phone.is_online() || phone.pending_calls() == 0)
}
