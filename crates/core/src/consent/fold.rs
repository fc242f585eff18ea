//! The fold: one event after the other, in the order of `seq`.

use crate::clock::Micros;
use crate::consent::event::{Body, Event, Item, Left};
use crate::permission::{Client, Evidence, Grant, Mode, State, Stop, StopReason, StopScope};
use crate::purpose::{Scope, SenderNo, SourceNo};
use crate::standing::{Pending, Standing, Wish};

/// At most so many requests of one point wait at once; the oldest goes.
pub const PENDING_MAX: usize = 5;

/// Where a point stands after all its events.
///
/// The events must come in the order of `seq`: time plays no part in it.
#[must_use]
pub fn refold<'a>(events: impl IntoIterator<Item = &'a Event>) -> Standing {
    let mut standing = Standing::default();
    for event in events {
        fold(&mut standing, event);
    }
    standing
}

/// Takes one more event in.
pub fn fold(s: &mut Standing, e: &Event) {
    if let Some(profile) = &e.profile {
        if profile.country.is_some() {
            s.country.clone_from(&profile.country);
            s.country_basis = profile.country_basis;
        }
        s.locale = profile.locale.or(s.locale);
    }
    match &e.body {
        Body::Requested { items, source, .. } => request(s, e, items, *source),
        Body::Confirmed { of, client, .. } => {
            if let Some(at) = s.pending.iter().position(|p| p.event == *of) {
                let pending = s.pending.remove(at);
                for wish in &pending.items {
                    keep_out(s, wish, pending.at, e);
                    put(s, confirmed(e, wish, pending.source, *client));
                }
            }
        }
        Body::Granted { items, source } => {
            for item in items {
                put(s, granted(e, item, *source));
            }
        }
        Body::Refused { of } => s.pending.retain(|p| p.event != *of),
        Body::Withdrawn { scopes, everything, .. } => withdraw(s, e, scopes, *everything),
        Body::Suppressed { scope, reason } => stop(s, *scope, *reason, e),
        Body::Imported { items, source, .. } => {
            for item in items {
                carry_over(s, granted(e, item, *source));
            }
        }
        Body::Related { relation } => s.relations.push(relation.clone()),
        Body::Sourced { source_kind, collected_at } => s.source = Some((*source_kind, collected_at.clone())),
    }
}

fn request(s: &mut Standing, e: &Event, items: &[Item], source: SourceNo) {
    if s.pending.len() == PENDING_MAX {
        s.pending.remove(0);
    }
    let items = items.iter().map(wish).collect();
    s.pending.push(Pending { event: e.id, at: e.happened_at, items, source, seq: e.seq });
}

fn wish(item: &Item) -> Wish {
    Wish {
        scope: item.scope,
        sender: item.sender,
        mode: item.mode,
        evidence: item.evidence,
        valid_until: item.valid_until,
    }
}

fn confirmed(e: &Event, wish: &Wish, source: SourceNo, client: Client) -> Grant {
    Grant {
        scope: wish.scope,
        sender: wish.sender,
        mode: wish.mode,
        state: State::Given,
        evidence: wish.evidence.max(Evidence::Doi),
        client,
        given_at: e.happened_at,
        withdrawn_at: None,
        valid_until: wish.valid_until,
        source,
        seq: e.seq,
    }
}

fn granted(e: &Event, item: &Item, source: SourceNo) -> Grant {
    Grant {
        scope: item.scope,
        sender: item.sender,
        mode: item.mode,
        state: State::Given,
        evidence: item.evidence,
        client: Client::Human,
        given_at: item.given_at.unwrap_or(e.happened_at),
        withdrawn_at: None,
        valid_until: item.valid_until,
        source,
        seq: e.seq,
    }
}

fn find(s: &mut Standing, scope: Scope, sender: SenderNo) -> Option<&mut Grant> {
    s.grants.iter_mut().find(|g| g.scope == scope && g.sender == sender)
}

/// A new act of the person takes the place of the older one on the same scope.
fn put(s: &mut Standing, new: Grant) {
    match find(s, new.scope, new.sender) {
        Some(old) => *old = new,
        None => s.grants.push(new),
    }
}

