//! A conversation from its first ring to its end: who takes part, in which state, and since when.
//!
//! Plain values and rules, without a store or a clock. The platform's many shapes of a conversation are made from
//! this one by [`view`]; what analytics says of it by [`measure`].

#[cfg(test)]
mod conformance;
pub(crate) mod history;
pub(crate) mod measure;
pub(crate) mod media;
pub(crate) mod view;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::base::clock::Moment;
use crate::state::store::weight;
pub(crate) use media::Media;

/// A conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Conversation {
    pub(crate) id: String,
    pub(crate) media: Media,
    /// Who began it, as the organisation sees it.
    pub(crate) direction: Direction,
    pub(crate) start: Moment,
    pub(crate) end: Option<Moment>,
    /// The id of its division.
    pub(crate) division: Option<String>,
    /// In the order in which they came.
    pub(crate) participants: Vec<Participant>,
    /// What is true of each of its communications and only its media has, such as `subject`, as it is on the wire.
    #[serde(default)]
    pub(crate) details: Map<String, Value>,
}

/// Somebody, or a queue, in a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the platform has each of them, and none excludes another")]
pub(crate) struct Participant {
    pub(crate) id: String,
    /// The id of its communication.
    pub(crate) communication: String,
    pub(crate) purpose: Purpose,
    pub(crate) name: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) queue: Option<String>,
    /// Its own address, such as a phone number.
    pub(crate) address: Option<String>,
    pub(crate) direction: Direction,
    pub(crate) state: State,
    pub(crate) muted: bool,
    pub(crate) confined: bool,
    /// What it did, in order. The last span is open while it takes part, and while it works afterwards.
    pub(crate) spans: Vec<Span>,
    /// When it left, and why.
    pub(crate) left: Option<(Moment, Leave)>,
    /// Whether the conversation waits for its wrap-up code.
    pub(crate) wrapup_required: bool,
    pub(crate) wrapup_skipped: bool,
    pub(crate) wrapup: Option<WrapUp>,
    #[serde(default)]
    pub(crate) attributes: BTreeMap<String, String>,
    /// The participant whom it consults.
    pub(crate) consults: Option<String>,
    /// The participant in whose place it comes, once it answers.
    pub(crate) replaces: Option<String>,
    /// It may make no calls of its own: it was found by a queue.
    pub(crate) by_queue: bool,
}

/// Which way a communication was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Direction {
    Inbound,
    Outbound,
}

impl Direction {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

/// What somebody is in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Purpose {
    /// A user who works for a queue.
    Agent,
    /// A user on their own.
    User,
    /// Who is served.
    Customer,
    /// Somebody outside who is not served.
    External,
    /// A queue.
    Acd,
}

impl Purpose {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::User => "user",
            Self::Customer => "customer",
            Self::External => "external",
            Self::Acd => "acd",
        }
    }

    /// Whether it is of the organisation.
    pub(crate) fn is_internal(self) -> bool {
        matches!(self, Self::Agent | Self::User | Self::Acd)
    }
}

/// The state of a communication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum State {
    /// The own phone of who calls is rung.
    Contacting,
    /// Somebody outside is called.
    Dialing,
    Alerting,
    Connected,
    Disconnected,
    /// Over, and wrapped up.
    Terminated,
}

impl State {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Contacting => "contacting",
            Self::Dialing => "dialing",
            Self::Alerting => "alerting",
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::Terminated => "terminated",
        }
    }
}

/// Why somebody left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Leave {
    /// It hung up.
    Client,
    /// Whoever it spoke to hung up.
    Peer,
    /// It handed over to somebody else.
    Transfer,
    /// It did not answer.
    NoAnswer,
    /// The whole conversation was ended.
    System,
}

impl Leave {
    /// As a `disconnectType` of a communication.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Peer => "peer",
            Self::Transfer => "transfer",
            Self::NoAnswer => "transfer.noanswer",
            Self::System => "system",
        }
    }

    /// As a `disconnectType` of analytics.
    pub(crate) fn analytics(self) -> &'static str {
        match self {
            Self::NoAnswer => "noAnswerTransfer",
            other => other.as_str(),
        }
    }
}

/// What somebody does for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Span {
    pub(crate) doing: Doing,
    pub(crate) start: Moment,
    pub(crate) end: Option<Moment>,
}

