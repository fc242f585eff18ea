//! The consent event: what is recorded of an act, and its canonical bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Micros;
use crate::id::{ContactId, EventId, PointId, TextId, WorkspaceId};
use crate::locale::Locale;
use crate::permission::{
    Channel, Client, CountryBasis, Evidence, Mode, RelationKind, SourceKind, StopReason, StopScope,
};
use crate::purpose::{Scope, SenderNo, SourceNo};

/// The version of the event document. Older ones are read by an upgrader, never rewritten.
pub const SCHEMA: u8 = 1;

/// Who acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The person behind the contact point.
    Person,
    /// A parent or guardian.
    Guardian,
    /// Somebody who runs this workspace.
    Operator,
    /// A mailbox provider (one-click, complaint).
    Provider,
    /// Probably a link scanner.
    MachineSuspected,
}

/// A text as it was shown: which one, in which version and language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextRef {
    /// The text.
    pub id: TextId,
    /// Its version.
    pub version: u32,
    /// The language it was shown in.
    pub locale: Locale,
}

/// One permission that an act is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Purpose or topic.
    pub scope: Scope,
    /// The sender entity.
    pub sender: SenderNo,
    /// How permission came.
    pub mode: Mode,
    /// How well this act proves it.
    pub evidence: Evidence,
    /// The wording, where we showed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextRef>,
    /// The date that the record itself claims (imports); otherwise the event's own.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "instant::optional")]
    pub given_at: Option<Micros>,
    /// Agreed end.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "instant::optional")]
    pub valid_until: Option<Micros>,
}

/// What was left: a scope, and the sender entity whose purpose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Purpose or topic.
    pub scope: Scope,
    /// The sender entity.
    pub sender: SenderNo,
}

/// A box as the person found and left it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Box_ {
    /// Its name in the form.
    pub name: String,
    /// Ticked when the form came.
    pub initial: bool,
    /// Ticked when it was sent.
    pub last: bool,
}

/// A relationship that was recorded (FACTS 2.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    /// Its kind.
    pub kind: RelationKind,
    /// With which of our entities.
    pub sender: SenderNo,
    /// Day of the purchase, inquiry or start, `YYYY-MM-DD`.
    pub since: String,
    /// Refusal was offered when the address was collected.
    #[serde(default)]
    pub refusal_offered: bool,
}

/// Facts about the person that came with an act.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// How the country is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country_basis: Option<CountryBasis>,
    /// The language in which to write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
    /// The name that was typed with a request; it counts once the request is confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What happened, with what only this kind of event needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Body {
    /// The person asked for something; nothing is permitted yet.
    Requested {
        /// What was ticked.
        items: Vec<Item>,
        /// Every box of the form, initial and last state.
        boxes: Vec<Box_>,
        /// The button that was pressed.
        button: String,
        /// The form's source.
        source: SourceNo,
    },
    /// The request was confirmed from the mailbox.
    Confirmed {
        /// The request.
        of: EventId,
        /// Who pressed.
        client: Client,
        /// Keyed fingerprint of the token that was used, hexadecimal.
        token: String,
    },
    /// Permission was given in one recorded act.
    Granted {
        /// What.
        items: Vec<Item>,
        /// Where.
        source: SourceNo,
    },
    /// "It was not me": the request is void.
    Refused {
        /// The request.
        of: EventId,
    },
    /// Permission was taken back.
    Withdrawn {
        /// Purposes and topics, each with the entity that it belongs to; empty with `everything`.
        scopes: Vec<Left>,
        /// All marketing of the workspace.
        everything: bool,
        /// How: `page`, `one_click`, `mailto`, `choices`.
        way: String,
    },
    /// A stop was entered.
    Suppressed {
        /// What it closes.
        scope: StopScope,
        /// Why.
        reason: StopReason,
    },
    /// A record came in from elsewhere.
    Imported {
        /// What it claims.
        items: Vec<Item>,
        /// The import.
        source: SourceNo,
        /// SHA-256 of the file, hexadecimal, when it was kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<String>,
        /// The line in the file, from 1 (the header is line 1).
        line: u64,
    },
    /// A relationship was recorded.
    Related {
        /// It.
        relation: Relation,
    },
    /// Where the address came from was recorded.
    Sourced {
        /// The kind of source.
        source_kind: SourceKind,
        /// Day of collection, `YYYY-MM-DD`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        collected_at: Option<String>,
    },
}

