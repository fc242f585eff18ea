//! What a refusal is about: the recipient, or us. Only the former counts against anybody (DESIGN 8).

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use volens_wire::{Missing, Outcome, Reply, Stage};

/// What to do after one hand-over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The relay took it.
    Sent(String),
    /// The recipient cannot be reached: final.
    Failed(String),
    /// Not now: try this message again later.
    Later(String),
    /// The connection ended before the message was out, or with a 421 to it: that says nothing of the message.
    Lost(String),
    /// It never left this process.
    GivenBack,
    /// Nobody knows.
    Unknown(String),
    /// The relay could not be reached: nobody's fault, hand nothing over for a while.
    RelayDown(String),
    /// The relay refuses us: pause, and count it against nobody.
    AboutUs(AboutUs, String),
}

/// Which part of us is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AboutUs {
    /// User or password.
    Login,
    /// A limit of our account.
    Quota,
    /// The sender address or domain.
    Sender,
    /// A rule about what or how we send.
    Policy,
    /// The letter is too large for the relay.
    Size,
}

impl AboutUs {
    /// In words, for the campaign's page.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Login => {
                "The relay refused our login. Mend `user` and `password` in [[relay]] and restart `volens serve`."
            }
            Self::Quota => "The relay says that a limit of our account is used up. Wait, or ask the provider for more.",
            Self::Sender => {
                "The relay refuses the sender address. Verify the sender's domain with the provider, or change it."
            }
            Self::Policy => {
                "The relay refuses what or how we send. Read its answer and mend the cause before resuming."
            }
            Self::Size => {
                "The letter is larger than the relay takes. Ask the provider for a higher limit and resume, or cancel \
                 this campaign and send a smaller letter."
            }
        }
    }
}

/// Judges one outcome.
#[must_use]
pub fn judge(outcome: &Outcome) -> Verdict {
    match outcome {
        Outcome::Accepted { reply } => Verdict::Sent(cut(&reply.to_string())),
        Outcome::Refused { stage, reply } => refused(*stage, reply),
        Outcome::NotSent { stage: Stage::Queue, .. } => Verdict::GivenBack,
        Outcome::NotSent { stage, why } if stage.is_session() => Verdict::RelayDown(cut(why)),
        Outcome::NotSent { stage, why } => Verdict::Lost(cut(&format!("lost at {stage}: {why}"))),
        Outcome::Unknown { why } => Verdict::Unknown(cut(why)),
        Outcome::Unsupported { what: what @ Missing::Size { .. } } => {
            Verdict::AboutUs(AboutUs::Size, cut(&what.to_string()))
        }
        Outcome::Unsupported { what } => Verdict::Failed(cut(&what.to_string())),
        Outcome::Malformed { what } => Verdict::Failed(cut(&what.to_string())),
    }
}

fn refused(stage: Stage, reply: &Reply) -> Verdict {
    let text = cut(&reply.to_string());
    // RFC 5321 3.8: this connection is over. Relays end it after so many messages, or when they are shut down.
    if reply.code == 421 && !stage.is_session() {
        return Verdict::Lost(text);
    }
    if let Some(about) = about_us(stage, reply) {
        return Verdict::AboutUs(about, text);
    }
    if stage.is_session() {
        return Verdict::RelayDown(text);
    }
    if reply.is_permanent() { Verdict::Failed(text) } else { Verdict::Later(text) }
}