/// What somebody does; also the `segmentType` of analytics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Doing {
    Contacting,
    Dialing,
    Alert,
    Interact,
    Hold,
    Wrapup,
}

impl Doing {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Contacting => "contacting",
            Self::Dialing => "dialing",
            Self::Alert => "alert",
            Self::Interact => "interact",
            Self::Hold => "hold",
            Self::Wrapup => "wrapup",
        }
    }
}

/// What somebody wrote down about a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct WrapUp {
    /// The id of a wrap-up code.
    pub(crate) code: String,
    pub(crate) notes: Option<String>,
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    pub(crate) at: Moment,
}

/// What cannot be done with a conversation as it is: the platform's code for it, and words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) text: &'static str,
}

const fn refusal(code: &'static str, text: &'static str) -> Refusal {
    Refusal { code, text }
}

pub(crate) const OVER: Refusal =
    refusal("conversation.error.call.disconnected", "The participant has disconnected already.");
const NOT_ALERTING: Refusal =
    refusal("postino.error.answer.not.alerting", "Only a communication that is alerting can be answered.");
const HOLD_ALERTING: Refusal =
    refusal("conversation.error.hold.alerting", "A communication that is alerting cannot be put on hold.");
pub(crate) const NOT_CONNECTED: Refusal = refusal(
    "conversations.error.transfer.not.connected",
    "Only a participant that is connected can be transferred.",
);
const CODE_REQUIRED: Refusal =
    refusal("conversation.error.wrapup.code.required", "A wrap-up needs its code.");
const CANNOT_SKIP: Refusal =
    refusal("conversation.error.wrapup.cannot.skip", "This participant cannot skip the wrap-up.");

impl Participant {
    /// Somebody who comes now.
    pub(crate) fn new(
        id: String,
        communication: String,
        purpose: Purpose,
        state: State,
        now: Moment,
    ) -> Self {
        let mut new = Self {
            id,
            communication,
            purpose,
            name: None,
            user: None,
            queue: None,
            address: None,
            direction: Direction::Inbound,
            state,
            muted: false,
            confined: false,
            spans: Vec::new(),
            left: None,
            wrapup_required: false,
            wrapup_skipped: false,
            wrapup: None,
            attributes: BTreeMap::new(),
            consults: None,
            replaces: None,
            by_queue: false,
        };
        new.enter(state, now);
        new
    }

    /// Whether it still takes part.
    pub(crate) fn is_active(&self) -> bool {
        self.left.is_none()
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.is_active() && self.state == State::Connected
    }

    /// Whether it is being called and has not answered.
    pub(crate) fn is_wanted(&self) -> bool {
        self.is_active() && matches!(self.state, State::Alerting | State::Dialing | State::Contacting)
    }

    pub(crate) fn is_held(&self) -> bool {
        self.spans.last().is_some_and(|span| span.doing == Doing::Hold && span.end.is_none())
    }

    /// Whether its user is still busy with what is to be written down.
    pub(crate) fn is_wrapping_up(&self) -> bool {
        self.spans.last().is_some_and(|span| span.doing == Doing::Wrapup && span.end.is_none())
    }

    /// When it first did this.
    pub(crate) fn since(&self, doing: Doing) -> Option<Moment> {
        self.spans.iter().find(|span| span.doing == doing).map(|span| span.start)
    }

    /// When it came.
    pub(crate) fn start(&self) -> Option<Moment> {
        self.spans.first().map(|span| span.start)
    }

    fn enter(&mut self, state: State, now: Moment) {
        self.state = state;
        let doing = match state {
            State::Contacting => Doing::Contacting,
            State::Dialing => Doing::Dialing,
            State::Alerting => Doing::Alert,
            State::Connected => Doing::Interact,
            State::Disconnected | State::Terminated => return,
        };
        self.begin(doing, now);
    }

    fn begin(&mut self, doing: Doing, now: Moment) {
        self.finish(now);
        self.spans.push(Span { doing, start: now, end: None });
    }

    fn finish(&mut self, now: Moment) {
        if let Some(span) = self.spans.last_mut() {
            span.end.get_or_insert(now);
        }
    }

    /// Takes leave.
    pub(crate) fn leave(&mut self, why: Leave, now: Moment) {
        if !self.is_active() {
            return;
        }
        let spoke = self.state == State::Connected;
        self.finish(now);
        self.left = Some((now, why));
        self.state = State::Disconnected;
        if self.wrapup_required && spoke && self.wrapup.is_none() {
            self.begin(Doing::Wrapup, now);
        } else {
            self.wrapup_required = false;
            self.state = State::Terminated;
        }
    }

