//! Purposes and topics map to FACTS as DESIGN 1 says, seen through fold and decision together.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use volens_core::Micros;
use volens_core::consent::{Actor, Body, Draft, Event, Item, Left, Stamp, fold};
use volens_core::facts::{Facts, Intended, Kind};
use volens_core::id::{ContactId, EventId, PointId, WorkspaceId};
use volens_core::permission::{Channel, Client, Evidence, Grant, Mode, State, StopReason, StopScope};
use volens_core::purpose::{Catalogue, Class, PurposeEntry, PurposeNo, Scope, SenderNo, SourceNo, TopicNo};
use volens_core::standing::Standing;
use volens_law::{Decision, Effect, Reason, Stored, decide};

const SENDER: SenderNo = SenderNo(1);
const DAY: i64 = 86_400_000_000;

fn catalogue() -> Catalogue {
    let mut c = Catalogue::default();
    c.add_sender(SENDER, "bakery");
    for p in 1..=2 {
        c.add_purpose(PurposeEntry {
            no: PurposeNo(p),
            slug: format!("p{p}").into(),
            class: Class::Newsletter,
            sender: SENDER,
        });
        for t in 1..=3 {
            c.add_topic(TopicNo(p * 10 + t), PurposeNo(p), &format!("t{t}"));
        }
    }
    c
}

/// A point's log in memory.
#[derive(Default)]
struct Log {
    standing: Standing,
    seq: i64,
}

impl Log {
    fn add(&mut self, body: Body) -> EventId {
        self.seq += 1;
        let id = EventId::from_bytes((self.seq as u128).to_be_bytes());
        let draft = Draft {
            id,
            salt: [0; 32],
            at: None,
            actor: Actor::Person,
            body,
            locale: None,
            network: None,
            agent: None,
            profile: None,
            contexts: BTreeMap::new(),
        };
        let at = Micros(self.seq * DAY);
        let stamp = Stamp {
            workspace: WorkspaceId::from_bytes([1; 16]),
            contact: ContactId::from_bytes([2; 16]),
            point: PointId::from_bytes([3; 16]),
            channel: Channel::Email,
            seq: self.seq,
            happened_at: at,
            recorded_at: at,
        };
        let event = Event::new(&draft, &stamp);
        let read = Event::read(&event.canonical().unwrap()).unwrap();
        assert_eq!(read, event, "what is stored reads back as what happened");
        fold(&mut self.standing, &read);
        assert_eq!(Standing::unpack(&self.standing.pack()).unwrap(), self.standing);
        id
    }

    fn join(&mut self, scope: Scope) {
        let of = self.ask(scope);
        self.add(Body::Confirmed { of, client: Client::Human, token: String::new() });
    }

    fn ask(&mut self, scope: Scope) -> EventId {
        let items = vec![item(scope, Mode::Active, Evidence::Single)];
        self.add(Body::Requested { items, boxes: vec![], button: "send".into(), source: SourceNo(1) })
    }

    fn leave(&mut self, scope: Scope) {
        let scopes = vec![Left { scope, sender: SENDER }];
        self.add(Body::Withdrawn { scopes, everything: false, way: "page".into() });
    }

    fn leave_everything(&mut self) {
        self.add(Body::Withdrawn { scopes: vec![], everything: true, way: "page".into() });
    }

    fn import(&mut self, scope: Scope, mode: Mode, evidence: Evidence) {
        let mut claimed = item(scope, mode, evidence);
        claimed.given_at = Some(Micros(self.seq * DAY + 1));
        self.add(Body::Imported { items: vec![claimed], source: SourceNo(2), file: None, line: 2 });
    }

    fn ask_law(&self, scope: Scope) -> Decision {
        self.ask_law_for(scope, Kind::Newsletter)
    }

    fn ask_law_for(&self, scope: Scope, kind: Kind) -> Decision {
        self.ask_law_at(Micros((self.seq + 1) * DAY), scope, kind)
    }

    fn ask_law_at(&self, now: Micros, scope: Scope, kind: Kind) -> Decision {
        let message = Intended { channel: Channel::Email, kind, scope, sender: SENDER, queued_at: now };
        decide(&Facts::assemble(&self.standing, &message, &catalogue(), now))
    }
}

fn item(scope: Scope, mode: Mode, evidence: Evidence) -> Item {
    Item { scope, sender: SENDER, mode, evidence, text: None, given_at: None, valid_until: None }
}

fn topic(purpose: u32, topic: u32) -> Scope {
    Scope { purpose: PurposeNo(purpose), topic: Some(TopicNo(purpose * 10 + topic)) }
}

