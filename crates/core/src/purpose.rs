//! Why we write: classes, purposes, topics, and the numbers by which records name them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

numbers! {
    /// A purpose inside its workspace; never used again for another one.
    PurposeNo;
    /// A topic inside its workspace (not inside its purpose).
    TopicNo;
    /// A sender entity inside its workspace.
    SenderNo;
    /// Where permissions came from inside a workspace: a form, an import, a card on the counter.
    SourceNo;
}

impl SourceNo {
    /// A page that knows the person already: choices, or the way back. It is no row, since every workspace has it.
    pub const OWN_PAGE: Self = Self(0);
}

/// The class of a purpose = a purpose of FACTS 2.4. No class includes another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Offers and other advertising of our own.
    #[default]
    Marketing,
    /// A newsletter.
    Newsletter,
    /// Goods of a party that did not collect the permission.
    Partner,
    /// Audiences on advertising platforms.
    Ads,
    /// Watching opens and clicks of one person.
    Tracking,
}

impl Class {
    /// The word of FACTS, which is also the stored one.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Marketing => "marketing",
            Self::Newsletter => "newsletter",
            Self::Partner => "partner",
            Self::Ads => "ads",
            Self::Tracking => "tracking",
        }
    }

    /// Reads [`Class::word`].
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        [Self::Marketing, Self::Newsletter, Self::Partner, Self::Ads, Self::Tracking]
            .into_iter()
            .find(|c| c.word() == word)
    }
}

/// What a permission, a stop or a message is about: a purpose, or one topic of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Scope {
    /// The purpose.
    pub purpose: PurposeNo,
    /// A topic of it; `None` = the purpose with all its topics.
    pub topic: Option<TopicNo>,
}

impl Scope {
    /// The whole purpose.
    #[must_use]
    pub const fn whole(purpose: PurposeNo) -> Self {
        Self { purpose, topic: None }
    }

    /// Whether what is said of `self` holds for a message about `other`: a purpose covers its topics, a topic neither
    /// its siblings nor the purpose as such.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.purpose == other.purpose && (self.topic.is_none() || self.topic == other.topic)
    }
}

/// What the law needs to know of a purpose: the tree in which facts are assembled.
#[derive(Clone, Debug)]
pub struct PurposeEntry {
    /// Its number.
    pub no: PurposeNo,
    /// Its short name, first part of a FACTS topic string.
    pub slug: Arc<str>,
    /// Its class.
    pub class: Class,
    /// The sender entity that it belongs to.
    pub sender: SenderNo,
}

/// The purposes and topics of a workspace, as numbers and FACTS strings.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    purposes: Vec<PurposeEntry>,
    topics: Vec<(TopicNo, PurposeNo, Arc<str>)>,
    senders: Vec<(SenderNo, Arc<str>)>,
}

impl Catalogue {
    /// Adds a sender entity under the name that FACTS calls it by.
    pub fn add_sender(&mut self, no: SenderNo, entity: &str) {
        self.senders.push((no, entity.into()));
    }

    /// Adds a purpose.
    pub fn add_purpose(&mut self, entry: PurposeEntry) {
        self.purposes.push(entry);
    }

    /// Adds a topic; its FACTS string is `purpose/topic`.
    pub fn add_topic(&mut self, no: TopicNo, purpose: PurposeNo, slug: &str) {
        let parent = self.purpose(purpose).map_or_else(|| format!("#{purpose}"), |p| p.slug.to_string());
        self.topics.push((no, purpose, format!("{parent}/{slug}").into()));
    }

    /// The purpose of that number.
    #[must_use]
    pub fn purpose(&self, no: PurposeNo) -> Option<&PurposeEntry> {
        self.purposes.iter().find(|p| p.no == no)
    }

    /// All purposes in their order.
    #[must_use]
    pub fn purposes(&self) -> &[PurposeEntry] {
        &self.purposes
    }

    /// The topics of a purpose in their order.
    pub fn topics_of(&self, purpose: PurposeNo) -> impl Iterator<Item = TopicNo> {
        self.topics.iter().filter(move |t| t.1 == purpose).map(|t| t.0)
    }

    /// The class that a scope belongs to; an unknown purpose belongs to the strictest, `marketing`.
    #[must_use]
    pub fn class(&self, purpose: PurposeNo) -> Class {
        self.purpose(purpose).map_or(Class::Marketing, |p| p.class)
    }

    /// The FACTS topic string of a scope: `purpose` or `purpose/topic`.
    #[must_use]
    pub fn topic_string(&self, scope: Scope) -> Arc<str> {
        if let Some(topic) = scope.topic {
            return self
                .topics
                .iter()
                .find(|t| t.0 == topic)
                .map_or_else(|| format!("#{topic}").into(), |t| t.2.clone());
        }
        self.purpose(scope.purpose).map_or_else(|| format!("#{}", scope.purpose).into(), |p| p.slug.clone())
    }

    /// The FACTS entity of a sender.
    #[must_use]
    pub fn entity(&self, no: SenderNo) -> Arc<str> {
        self.senders.iter().find(|s| s.0 == no).map_or_else(|| format!("#{no}").into(), |s| s.1.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_covers_its_topics_and_a_topic_only_itself() {
        let whole = Scope::whole(PurposeNo(1));
        let rye = Scope { purpose: PurposeNo(1), topic: Some(TopicNo(1)) };
        let buns = Scope { purpose: PurposeNo(1), topic: Some(TopicNo(2)) };
        assert!(whole.covers(&rye) && whole.covers(&whole) && rye.covers(&rye));
        assert!(!rye.covers(&buns) && !rye.covers(&whole) && !whole.covers(&Scope::whole(PurposeNo(2))));
    }
}