    /// Puts it on hold, or takes it back.
    pub(crate) fn hold(&mut self, held: bool, now: Moment) -> Result<(), Refusal> {
        if !self.is_active() {
            return Err(OVER);
        }
        if !self.is_connected() {
            return Err(HOLD_ALERTING);
        }
        if held != self.is_held() {
            self.begin(if held { Doing::Hold } else { Doing::Interact }, now);
        }
        Ok(())
    }

    /// Writes down how it went.
    pub(crate) fn wrap_up(&mut self, wrapup: WrapUp, now: Moment) -> Result<(), Refusal> {
        if wrapup.code.is_empty() {
            return Err(CODE_REQUIRED);
        }
        self.wrapup = Some(wrapup);
        self.end_wrap_up(now);
        Ok(())
    }

    /// Writes nothing down.
    pub(crate) fn skip_wrap_up(&mut self, now: Moment) -> Result<(), Refusal> {
        if self.wrapup_required {
            return Err(CANNOT_SKIP);
        }
        self.wrapup_skipped = true;
        self.end_wrap_up(now);
        Ok(())
    }

    fn end_wrap_up(&mut self, now: Moment) {
        if self.is_wrapping_up() {
            self.finish(now);
        }
        if !self.is_active() {
            self.state = State::Terminated;
        }
    }
}

impl Conversation {
    pub(crate) fn participant(&self, id: &str) -> Option<&Participant> {
        self.participants.iter().find(|participant| participant.id == id)
    }

    pub(crate) fn participant_mut(&mut self, id: &str) -> Option<&mut Participant> {
        self.participants.iter_mut().find(|participant| participant.id == id)
    }

    /// About how many bytes of memory it takes.
    pub(crate) fn weight(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let of = |one: &Participant| {
            let attributes = one.attributes.iter().map(|(name, value)| 64 + name.len() + value.len());
            let wrapup = one.wrapup.as_ref();
            let wrapup =
                wrapup.map_or(0, |wrapup| wrapup.code.len() + text(&wrapup.notes) + 32 * wrapup.tags.len());
            let ids = [&one.name, &one.user, &one.queue, &one.address, &one.consults, &one.replaces];
            size_of::<Participant>()
                + one.id.len()
                + one.communication.len()
                + ids.into_iter().map(text).sum::<usize>()
                + size_of::<Span>() * one.spans.len()
                + attributes.sum::<usize>()
                + wrapup
        };
        let details = self.details.iter().map(|(name, value)| 40 + name.len() + weight(value));
        size_of::<Self>()
            + self.id.len()
            + text(&self.division)
            + details.sum::<usize>()
            + self.participants.iter().map(of).sum::<usize>()
    }

    /// Users who take part now, or still wrap up.
    pub(crate) fn concerned(&self) -> impl Iterator<Item = &str> {
        let busy = self.participants.iter().filter(|one| one.is_active() || one.is_wrapping_up());
        busy.filter_map(|one| one.user.as_deref())
    }

    /// Whether a queue keeps a user busy with this conversation.
    pub(crate) fn engages(&self, user: &str) -> bool {
        self.participants.iter().any(|one| {
            one.user.as_deref() == Some(user) && one.by_queue && (one.is_connected() || one.is_wrapping_up())
        })
    }

    /// Whether a user takes part now, or still wraps up.
    pub(crate) fn concerns(&self, user: &str) -> bool {
        self.concerned().any(|one| one == user)
    }

    /// The queue in which it waits for somebody to be found, as its participant's place in the list.
    pub(crate) fn waits(&self) -> Option<(usize, &str)> {
        // While somebody is called on behalf of the queue nobody else is.
        if self.participants.iter().any(|one| one.by_queue && one.is_wanted()) {
            return None;
        }
        let queue =
            self.participants.iter().position(|one| one.purpose == Purpose::Acd && one.is_active())?;
        self.participants[queue].queue.as_deref().map(|id| (queue, id))
    }

