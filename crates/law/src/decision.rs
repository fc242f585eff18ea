//! What a decision says, and the few bytes of it that are kept with every delivery.

use serde::{Deserialize, Serialize};
use volens_core::facts::Facts;

/// May it go?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Yes.
    Allow,
    /// No.
    Deny,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $no:literal $code:literal $sentence:literal;)*) => {
        /// Why (FACTS 5). Numbers of denials are those of FACTS; allowances count from 101.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason { $($(#[$doc])* $variant,)* }

        impl Reason {
            /// Every reason, in the order of FACTS.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The number that is stored.
            #[must_use]
            pub fn number(self) -> u8 {
                match self { $(Self::$variant => $no,)* }
            }

            /// The code of FACTS.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The same in words, for anyone.
            #[must_use]
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)* }
            }

            /// Reads a stored number.
            #[must_use]
            pub fn read(number: u8) -> Option<Self> {
                Self::ALL.iter().copied().find(|r| r.number() == number)
            }
        }
    };
}

reasons! {
    /// Objection to direct marketing.
    Objected = 6 "OBJECTED" "the person objected to marketing";
    /// Opted out, complained, bounced, removed.
    Suppressed = 7 "SUPPRESSED" "a stop stands for this address";
    /// The consent was withdrawn.
    Withdrawn = 9 "WITHDRAWN" "the person left";
    /// The person said no.
    Refused = 10 "REFUSED" "the person said no";
    /// No ground, not even a candidate.
    NoConsent = 18 "NO_CONSENT" "nobody asked this person";
    /// The permission is for another channel.
    ChannelOutOfScope = 21 "CHANNEL_OUT_OF_SCOPE" "the permission is for another channel";
    /// It belongs to another entity.
    SenderOutOfScope = 22 "SENDER_OUT_OF_SCOPE" "the permission was given to another sender";
    /// It is for another purpose.
    PurposeOutOfScope = 23 "PURPOSE_OUT_OF_SCOPE" "the permission is for another purpose";
    /// It is for other topics.
    TopicOutOfScope = 24 "TOPIC_OUT_OF_SCOPE" "the permission is for something else than this letter";
    /// Silence or a pre-ticked box where an act is needed.
    PassiveInvalid = 25 "PASSIVE_INVALID" "the person did not act: silence is no yes";
    /// The permission is not older than the queued message.
    ConsentAfterSend = 28 "CONSENT_AFTER_SEND" "the permission is not older than the message";
    /// Past its agreed end.
    ConsentExpired = 29 "CONSENT_EXPIRED" "the permission has run out";
    /// Only a claim.
    EvidenceUnproven = 32 "EVIDENCE_UNPROVEN" "there is no proof of the permission";
    /// Confirmation not received.
    ConsentPending = 33 "CONSENT_PENDING" "the confirmation has not been pressed yet";
    /// Evidence below what is asked.
    EvidenceTooWeak = 34 "EVIDENCE_TOO_WEAK" "the permission was not confirmed from the mailbox";
    /// Valid permission, confirmed from the mailbox.
    ConsentDoi = 102 "CONSENT_DOI" "the person said yes and confirmed it from the mailbox";
    /// An account or delivery notice.
    Transactional = 120 "TRANSACTIONAL" "it is a service message";
    /// Answers what the person asked for.
    ExemptReply = 121 "EXEMPT_REPLY" "it answers what the person asked for";
    /// The double opt-in mail.
    ConfirmationOnly = 122 "CONFIRMATION_ONLY" "it only asks for the confirmation";
}

/// One rule of the chain, also one that did not decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What was looked at.
    pub rule: &'static str,
    /// The reason that it found, if it found one.
    pub found: Option<Reason>,
    /// The `seq` of the event that it found it by.
    pub ground: Option<i64>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// May it go?
    pub effect: Effect,
    /// Why.
    pub reason: Reason,
    /// The `seq` of the event that the reason rests on.
    pub ground: Option<i64>,
    /// Every rule that was looked at, in order.
    pub chain: Vec<Step>,
}

/// What is kept with a delivery: at most 64 bytes of postcard behind a version byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// May it go?
    pub effect: Effect,
    /// [`Reason::number`].
    pub reason: u8,
    /// The rule set: 1 = the first gate.
    pub law_set: u16,
    /// The position of the deciding rule in the chain.
    pub rule: u8,
    /// The ground: the `seq` of an event of the point; 0 = none.
    pub ground: i64,
    /// The `seq` of the standing that it was decided on.
    pub seq: i64,
    /// The second that it was decided for, since 1970.
    pub now: i64,
}

/// The stored decision cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the stored decision cannot be read (version {version:?}): update Volens")]
pub struct StoredError {
    version: Option<u8>,
}

const VERSION: u8 = 1;

impl Decision {
    /// The record of this decision on the standing with that `seq`.
    #[must_use]
    pub fn stored(&self, facts: &Facts, seq: i64) -> Stored {
        Stored {
            effect: self.effect,
            reason: self.reason.number(),
            law_set: 1,
            rule: u8::try_from(self.chain.len()).unwrap_or(u8::MAX),
            ground: self.ground.unwrap_or(0),
            seq,
            now: facts.now.seconds(),
        }
    }
}

impl Stored {
    /// The bytes.
    #[must_use]
    pub fn pack(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(40);
        out.push(VERSION);
        // Writing plain numbers into a growing vector cannot fail.
        postcard::to_extend(self, out).unwrap_or_default()
    }

    /// Reads [`Stored::pack`].
    ///
    /// # Errors
    /// When the bytes are of a newer Volens, or none of ours.
    pub fn unpack(bytes: &[u8]) -> Result<Self, StoredError> {
        match bytes.split_first() {
            Some((&VERSION, rest)) => postcard::from_bytes(rest).map_err(|_| StoredError { version: Some(VERSION) }),
            other => Err(StoredError { version: other.map(|(v, _)| *v) }),
        }
    }

    /// The reason in words; a number from a newer Volens says so.
    #[must_use]
    pub fn sentence(&self) -> &'static str {
        Reason::read(self.reason).map_or("for a reason that a newer Volens knows", Reason::sentence)
    }
}
