//! Who is online, and what is waiting for them.
//!
//! Notices carry no content, only "this has news": each session reads the news itself, from where it stands. So nothing
//! is queued for a client that does not read, and a notice that comes twice or out of order does no harm.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use lru::LruCache;
use seenby_core::group::Direction;
use seenby_core::{
    AppKey, ConversationNumber, Counts, DeviceNumber, GroupNumber, MessageKey, MessageUid, Notice, Ordinal, UserId,
};
use seenby_protocol::Code;

use crate::call::CallResult;
use crate::rate::RateLimits;
use crate::reads::Finding;
use crate::refusal::Refusal;
use crate::settings::Limits;

/// Items that may wait for one session. A client that lets more pile up is sent away; it catches up when it returns.
const MAIL_ITEMS_MAX: usize = 10_000;

/// So many devices may sign in at a node in one life.
const DEVICES_BITS: u32 = 40;

/// Users whose rates are remembered; about 300 bytes each. Enough for everybody who is online and many who just left.
const RATED_USERS_MAX: NonZeroUsize = NonZeroUsize::new(100_000).expect("not zero");

/// What a node hears of the commits of all nodes.
#[derive(Debug, Clone)]
pub enum Told {
    Notices(Vec<Notice>),
    /// Notices may have been missed. It happens only where nodes share a store.
    Lost,
}

/// What waits for one session.
#[derive(Debug, Default)]
pub(crate) struct Mail {
    /// Results of this session's own calls; bounded by the calls it may have in flight.
    pub(crate) results: Vec<(u64, CallResult)>,
    /// What the session's question has found; there is one at a time.
    pub(crate) found: Option<Box<Result<Finding, Refusal>>>,
    pub(crate) news: Option<Box<News>>,
    /// The server stops.
    pub(crate) stopping: bool,
    pub(crate) farewell: Option<Farewell>,
}

/// Apart from the results, which come a thousand times as often in a storm.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// Groups that the user has left; it may have come back since.
    pub(crate) left: BTreeSet<GroupNumber>,
    /// Groups that the user came into or left, or with new channels.
    pub(crate) groups: BTreeSet<GroupNumber>,
    /// Channels that had been deleted.
    pub(crate) reopened: BTreeSet<ConversationNumber>,
    /// Conversations with new log entries.
    pub(crate) conversations: BTreeSet<ConversationNumber>,
    /// Own messages with new readers.
    pub(crate) receipts: BTreeMap<MessageKey, ReceiptNews>,
    /// Messages that this user has answered, from whichever device.
    pub(crate) answered: BTreeMap<ConversationNumber, Vec<MessageUid>>,
    /// The user's record changed.
    pub(crate) user_changed: bool,
}

/// Readers from an ordinal up to `counts.read` are new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReceiptNews {
    pub(crate) from: Ordinal,
    pub(crate) counts: Counts,
}

/// Why the server ends a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Farewell {
    pub code: Code,
    /// Whether the client should come back by itself.
    pub reconnect: bool,
}

impl Farewell {
    pub(crate) fn come_back(code: Code) -> Self {
        Self { code, reconnect: true }
    }

    pub(crate) fn stay_away(code: Code) -> Self {
        Self { code, reconnect: false }
    }
}

impl ReceiptNews {
    /// News of the same message in one: from the earlier ordinal up to the later count.
    pub(crate) fn merge(self, later: Self) -> Self {
        let counts = if later.counts.read >= self.counts.read { later.counts } else { self.counts };
        Self { from: self.from.min(later.from), counts }
    }
}

impl Mail {
    fn is_empty(&self, with_news: bool) -> bool {
        let Self { results, found, news, stopping, farewell } = self;
        let has_news = with_news && news.is_some();
        results.is_empty() && found.is_none() && !has_news && !stopping && farewell.is_none()
    }
}

impl News {
    fn item_count(&self) -> usize {
        self.left.len()
            + self.groups.len()
            + self.reopened.len()
            + self.conversations.len()
            + self.receipts.len()
            + self.answered.values().map(Vec::len).sum::<usize>()
    }
}

