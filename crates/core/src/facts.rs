//! The facts of one intended message, in the shape of FACTS 2: what the law is asked.
//!
//! Volens does not know every field of FACTS yet; the ones it does not know stand at their defaults.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::clock::Micros;
use crate::consent::instant;
use crate::permission::{
    Channel, Client, CountryBasis, Evidence, Mode, RelationKind, SourceKind, State, StopReason, StopScope,
};
use crate::purpose::{Catalogue, Class, Scope, SenderNo};
use crate::standing::Standing;

/// What kind of message it is (FACTS 2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Marketing class.
    #[default]
    Marketing,
    /// Marketing class: a newsletter.
    Newsletter,
    /// Marketing class: goods of a party that did not collect the permission.
    Partner,
    /// Service class: a receipt, a code, a notice.
    Transactional,
    /// Service class: answers what the recipient asked for.
    Reply,
    /// Service class: the double opt-in mail.
    Confirmation,
}

impl Kind {
    /// The kind of a campaign for a purpose of that class.
    #[must_use]
    pub fn of(class: Class) -> Self {
        match class {
            Class::Newsletter => Self::Newsletter,
            Class::Partner => Self::Partner,
            Class::Marketing | Class::Ads | Class::Tracking => Self::Marketing,
        }
    }

    /// Service class needs no ground, and only a stop of scope `everything` closes it.
    #[must_use]
    pub fn is_service(self) -> bool {
        matches!(self, Self::Transactional | Self::Reply | Self::Confirmation)
    }

    /// The purpose that a permission must have for it (FACTS 4, "covers").
    #[must_use]
    pub fn purpose(self) -> Class {
        match self {
            Self::Newsletter => Class::Newsletter,
            Self::Partner => Class::Partner,
            _ => Class::Marketing,
        }
    }
}

/// FACTS 2.1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Echoed in the decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The channel.
    pub channel: Channel,
    /// The kind.
    pub kind: Kind,
    /// Our purpose, or purpose and topic, as one string.
    pub topic: Arc<str>,
}

/// FACTS 2.2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderFacts {
    /// The entity that sends and advertises.
    pub entity: Arc<str>,
}

/// FACTS 2.3.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipientFacts {
    /// Residence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// How it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country_basis: Option<CountryBasis>,
}

/// FACTS 2.4.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionFacts {
    /// The event's `seq` at the point: the decision names its ground by it. Absent from the JSON.
    #[serde(skip)]
    pub ground: i64,
    /// How it came.
    pub mode: Mode,
    /// When the act took effect.
    #[serde(with = "instant")]
    pub given_at: Micros,
    /// Where it stands.
    pub state: State,
    /// Taken back.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "instant::optional")]
    pub withdrawn_at: Option<Micros>,
    /// Agreed end.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "instant::optional")]
    pub valid_until: Option<Micros>,
    /// How well it is proven.
    pub evidence: Evidence,
    /// Who confirmed.
    pub confirm_client: Client,
    /// Where the confirmation ran.
    pub confirm_channel: Channel,
    /// The channel of the point.
    pub channels: Vec<Channel>,
    /// The class of the purpose.
    pub purposes: Vec<Class>,
    /// The message's topic string where it covers the message, else its own.
    pub topics: Vec<Arc<str>>,
    /// The entity that obtained it.
    pub sender: Arc<str>,
}

/// FACTS 2.7.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuppressionFacts {
    /// The event's `seq`. Absent from the JSON.
    #[serde(skip)]
    pub ground: i64,
    /// `all`, `everything`, `topic`, `sender`.
    pub scope: String,
    /// With scope `topic`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Arc<str>>,
    /// With scope `sender`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Arc<str>>,
    /// In force from that instant on.
    #[serde(with = "instant")]
    pub since: Micros,
    /// Why.
    pub reason: StopReason,
}

/// FACTS 2.5.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelationFacts {
    /// Its kind.
    pub kind: RelationKind,
    /// The entity that has it.
    pub entity: Arc<str>,
    /// Day of the purchase, inquiry or start.
    pub since: String,
    /// Refusal was offered at collection.
    pub refusal_offered: bool,
}

/// FACTS 2.6.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFacts {
    /// Its kind.
    pub kind: SourceKind,
    /// Day of collection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collected_at: Option<String>,
}

/// One message to one contact point, as the law sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Dispatch.
    #[serde(with = "instant")]
    pub now: Micros,
    /// When the message was queued for this address.
    #[serde(with = "instant")]
    pub queued_at: Micros,
    /// The message.
    pub message: Message,
    /// The sender.
    pub sender: SenderFacts,
    /// The person.
    pub recipient: RecipientFacts,
    /// Permissions and refusals.
    pub permissions: Vec<PermissionFacts>,
    /// Relationships.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relationships: Vec<RelationFacts>,
    /// How the address came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceFacts>,
    /// Stops.
    pub suppressions: Vec<SuppressionFacts>,
}

