//! One connection: frames on their way in both directions. Within a direction they keep their order; between connections
//! nothing does.

use std::collections::VecDeque;

/// Frames with the times at which they arrive.
#[derive(Default)]
pub struct Wire {
    frames: VecDeque<(u64, Vec<u8>)>,
}

impl Wire {
    pub fn put(&mut self, arrives_at: u64, frame: Vec<u8>) {
        // Never before what went out earlier.
        let arrives_at = self.frames.back().map_or(arrives_at, |(before, _)| arrives_at.max(*before));
        self.frames.push_back((arrives_at, frame));
    }

    pub fn take(&mut self, now: u64) -> Option<Vec<u8>> {
        self.frames.front().filter(|(arrives_at, _)| *arrives_at <= now)?;
        self.frames.pop_front().map(|(_, frame)| frame)
    }

    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }
}

/// The state of a connection.
#[derive(Default)]
pub struct Link {
    pub to_server: Wire,
    pub to_phone: Wire,
    /// Nothing gets through any more, and neither side is told.
    pub is_dead: bool,
    pub phone_has_closed: bool,
    pub server_has_closed: bool,
}

impl Link {
    /// Both sides notice; what was on its way is lost.
    pub fn cut(&mut self) {
        (self.to_server, self.to_phone) = (Wire::default(), Wire::default());
        (self.phone_has_closed, self.server_has_closed) = (true, true);
    }
}
