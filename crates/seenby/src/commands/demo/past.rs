//! What was said and read before the visitors came, so that they find groups with a life: written through the rules, by the
//! ledger itself, at times that have passed. No server runs meanwhile.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context as _;
use seenby_core::commit::UserChange;
use seenby_core::{
    AppKey, Call, ClientRef, ConversationName, Draft, GroupId, GroupKind, GroupName, Limits, MessageUid, Outcome,
    Timestamp, UserId,
};
use seenby_protocol::{codec, frames};
use seenby_storage::{Embedded, LedgerWriter};

use super::people::{CAMPUS, DemoGroup, GROUPS, People, Person, WARD};
use super::{APP, crowd};

const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;
/// When everybody came in.
const JOINED_BEFORE: u64 = 9 * DAY;
/// When some went.
const LEFT_BEFORE: u64 = 75 * MINUTE;
/// Reading takes at most this long.
const READING_MAX: u64 = 40 * MINUTE;

/// One message, from the oldest on.
struct Line {
    before: u64,
    who: Who,
    text: &'static str,
    asked: Option<Read>,
}

#[derive(Clone, Copy)]
enum Who {
    Visitor(usize),
    /// By place in the crowd.
    Member(usize),
}

use Who::{Member, Visitor};

/// Who has read a message that was asked about.
#[derive(Clone, Copy)]
struct Read {
    /// Of the crowd, in thousandths.
    crowd: usize,
    visitors: &'static [usize],
}

const DR_CHEN: Who = Visitor(0);
const NURSE_ADA: Who = Visitor(1);
const BAO: Who = Visitor(2);

const fn line(before: u64, who: Who, text: &'static str) -> Line {
    Line { before, who, text, asked: None }
}

const fn asked(before: u64, who: Who, text: &'static str, crowd: usize, visitors: &'static [usize]) -> Line {
    Line { before, who, text, asked: Some(Read { crowd, visitors }) }
}

fn script(group: &DemoGroup) -> Vec<Line> {
    match group.id {
        id if id == WARD.id => vec![
            line(2 * DAY, Member(2), "Good morning! Handover notes are in the blue folder."),
            asked(
                2 * DAY - 40 * MINUTE,
                DR_CHEN,
                "New rota from Monday. Please confirm that you have seen it.",
                1_000,
                &[1, 2],
            ),
            line(2 * DAY - 35 * MINUTE, Member(4), "Seen, thank you."),
            line(DAY + 200 * MINUTE, NURSE_ADA, "The infusion pump in room 4 is back from repair."),
            asked(DAY + 100 * MINUTE, BAO, "周四 14:00 消防演习，请大家确认已读。", 670, &[0]),
            line(DAY + 90 * MINUTE, Member(0), "收到，谢谢提醒。"),
            asked(
                180 * MINUTE,
                NURSE_ADA,
                "Bed 7: penicillin allergy. Please confirm that you have read this.",
                780,
                &[0],
            ),
            line(170 * MINUTE, Member(1), "Noted. The chart is updated as well."),
            asked(95 * MINUTE, Member(5), "Visiting hours end at 18:00 today. Please tell the families.", 340, &[]),
            asked(50 * MINUTE, DR_CHEN, "Round starts 15 minutes early tomorrow.", 450, &[1]),
            line(35 * MINUTE, Member(3), "Could somebody bring a second blanket to bed 2?"),
            line(33 * MINUTE, BAO, "On my way."),
        ],
        id if id == CAMPUS.id => vec![
            line(6 * DAY, Member(12), "Welcome to the campus channel, everybody."),
            asked(3 * DAY, DR_CHEN, "Flu shots: Wednesday, 8:00–16:00, lecture hall B.", 930, &[1, 2]),
            line(3 * DAY - 30 * MINUTE, Member(40), "Do we need to register beforehand?"),
            line(3 * DAY - 28 * MINUTE, DR_CHEN, "No, just bring your badge."),
            asked(DAY + 300 * MINUTE, Member(56), "图书馆本周六闭馆检修，请提前还书。", 610, &[2]),
            asked(DAY, NURSE_ADA, "The east entrance is closed until Friday. Please use the north gate.", 820, &[0]),
            asked(110 * MINUTE, BAO, "Lost: a silver key ring, near the cafeteria.", 300, &[]),
            line(100 * MINUTE, Member(88), "There is one at the front desk!"),
            line(98 * MINUTE, BAO, "That is mine. Thank you so much!"),
        ],
        _ => vec![
            asked(5 * DAY, Member(301), "Water main works on Bridge Street from Monday to Wednesday.", 880, &[0, 1, 2]),
            asked(2 * DAY + 400 * MINUTE, NURSE_ADA, "Blood donors needed, type O. City hospital, all day.", 740, &[2]),
            line(2 * DAY + 380 * MINUTE, Member(1_204), "On my way with two colleagues."),
            asked(DAY + 60 * MINUTE, BAO, "地铁 2 号线今晚 22:00 提前收车，请合理安排出行。", 520, &[1]),
            asked(
                120 * MINUTE,
                DR_CHEN,
                "Heat warning until Sunday: drink water, check on your neighbours. Please confirm.",
                690,
                &[1],
            ),
            asked(
                90 * MINUTE,
                Member(17),
                "Storm from the west, gusts up to 90 km/h. Secure loose things outside.",
                410,
                &[],
            ),
            line(80 * MINUTE, Member(2_718), "Already very windy at the harbour."),
        ],
    }
}