    /// Somebody answers.
    pub(crate) fn answer(&mut self, id: &str, now: Moment) -> Result<(), Refusal> {
        let Some(participant) = self.participant_mut(id) else { return Err(OVER) };
        if !participant.is_active() {
            return Err(OVER);
        }
        if participant.is_connected() {
            return Ok(());
        }
        if !participant.is_wanted() {
            return Err(NOT_ALERTING);
        }
        let caller = participant.state == State::Contacting;
        let by_queue = participant.by_queue;
        let replaces = participant.replaces.take();
        participant.enter(State::Connected, now);
        for other in &mut self.participants {
            if other.id == id {
                continue;
            }
            // Whoever picks up to make a call reaches the other side: there is nobody outside to wait for.
            if caller && other.is_active() && other.state == State::Dialing {
                other.enter(State::Connected, now);
            }
            // The queue has done its work once somebody whom it found has answered.
            let found = by_queue && other.purpose == Purpose::Acd;
            if found || replaces.as_deref() == Some(other.id.as_str()) {
                other.leave(Leave::Transfer, now);
            }
        }
        Ok(())
    }

    /// Somebody hangs up, or declines to answer.
    pub(crate) fn hang_up(&mut self, id: &str, now: Moment) -> Result<(), Refusal> {
        let participant = self.participant_mut(id).filter(|one| one.is_active()).ok_or(OVER)?;
        let why =
            if participant.by_queue && participant.is_wanted() { Leave::NoAnswer } else { Leave::Client };
        participant.leave(why, now);
        self.settle(now);
        Ok(())
    }

    /// Everybody is gone.
    pub(crate) fn finish(&mut self, why: Leave, now: Moment) {
        for participant in &mut self.participants {
            participant.leave(why, now);
        }
        self.end.get_or_insert(now);
    }

