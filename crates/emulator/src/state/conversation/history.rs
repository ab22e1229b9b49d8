//! Conversations that were over before the emulator started: thousands, so each is a row of a few bytes that is
//! made a conversation when somebody looks at it.
//!
//! Rows follow from a [`Recipe`], which is all that is stored of them.

use fastrand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::{Conversation, Direction, Doing, Leave, Media, Participant, Purpose, Span, State, WrapUp};
use crate::base::clock::Moment;
use crate::schema::synthesise::{self, email, person};

/// How far back the oldest is, in days.
const DAYS: i64 = 30;
const DAY: i64 = 86_400_000;
/// What customers are, as an attribute says that flows would have set.
const TIERS: &[&str] = &["gold", "silver", "bronze"];
/// No second agent.
const NOBODY: u16 = u16::MAX;
/// No wrap-up code.
const NOTHING: u8 = u8::MAX;

/// What a history is made from. The same recipe makes the same history.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Recipe {
    pub(crate) seed: u64,
    pub(crate) count: usize,
    /// Every conversation ended before this moment.
    pub(crate) until: i64,
    pub(crate) division: Option<String>,
    pub(crate) queues: Vec<Queue>,
    /// Ids of wrap-up codes.
    pub(crate) codes: Vec<String>,
}

/// A queue and who works for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Queue {
    pub(crate) id: String,
    /// Id and name of users.
    pub(crate) agents: Vec<(String, String)>,
}

/// Finished conversations, the earliest first.
#[derive(Debug, Default)]
pub(crate) struct History {
    recipe: Recipe,
    rows: Vec<Row>,
}

/// A conversation in brief. Times are seconds, which one after the other make up the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    id: u128,
    start: Moment,
    wait: u16,
    alert: u16,
    talk: u16,
    held: u16,
    work: u16,
    queue: u16,
    agent: u16,
    /// To whom the agent handed over half way, or [`NOBODY`].
    second: u16,
    code: u8,
    media: Media,
    direction: Direction,
    /// The customer gave up in the queue.
    abandoned: bool,
}

impl History {
    /// Makes every row of a recipe.
    pub(crate) fn new(recipe: Recipe) -> Self {
        let usable = recipe.queues.iter().any(|queue| !queue.agents.is_empty());
        let count = if usable { recipe.count } else { 0 };
        let mut rows: Vec<Row> = (0..count).map(|number| Row::new(&recipe, number)).collect();
        rows.sort_by_key(|row| (row.start, row.id));
        Self { recipe, rows }
    }

    /// How many there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The conversation of this id.
    pub(crate) fn get(&self, id: &str) -> Option<Conversation> {
        let id = synthesise::parse_uuid(id)?;
        self.rows.iter().find(|row| row.id == id).map(|row| row.expand(&self.recipe))
    }

    /// The numbers of those that were under way at some time from `start` until before `end`, the earliest first.
    pub(crate) fn between(&self, start: Moment, end: Moment) -> impl Iterator<Item = usize> {
        let later = self.rows.partition_point(|row| row.start < end);
        self.rows[..later]
            .iter()
            .enumerate()
            .filter(move |(_, row)| row.end() >= start)
            .map(|(number, _)| number)
    }

    /// The conversation of this number, if there is one.
    pub(crate) fn at(&self, number: usize) -> Option<Conversation> {
        self.rows.get(number).map(|row| row.expand(&self.recipe))
    }
}

