//! What a seed draws.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};

/// The one source of chance in a run.
pub struct Choice(StdRng);

impl Choice {
    pub fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// Once in so many times; never if 0.
    pub fn once_in(&mut self, times: u64) -> bool {
        times > 0 && self.0.random_range(0..times) == 0
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0.random_range(0..end.max(1))
    }

    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        self.0.random_range(least..=most)
    }

    pub fn of<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.choose(&mut self.0)
    }
}

/// How large things are and how often they break in one run: small bounds bring out what large ones hide. 0 is never.
#[derive(Debug, Clone, Copy)]
pub struct Knobs {
    pub steps: u64,
    pub users: usize,
    pub step_ms_max: u64,
    pub delay_ms_max: u64,
    pub batch_calls_max: usize,
    pub commit_ms_max: u64,
    pub page_entries_max: usize,
    pub page_size_max: usize,
    pub flush_ms_max: u64,
    pub calls_in_flight_max: usize,
    pub answers_per_frame_max: usize,
    pub devices_per_user_max: usize,
    /// Steps between two of these, on average.
    pub cut_every: u64,
    pub half_open_every: u64,
    pub server_crash_every: u64,
    pub commit_failure_every: u64,
    /// How long the server goes on without writing until somebody starts it anew.
    pub refusing_ms_max: u64,
    pub phone_crash_every: u64,
    pub reinstall_every: u64,
    /// Calls of a back end.
    pub back_end_every: u64,
    pub clock_jump_every: u64,
    pub long_pause_every: u64,
    pub quiet_every: u64,
    /// Servers over one store.
    pub nodes: u32,
    /// How long it takes until a node hears of another's commit.
    pub news_ms_max: u64,
    pub news_lost_every: u64,
}

impl Knobs {
    pub fn draw(choice: &mut Choice) -> Self {
        let mut one_of = |options: &[u64]| *choice.of(options).unwrap_or(&0);
        Self {
            steps: one_of(&[300, 600, 1_200]),
            users: one_of(&[2, 4, 7]) as usize,
            step_ms_max: one_of(&[5, 30, 200]),
            delay_ms_max: one_of(&[0, 5, 60, 1_500]),
            batch_calls_max: one_of(&[1, 3, 64]) as usize,
            commit_ms_max: one_of(&[0, 5, 300]),
            page_entries_max: one_of(&[1, 3, 100]) as usize,
            page_size_max: one_of(&[1, 3, 100]) as usize,
            flush_ms_max: one_of(&[0, 50, 1_000]),
            calls_in_flight_max: one_of(&[1, 4, 64]) as usize,
            answers_per_frame_max: one_of(&[1, 3, 100]) as usize,
            devices_per_user_max: one_of(&[1, 2, 8]) as usize,
            cut_every: one_of(&[0, 25, 150]),
            half_open_every: one_of(&[0, 60, 300]),
            server_crash_every: one_of(&[0, 80, 400]),
            commit_failure_every: one_of(&[0, 60, 400]),
            refusing_ms_max: one_of(&[0, 5_000]),
            phone_crash_every: one_of(&[0, 60, 300]),
            reinstall_every: one_of(&[0, 0, 200]),
            back_end_every: one_of(&[0, 10, 60]),
            clock_jump_every: one_of(&[0, 100]),
            long_pause_every: one_of(&[0, 40]),
            quiet_every: one_of(&[150, 400]),
            nodes: one_of(&[1, 2, 3, 4]) as u32,
            news_ms_max: one_of(&[0, 20, 2_000]),
            news_lost_every: one_of(&[0, 30, 300]),
        }
    }
}