/// Gives the messages that were asked about: who has read these is settled.
pub fn write(storage: &Arc<Embedded>, people: &People) -> anyhow::Result<HashSet<String>> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).context("the clock stands before 1970")?;
    let now = u64::try_from(now.as_millis()).context("the clock stands far in the future")?;
    let app = AppKey::new(APP)?;
    // The ids of one ledger grow with time, over all groups: each group has a ledger of its own to begin long ago.
    let author = |node| {
        let writer = LedgerWriter::new(storage.clone(), Limits::default(), node);
        Author { writer, app: app.clone(), people, now }
    };
    author(0).registers_everybody()?;
    let mut asked = HashSet::new();
    for (node, group) in (1..).zip(GROUPS) {
        let mut author = author(node);
        author.opens(group)?;
        let mut are_gone = false;
        for (number, line) in script(group).into_iter().enumerate() {
            if !are_gone && line.before < LEFT_BEFORE {
                author.lets_leavers_go(group)?;
                are_gone = true;
            }
            asked.extend(author.says(group, number, &line)?.map(|uid| uid.to_string()));
        }
        if !are_gone {
            author.lets_leavers_go(group)?;
        }
    }
    Ok(asked)
}

struct Author<'a> {
    writer: LedgerWriter<Embedded>,
    app: AppKey,
    people: &'a People,
    now: u64,
}