/// Where mail for one session is put and taken.
#[derive(Debug)]
pub struct Mailbox {
    owner: (AppKey, UserId),
    mail: Mutex<Mail>,
    arrived: AtomicWaker,
}

impl Mailbox {
    pub(crate) fn reply(&self, call_id: u64, result: CallResult) {
        self.lock().results.push((call_id, result));
        self.arrived.wake();
    }

    pub(crate) fn put_found(&self, found: Result<Finding, Refusal>) {
        self.lock().found = Some(Box::new(found));
        self.arrived.wake();
    }

    /// For a session that finds out by itself what it has to be told.
    pub(crate) fn put_answered(&self, answered: BTreeMap<ConversationNumber, Vec<MessageUid>>) {
        self.put(|news| {
            for (conversation, uids) in answered {
                news.answered.entry(conversation).or_default().extend(uids);
            }
        });
    }

    /// The first farewell stands: whoever is sent away is not called back by what comes later.
    fn end(&self, farewell: Farewell) {
        self.lock().farewell.get_or_insert(farewell);
        self.arrived.wake();
    }

    fn stop(&self) {
        self.lock().stopping = true;
        self.arrived.wake();
    }

    fn put(&self, write: impl FnOnce(&mut News)) {
        let mut mail = self.lock();
        if mail.farewell.is_some() {
            return;
        }
        let news = mail.news.get_or_insert_default();
        write(news);
        if news.item_count() > MAIL_ITEMS_MAX {
            mail.farewell = Some(Farewell::come_back(Code::SLOW_CONSUMER));
        }
        drop(mail);
        self.arrived.wake();
    }

    /// Everything but the news.
    pub(crate) fn take(&self) -> Mail {
        let mut mail = self.lock();
        let news = mail.news.take();
        std::mem::replace(&mut *mail, Mail { news, ..Mail::default() })
    }

    pub(crate) fn take_news(&self) -> Option<Box<News>> {
        self.lock().news.take()
    }