impl Body {
    /// The word in the `kind` column.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Requested { .. } => "requested",
            Self::Confirmed { .. } => "confirmed",
            Self::Granted { .. } => "granted",
            Self::Refused { .. } => "refused",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Suppressed { .. } => "suppressed",
            Self::Imported { .. } => "imported",
            Self::Related { .. } => "related",
            Self::Sourced { .. } => "sourced",
        }
    }
}

/// The context objects that an event names by hash: what many events share, without personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Context {
    /// The form as rendered (time token, nonce and prefilled values blanked).
    Form,
    /// The texts and boxes.
    Texts,
    /// The import batch: operator, statement, file name.
    Import,
}

/// An event before it has its place: everything but `seq` and the times, so that a job may run again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Drawn before the transaction.
    pub id: EventId,
    /// 32 unpredictable bytes, drawn before the transaction.
    pub salt: [u8; 32],
    /// When the act happened; `None` = now.
    pub at: Option<Micros>,
    /// Who.
    pub actor: Actor,
    /// What.
    pub body: Body,
    /// The language of the page.
    pub locale: Option<Locale>,
    /// Truncated network address (`203.0.113.0/24`, `2001:db8::/48`), short retention.
    pub network: Option<String>,
    /// Coarse client string, short retention.
    pub agent: Option<String>,
    /// Facts that came with the act.
    pub profile: Option<Profile>,
    /// SHA-256 of context objects, hexadecimal.
    pub contexts: BTreeMap<Context, String>,
}

/// The place of an event: whose it is, which number, when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The log.
    pub workspace: WorkspaceId,
    /// The person.
    pub contact: ContactId,
    /// The contact point.
    pub point: PointId,
    /// The channel of the point.
    pub channel: Channel,
    /// The point's counter.
    pub seq: i64,
    /// When it happened.
    pub happened_at: Micros,
    /// When it was written down.
    pub recorded_at: Micros,
}

/// A recorded act. Its JSON in the form of RFC 8785 is what is stored, hashed and proven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The version of this document.
    pub schema: u8,
    /// The event.
    pub id: EventId,
    /// The log.
    pub workspace: WorkspaceId,
    /// The person.
    pub contact: ContactId,
    /// The contact point.
    pub point: PointId,
    /// Its channel.
    pub channel: Channel,
    /// The point's counter: events fold in this order.
    pub seq: i64,
    /// When it happened.
    #[serde(with = "instant")]
    pub happened_at: Micros,
    /// When it was written down.
    #[serde(with = "instant")]
    pub recorded_at: Micros,
    /// Who.
    pub actor: Actor,
    /// What.
    #[serde(flatten)]
    pub body: Body,
    /// The language of the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
    /// Truncated network address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// Coarse client string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Facts that came with the act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// SHA-256 of context objects, hexadecimal.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub contexts: BTreeMap<Context, String>,
}

/// The bytes are no event of ours.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// Not the JSON of an event.
    #[error("the record cannot be read as a consent event: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// Written by a newer Volens.
    #[error("the record has schema {found}, this Volens reads up to {SCHEMA}: update Volens")]
    Newer {
        /// The schema found.
        found: u8,
    },
}

impl Event {
    /// Gives a draft its place.
    #[must_use]
    pub fn new(draft: &Draft, stamp: &Stamp) -> Self {
        Self {
            schema: SCHEMA,
            id: draft.id,
            workspace: stamp.workspace,
            contact: stamp.contact,
            point: stamp.point,
            channel: stamp.channel,
            seq: stamp.seq,
            happened_at: stamp.happened_at,
            recorded_at: stamp.recorded_at,
            actor: draft.actor,
            body: draft.body.clone(),
            locale: draft.locale,
            network: draft.network.clone(),
            agent: draft.agent.clone(),
            profile: draft.profile.clone(),
            contexts: draft.contexts.clone(),
        }
    }

    /// The bytes to store and to prove (RFC 8785).
    ///
    /// `serde_json` writes strings and whole numbers as the RFC wants them and sorts the names of a `Value`; those of an
    /// event are ASCII, where the order by bytes is that by UTF-16 units. Four times as fast as a canonicalizer that
    /// takes anything, which is the judge in the tests.
    ///
    /// # Errors
    /// Only when a number cannot be written in JSON, which no field of an event holds.
    pub fn canonical(&self) -> Result<Vec<u8>, EventError> {
        Ok(serde_json::to_vec(&serde_json::to_value(self)?)?)
    }

