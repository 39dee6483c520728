//! A ward that does not stop: a sender who asks, nurses who answer, and a server that ends now and then under their hands.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use seenby_client::{Code, Conversation, Engine, EngineOptions, Event, EventStream, ReceiptResponse, ResponseError};
use tokio::task::JoinSet;

use crate::disk::{Disk, Fault};
use crate::history::{History, Line};
use crate::seenby::{Installation, Server};

const APP: &str = "seenby";
const GROUP: &str = "ward-3";
const SENDER: &str = "alice";
pub(crate) const NURSES: usize = 8;
const BETWEEN_MESSAGES: Duration = Duration::from_millis(25);
/// Long enough for a loaded machine; nothing waits for it when all is well.
const PATIENCE: Duration = Duration::from_secs(60);
/// People act faster here than people.
const LIMITS: [(&str, &str); 4] = [
    ("SEENBY_LIMITS__SENDS_PER_SECOND", "10000"),
    ("SEENBY_LIMITS__RECEIPT_ANSWERS_PER_SECOND", "10000"),
    ("SEENBY_LIMITS__QUERIES_PER_SECOND", "10000"),
    ("SEENBY_LIMITS__SIGN_INS_PER_SECOND", "1000"),
];

pub(crate) struct Ward {
    installation: Installation,
    address: String,
    disk: Disk,
    server: Option<Server>,
    history: History,
    /// Messages that were asked about, oldest first.
    asked: Arc<Mutex<Vec<String>>>,
    /// What the sender's phone shows.
    shown: Arc<Mutex<BTreeMap<String, Vec<String>>>>,
    /// Calls without a result.
    under_way: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
    people: JoinSet<()>,
}

/// How a server ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    /// The disk fails, and the server is killed when it has said that it takes no more work.
    DiskFails(Fault),
    /// SIGKILL.
    Killed,
    /// SIGTERM.
    Asked,
    /// SIGSTOP for a while, and then SIGKILL.
    Paused,
}

impl Ward {
    pub(crate) async fn opens(history: History) -> Self {
        let installation = Installation::new();
        let disk = Disk::under(&installation);
        let server = serves(&installation, &disk, "127.0.0.1:0");
        let nurses: Vec<String> = (0..NURSES).map(|number| format!("nurse-{number}")).collect();
        let members: Vec<&str> = nurses.iter().map(String::as_str).collect();
        installation.does(&[&["group", "create", GROUP, "--member", SENDER], &members[..]].concat());
        let mut ward = Self {
            installation,
            disk,
            address: server.address().to_owned(),
            server: Some(server),
            history,
            asked: Arc::default(),
            shown: Arc::default(),
            under_way: Arc::default(),
            is_over: Arc::default(),
            people: JoinSet::new(),
        };
        for nurse in nurses {
            let engine = ward.signs_in(&nurse).await;
            let (history, under_way) = (ward.history.clone(), ward.under_way.clone());
            ward.people.spawn(answers_whatever_is_asked(nurse, engine, history, under_way));
        }
        let phone = ward.signs_in(SENDER).await;
        ward.people.spawn(watches(phone.events(), ward.shown.clone()));
        let (asked, under_way) = (ward.asked.clone(), ward.under_way.clone());
        ward.people.spawn(asks(phone, ward.history.clone(), asked, under_way, ward.is_over.clone()));
        ward
    }

    async fn signs_in(&self, user: &str) -> Engine {
        let options = EngineOptions {
            server: format!("ws://{}", self.address),
            reconnect_min: Duration::from_millis(5),
            reconnect_max: Duration::from_millis(50),
            ..EngineOptions::default()
        };
        let engine = Engine::create(APP, options).unwrap();
        soon(engine.connect(self.installation.token(user))).await.unwrap();
        engine
    }

    /// The server ends and starts again at the same address.
    pub(crate) async fn restarts(&mut self, how: End) {
        let server = self.server.take().unwrap();
        match how {
            End::DiskFails(fault) => {
                self.disk.fails(fault);
                self.takes_no_more_work(&server).await;
                self.disk.is_mended();
                server.kill();
            }
            End::Killed => server.kill(),
            End::Asked => assert_eq!(server.ask_to_stop(), Some(0), "a server that is asked to stop does"),
            End::Paused => {
                server.signal("-STOP");
                std::thread::sleep(Duration::from_millis(200));
                server.kill();
            }
        }
        let begin = Instant::now();
        self.server = Some(serves(&self.installation, &self.disk, &self.address));
        let ready_after_ms = u64::try_from(begin.elapsed().as_millis()).unwrap();
        self.history.note(Line::Ended { how: format!("{how:?}"), ready_after_ms });
    }

    /// Whoever sends is refused, and whoever looks is not.
    async fn takes_no_more_work(&self, server: &Server) {
        let notices = async {
            while server.is_ready() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, notices).await.expect("the server should know that its disk keeps nothing");
        let desk = self.signs_in(SENDER).await;
        let draft = desk.create_text_message(&Conversation::group(GROUP), "Is anybody there?");
        let refused = soon(desk.send_message(&draft)).await.unwrap_err();
        assert_eq!(refused.code(), Code::STORE_UNAVAILABLE);
        desk.destroy().await;
        self.looks_at_newest(3).await;
    }