impl Row {
    fn new(recipe: &Recipe, number: usize) -> Self {
        let mut rng = synthesise::rng(recipe.seed, ("history", number));
        let id = synthesise::uuid_bits(&mut rng);
        // People call by day, more of them in its middle.
        let day = rng.i64(0..DAYS);
        let hour = 7 * 3600 + rng.i64(0..5 * 3600) + rng.i64(0..6 * 3600);
        let midnight = recipe.until - recipe.until.rem_euclid(DAY);
        let mut start = midnight - day * DAY + hour * 1000 + rng.i64(0..1000);
        // Two hours are longer than any of them lasts.
        if start > recipe.until - 7_200_000 {
            start -= DAYS * DAY;
        }
        let media = match rng.u8(0..20) {
            0..12 => Media::Call,
            12..15 => Media::Email,
            15..17 => Media::Message,
            17..19 => Media::Chat,
            _ => Media::Callback,
        };
        let outbound = media == Media::Call && rng.u8(0..5) == 0;
        let queue = loop {
            let queue = rng.usize(0..recipe.queues.len());
            if !recipe.queues[queue].agents.is_empty() {
                break queue;
            }
        };
        let agents = recipe.queues[queue].agents.len();
        let agent = rng.usize(0..agents);
        let second = if agents > 1 && !outbound && rng.u8(0..12) == 0 {
            (agent + 1) % agents
        } else {
            usize::from(NOBODY)
        };
        let small = |value: usize| u16::try_from(value).unwrap_or(NOBODY);
        Self {
            id,
            start: Moment(start),
            wait: skewed(&mut rng, 180),
            alert: rng.u16(2..9),
            talk: skewed(&mut rng, 1500) + 15,
            held: if rng.u8(0..4) == 0 { skewed(&mut rng, 240) + 1 } else { 0 },
            work: skewed(&mut rng, 120),
            queue: small(queue),
            agent: small(agent),
            second: small(second),
            code: if recipe.codes.is_empty() || rng.u8(0..8) == 0 {
                NOTHING
            } else {
                u8::try_from(rng.usize(0..recipe.codes.len())).unwrap_or(NOTHING)
            },
            media,
            direction: if outbound { Direction::Outbound } else { Direction::Inbound },
            abandoned: !outbound && rng.u8(0..14) == 0,
        }
    }

    /// When everybody had left.
    fn end(&self) -> Moment {
        let seconds = if self.abandoned {
            i64::from(self.wait) + 1
        } else {
            let handed_over = if self.second == NOBODY { 0 } else { i64::from(self.alert) };
            i64::from(self.wait)
                + i64::from(self.alert)
                + i64::from(self.talk)
                + i64::from(self.held)
                + handed_over
        };
        Moment(self.start.0 + seconds * 1000)
    }

    fn expand(&self, recipe: &Recipe) -> Conversation {
        let mut rng = synthesise::rng(recipe.seed, self.id);
        let outbound = self.direction == Direction::Outbound;
        let queue = &recipe.queues[usize::from(self.queue)];
        let second = |seconds: u16| i64::from(seconds) * 1000;
        let name = person(&mut rng);
        let address = match self.media {
            Media::Email => email(&name),
            _ => format!("tel:+1317555{:04}", rng.u16(0..10_000)),
        };
        let tier = rng.choice(TIERS).copied().unwrap_or_default();
        let mut participants = Vec::new();
        let mut join = |purpose| {
            let (id, communication) = (synthesise::uuid(&mut rng), synthesise::uuid(&mut rng));
            let mut one = Participant::new(id, communication, purpose, State::Connected, self.start);
            one.spans.clear();
            one.queue = (purpose != Purpose::Customer).then(|| queue.id.clone());
            one.direction = self.direction;
            one.state = State::Terminated;
            one
        };
        let answered = Moment(self.start.0 + second(self.wait) + second(self.alert));
        let end = self.end();
        let mut customer = join(Purpose::Customer);
        customer.name = Some(name);
        customer.address = Some(address);
        customer.attributes.insert("customerTier".to_owned(), tier.to_owned());
        customer.left = Some((end, if self.abandoned { Leave::Client } else { Leave::Peer }));
        if outbound {
            spend(&mut customer, Doing::Dialing, self.start, answered);
            spend(&mut customer, Doing::Interact, answered, end);
        } else {
            spend(&mut customer, Doing::Interact, self.start, end);
        }
        participants.push(customer);
        if !outbound {
            let mut acd = join(Purpose::Acd);
            let until = if self.abandoned { end } else { answered };
            acd.left = Some((until, if self.abandoned { Leave::Peer } else { Leave::Transfer }));
            spend(&mut acd, Doing::Interact, self.start, until);
            participants.push(acd);
        }
        if !self.abandoned {
            let handed_over = self.second != NOBODY;
            let half = Moment(answered.0 + second(self.talk / 2));
            let mut agent = join(Purpose::Agent);
            let (id, name) = &queue.agents[usize::from(self.agent)];
            (agent.user, agent.name) = (Some(id.clone()), Some(name.clone()));
            agent.by_queue = !outbound;
            let rings = if outbound { self.start } else { Moment(answered.0 - second(self.alert)) };
            spend(&mut agent, if outbound { Doing::Contacting } else { Doing::Alert }, rings, answered);
            spend(&mut agent, Doing::Interact, answered, half);
            let resumed = Moment(half.0 + second(self.held));
            let gone = if handed_over { resumed } else { end };
            if self.held > 0 {
                spend(&mut agent, Doing::Hold, half, resumed);
            }
            if !handed_over {
                spend(&mut agent, Doing::Interact, resumed, end);
            }
            agent.left = Some((gone, if handed_over { Leave::Transfer } else { Leave::Client }));
            self.wrap_up(&mut agent, gone, recipe);
            if outbound {
                participants.insert(0, agent);
            } else {
                participants.push(agent);
            }
            if handed_over {
                let mut next = join(Purpose::Agent);
                let (id, name) = &queue.agents[usize::from(self.second)];
                (next.user, next.name) = (Some(id.clone()), Some(name.clone()));
                let answered = Moment(resumed.0 + second(self.alert));
                spend(&mut next, Doing::Alert, resumed, answered);
                spend(&mut next, Doing::Interact, answered, end);
                next.left = Some((end, Leave::Client));
                self.wrap_up(&mut next, end, recipe);
                participants.push(next);
            }
        }
        Conversation {
            id: synthesise::format_uuid(self.id),
            media: self.media,
            direction: self.direction,
            start: self.start,
            end: Some(end),
            division: recipe.division.clone(),
            participants,
            details: Map::new(),
        }
    }

