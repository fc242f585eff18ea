//! Permission: how it came, how well it is proven, where it stands.

use serde::{Deserialize, Serialize};

use crate::clock::Micros;
use crate::purpose::{Scope, SenderNo, SourceNo};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word of FACTS and of our documents.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// Reads the word.
            #[must_use]
            pub fn read(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.word() == word)
            }
        }
    };
}

words! {
    /// The way a message travels.
    Channel {
        /// E-mail.
        Email = "email",
        /// Text message.
        Sms = "sms",
        /// Upload to an advertising platform.
        AdAudience = "ad_audience",
    }
}

words! {
    /// How permission came (FACTS 2.4). Only the first three are ever read as consent.
    Mode {
        /// Opt-in active: the person acted.
        Active = "active",
        /// Opt-in passive: pre-ticked, could decline.
        Passive = "passive",
        /// Opt-out: said nothing.
        Silence = "silence",
        /// The customer exception.
        SoftOptIn = "soft_opt_in",
        /// Implied by dealings, for a time.
        Implied = "implied",
        /// The sender's own balancing.
        LegitimateInterest = "legitimate_interest",
    }
}

words! {
    /// How well an act is proven, weakest first (DESIGN 1).
    Evidence {
        /// Nothing.
        None = "none",
        /// Somebody says so.
        Claimed = "claimed",
        /// Imported with the file that it stood in.
        ImportedWithFile = "imported_with_file",
        /// One recorded act.
        Single = "single",
        /// Confirmed from the mailbox.
        Doi = "doi",
        /// Confirmed by a signed reply.
        DoiSignedReply = "doi_signed_reply",
    }
}

words! {
    /// Where a grant stands; withdrawal is a date beside it.
    State {
        /// Asked for, confirmation not received.
        Pending = "pending",
        /// Given.
        Given = "given",
        /// The person said no.
        Refused = "refused",
    }
}

words! {
    /// Who pressed the confirming button (FACTS 2.4).
    Client {
        /// A person, as far as can be told.
        Human = "human",
        /// A link scanner: proves nothing.
        Scanner = "scanner",
    }
}

words! {
    /// Why a stop stands (FACTS 2.7).
    StopReason {
        /// Left by a link or button.
        Unsubscribe = "unsubscribe",
        /// Answered STOP.
        Stop = "stop",
        /// Reported as spam.
        Complaint = "complaint",
        /// Objected to direct marketing.
        Objection = "objection",
        /// Asked to be removed.
        RemovalRequest = "removal_request",
        /// The address does not exist.
        Bounce = "bounce",
        /// Forgotten at the person's wish.
        Erasure = "erasure",
        /// Entered by an operator.
        Manual = "manual",
    }
}

words! {
    /// How the address came (FACTS 2.6).
    SourceKind {
        /// A form on a website.
        Website = "website",
        /// While buying.
        Transaction = "transaction",
        /// A contest.
        Contest = "contest",
        /// A survey.
        Survey = "survey",
        /// An event, a counter, a fair.
        Event = "event",
        /// An advertisement.
        Advert = "advert",
        /// Entered by hand.
        Manual = "manual",
        /// A file from elsewhere.
        Import = "import",
        /// A directory.
        Directory = "directory",
        /// Put up by the addressee.
        Published = "published",
        /// A business card.
        HandedOver = "handed_over",
        /// A partner.
        Partner = "partner",
        /// A rented file.
        RentedFile = "rented_file",
        /// Collected by machines.
        Harvested = "harvested",
    }
}

words! {
    /// How the country of a person is known (FACTS 2.3).
    CountryBasis {
        /// Said by the person, or stored so by the operator.
        Declared = "declared",
        /// From an invoice.
        Billing = "billing",
        /// From a telephone number.
        Phone = "phone",
        /// Guessed from the language.
        Language = "language",
        /// Guessed from the network.
        Ip = "ip",
    }
}

words! {
    /// The kind of a relationship (FACTS 2.5).
    RelationKind {
        /// Bought something.
        Purchase = "purchase",
        /// Leases something.
        Lease = "lease",
        /// Has a contract.
        Contract = "contract",
        /// Pays a subscription.
        Subscription = "subscription",
        /// A free account of a paid service.
        Freemium = "freemium",
        /// An account, nothing bought.
        Account = "account",
        /// Asked for a quote.
        QuoteRequest = "quote_request",
        /// Negotiates.
        Negotiation = "negotiation",
        /// Asked something.
        Inquiry = "inquiry",
        /// Supports a charity.
        Supporter = "supporter",
        /// Was referred.
        Referral = "referral",
        /// The organisations deal with each other.
        Organisation = "organisation",
    }
}

/// One permission as it stands: the fold of all acts about its scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// What it is about.
    pub scope: Scope,
    /// The sender entity that obtained it.
    pub sender: SenderNo,
    /// How it came.
    pub mode: Mode,
    /// Given or refused; what is only asked for stands in [`crate::standing::Standing::pending`].
    pub state: State,
    /// How well it is proven.
    pub evidence: Evidence,
    /// Who confirmed, for `doi` and better.
    pub client: Client,
    /// When the act took effect.
    pub given_at: Micros,
    /// Taken back since.
    pub withdrawn_at: Option<Micros>,
    /// Agreed end.
    pub valid_until: Option<Micros>,
    /// Where it came from: the reason line names it.
    pub source: SourceNo,
    /// The `seq` of the event that it rests on: the decision names its ground by it.
    pub seq: i64,
}

/// Which messages a stop closes (FACTS 2.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StopScope {
    /// Marketing class, every purpose.
    All,
    /// Service class too.
    Everything,
    /// A purpose or a topic of it.
    About(Scope),
    /// One sender entity.
    Sender(SenderNo),
}

/// A stop that stands above permission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// What it closes.
    pub scope: StopScope,
    /// Since when, the same instant included.
    pub since: Micros,
    /// Why.
    pub reason: StopReason,
    /// The `seq` of its event.
    pub seq: i64,
}