/// The message that is intended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intended {
    /// Its channel.
    pub channel: Channel,
    /// Its kind.
    pub kind: Kind,
    /// What it is about.
    pub scope: Scope,
    /// Who sends it.
    pub sender: SenderNo,
    /// When it was queued.
    pub queued_at: Micros,
}

impl Facts {
    /// The facts of `message` to a point that stands so, dispatched `now`. Instants are floored to seconds.
    ///
    /// FACTS compares topics as whole strings, so a permission or stop that covers the message in our tree is written
    /// with exactly the message's topic, every other one with its own (DESIGN 1). What is held against a message counts
    /// from `now` at the latest: nodes' clocks differ, and a stop that is dated ahead of ours counts all the same
    /// (DESIGN 5), while FACTS counts it only from its second on.
    #[must_use]
    pub fn assemble(standing: &Standing, message: &Intended, catalogue: &Catalogue, now: Micros) -> Self {
        let topic = catalogue.topic_string(message.scope);
        let now = now.floor_to_second();
        let writer = Writer { message, catalogue, topic: &topic, now };
        Self {
            now,
            queued_at: message.queued_at.floor_to_second(),
            message: Message { id: None, channel: message.channel, kind: message.kind, topic: topic.clone() },
            sender: SenderFacts { entity: catalogue.entity(message.sender) },
            recipient: RecipientFacts { country: standing.country.clone(), country_basis: standing.country_basis },
            permissions: writer.permissions(standing),
            relationships: writer.relationships(standing),
            source: standing.source.as_ref().map(|(kind, day)| SourceFacts { kind: *kind, collected_at: day.clone() }),
            suppressions: standing.stops.iter().map(|s| writer.suppression(s)).collect(),
        }
    }
}

struct Writer<'a> {
    message: &'a Intended,
    catalogue: &'a Catalogue,
    topic: &'a Arc<str>,
    now: Micros,
}

impl Writer<'_> {
    /// When something that stops the message counts from.
    fn stopping(&self, at: Micros) -> Micros {
        at.floor_to_second().min(self.now)
    }

    fn topic_of(&self, scope: Scope) -> Arc<str> {
        if scope.covers(&self.message.scope) { self.topic.clone() } else { self.catalogue.topic_string(scope) }
    }

    fn permissions(&self, standing: &Standing) -> Vec<PermissionFacts> {
        let given = standing.grants.iter().map(|g| PermissionFacts {
            ground: g.seq,
            mode: g.mode,
            given_at: if g.state == State::Refused { self.stopping(g.given_at) } else { g.given_at.floor_to_second() },
            state: g.state,
            withdrawn_at: g.withdrawn_at.map(|at| self.stopping(at)),
            valid_until: g.valid_until.map(Micros::floor_to_second),
            evidence: g.evidence,
            confirm_client: g.client,
            ..self.permission(g.scope, g.sender)
        });
        let asked = standing.pending.iter().flat_map(|p| {
            p.items.iter().map(|i| PermissionFacts {
                ground: p.seq,
                mode: i.mode,
                given_at: p.at.floor_to_second(),
                state: State::Pending,
                evidence: i.evidence,
                ..self.permission(i.scope, i.sender)
            })
        });
        given.chain(asked).collect()
    }

    /// What every permission on a scope has in common.
    fn permission(&self, scope: Scope, sender: SenderNo) -> PermissionFacts {
        PermissionFacts {
            ground: 0,
            mode: Mode::Active,
            given_at: Micros(0),
            state: State::Given,
            withdrawn_at: None,
            valid_until: None,
            evidence: Evidence::None,
            confirm_client: Client::Human,
            confirm_channel: Channel::Email,
            channels: vec![self.message.channel],
            purposes: vec![self.catalogue.class(scope.purpose)],
            topics: vec![self.topic_of(scope)],
            sender: self.catalogue.entity(sender),
        }
    }

    fn relationships(&self, standing: &Standing) -> Vec<RelationFacts> {
        let facts = standing.relations.iter().map(|r| RelationFacts {
            kind: r.kind,
            entity: self.catalogue.entity(r.sender),
            since: r.since.clone(),
            refusal_offered: r.refusal_offered,
        });
        facts.collect()
    }

    fn suppression(&self, stop: &crate::permission::Stop) -> SuppressionFacts {
        let (scope, topic, sender) = match stop.scope {
            StopScope::All => ("all", None, None),
            StopScope::Everything => ("everything", None, None),
            StopScope::About(scope) => ("topic", Some(self.topic_of(scope)), None),
            StopScope::Sender(no) => ("sender", None, Some(self.catalogue.entity(no))),
        };
        SuppressionFacts {
            ground: stop.seq,
            scope: scope.to_owned(),
            topic,
            sender,
            since: self.stopping(stop.since),
            reason: stop.reason,
        }
    }
}