    fn wrap_up(&self, agent: &mut Participant, from: Moment, recipe: &Recipe) {
        let Some(code) = recipe.codes.get(usize::from(self.code)) else { return };
        let at = Moment(from.0 + i64::from(self.work) * 1000);
        spend(agent, Doing::Wrapup, from, at);
        agent.wrapup = Some(WrapUp { code: code.clone(), notes: None, tags: Vec::new(), at });
    }
}

fn spend(one: &mut Participant, doing: Doing, start: Moment, end: Moment) {
    one.spans.push(Span { doing, start, end: Some(end) });
}

/// A number below `most`: small ones are likelier.
fn skewed(rng: &mut Rng, most: u16) -> u16 {
    let (one, other) = (rng.u16(0..most), rng.u16(0..most));
    one.min(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe() -> Recipe {
        let agents = (0..5).map(|number| (format!("user-{number}"), format!("User {number}"))).collect();
        Recipe {
            seed: 7,
            count: 2_000,
            until: 1_764_000_000_000,
            division: Some("home".to_owned()),
            queues: vec![
                Queue { id: "empty".to_owned(), agents: Vec::new() },
                Queue { id: "support".to_owned(), agents },
            ],
            codes: vec!["resolved".to_owned()],
        }
    }

    fn all(history: &History) -> Vec<Conversation> {
        history.between(Moment(0), Moment(i64::MAX)).filter_map(|number| history.at(number)).collect()
    }

    #[test]
    fn a_row_is_a_few_bytes() {
        assert!(size_of::<Row>() <= 48, "{}", size_of::<Row>());
    }

    #[test]
    fn the_same_recipe_makes_the_same_history() {
        let (one, other) = (History::new(recipe()), History::new(recipe()));
        assert_eq!(one.rows, other.rows);
        let all = all(&one);
        assert_eq!(all.len(), 2_000);
        assert_eq!(one.get(&all[17].id), Some(all[17].clone()));
        assert_eq!(one.get("nobody"), None);
    }

    #[test]
    fn every_conversation_is_over_and_its_times_are_in_order() {
        let history = History::new(recipe());
        for conversation in all(&history) {
            let end = conversation.end.unwrap();
            assert!(end <= Moment(recipe().until) && conversation.start < end);
            for one in &conversation.participants {
                assert!(one.spans.is_sorted_by_key(|span| span.start), "{one:?}");
                assert!(one.spans.iter().all(|span| span.end >= Some(span.start)), "{one:?}");
                assert!(one.left.unwrap().0 <= end, "{one:?}");
            }
        }
    }

    #[test]
    fn what_was_under_way_in_a_time_is_found() {
        let history = History::new(recipe());
        let all = all(&history);
        let (start, end) = (all[100].start, all[300].start);
        let expect = all.iter().filter(|one| one.start < end && one.end >= Some(start)).count();
        assert_eq!(history.between(start, end).count(), expect);
        assert!(expect >= 200);
    }

    #[test]
    fn without_anybody_to_talk_to_there_is_no_history() {
        assert_eq!(History::new(Recipe { count: 10, ..Recipe::default() }).len(), 0);
    }
}