    /// Reads what [`Event::canonical`] wrote.
    ///
    /// # Errors
    /// [`EventError`] when the bytes are no event, or a newer one.
    pub fn read(canonical: &[u8]) -> Result<Self, EventError> {
        #[derive(Deserialize)]
        struct Head {
            schema: u8,
        }
        let found = serde_json::from_slice::<Head>(canonical)?.schema;
        if found > SCHEMA {
            return Err(EventError::Newer { found });
        }
        Ok(serde_json::from_slice(canonical)?)
    }
}

/// Instants in documents: RFC 3339 in UTC with microseconds, so that numbers never pass 2^53.
pub mod instant {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::clock::Micros;

    /// Writes it.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(at: &Micros, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(at)
    }

    /// Reads any RFC 3339 instant.
    ///
    /// # Errors
    /// When it is none.
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Micros, D::Error> {
        let text = String::deserialize(d)?;
        parse(&text).ok_or_else(|| D::Error::custom(format!("{text:?} is not an instant like 2026-11-24T10:00:00Z")))
    }

    /// An instant from its text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Micros> {
        text.parse::<jiff::Timestamp>().ok().map(|t| Micros(t.as_microsecond()))
    }

    /// The same for optional fields.
    pub mod optional {
        use serde::{Deserialize, Deserializer, Serializer, de::Error};

        use crate::clock::Micros;

        /// Writes it.
        ///
        /// # Errors
        /// Those of the serializer.
        pub fn serialize<S: Serializer>(at: &Option<Micros>, s: S) -> Result<S::Ok, S::Error> {
            match at {
                Some(at) => s.collect_str(at),
                None => s.serialize_none(),
            }
        }

        /// Reads it.
        ///
        /// # Errors
        /// When it is there and no instant.
        pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Micros>, D::Error> {
            let Some(text) = Option::<String>::deserialize(d)? else { return Ok(None) };
            super::parse(&text).map(Some).ok_or_else(|| D::Error::custom(format!("{text:?} is not an instant")))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::Id;
    use crate::purpose::PurposeNo;

    fn body(kind: u8, text: &str, number: u32) -> Body {
        let scope = Scope::whole(PurposeNo(7));
        let item = Item {
            scope,
            sender: SenderNo(2),
            mode: Mode::Active,
            evidence: Evidence::Single,
            text: Some(TextRef { id: Id::from_bytes([number as u8; 16]), version: number, locale: Locale::Fr }),
            given_at: Some(Micros(i64::from(number) * 1_000_003)),
            valid_until: None,
        };
        match kind {
            0 => Body::Requested {
                items: vec![item],
                boxes: vec![Box_ { name: text.into(), initial: false, last: true }],
                button: text.into(),
                source: SourceNo(1),
            },
            1 => Body::Withdrawn {
                scopes: vec![Left { scope, sender: SenderNo(2) }],
                everything: false,
                way: text.into(),
            },
            _ => {
                Body::Imported { items: vec![item], source: SourceNo(1), file: Some(text.into()), line: number.into() }
            }
        }
    }

    proptest! {
        #[test]
        fn the_bytes_are_those_of_rfc_8785(kind in 0..3_u8, text in any::<String>(), number in any::<u32>(), seq in 0..1_i64 << 53) {
            let draft = Draft {
                id: Id::from_bytes([1; 16]),
                salt: [0; 32],
                at: None,
                actor: Actor::Person,
                body: body(kind, &text, number),
                locale: Some(Locale::De),
                network: Some(text.clone()),
                agent: Some(text),
                profile: Some(Profile { country: Some("FR".into()), ..Profile::default() }),
                contexts: BTreeMap::from([(Context::Texts, "ab".into()), (Context::Form, "cd".into())]),
            };
            let stamp = Stamp {
                workspace: Id::from_bytes([2; 16]),
                contact: Id::from_bytes([3; 16]),
                point: Id::from_bytes([4; 16]),
                channel: Channel::Email,
                seq,
                happened_at: Micros(seq >> 2),
                recorded_at: Micros(seq >> 2),
            };
            let event = Event::new(&draft, &stamp);
            let canonical = event.canonical().unwrap();
            prop_assert_eq!(&canonical, &serde_json_canonicalizer::to_vec(&event).unwrap());
            prop_assert_eq!(Event::read(&canonical).unwrap(), event);
        }
    }
}