impl Author<'_> {
    fn ago(&self, before: u64) -> Timestamp {
        Timestamp(self.now.saturating_sub(before))
    }

    fn commit(&mut self) -> anyhow::Result<()> {
        Ok(self.writer.commit().map(drop)?)
    }

    fn calls(&mut self, call: Call, at: Timestamp) -> anyhow::Result<Outcome> {
        Ok(self.writer.apply(&call, at)?)
    }

    fn registers_everybody(&mut self) -> anyhow::Result<()> {
        let People { visitors, crowd, leavers } = self.people;
        let at = self.ago(JOINED_BEFORE);
        for person in visitors.iter().chain(crowd).chain(leavers) {
            let change = UserChange { name: Some(person.name.clone()), ..UserChange::default() };
            self.calls(Call::SaveUser { app: self.app.clone(), user: user_id(person)?, change }, at)?;
        }
        self.commit()
    }

    fn opens(&mut self, group: &DemoGroup) -> anyhow::Result<()> {
        let (name, at) = (self.name(group)?, self.ago(JOINED_BEFORE));
        self.calls(Call::CreateGroup { group: name.clone(), title: group.title.to_owned() }, at)?;
        let members = self.people.visitors.iter().chain(self.people.crowd_of(group)).chain(self.leavers(group));
        let users = members.map(user_id).collect::<anyhow::Result<Vec<_>>>()?;
        self.calls(Call::Join { group: name, users }, at)?;
        self.commit()
    }

    fn lets_leavers_go(&mut self, group: &DemoGroup) -> anyhow::Result<()> {
        let users = self.leavers(group).iter().map(user_id).collect::<anyhow::Result<Vec<_>>>()?;
        self.calls(Call::Leave { group: self.name(group)?, users }, self.ago(LEFT_BEFORE))?;
        self.commit()
    }

    /// The larger the group, the more.
    fn leavers(&self, group: &DemoGroup) -> &[Person] {
        let place = GROUPS.iter().position(|known| known.id == group.id).unwrap_or(0);
        &self.people.leavers[..=place]
    }

    /// Sends a line and lets people read it; gives its id if it was asked about.
    fn says(&mut self, group: &DemoGroup, number: usize, line: &Line) -> anyhow::Result<Option<MessageUid>> {
        let conversation = ConversationName::new(self.name(group)?, None);
        let people = self.people;
        let sender = match line.who {
            Visitor(place) => &people.visitors[place],
            Member(place) => &people.crowd[place],
        };
        let text = frames::TextContent { text: line.text.to_owned() };
        let content = frames::Content { kind: Some(frames::content::Kind::Text(text)), ..Default::default() };
        let draft = Draft {
            client_ref: ClientRef::new(&format!("before-{number}"))?,
            content: codec::encode(&content),
            need_receipt: line.asked.is_some(),
        };
        let call = Call::Send { conversation: conversation.clone(), user: user_id(sender)?, draft };
        let Outcome::Sent(sent) = self.calls(call, self.ago(line.before))? else { anyhow::bail!("nothing was sent") };
        if let Some(read) = line.asked {
            for (at, reader) in self.readers(group, sender, line.before, read)? {
                let (conversation, uids) = (conversation.clone(), vec![Some(sent.uid)]);
                self.calls(Call::Answer { conversation, user: reader, from: None, uids }, at)?;
            }
        }
        self.commit()?;
        Ok(line.asked.map(|_| sent.uid))
    }

    /// In the order of reading.
    fn readers(
        &self,
        group: &DemoGroup,
        sender: &Person,
        before: u64,
        read: Read,
    ) -> anyhow::Result<Vec<(Timestamp, UserId)>> {
        let crowd = self.people.crowd_of(group);
        let count = (crowd.len() * read.crowd).div_ceil(1_000);
        // A step that has no divisor in common with the size meets everybody once, in no order that anybody sees.
        let step = (1..).map(|number| crowd.len() * 3 / 8 + number).find(|step| gcd(*step, crowd.len()) == 1);
        let step = step.unwrap_or(1);
        let mut readers: Vec<&Person> = (0..count).map(|place| &crowd[place * step % crowd.len()]).collect();
        for (place, visitor) in read.visitors.iter().enumerate() {
            readers.insert(readers.len().min(1 + 2 * place), &self.people.visitors[*visitor]);
        }
        readers.retain(|reader| reader.id != sender.id);
        let (count, longest) = (readers.len(), READING_MAX.min(before * 3 / 4) as f64);
        let at = |place: usize| {
            let after = longest * crowd::reading_curve((place as f64 + 0.5) / count as f64);
            Timestamp(self.ago(before).0 + 1 + after as u64)
        };
        readers.into_iter().enumerate().map(|(place, reader)| Ok((at(place), user_id(reader)?))).collect()
    }

    fn name(&self, group: &DemoGroup) -> anyhow::Result<GroupName> {
        Ok(GroupName { app: self.app.clone(), kind: GroupKind::Group, id: GroupId::new(group.id)? })
    }
}

fn user_id(person: &Person) -> anyhow::Result<UserId> {
    Ok(UserId::new(&person.id)?)
}

fn gcd(a: usize, b: usize) -> usize {
    match b {
        0 => a,
        b => gcd(b, a % b),
    }
}
