//! How many connections may be open, and who has to go when few places are left.
//!
//! Whoever has shown a good token or key stays. All others are strangers. When few places are left and strangers have their
//! share, each newcomer takes the place of the one who has been there longest: an honest client is a stranger for a moment
//! only, so strangers who stay cannot keep it out.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::Notify;

/// Few are left when it is fewer than one in so many; and so many are the share of strangers in a full house.
const SCARCE: usize = 8;

pub(super) struct Places {
    max: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    taken: usize,
    next: u64,
    /// By the order in which they came.
    strangers: BTreeMap<u64, Weak<Taken>>,
}

/// A place among the connections that may be open. It goes with the socket, over the upgrade to a WebSocket too.
#[derive(Clone)]
pub(crate) struct Place(Arc<Taken>);

struct Taken {
    places: Arc<Places>,
    number: u64,
    given_up: Notify,
}

impl Places {
    pub(super) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { max, state: Mutex::default() })
    }

    /// `None`: every place is taken.
    pub(super) fn take(self: &Arc<Self>) -> Option<Place> {
        let (place, leaver) = {
            let mut state = self.state();
            let is_scarce = (self.max - state.taken) * SCARCE < self.max;
            let are_many = state.strangers.len() >= (self.max / SCARCE).max(1);
            let leaver = if is_scarce && are_many { state.strangers.pop_first() } else { None };
            ((state.taken < self.max).then(|| self.next_place(&mut state)), leaver)
        };
        // Not under the lock, which the last owner of a place takes.
        if let Some(leaver) = leaver.and_then(|(_, leaver)| leaver.upgrade()) {
            leaver.given_up.notify_one();
        }
        place
    }

    fn next_place(self: &Arc<Self>, state: &mut State) -> Place {
        let taken = Arc::new(Taken { places: self.clone(), number: state.next, given_up: Notify::new() });
        state.strangers.insert(state.next, Arc::downgrade(&taken));
        (state.taken, state.next) = (state.taken + 1, state.next + 1);
        Place(taken)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Who sits here has shown a good token or key, and stays.
    pub(crate) fn keep(&self) {
        self.0.places.state().strangers.remove(&self.0.number);
    }

    /// Ready when somebody else needs the place of this stranger.
    pub(crate) async fn given_up(&self) {
        self.0.given_up.notified().await;
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut state = self.places.state();
        state.taken -= 1;
        state.strangers.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn has_to_go(place: &Place) -> bool {
        place.given_up().now_or_never().is_some()
    }

    #[test]
    fn there_are_so_many_and_one_is_free_again_when_it_is_left() {
        let places = Places::new(2);
        let (first, second) = (places.take(), places.take());
        assert!(first.is_some() && second.is_some() && places.take().is_none());
        drop(first);
        assert!(places.take().is_some());
    }

    #[test]
    fn the_stranger_who_came_first_makes_room() {
        let places = Places::new(8);
        let seated: Vec<_> = std::iter::from_fn(|| places.take()).take(8).collect();
        assert!(!seated.iter().any(has_to_go), "there was room");
        assert!(places.take().is_none());
        assert!(places.take().is_none());
        assert_eq!(
            seated.iter().map(has_to_go).collect::<Vec<_>>(),
            [true, true, false, false, false, false, false, false]
        );
    }

    #[test]
    fn whoever_is_known_stays() {
        let places = Places::new(4);
        let seated: Vec<_> = std::iter::from_fn(|| places.take()).take(4).collect();
        seated[0].keep();
        seated[2].keep();
        for _ in 0..5 {
            assert!(places.take().is_none());
        }
        assert_eq!(seated.iter().map(has_to_go).collect::<Vec<_>>(), [false, true, false, true]);
    }

    #[test]
    fn newcomers_to_a_house_full_of_members_do_not_put_each_other_out() {
        let places = Places::new(64);
        let members: Vec<_> = std::iter::from_fn(|| places.take()).take(57).collect();
        members.iter().for_each(Place::keep);
        let newcomers: Vec<_> = std::iter::from_fn(|| places.take()).take(7).collect();
        assert_eq!(newcomers.len(), 7);
        assert!(!newcomers.iter().any(has_to_go));
    }
}