    /// Nobody stays alone: the last one, or a queue without anybody to serve, goes too.
    pub(crate) fn settle(&mut self, now: Moment) {
        let active = |one: &&Participant| one.is_active();
        let queued = self.participants.iter().filter(active).any(|one| one.purpose == Purpose::Acd);
        let served = self.participants.iter().filter(active).any(|one| one.purpose == Purpose::Customer);
        let parties =
            self.participants.iter().filter(active).filter(|one| one.purpose != Purpose::Acd).count();
        if !(parties >= 2 || queued && served) {
            self.finish(Leave::Peer, now);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// A call that waits in a queue, at the moment 0.
    pub(crate) fn waiting() -> Conversation {
        let mut customer =
            Participant::new("c".into(), "cc".into(), Purpose::Customer, State::Connected, Moment(0));
        customer.address = Some("tel:+13175550100".to_owned());
        let mut acd = Participant::new("q".into(), "qc".into(), Purpose::Acd, State::Connected, Moment(0));
        acd.queue = Some("queue".to_owned());
        Conversation {
            id: "conversation".to_owned(),
            media: Media::Call,
            direction: Direction::Inbound,
            start: Moment(0),
            end: None,
            division: None,
            participants: vec![customer, acd],
            details: Map::new(),
        }
    }

    pub(crate) fn agent(id: &str, now: i64) -> Participant {
        let mut agent =
            Participant::new(id.into(), format!("{id}c"), Purpose::Agent, State::Alerting, Moment(now));
        agent.user = Some(format!("user-{id}"));
        agent.queue = Some("queue".to_owned());
        agent.by_queue = true;
        agent
    }

    fn states(conversation: &Conversation) -> Vec<&'static str> {
        conversation.participants.iter().map(|one| one.state.as_str()).collect()
    }

    #[test]
    fn a_call_from_a_queue_is_answered_held_and_ended() {
        let mut call = waiting();
        assert_eq!(call.waits(), Some((1, "queue")));
        call.participants.push(agent("a", 10));
        assert_eq!(call.waits(), None);
        assert_eq!(call.participant_mut("a").unwrap().hold(true, Moment(11)), Err(HOLD_ALERTING));
        call.answer("a", Moment(20)).unwrap();
        assert_eq!(states(&call), ["connected", "terminated", "connected"]);
        call.participant_mut("a").unwrap().hold(true, Moment(30)).unwrap();
        assert!(call.participants[2].is_held());
        call.hang_up("a", Moment(40)).unwrap();
        assert_eq!(call.end, Some(Moment(40)));
        assert_eq!(call.participants[0].left, Some((Moment(40), Leave::Peer)));
        assert_eq!(call.answer("a", Moment(50)), Err(OVER));
        assert_eq!(call.hang_up("a", Moment(50)), Err(OVER));
        let doing: Vec<Doing> = call.participants[2].spans.iter().map(|span| span.doing).collect();
        assert_eq!(doing, [Doing::Alert, Doing::Interact, Doing::Hold]);
    }

    #[test]
    fn who_declines_leaves_the_call_in_its_queue() {
        let mut call = waiting();
        call.participants.push(agent("a", 10));
        call.hang_up("a", Moment(20)).unwrap();
        assert_eq!((call.end, call.waits()), (None, Some((1, "queue"))));
        assert_eq!(call.participants[2].left, Some((Moment(20), Leave::NoAnswer)));
    }

    #[test]
    fn a_caller_who_gives_up_takes_the_queue_along() {
        let mut call = waiting();
        call.hang_up("c", Moment(5)).unwrap();
        assert_eq!(call.end, Some(Moment(5)));
        assert_eq!(states(&call), ["terminated", "terminated"]);
    }

    #[test]
    fn work_afterwards_lasts_until_it_is_written_down() {
        let mut call = waiting();
        let mut one = agent("a", 0);
        one.wrapup_required = true;
        call.participants.push(one);
        call.answer("a", Moment(1)).unwrap();
        call.hang_up("c", Moment(10)).unwrap();
        let one = call.participant_mut("a").unwrap();
        assert!(one.is_wrapping_up() && one.state == State::Disconnected);
        assert_eq!(one.skip_wrap_up(Moment(12)), Err(CANNOT_SKIP));
        let wrapup = |code: &str| WrapUp { code: code.into(), notes: None, tags: Vec::new(), at: Moment(15) };
        assert_eq!(one.wrap_up(wrapup(""), Moment(15)), Err(CODE_REQUIRED));
        one.wrap_up(wrapup("resolved"), Moment(15)).unwrap();
        assert_eq!((one.state, one.is_wrapping_up()), (State::Terminated, false));
        assert!(!call.concerns("user-a"));
    }

    proptest! {
        /// Whatever is done in whatever order, the conversation stays one that could be.
        #[test]
        fn no_order_of_events_makes_nonsense(acts in vec((0usize..5, 0usize..5, any::<bool>()), 0..30)) {
            let mut call = waiting();
            let mut now = 0;
            for (act, which, flag) in acts {
                now += 1000;
                let at = Moment(now);
                let id = call.participants[which % call.participants.len()].id.clone();
                let was_over = call.end;
                match act {
                    0 => _ = call.answer(&id, at),
                    1 => _ = call.hang_up(&id, at),
                    2 => _ = call.participant_mut(&id).map(|one| one.hold(flag, at)),
                    3 if was_over.is_none() && call.waits().is_some() => {
                        let mut one = agent(&format!("a{now}"), now);
                        one.wrapup_required = flag;
                        call.participants.push(one);
                    }
                    3 => _ = call.participant_mut(&id).map(|one| one.skip_wrap_up(at)),
                    _ => {
                        let wrapup = WrapUp { code: "c".into(), notes: None, tags: Vec::new(), at };
                        _ = call.participant_mut(&id).map(|one| one.wrap_up(wrapup, at));
                    }
                }
                prop_assert!(was_over.is_none() || call.end == was_over, "what is over stays over");
                prop_assert_eq!(call.end.is_some(), call.participants.iter().all(|one| !one.is_active()));
                for one in &call.participants {
                    let (last, earlier) = one.spans.split_last().unwrap();
                    prop_assert!(earlier.iter().all(|span| span.end.is_some()));
                    prop_assert!(one.spans.is_sorted_by_key(|span| span.start));
                    prop_assert_eq!(last.end.is_none(), one.is_active() || one.is_wrapping_up());
                    prop_assert_eq!(one.is_active(), !matches!(one.state, State::Disconnected | State::Terminated));
                    prop_assert!(measure::metrics(&call, one).iter().all(|metric| metric.value >= 0));
                }
                let stored = serde_json::to_value(&call).unwrap();
                prop_assert_eq!(serde_json::from_value::<Conversation>(stored).unwrap(), call.clone());
            }
        }
    }

    #[test]
    fn what_is_stored_is_read_back() {
        let mut call = waiting();
        call.participants.push(agent("a", 10));
        let stored = serde_json::to_value(&call).unwrap();
        assert_eq!(serde_json::from_value::<Conversation>(stored).unwrap(), call);
    }
}
