//! People and their groups, of all sizes, and what a while in their life looks like.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::time::Duration;

use rand::Rng as _;
use rand::rngs::SmallRng;
use rand::seq::index;
use seenby_protocol::frames::Conversation;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::crowd::Crowd;
use super::life::{Given, Life, Lived};
use super::member::group;
use super::server::Server;

const GROUP_SIZES: RangeInclusive<usize> = 5..=500;
/// For what is under way when the last message has been sent.
const AFTERWARDS: Duration = Duration::from_secs(3);

pub struct Town {
    name: String,
    people: Vec<String>,
    groups: VecDeque<Group>,
    groups_made: usize,
}

struct Group {
    conversation: Conversation,
    /// By their place among the people.
    members: Vec<usize>,
}

impl Town {
    pub async fn gather(server: &Server, people: usize, groups: usize, random: &mut SmallRng) -> anyhow::Result<Self> {
        let name = server.new_name();
        let people = (0..people).map(|number| format!("{name}-{number:04}")).collect();
        let mut town = Self { name, people, groups: VecDeque::new(), groups_made: 0 };
        for _ in 0..groups {
            town.make_group(server, random).await?;
        }
        Ok(town)
    }

    /// As many groups between 5 and 50 people as between 50 and 500.
    async fn make_group(&mut self, server: &Server, random: &mut SmallRng) -> anyhow::Result<()> {
        let (smallest, largest) = ((*GROUP_SIZES.start() as f64).ln(), (*GROUP_SIZES.end() as f64).ln());
        let size = random.random_range(smallest..=largest).exp().round() as usize;
        let members = index::sample(random, self.people.len(), size).into_vec();
        let id = format!("{}-{}", self.name, self.groups_made);
        let names: Vec<String> = members.iter().map(|person| self.people[*person].clone()).collect();
        server.make_group(&id, &names).await?;
        self.groups.push_back(Group { conversation: group(&id), members });
        self.groups_made += 1;
        Ok(())
    }

    /// The oldest group ends, and there is a new one.
    pub async fn replace_group(&mut self, server: &Server, random: &mut SmallRng) -> anyhow::Result<()> {
        if let Some(oldest) = self.groups.pop_front() {
            server.dismiss_group(&oldest.conversation.target_id).await?;
        }
        self.make_group(server, random).await
    }

    pub async fn signs_in(&self, server: &Server) -> anyhow::Result<Crowd> {
        Crowd::signs_in(server.accounts(&self.people).await?).await
    }

    /// Everybody does what is due when it is due, and signs off. Messages ask everybody in their group.
    pub async fn lives(
        &self,
        crowd: Crowd,
        messages_per_second: u64,
        seconds: u64,
        random: &mut SmallRng,
    ) -> anyhow::Result<Lived> {
        let start = Instant::now() + Duration::from_millis(200);
        let end = start + Duration::from_secs(seconds) + AFTERWARDS;
        let due = |number: u64| start + Duration::from_secs_f64(number as f64 / messages_per_second as f64);
        let mut plans = self.plans((0..messages_per_second * seconds).map(due), random);
        let given = Given::default();
        let mut living = JoinSet::new();
        for (person, member) in crowd.into_members().into_iter().enumerate() {
            let sends = std::mem::take(&mut plans[person]);
            living.spawn(Life::new(self.people[person].clone(), member, sends, given.clone()).live(end));
        }
        let mut all = Lived::default();
        while let Some(lived) = living.join_next().await {
            all.extend(lived??);
        }
        Ok(all)
    }

    /// For each person, when to send to which group.
    fn plans(
        &self,
        sends: impl Iterator<Item = Instant>,
        random: &mut SmallRng,
    ) -> Vec<VecDeque<(Instant, Conversation)>> {
        let mut plans = vec![VecDeque::new(); self.people.len()];
        for due in sends {
            let Group { conversation, members } = &self.groups[random.random_range(0..self.groups.len())];
            let sender = members[random.random_range(0..members.len())];
            plans[sender].push_back((due, conversation.clone()));
        }
        plans
    }
}