/// By stage, enhanced status (RFC 3463, RFC 7372 and the IANA registry) and the phrases that providers use.
fn about_us(stage: Stage, reply: &Reply) -> Option<AboutUs> {
    let text = reply.text.to_ascii_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|p| text.contains(p));
    // A 4xx to AUTH is no verdict on the password: the relay's own login service is away (454, RFC 4954 4).
    if stage == Stage::Auth && reply.is_permanent() || matches!(reply.code, 530 | 534 | 535 | 538) {
        return Some(AboutUs::Login);
    }
    if says(&[
        "authentication required",
        "not logged in",
        "relay access denied",
        "relaying denied",
        "not permitted to relay",
    ]) {
        return Some(AboutUs::Login);
    }
    if says(&[
        "daily sending quota",
        "sending limit",
        "daily limit",
        "quota for sending",
        "rate limit",
        "too many messages",
        "exceeded your",
        "maximum send rate",
        "throttling failure",
    ]) && !says(&["mailbox full", "over quota", "recipient"])
    {
        return Some(AboutUs::Quota);
    }
    // RFC 1870 6.1 to 6.3. That of a recipient's mailbox is 5.2.3.
    if reply.enhanced == Some((5, 3, 4)) || stage == Stage::Mail && reply.code == 552 {
        return Some(AboutUs::Size);
    }
    if stage == Stage::Mail && reply.is_permanent() {
        return Some(AboutUs::Sender);
    }
    if says(&[
        "sender address rejected",
        "not verified",
        "unverified sender",
        "sender domain",
        "domain not allowed",
        "from address",
    ]) {
        return Some(AboutUs::Sender);
    }
    match reply.enhanced {
        Some((_, 7, 1 | 2)) if stage == Stage::Rcpt => None,
        Some((_, 7, 20..=29)) => Some(AboutUs::Policy),
        Some((5, 7, 0 | 1 | 9 | 30 | 509 | 515 | 606..=800)) if stage >= Stage::Data => Some(AboutUs::Policy),
        _ if says(&[
            "spf check",
            "dmarc",
            "dkim",
            "blocked using",
            "blacklisted",
            "blocklist",
            "spam content",
            "message rejected due to content",
        ]) =>
        {
            Some(AboutUs::Policy)
        }
        _ => None,
    }
}

/// Replies are kept short: they may quote what is nobody's business.
fn cut(text: &str) -> String {
    if text.len() <= 200 && text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return text.to_owned();
    }
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// The same refusal to 20 recipients in 3 domains within a minute is about us, whatever its code.
#[derive(Debug)]
pub struct Watch<K> {
    seen: HashMap<String, VecDeque<(Instant, String, K)>>,
    within: Duration,
}

impl<K: Clone> Default for Watch<K> {
    fn default() -> Self {
        Self { seen: HashMap::new(), within: Duration::from_secs(60) }
    }
}

impl<K: Clone> Watch<K> {
    /// Recipients of one refusal that make it about us.
    pub const RECIPIENTS: usize = 20;
    /// Domains of one refusal that make it about us.
    pub const DOMAINS: usize = 3;

    /// Notes a refusal; gives all its recipients when it turns out to be about us.
    pub fn note(&mut self, now: Instant, text: &str, domain: &str, key: K) -> Option<Vec<K>> {
        if self.seen.len() > 1000 {
            self.seen.clear();
        }
        let list = self.seen.entry(shape(text)).or_default();
        while list.front().is_some_and(|(at, ..)| now.duration_since(*at) > self.within) {
            list.pop_front();
        }
        list.push_back((now, domain.to_owned(), key));
        let domains: HashSet<&str> = list.iter().map(|(_, d, _)| d.as_str()).collect();
        if list.len() < Self::RECIPIENTS || domains.len() < Self::DOMAINS {
            return None;
        }
        Some(list.drain(..).map(|(.., key)| key).collect())
    }
}