fn whole(purpose: u32) -> Scope {
    Scope::whole(PurposeNo(purpose))
}

#[derive(Clone, Debug)]
enum Act {
    Join(u32, Option<u32>),
    Ask(u32, Option<u32>),
    Leave(u32, Option<u32>),
    LeaveEverything,
    Import(u32, Option<u32>),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let scope = || (1..=2_u32, proptest::option::of(1..=3_u32));
    let act = prop_oneof![
        3 => scope().prop_map(|(p, t)| Act::Join(p, t)),
        1 => scope().prop_map(|(p, t)| Act::Ask(p, t)),
        2 => scope().prop_map(|(p, t)| Act::Leave(p, t)),
        1 => Just(Act::LeaveEverything),
        1 => scope().prop_map(|(p, t)| Act::Import(p, t)),
    ];
    proptest::collection::vec(act, 0..12)
}

fn scope_of(p: u32, t: Option<u32>) -> Scope {
    t.map_or_else(|| whole(p), |t| topic(p, t))
}

fn play(acts: &[Act]) -> Log {
    let mut log = Log::default();
    for act in acts {
        match *act {
            Act::Join(p, t) => log.join(scope_of(p, t)),
            Act::Ask(p, t) => drop(log.ask(scope_of(p, t))),
            Act::Leave(p, t) => log.leave(scope_of(p, t)),
            Act::LeaveEverything => log.leave_everything(),
            Act::Import(p, t) => log.import(scope_of(p, t), Mode::Active, Evidence::Doi),
        }
    }
    log
}

proptest! {
    #[test]
    fn leaving_a_purpose_stops_all_its_topics(before in acts()) {
        let mut log = play(&before);
        log.leave(whole(1));
        for scope in [whole(1), topic(1, 1), topic(1, 2), topic(1, 3)] {
            let d = log.ask_law(scope);
            prop_assert_eq!(d.effect, Effect::Deny, "{:?} {:?}", scope, d);
        }
    }

    #[test]
    fn leaving_one_purpose_changes_nothing_for_the_other(before in acts()) {
        let mut log = play(&before);
        let was = log.ask_law(whole(2)).effect;
        log.leave(whole(1));
        prop_assert_eq!(log.ask_law(whole(2)).effect, was);
    }

    #[test]
    fn joining_a_topic_never_opens_a_sibling(before in acts()) {
        let mut log = play(&before);
        log.leave(whole(1));
        log.join(topic(1, 1));
        prop_assert_eq!(log.ask_law(topic(1, 1)).effect, Effect::Allow);
        for scope in [whole(1), topic(1, 2), topic(1, 3)] {
            prop_assert_eq!(log.ask_law(scope).effect, Effect::Deny);
        }
    }

    #[test]
    fn after_leaving_everything_only_a_confirmed_yes_reopens_and_only_its_purpose(before in acts()) {
        let mut log = play(&before);
        log.leave_everything();
        log.import(whole(1), Mode::Active, Evidence::DoiSignedReply);
        let _ = log.ask(whole(1));
        prop_assert_eq!(log.ask_law(whole(1)).effect, Effect::Deny);
        prop_assert_eq!(log.standing.gate().number(), 7);
        log.join(whole(1));
        prop_assert_eq!(log.ask_law(whole(1)).effect, Effect::Allow);
        prop_assert_eq!(log.ask_law(whole(2)).effect, Effect::Deny);
        prop_assert_eq!(log.standing.gate().number(), 0);
    }

    #[test]
    fn a_stored_decision_is_small_and_reads_back(acts in acts(), p in 1..=2_u32) {
        let log = play(&acts);
        let now = Micros(100 * DAY);
        let message = Intended { channel: Channel::Email, kind: Kind::Newsletter, scope: whole(p), sender: SENDER, queued_at: now };
        let facts = Facts::assemble(&log.standing, &message, &catalogue(), now);
        let stored = decide(&facts).stored(&facts, log.seq);
        let bytes = stored.pack();
        prop_assert!(bytes.len() <= 64);
        prop_assert_eq!(Stored::unpack(&bytes).unwrap(), stored);
        let json = serde_json::to_string(&facts).unwrap();
        let back: Facts = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(serde_json::to_string(&back).unwrap(), json);
    }
}

