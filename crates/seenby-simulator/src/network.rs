//! Time passes: frames travel, the server and the phones take turns.

use seenby_core::ConversationName;
use seenby_protocol::codec;
use seenby_protocol::frames::{self, ServerFrame, client_frame, server_frame};

use crate::link::Link;
use crate::phone::Phone;
use crate::place::Place;
use crate::server::{self, LinkId};
use crate::verdict;
use crate::watch::Watch;
use crate::world::{OpenCall, World};

impl World {
    pub fn step(&mut self) -> Result<(), String> {
        for phone in 0..self.phones.len() {
            self.open(phone);
            self.carry_to_server(phone)?;
        }
        (0..self.nodes.len()).try_for_each(|node| self.write(node))?;
        let now = self.now;
        self.nodes.iter_mut().for_each(|node| node.hear_told(now));
        let links: Vec<LinkId> = self.nodes.iter().flat_map(|node| node.connections.keys()).copied().collect();
        links.into_iter().try_for_each(|link| self.turn(link))?;
        for phone in 0..self.phones.len() {
            self.carry_to_phone(phone);
            self.phones[phone].handle_time(self.now);
            self.settle(phone, usize::MAX)?;
        }
        Ok(())
    }

    fn delay(&mut self) -> u64 {
        self.now + if self.is_calm { 1 } else { self.choice.between(0, self.knobs.delay_ms_max) }
    }

    fn open(&mut self, phone: usize) {
        if self.phones[phone].opens_at.is_none_or(|at| at > self.now) {
            return;
        }
        self.phones[phone].opens_at = None;
        if !self.is_calm && self.choice.once_in(10) {
            return self.phones[phone].handle_closed(self.now);
        }
        let id = self.owners.len() as LinkId;
        self.owners.insert(id, phone);
        let node = self.some_node();
        self.note(format!("phone {phone} opens connection {id} to node {node}"));
        self.homes.insert(id, node);
        self.nodes[node].connect(id, self.now);
        self.phones[phone].link = Some((id, Link::default()));
        self.phones[phone].handle_opened(self.now);
    }

    fn carry_to_server(&mut self, phone: usize) -> Result<(), String> {
        let Some((id, mut link)) = self.phones[phone].link.take() else { return Ok(()) };
        while !link.is_dead
            && !link.server_has_closed
            && self.nodes[self.homes[&id]].listens(id)
            && let Some(bytes) = link.to_server.take(self.now)
        {
            let replies = self.hear(id, &bytes);
            replies.into_iter().try_for_each(|frame| self.say(id, Some(&mut link), frame))?;
        }
        if link.phone_has_closed && !link.is_dead && link.to_server.is_empty() {
            self.close(id);
        }
        self.phones[phone].link = Some((id, link));
        Ok(())
    }

    fn hear(&mut self, link: LinkId, bytes: &[u8]) -> Vec<Vec<u8>> {
        let Some(frame) = server::decode(bytes) else { return Vec::new() };
        if let Some(call) = frame.call.clone() {
            self.note_positions(link, &call);
            self.open_calls.insert((link, frame.call_id), OpenCall { call, verdict: None });
        }
        let clock = self.clock(self.homes[&link]);
        let now = self.now;
        self.server_of(link).hear(link, frame, now, clock)
    }

    /// Where a client names its position the log goes on from there, wherever that is.
    fn note_positions(&mut self, link: LinkId, call: &client_frame::Call) {
        let client_frame::Call::Resume(resume) = call else { return };
        let app = &self.phones[self.owners[&link]].app;
        let named = resume.positions.iter().filter_map(|position| position.conversation.as_ref());
        self.begins.extend(named.map(|named| ((link, Place::of_wire(named).name(app)), 0)));
    }

    /// Elsewhere it begins where the user joined.
    fn note_begins(&mut self, link: LinkId) {
        let Phone { app, user, .. } = &self.phones[self.owners[&link]];
        for name in self.model.conversations.keys().filter(|name| name.group.app == *app) {
            if let Some(joined) = self.model.joined(&name.group, user) {
                self.begins.entry((link, name.clone())).or_insert(joined);
            }
        }
    }

    fn turn(&mut self, link: LinkId) -> Result<(), String> {
        self.turn_once(link)?;
        while self.nodes[self.homes[&link]].may_read(link, self.now) {
            self.turn_once(link)?;
        }
        Ok(())
    }

    fn turn_once(&mut self, link: LinkId) -> Result<(), String> {
        let phone = self.owners[&link];
        let now = self.now;
        if let Some(asked) = self.server_of(link).read(link, now) {
            self.note_begins(link);
            self.seen.insert(link, self.model.clone());
            if let Some(open) = asked.and_then(|call_id| self.open_calls.get_mut(&(link, call_id))) {
                let asks = &self.phones[phone];
                open.verdict = verdict::look_up(&self.model, &asks.app, &asks.user, &open.call);
            }
        }
        let most = if self.is_calm { 0 } else { self.knobs.commit_ms_max };
        let read_ms = (self.choice.between(0, most), self.choice.between(0, most));
        let clock = self.clock(self.homes[&link]);
        let turn = self.server_of(link).turn(link, now, clock, read_ms);
        let mut held = self.phones[phone].link.take_if(|(id, _)| *id == link);
        for frame in turn.frames {
            self.say(link, held.as_mut().map(|(_, link)| link), frame)?;
        }
        if turn.closes {
            self.close(link);
            if let Some((_, link)) = &mut held {
                link.server_has_closed = true;
            }
        }
        if held.is_some() {
            self.phones[phone].link = held;
        }
        Ok(())
    }