    /// The sender looks at the readers of its newest messages, on a device that remembers nothing.
    pub(crate) async fn looks_at_newest(&self, count: usize) {
        let asked = self.asked.lock().unwrap().clone();
        self.looks_at(&asked[asked.len().saturating_sub(count)..]).await;
    }

    async fn looks_at(&self, messages: &[String]) {
        let desk = self.signs_in(SENDER).await;
        for uid in messages {
            self.history.note(Line::Listing { message: uid.clone() });
            let message = soon(desk.get_message_by_uid(&Conversation::group(GROUP), uid)).await.unwrap();
            let readers = message.group_read_receipt_info.expect("somebody asked").respond_user_ids;
            let readers = readers.iter().map(|reader| reader.user_id.to_string()).collect();
            self.history.note(Line::Listed { message: uid.clone(), readers });
        }
        desk.destroy().await;
    }

    /// Nothing new is asked, and everybody answers for what was; then all of it is looked at.
    pub(crate) async fn closes(mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        let asked = soon(async {
            while !self.is_quiet() {
                tokio::task::yield_now().await;
            }
            self.asked.lock().unwrap().clone()
        });
        let asked = asked.await;
        self.looks_at(&asked).await;
        for (message, readers) in std::mem::take(&mut *self.shown.lock().unwrap()) {
            self.history.note(Line::Shown { message, readers });
        }
        self.people.abort_all();
    }

    fn is_quiet(&self) -> bool {
        let (asked, shown) = (self.asked.lock().unwrap(), self.shown.lock().unwrap());
        let is_read = |uid: &String| shown.get(uid).is_some_and(|readers| readers.len() == NURSES);
        self.under_way.load(Ordering::SeqCst) == 0 && asked.iter().all(is_read)
    }
}

fn serves(installation: &Installation, disk: &Disk, listen: &str) -> Server {
    installation.serves_with(listen, &[&LIMITS[..], &disk.environment()].concat())
}

pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("this should have happened by now")
}

/// Sends one message after another, each again until it is stored.
async fn asks(
    phone: Engine,
    history: History,
    asked: Arc<Mutex<Vec<String>>>,
    under_way: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
) {
    let mut clock = tokio::time::interval(BETWEEN_MESSAGES);
    loop {
        clock.tick().await;
        under_way.fetch_add(1, Ordering::SeqCst);
        if is_over.load(Ordering::SeqCst) {
            break;
        }
        let mut draft = phone.create_text_message(&Conversation::group(GROUP), "Bed 7: penicillin allergy");
        draft.need_receipt = true;
        let sent = loop {
            if let Ok(sent) = phone.send_message(&draft).await {
                break sent;
            }
            clock.tick().await;
        };
        let uid = sent.message_uid.expect("stored");
        history.note(Line::Asked { message: uid.clone() });
        asked.lock().unwrap().push(uid);
        under_way.fetch_sub(1, Ordering::SeqCst);
    }
    under_way.fetch_sub(1, Ordering::SeqCst);
    // Its events are watched as long as it lives.
    std::future::pending::<()>().await;
}

async fn watches(mut events: EventStream, shown: Arc<Mutex<BTreeMap<String, Vec<String>>>>) {
    while let Some(event) = events.next().await {
        if let Event::GroupMessageReadReceiptResponseReceived { message_uid, respond_user_ids, .. } = event {
            let readers = respond_user_ids.iter().map(|reader| reader.user_id.to_string()).collect();
            shown.lock().unwrap().insert(message_uid, readers);
        }
    }
}

/// Every third answer is given twice, as people do who are not sure.
async fn answers_whatever_is_asked(nurse: String, phone: Engine, history: History, under_way: Arc<AtomicUsize>) {
    let mut events = phone.events();
    let mut count = 0;
    while let Some(event) = events.next().await {
        let Event::GroupMessageReadReceiptRequestReceived { conversation, message_uid: message, .. } = event else {
            continue;
        };
        count += 1;
        for _ in 0..1 + usize::from(count % 3 == 0) {
            history.note(Line::Answering { nurse: nurse.clone(), message: message.clone() });
            under_way.fetch_add(1, Ordering::SeqCst);
            let result = phone.send_read_receipt_response(&conversation, &[&message]);
            let (nurse, message) = (nurse.clone(), message.clone());
            let (history, under_way) = (history.clone(), under_way.clone());
            tokio::spawn(async move {
                let code = code_of(result.await);
                history.note(Line::Answered { nurse, message, code });
                under_way.fetch_sub(1, Ordering::SeqCst);
            });
        }
    }
}

fn code_of(result: Result<ReceiptResponse, ResponseError>) -> u32 {
    match result {
        Ok(_) => 0,
        Err(error) => error.code().0,
    }
}