#[test]
fn nothing_but_an_active_confirmed_permission_counts() {
    for mode in [Mode::Passive, Mode::Silence] {
        let mut log = Log::default();
        log.add(Body::Granted { items: vec![item(whole(1), mode, Evidence::Doi)], source: SourceNo(1) });
        assert_eq!(log.ask_law(whole(1)).reason, Reason::PassiveInvalid);
    }
    for mode in [Mode::SoftOptIn, Mode::Implied, Mode::LegitimateInterest] {
        let mut log = Log::default();
        log.add(Body::Granted { items: vec![item(whole(1), mode, Evidence::Doi)], source: SourceNo(1) });
        assert_eq!(log.ask_law(whole(1)).reason, Reason::NoConsent);
    }
    for (evidence, reason) in [
        (Evidence::None, Reason::EvidenceUnproven),
        (Evidence::Claimed, Reason::EvidenceUnproven),
        (Evidence::ImportedWithFile, Reason::EvidenceTooWeak),
        (Evidence::Single, Reason::EvidenceTooWeak),
        (Evidence::Doi, Reason::ConsentDoi),
    ] {
        let mut log = Log::default();
        log.add(Body::Granted { items: vec![item(whole(1), Mode::Active, evidence)], source: SourceNo(1) });
        assert_eq!(log.ask_law(whole(1)).reason, reason);
    }
}

#[test]
fn a_request_alone_waits_and_a_scanner_confirms_nothing() {
    let mut log = Log::default();
    let of = log.ask(whole(1));
    assert_eq!(log.ask_law(whole(1)).reason, Reason::ConsentPending);
    log.add(Body::Confirmed { of, client: Client::Scanner, token: String::new() });
    assert_eq!(log.ask_law(whole(1)).reason, Reason::EvidenceTooWeak);
}

#[test]
fn it_was_not_me_voids_the_request_and_its_link() {
    let mut log = Log::default();
    let of = log.ask(whole(1));
    log.add(Body::Refused { of });
    log.add(Body::Confirmed { of, client: Client::Human, token: String::new() });
    assert_eq!(log.ask_law(whole(1)).reason, Reason::NoConsent);
}

#[test]
fn a_stop_dated_ahead_of_the_deciding_clock_counts() {
    let left = |scopes, everything| Body::Withdrawn { scopes, everything, way: "page".into() };
    let suppressed = |scope, reason| Body::Suppressed { scope, reason };
    let stops = [
        (left(vec![Left { scope: whole(1), sender: SENDER }], false), Reason::Withdrawn),
        (left(vec![], true), Reason::Suppressed),
        (suppressed(StopScope::All, StopReason::Objection), Reason::Objected),
        (suppressed(StopScope::About(whole(1)), StopReason::Unsubscribe), Reason::Suppressed),
    ];
    for (stop, reason) in stops {
        let mut log = Log::default();
        log.join(whole(1));
        log.add(stop);
        // The clock that decides is behind the one that dated the stop, but not behind the permission.
        let behind = Micros(log.seq * DAY - 5_000_000);
        let decided = log.ask_law_at(behind, topic(1, 1), Kind::Newsletter);
        assert_eq!((decided.effect, decided.reason), (Effect::Deny, reason));
        assert_eq!(decided.ground, Some(log.seq));
        let seen = log.ask_law_at(Micros(log.seq * DAY + 1_000_000), topic(1, 1), Kind::Newsletter);
        assert_eq!((seen.reason, seen.ground), (decided.reason, decided.ground), "the same as on time");
    }
}

#[test]
fn a_refusal_dated_ahead_counts() {
    let mut log = Log::default();
    log.join(whole(1));
    let now = Micros(log.seq * DAY + 1_000_000);
    let yes = log.standing.grants[0].clone();
    log.standing.grants[0] = Grant { state: State::Refused, given_at: Micros(now.0 + 5_000_000), ..yes };
    assert_eq!(log.ask_law_at(now, whole(1), Kind::Newsletter).reason, Reason::Refused);
}

#[test]
fn service_messages_pass_all_stops_but_everything() {
    let mut log = Log::default();
    log.leave_everything();
    assert_eq!(log.ask_law_for(whole(1), Kind::Confirmation).reason, Reason::ConfirmationOnly);
    log.add(Body::Suppressed { scope: StopScope::Everything, reason: StopReason::Bounce });
    assert_eq!(log.ask_law_for(whole(1), Kind::Confirmation).reason, Reason::Suppressed);
    log.join(whole(1));
    assert_eq!(log.ask_law(whole(1)).reason, Reason::Suppressed);
}

#[test]
fn an_objection_speaks_before_other_stops() {
    let mut log = Log::default();
    log.add(Body::Suppressed { scope: StopScope::All, reason: StopReason::Complaint });
    assert_eq!(log.ask_law(whole(1)).reason, Reason::Suppressed);
    log.add(Body::Suppressed { scope: StopScope::All, reason: StopReason::Objection });
    assert_eq!(log.ask_law(whole(1)).reason, Reason::Objected);
    assert_eq!(log.standing.gate().number(), 6);
}