    /// The server says something; somebody may still be there to hear it.
    fn say(&mut self, id: LinkId, link: Option<&mut Link>, frame: Vec<u8>) -> Result<(), String> {
        self.look_at(id, &frame)?;
        self.note_frame(&frame);
        if let Some(link) = link {
            let arrives_at = self.delay();
            link.to_phone.put(arrives_at, frame);
        }
        Ok(())
    }

    fn look_at(&mut self, id: LinkId, frame: &[u8]) -> Result<(), String> {
        let frame = codec::decode::<ServerFrame>(frame, usize::MAX).map_err(|error| error.to_string())?;
        let kind = frame.kind.ok_or("an empty frame")?;
        if let server_frame::Kind::ReceiptDelta(delta) = &kind {
            self.look_for_gap(id, delta)?;
        }
        let to = &self.phones[self.owners[&id]];
        match kind {
            server_frame::Kind::Reply(reply) => {
                let open = self.open_calls.remove(&(id, reply.call_id));
                let open = open.ok_or(format!("a reply to no call, or a second one: {reply:?}"))?;
                let checked = match open.verdict {
                    Some(verdict) => verdict.compare(&reply),
                    None if reply.code == 0 && !is_between_machines(&open.call) => Err("nothing was done".into()),
                    None => Ok(()),
                };
                checked.map_err(|error| format!("{} of {} calls {:?}: {error}", to.user, to.app, open.call))
            }
            push => {
                let begin = |name: &ConversationName| self.begins.get(&(id, name.clone())).copied().unwrap_or(0);
                // News was right when the session's question looked; what a device has answered is told at once.
                let model = match push {
                    server_frame::Kind::LogEntries(_) | server_frame::Kind::ReceiptDelta(_) => self.seen.get(&id),
                    _ => Some(&self.model),
                };
                let model = model.ok_or("news that nobody looked up")?;
                Watch { model, app: &to.app, user: &to.user, begin: &begin }.look(push)
            }
        }
    }

    /// The client would see a gap and ask for what is missing; it should not have to.
    fn look_for_gap(&mut self, link: LinkId, delta: &frames::ReceiptDelta) -> Result<(), String> {
        let readers = delta.readers.as_ref().ok_or("a delta without readers")?;
        let told = self.told.entry((link, delta.message_uid.clone())).or_insert(readers.first_ordinal);
        if readers.first_ordinal > *told {
            return Err(format!("{delta:?} begins behind {told}, up to which its readers were told"));
        }
        *told = (readers.first_ordinal + readers.user_ids.len() as u32).max(*told);
        Ok(())
    }

    fn carry_to_phone(&mut self, phone: usize) {
        let Some((id, mut link)) = self.phones[phone].link.take() else { return };
        if link.phone_has_closed {
            // Cut by the network, and not closed by the phone: it has to be told.
            if link.server_has_closed {
                self.close(id);
                self.phones[phone].handle_closed(self.now);
            } else if !link.to_server.is_empty() {
                self.phones[phone].link = Some((id, link));
            }
            return;
        }
        while !link.is_dead
            && let Some(bytes) = link.to_phone.take(self.now)
        {
            self.phones[phone].handle_bytes(self.now, &bytes);
        }
        match link.server_has_closed && !link.is_dead && link.to_phone.is_empty() {
            true => self.phones[phone].handle_closed(self.now),
            false => self.phones[phone].link = Some((id, link)),
        }
    }

    pub fn settle(&mut self, phone: usize, turns_max: usize) -> Result<(), String> {
        let (frames, dials) = self.phones[phone].settle(self.now, turns_max);
        for frame in frames {
            let arrives_at = self.delay();
            if let Some((_, link)) = &mut self.phones[phone].link {
                link.to_server.put(arrives_at, frame);
            }
        }
        if let Some((id, link)) = &self.phones[phone].link
            && link.phone_has_closed
            && !link.server_has_closed
        {
            // The phone does not look back.
            let id = *id;
            self.phones[phone].link = None;
            self.close(id);
        }
        if dials {
            let opens_at = self.delay();
            self.phones[phone].opens_at = Some(opens_at);
        }
        match self.phones[phone].broken.take() {
            Some(broken) => Err(format!("phone {phone}: {broken}")),
            None => Ok(()),
        }
    }
}

/// Calls of which the model knows nothing.
fn is_between_machines(call: &client_frame::Call) -> bool {
    matches!(call, client_frame::Call::SignIn(_) | client_frame::Call::Resume(_) | client_frame::Call::Ping(_))
}
