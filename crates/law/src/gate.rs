//! The first gate: suppressed, withdrawn, no consent, evidence too weak, allowed (FACTS 4, steps 5 and 7).
//!
//! It asks for what the strictest of our countries asks: an act of the person, confirmed from the mailbox.

use volens_core::facts::{Facts, Kind, PermissionFacts, SuppressionFacts};
use volens_core::permission::{Client, Evidence, Mode, State, StopReason};

use crate::decision::{Decision, Effect, Reason, Step};

type Found = Option<(Reason, i64)>;
type Look = fn(&Facts) -> Found;

/// Decides one message.
#[must_use]
pub fn decide(facts: &Facts) -> Decision {
    let mut chain = Vec::with_capacity(4);
    let stops: [(&'static str, Look); 3] = [("stops", suppressed), ("withdrawals", withdrawn), ("refusals", refused)];
    for (rule, look) in stops {
        let found = look(facts);
        chain.push(step(rule, found));
        if let Some((reason, ground)) = found {
            return Decision { effect: Effect::Deny, reason, ground: Some(ground), chain };
        }
    }
    let (effect, reason, ground) = match service(facts.message.kind) {
        Some(reason) => (Effect::Allow, reason, None),
        None => ground(facts),
    };
    chain.push(Step { rule: "ground", found: Some(reason), ground });
    Decision { effect, reason, ground, chain }
}

fn step(rule: &'static str, found: Found) -> Step {
    Step { rule, found: found.map(|f| f.0), ground: found.map(|f| f.1) }
}

fn service(kind: Kind) -> Option<Reason> {
    match kind {
        Kind::Transactional => Some(Reason::Transactional),
        Kind::Reply => Some(Reason::ExemptReply),
        Kind::Confirmation => Some(Reason::ConfirmationOnly),
        Kind::Marketing | Kind::Newsletter | Kind::Partner => None,
    }
}

/// Objections before other stops, each only if nothing later reopened it.
fn suppressed(facts: &Facts) -> Found {
    let counting = |s: &&SuppressionFacts| {
        let closes = s.scope == "everything" || (!facts.message.kind.is_service() && stop_covers(s, facts));
        closes && s.since <= facts.now && (s.scope == "everything" || !reopened(facts, s.since))
    };
    let mut found = None;
    for stop in facts.suppressions.iter().filter(counting) {
        if stop.reason == StopReason::Objection {
            return Some((Reason::Objected, stop.ground));
        }
        found = found.or(Some((Reason::Suppressed, stop.ground)));
    }
    found
}

fn stop_covers(s: &SuppressionFacts, facts: &Facts) -> bool {
    match s.scope.as_str() {
        "topic" => s.topic.as_ref() == Some(&facts.message.topic),
        "sender" => s.sender.as_ref() == Some(&facts.sender.entity),
        _ => true,
    }
}

fn withdrawn(facts: &Facts) -> Found {
    stopping(facts, Reason::Withdrawn, |p| p.withdrawn_at)
}

fn refused(facts: &Facts) -> Found {
    stopping(facts, Reason::Refused, |p| (p.state == State::Refused).then_some(p.given_at))
}

/// A covering permission whose stopping instant has come and was not reopened since.
fn stopping(facts: &Facts, reason: Reason, at: fn(&PermissionFacts) -> Option<volens_core::Micros>) -> Found {
    if facts.message.kind.is_service() {
        return None;
    }
    let stops =
        |p: &&PermissionFacts| at(p).is_some_and(|at| at <= facts.now && !reopened(facts, at)) && covers(p, facts);
    facts.permissions.iter().find(stops).map(|p| (reason, p.ground))
}

fn covers(p: &PermissionFacts, facts: &Facts) -> bool {
    p.channels.contains(&facts.message.channel)
        && p.sender == facts.sender.entity
        && p.purposes.contains(&facts.message.kind.purpose())
        && p.topics.iter().any(|t| **t == *"*" || *t == facts.message.topic)
}

/// FACTS 4, "Reopened": a later, confirmed act of the person that covers the message.
fn reopened(facts: &Facts, stop: volens_core::Micros) -> bool {
    facts.permissions.iter().any(|p| {
        p.state == State::Given
            && p.withdrawn_at.is_none_or(|at| at > facts.now)
            && p.valid_until.is_none_or(|end| end >= facts.now)
            && p.mode == Mode::Active
            && p.evidence >= Evidence::Doi
            && p.confirm_client == Client::Human
            && p.given_at > stop
            && p.given_at <= facts.now
            && covers(p, facts)
    })
}

/// The permission family: the first that passes, the latest first; else the reason of the one that got furthest.
fn ground(facts: &Facts) -> (Effect, Reason, Option<i64>) {
    let candidates = facts.permissions.iter().filter(|p| {
        matches!(p.state, State::Given | State::Pending)
            && p.withdrawn_at.is_none_or(|at| at > facts.now)
            && matches!(p.mode, Mode::Active | Mode::Passive | Mode::Silence)
            && p.purposes.iter().any(|c| !matches!(c.word(), "ads" | "tracking"))
    });
    let mut passed: Option<&PermissionFacts> = None;
    let mut furthest: Found = None;
    for p in candidates {
        match failing(p, facts) {
            None if passed.is_none_or(|best| p.given_at > best.given_at) => passed = Some(p),
            None => {}
            Some(reason) if furthest.is_none_or(|(best, _)| reason > best) => furthest = Some((reason, p.ground)),
            Some(_) => {}
        }
    }
    match (passed, furthest) {
        (Some(p), _) => (Effect::Allow, Reason::ConsentDoi, Some(p.ground)),
        (None, Some((reason, at))) => (Effect::Deny, reason, Some(at)),
        (None, None) => (Effect::Deny, Reason::NoConsent, None),
    }
}

/// The first test that a permission fails, in the order of FACTS 4, step 7.
fn failing(p: &PermissionFacts, facts: &Facts) -> Option<Reason> {
    let tests = [
        (!p.channels.contains(&facts.message.channel), Reason::ChannelOutOfScope),
        (p.sender != facts.sender.entity, Reason::SenderOutOfScope),
        (!p.purposes.contains(&facts.message.kind.purpose()), Reason::PurposeOutOfScope),
        (!p.topics.iter().any(|t| **t == *"*" || *t == facts.message.topic), Reason::TopicOutOfScope),
        (p.mode != Mode::Active, Reason::PassiveInvalid),
        (p.given_at >= facts.queued_at, Reason::ConsentAfterSend),
        (p.valid_until.is_some_and(|end| facts.now > end), Reason::ConsentExpired),
        (p.evidence <= Evidence::Claimed, Reason::EvidenceUnproven),
        (p.state == State::Pending, Reason::ConsentPending),
        (p.confirm_client == Client::Scanner || p.evidence < Evidence::Doi, Reason::EvidenceTooWeak),
        (p.confirm_channel != facts.message.channel, Reason::EvidenceTooWeak),
    ];
    tests.into_iter().find(|(fails, _)| *fails).map(|(_, reason)| reason)
}