/// A topic that was left while the request for its purpose waited stays left: the yes is to what was asked, the no came
/// later.
fn keep_out(s: &mut Standing, wish: &Wish, asked_at: Micros, e: &Event) {
    let within = |g: &&mut Grant| g.sender == wish.sender && g.scope != wish.scope && wish.scope.covers(&g.scope);
    for g in s.grants.iter_mut().filter(within).filter(|g| g.withdrawn_at.is_some_and(|at| at > asked_at)) {
        g.withdrawn_at = Some(e.happened_at);
    }
}

/// A record from elsewhere never overwrites a withdrawal or a refusal, never weakens what we hold, and never reopens a
/// stop that we already hold: beside one it counts as a line in a file, whatever it claims (DESIGN 5).
fn carry_over(s: &mut Standing, mut new: Grant) {
    if holds_stop(s, &new) {
        new.evidence = new.evidence.min(Evidence::ImportedWithFile);
    }
    match find(s, new.scope, new.sender) {
        None => s.grants.push(new),
        Some(old) if old.withdrawn_at.is_none() && old.state == State::Given && new.evidence > old.evidence => {
            *old = new;
        }
        Some(_) => {}
    }
}

fn holds_stop(s: &Standing, new: &Grant) -> bool {
    let stopped = s.stops.iter().any(|stop| match stop.scope {
        StopScope::All | StopScope::Everything => true,
        StopScope::About(scope) => scope.covers(&new.scope),
        StopScope::Sender(sender) => sender == new.sender,
    });
    stopped || s.grants.iter().any(|g| g.withdrawn_at.is_some() && g.scope.covers(&new.scope))
}

/// Takes back what the scopes cover. The scope itself gets a record of its own where none stood, so that leaving a
/// purpose also closes topics that the person never had, and leaving a topic closes it inside a purpose that goes on. An
/// older record that a later yes had reopened is closed anew.
fn withdraw(s: &mut Standing, e: &Event, scopes: &[Left], everything: bool) {
    let at = e.happened_at;
    let covered = |scope: &Scope| everything || scopes.iter().any(|left| left.scope.covers(scope));
    let reopened: Vec<bool> = scopes.iter().map(|left| s.is_open(left.scope, left.sender)).collect();
    for g in s.grants.iter_mut().filter(|g| covered(&g.scope)) {
        close(g, at, e.seq);
    }
    for (left, reopened) in scopes.iter().zip(reopened) {
        match find(s, left.scope, left.sender) {
            None => s.grants.push(left_without_grant(*left, at, e.seq)),
            Some(g) if reopened => (g.withdrawn_at, g.seq) = (Some(at), e.seq),
            Some(_) => {}
        }
    }
    for p in &mut s.pending {
        p.items.retain(|i| !covered(&i.scope));
    }
    s.pending.retain(|p| !p.items.is_empty());
    if everything {
        stop(s, StopScope::All, StopReason::Unsubscribe, e);
    }
}

fn close(g: &mut Grant, at: Micros, seq: i64) {
    if g.withdrawn_at.is_none() {
        g.withdrawn_at = Some(at);
        g.seq = seq;
    }
}

/// A label that is never read as consent, taken back at once.
fn left_without_grant(left: Left, at: Micros, seq: i64) -> Grant {
    Grant {
        scope: left.scope,
        sender: left.sender,
        mode: Mode::LegitimateInterest,
        state: State::Given,
        evidence: Evidence::None,
        client: Client::Human,
        given_at: at,
        withdrawn_at: Some(at),
        valid_until: None,
        source: SourceNo::OWN_PAGE,
        seq,
    }
}

fn stop(s: &mut Standing, scope: StopScope, reason: StopReason, e: &Event) {
    let new = Stop { scope, since: e.happened_at, reason, seq: e.seq };
    match s.stops.iter_mut().find(|old| old.scope == scope && old.reason == reason) {
        Some(old) => *old = new,
        None => s.stops.push(new),
    }
}