/// A refusal without what differs from message to message: addresses, figures, ids.
fn shape(text: &str) -> String {
    let words = text.split_whitespace().filter(|w| !w.contains('@') && !w.chars().any(|c| c.is_ascii_digit()));
    let mut code: String = text.chars().take(3).collect();
    for word in words {
        code.push(' ');
        code.push_str(&word.to_ascii_lowercase());
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(stage: Stage, code: u16, enhanced: Option<(u8, u16, u16)>, text: &str) -> Verdict {
        judge(&Outcome::Refused { stage, reply: Reply::new(code, enhanced, text) })
    }

    fn about(v: &Verdict) -> Option<AboutUs> {
        if let Verdict::AboutUs(a, _) = v { Some(*a) } else { None }
    }

    #[test]
    fn login_quota_sender_and_policy_are_about_us() {
        for (stage, code, enhanced, text, wanted) in [
            (Stage::Auth, 535, Some((5, 7, 8)), "authentication failed", AboutUs::Login),
            (Stage::Mail, 530, Some((5, 7, 0)), "Authentication required", AboutUs::Login),
            (Stage::Rcpt, 554, Some((5, 7, 1)), "<a@b.example>: Relay access denied", AboutUs::Login),
            (Stage::End, 454, None, "Throttling failure: Maximum send rate exceeded", AboutUs::Quota),
            (Stage::Mail, 550, Some((5, 4, 5)), "Daily sending quota exceeded", AboutUs::Quota),
            (Stage::Mail, 552, Some((5, 3, 4)), "Message size exceeds fixed limit", AboutUs::Size),
            (Stage::End, 552, Some((5, 3, 4)), "Error: message file too big", AboutUs::Size),
            (Stage::Mail, 553, Some((5, 1, 8)), "Sender address rejected", AboutUs::Sender),
            (Stage::End, 554, None, "Message rejected: Email address is not verified", AboutUs::Sender),
            (Stage::End, 550, Some((5, 7, 26)), "unauthenticated mail is prohibited", AboutUs::Policy),
            (Stage::End, 550, Some((5, 7, 515)), "Access denied, sending domain does not meet", AboutUs::Policy),
        ] {
            assert_eq!(about(&at(stage, code, enhanced, text)), Some(wanted), "{text}");
        }
    }

    #[test]
    fn a_missing_or_full_mailbox_is_about_the_recipient() {
        assert!(matches!(at(Stage::Rcpt, 550, Some((5, 1, 1)), "User unknown"), Verdict::Failed(_)));
        assert!(matches!(at(Stage::Rcpt, 452, Some((4, 2, 2)), "Mailbox full"), Verdict::Later(_)));
        assert!(matches!(at(Stage::Rcpt, 450, Some((4, 2, 0)), "Greylisted"), Verdict::Later(_)));
        assert!(matches!(at(Stage::End, 552, Some((5, 2, 2)), "Recipient over quota"), Verdict::Failed(_)));
    }

    #[test]
    fn what_the_relay_lacks_for_a_letter_is_about_us_and_for_an_address_is_not() {
        let lacks = |what| judge(&Outcome::Unsupported { what });
        assert_eq!(about(&lacks(Missing::Size { limit: 5 })), Some(AboutUs::Size));
        assert!(matches!(lacks(Missing::SmtpUtf8), Verdict::Failed(_)));
        assert!(matches!(at(Stage::End, 552, Some((5, 2, 3)), "Message too large"), Verdict::Failed(_)));
    }

    #[test]
    fn a_relay_that_is_away_is_nobodys_fault() {
        let lost = Outcome::NotSent { stage: Stage::Connect, why: "connection refused".into() };
        assert!(matches!(judge(&lost), Verdict::RelayDown(_)));
        assert!(matches!(at(Stage::Greeting, 421, None, "too busy"), Verdict::RelayDown(_)));
        let away = at(Stage::Auth, 454, Some((4, 7, 0)), "Temporary authentication failure");
        assert!(matches!(away, Verdict::RelayDown(_)));
        let dropped = Outcome::NotSent { stage: Stage::Data, why: "connection reset".into() };
        assert!(matches!(judge(&dropped), Verdict::Lost(_)));
        let waiting = Outcome::NotSent { stage: Stage::Queue, why: "shutting down".into() };
        assert_eq!(judge(&waiting), Verdict::GivenBack);
        assert!(matches!(judge(&Outcome::Unknown { why: "timed out".into() }), Verdict::Unknown(_)));
    }

    #[test]
    fn a_421_ends_a_connection_and_says_nothing_of_us() {
        for text in ["too many messages in this connection", "Daily sending quota exceeded", "closing"] {
            for stage in [Stage::Mail, Stage::Rcpt, Stage::End] {
                assert!(matches!(at(stage, 421, None, text), Verdict::Lost(_)), "{stage} {text}");
            }
        }
        assert_eq!(about(&at(Stage::Mail, 451, None, "too many messages today")), Some(AboutUs::Quota));
    }

    #[test]
    fn the_same_refusal_everywhere_is_about_us() {
        let mut watch = Watch::default();
        let now = Instant::now();
        for n in 0..19 {
            let text = format!("550 5.1.1 <p{n}@d{}.example>: no such thing id{n}", n % 3);
            assert_eq!(watch.note(now, &text, &format!("d{}", n % 3), n), None);
        }
        let all = watch.note(now, "550 5.1.1 <x@y>: no such thing id77", "d9", 19).unwrap();
        assert_eq!(all.len(), 20);
        // In two domains only, or over more than a minute, it is not.
        for n in 0..40 {
            assert_eq!(watch.note(now, "550 no", &format!("d{}", n % 2), n), None);
        }
        for n in 0..40 {
            let later = now + Duration::from_secs(4 * n);
            assert_eq!(watch.note(later, "551 no", &format!("d{n}"), n as i32), None);
        }
    }
}