    /// Ready when there is mail to be taken. Of several that wait, the last one is woken.
    pub(crate) fn poll_arrived(&self, context: &Context<'_>, with_news: bool) -> Poll<()> {
        // Register first, look after: then nothing arrives in between.
        self.arrived.register(context.waker());
        match self.lock().is_empty(with_news) {
            true => Poll::Pending,
            false => Poll::Ready(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Mail> {
        self.mail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Device {
    number: DeviceNumber,
    device_id: String,
    mailbox: Arc<Mailbox>,
}

type Followers = HashMap<DeviceNumber, Arc<Mailbox>>;

/// Everybody who is online at this node.
pub(crate) struct Delivery {
    limits: Limits,
    stopping: AtomicBool,
    next_device: AtomicU64,
    /// The devices of each user, oldest first.
    users: RwLock<HashMap<(AppKey, UserId), Vec<Device>>>,
    /// Kept beyond the last session, so that connecting again does not fill the buckets.
    rates: Mutex<LruCache<(AppKey, UserId), Arc<RateLimits>>>,
    followers: RwLock<HashMap<GroupNumber, Followers>>,
}

impl Delivery {
    /// `node`: see [`Node::new`](crate::node::Node::new).
    pub(crate) fn new(limits: Limits, node: u32) -> Arc<Self> {
        Arc::new(Self {
            limits,
            stopping: AtomicBool::new(false),
            next_device: AtomicU64::new(u64::from(node) << DEVICES_BITS | 1),
            users: RwLock::default(),
            rates: Mutex::new(LruCache::new(RATED_USERS_MAX)),
            followers: RwLock::default(),
        })
    }

    /// Tells those who are online here what was committed, wherever it was. Late, twice or in another order does no harm.
    pub(crate) fn tell(&self, told: Told) {
        match told {
            Told::Notices(notices) => self.publish(notices),
            Told::Lost => self.call_back_all(),
        }
    }

    /// The clients connect again and say what they have, and the server finds what they missed, as after any absence.
    fn call_back_all(&self) {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        let devices = users.values().flatten();
        devices.for_each(|device| device.mailbox.end(Farewell::come_back(Code::NEWS_LOST)));
    }

    fn publish(&self, notices: Vec<Notice>) {
        for notice in notices {
            match notice {
                Notice::Logged { group, conversation } => {
                    self.tell_group(group, |news| {
                        news.conversations.insert(conversation);
                    });
                }
                Notice::Read { app, sender, key, first_ordinal, counts } => {
                    let read = ReceiptNews { from: first_ordinal, counts };
                    self.tell_user(app, sender, |news| {
                        news.receipts.entry(key).and_modify(|known| *known = known.merge(read)).or_insert(read);
                    });
                }
                Notice::Answered { app, user, from, conversation, uids } => {
                    self.tell_devices(app, user, from, |news| {
                        news.answered.entry(conversation).or_default().extend(uids.iter());
                    });
                }
                Notice::MembershipChanged { app, user, group, direction } => {
                    self.tell_user(app, user, |news| {
                        news.groups.insert(group);
                        if direction == Direction::Left {
                            news.left.insert(group);
                        }
                    });
                }
                Notice::ChannelCreated { group } => self.tell_group(group, |news| {
                    news.groups.insert(group);
                }),
                Notice::ChannelReopened { group, conversation } => self.tell_group(group, |news| {
                    news.reopened.insert(conversation);
                }),
                Notice::UserChanged { app, user } => self.tell_user(app, user, |news| news.user_changed = true),
                Notice::SecretReplaced { app } => self.sign_out(&app),
            }
        }
    }

    fn tell_user(&self, app: AppKey, user: UserId, write: impl Fn(&mut News)) {
        self.tell_devices(app, user, None, write);
    }

    fn tell_devices(&self, app: AppKey, user: UserId, but: Option<DeviceNumber>, write: impl Fn(&mut News)) {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        let devices = users.get(&(app, user)).into_iter().flatten();
        devices.filter(|device| Some(device.number) != but).for_each(|device| device.mailbox.put(&write));
    }

    /// Everybody of an app. Those who have a token of the new secret by now may come back at once; the others are refused then.
    fn sign_out(&self, app: &AppKey) {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        let devices = users.iter().filter(|((of, _), _)| of == app).flat_map(|(_, devices)| devices);
        devices.for_each(|device| device.mailbox.end(Farewell::come_back(Code::TOKEN_INCORRECT)));
    }

    fn tell_group(&self, group: GroupNumber, write: impl Fn(&mut News)) {
        let followers = self.followers.read().unwrap_or_else(PoisonError::into_inner);
        for mailbox in followers.get(&group).into_iter().flat_map(HashMap::values) {
            mailbox.put(&write);
        }
    }

    pub(crate) fn is_online(&self, app: &AppKey, user: &UserId) -> bool {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        users.contains_key(&(app.clone(), user.clone()))
    }

    /// A user signs in on a device. The same device's older session ends, and so does the oldest when there are too many.
    pub(crate) fn register(self: &Arc<Self>, app: &AppKey, user: &UserId, device_id: String) -> Registration {
        let number = DeviceNumber(self.next_device.fetch_add(1, Ordering::Relaxed));
        let owner = (app.clone(), user.clone());
        let mailbox = Arc::new(Mailbox { owner, mail: Mutex::default(), arrived: AtomicWaker::new() });
        let mut users = self.users.write().unwrap_or_else(PoisonError::into_inner);
        if self.stopping.load(Ordering::Acquire) {
            mailbox.stop();
        }
        let devices = users.entry((app.clone(), user.clone())).or_default();
        devices.retain(|device| {
            let replaced = device.device_id == device_id;
            if replaced {
                device.mailbox.end(Farewell::stay_away(Code::REPLACED));
            }
            !replaced
        });
        while devices.len() >= self.limits.devices_per_user_max.max(1) {
            devices.remove(0).mailbox.end(Farewell::stay_away(Code::KICKED_BY_OTHER_DEVICE));
        }
        devices.push(Device { number, device_id, mailbox: mailbox.clone() });
        Registration {
            delivery: self.clone(),
            number,
            mailbox,
            rates: self.rates(app, user),
            followed: BTreeSet::new(),
        }
    }

    /// Tells every session that the server stops, those to come too.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        users.values().flatten().for_each(|device| device.mailbox.stop());
    }

    pub(crate) fn rates(&self, app: &AppKey, user: &UserId) -> Arc<RateLimits> {
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(RateLimits::new(&self.limits));
        rates.get_or_insert((app.clone(), user.clone()), new).clone()
    }
}

/// One session's place among those who are online; dropping it gives the place up.
pub(crate) struct Registration {
    delivery: Arc<Delivery>,
    number: DeviceNumber,
    mailbox: Arc<Mailbox>,
    rates: Arc<RateLimits>,
    followed: BTreeSet<GroupNumber>,
}

impl Registration {
    pub(crate) fn mailbox(&self) -> &Arc<Mailbox> {
        &self.mailbox
    }

    pub(crate) fn number(&self) -> DeviceNumber {
        self.number
    }

    pub(crate) fn rates(&self) -> &RateLimits {
        &self.rates
    }

    /// From now on news of this group is told. Follow first, read after: then nothing falls in between.
    pub(crate) fn follow(&mut self, group: GroupNumber) {
        if self.followed.insert(group) {
            let mut followers = self.delivery.followers.write().unwrap_or_else(PoisonError::into_inner);
            followers.entry(group).or_default().insert(self.number, self.mailbox.clone());
        }
    }

    pub(crate) fn unfollow(&mut self, group: GroupNumber) {
        if self.followed.remove(&group) {
            self.delivery.forget_follower(group, self.number);
        }
    }
}

impl Delivery {
    fn forget_follower(&self, group: GroupNumber, device: DeviceNumber) {
        let mut followers = self.followers.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_group) = followers.get_mut(&group) {
            of_group.remove(&device);
            if of_group.is_empty() {
                followers.remove(&group);
            }
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        for group in std::mem::take(&mut self.followed) {
            self.delivery.forget_follower(group, self.number);
        }
        let mut users = self.delivery.users.write().unwrap_or_else(PoisonError::into_inner);
        let owner = &self.mailbox.owner;
        if let Some(devices) = users.get_mut(owner) {
            devices.retain(|device| device.number != self.number);
            if devices.is_empty() {
                users.remove(owner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app() -> AppKey {
        AppKey::new("app").unwrap()
    }

    fn user(name: &str) -> UserId {
        UserId::new(name).unwrap()
    }

    fn delivery(devices_per_user_max: usize) -> Arc<Delivery> {
        Delivery::new(Limits { devices_per_user_max, ..Limits::default() }, 1)
    }

    #[test]
    fn one_device_too_many_signs_out_the_oldest() {
        let delivery = delivery(2);
        let devices: Vec<_> =
            ["phone", "desk", "web"].map(|id| delivery.register(&app(), &user("alice"), id.into())).into();
        let farewells = devices.iter().map(|device| device.mailbox().take().farewell).collect::<Vec<_>>();
        assert_eq!(farewells, [Some(Farewell::stay_away(Code::KICKED_BY_OTHER_DEVICE)), None, None]);
    }

    #[test]
    fn a_device_that_signs_in_again_replaces_itself() {
        let delivery = delivery(8);
        let first = delivery.register(&app(), &user("alice"), "phone".into());
        let second = delivery.register(&app(), &user("alice"), "phone".into());
        assert_eq!(first.mailbox().take().farewell, Some(Farewell::stay_away(Code::REPLACED)));
        drop(first);
        delivery.publish(vec![Notice::UserChanged { app: app(), user: user("alice") }]);
        assert!(
            second.mailbox().take_news().is_some_and(|news| news.user_changed),
            "the newer session stays registered"
        );
    }

    #[test]
    fn mail_beyond_its_bound_sends_the_session_away() {
        let delivery = delivery(8);
        let mut alice = delivery.register(&app(), &user("alice"), "phone".into());
        alice.follow(GroupNumber(1));
        for number in 0..=MAIL_ITEMS_MAX as u64 {
            let conversation = ConversationNumber(number);
            delivery.publish(vec![Notice::Logged { group: GroupNumber(1), conversation }]);
        }
        assert_eq!(alice.mailbox().take().farewell, Some(Farewell::come_back(Code::SLOW_CONSUMER)));
    }

    #[test]
    fn when_notices_may_have_been_missed_everybody_comes_again() {
        let delivery = delivery(8);
        let online = ["alice", "bob"].map(|name| delivery.register(&app(), &user(name), "phone".into()));
        delivery.tell(Told::Lost);
        let farewells = online.map(|device| device.mailbox().take().farewell);
        assert_eq!(farewells, [Some(Farewell::come_back(Code::NEWS_LOST)); 2]);
    }

    #[test]
    fn devices_of_two_nodes_have_different_numbers() {
        let numbers = [1, 2].map(|node| {
            Delivery::new(Limits::default(), node).register(&app(), &user("alice"), "phone".into()).number()
        });
        assert_ne!(numbers[0], numbers[1]);
    }

    #[test]
    fn the_first_farewell_stands() {
        let delivery = delivery(1);
        let first = delivery.register(&app(), &user("alice"), "phone".into());
        let _second = delivery.register(&app(), &user("alice"), "desk".into());
        let mailbox = first.mailbox();
        mailbox.end(Farewell::come_back(Code::SLOW_CONSUMER));
        assert_eq!(mailbox.take().farewell, Some(Farewell::stay_away(Code::KICKED_BY_OTHER_DEVICE)));
    }

    #[test]
    fn readers_who_come_while_nobody_looks_are_one_piece_of_news_from_the_first_of_them_on() {
        let delivery = delivery(8);
        let alice = delivery.register(&app(), &user("alice"), "phone".into());
        let key = MessageKey { conversation: ConversationNumber(1), uid: MessageUid::MIN };
        let counts = |read| Counts { read, unread: 9 - read, left: 0 };
        for (first_ordinal, read) in [(0, 2), (2, 3), (3, 7)] {
            let (app, sender) = (app(), user("alice"));
            delivery.publish(vec![Notice::Read { app, sender, key, first_ordinal, counts: counts(read) }]);
        }
        let news = alice.mailbox().take_news().unwrap();
        assert_eq!(news.receipts.get(&key), Some(&ReceiptNews { from: 0, counts: counts(7) }));
    }

    #[test]
    fn an_answer_is_told_to_the_other_devices_of_whoever_gave_it() {
        let delivery = delivery(8);
        let [phone, desk, bobs] = [("alice", "phone"), ("alice", "desk"), ("bob", "phone")]
            .map(|(name, id)| delivery.register(&app(), &user(name), id.into()));
        let (conversation, uids) = (ConversationNumber(1), vec![MessageUid::MIN]);
        let (app, user, from) = (app(), user("alice"), Some(phone.number()));
        delivery.publish(vec![Notice::Answered {
            app,
            user,
            from,
            conversation,
            uids: uids.iter().copied().collect(),
        }]);
        let told = [phone, desk, bobs].map(|device| device.mailbox().take_news().map(|news| news.answered));
        assert_eq!(told, [None, Some(BTreeMap::from([(conversation, uids)])), None]);
    }

    #[test]
    fn news_of_one_message_is_gathered_into_one_range() {
        let counts = |read| Counts { read, unread: 9 - read, left: 0 };
        let early = ReceiptNews { from: 2, counts: counts(3) };
        let late = ReceiptNews { from: 3, counts: counts(7) };
        assert_eq!(early.merge(late), ReceiptNews { from: 2, counts: counts(7) });
        assert_eq!(late.merge(early), ReceiptNews { from: 2, counts: counts(7) });
    }
}
