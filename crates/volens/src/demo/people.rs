//! Ten thousand people from a number: the same ones every time, in every mode of permission that lists really hold.

use std::collections::HashSet;
use std::time::Duration;

use volens_core::Locale;

use super::names::{COUNTRIES, Country, domain, plain};

/// Somebody near the end of every run: whoever wants to leave in time has a while to do it.
pub const GRETA: (&str, &str) = ("Greta Lindqvist", "greta.lindqvist@posta.example");
/// Somebody whose confirmation still waits.
pub const PENDING: (&str, &str) = ("Luca Ferrero", "luca.ferrero@posta.example");
/// Somebody who said yes to everything.
pub const READER: (&str, &str) = ("Marta Rinaldi", "marta.rinaldi@posta.example");

const DAY: u64 = 86_400;
const TWO_YEARS: u64 = 2 * 365 * DAY;

/// What a person's record holds, and what may follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Ticked a box and confirmed it from the mailbox.
    Doi,
    /// The same, for one topic only.
    DoiTopic,
    /// Ticked a box; nobody asked the mailbox.
    Single,
    /// Stood in a file of the old shop system.
    File,
    /// Somebody says that they said yes.
    Claimed,
    /// A box that was ticked for them.
    Passive,
    /// Told, and said nothing.
    Silence,
    /// Bought something.
    SoftOptIn,
    /// Asked for an offer, which counts as a yes for a time where they live.
    Implied,
    /// Written to at work.
    LegitimateInterest,
    /// Said yes, confirmed, and left.
    Withdrawn,
    /// Left everything.
    LeftAll,
    /// The confirmation was never pressed.
    Pending,
    /// "It was not me."
    Refused,
    /// Reported a letter as spam.
    Complaint,
    /// The mailbox does not exist.
    Bounce,
    /// Objected to advertising.
    Objection,
    /// An address without any permission.
    NeverAsked,
}

/// Shares of a thousand.
const SHARES: [(Kind, u32); 18] = [
    (Kind::Doi, 700),
    (Kind::DoiTopic, 6),
    (Kind::Single, 50),
    (Kind::File, 46),
    (Kind::Claimed, 20),
    (Kind::Passive, 20),
    (Kind::Silence, 14),
    (Kind::SoftOptIn, 22),
    (Kind::Implied, 8),
    (Kind::LegitimateInterest, 12),
    (Kind::Withdrawn, 34),
    (Kind::LeftAll, 6),
    (Kind::Pending, 10),
    (Kind::Refused, 4),
    (Kind::Complaint, 7),
    (Kind::Bounce, 13),
    (Kind::Objection, 6),
    (Kind::NeverAsked, 22),
];

/// Where somebody came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The form on the website.
    Website,
    /// The card on the counter.
    Counter,
    /// The tasting.
    Event,
    /// The list of the old shop system.
    OldShop,
}

/// Somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// First and family name.
    pub name: String,
    /// An address at a mail domain that is nobody's.
    pub address: String,
    /// ISO 3166-1 alpha-2.
    pub country: &'static str,
    /// The language to write in.
    pub locale: Locale,
    /// What is recorded.
    pub kind: Kind,
    /// Where it happened.
    pub origin: Origin,
    /// How long ago it began.
    pub ago: Duration,
    /// Ticked the offers too.
    pub offers: bool,
    /// Ticked courses and openings too.
    pub courses: bool,
    /// A number of its own, for what else is to differ.
    pub roll: u64,
}

/// A small generator (SplitMix64): the same numbers from the same seed, for ever.
#[derive(Clone, Debug)]
pub struct Rolls(u64);

impl Rolls {
    /// Begins.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.roll() % n.max(1)
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len() as u64) as usize]
    }
}

/// The people of a seed, in the order in which their turn will come.
#[must_use]
pub fn people(seed: u64, count: usize) -> Vec<Person> {
    let mut rolls = Rolls::new(seed);
    let mut taken: HashSet<String> = [GRETA, PENDING, READER].iter().map(|p| p.1.to_owned()).collect();
    let mut out: Vec<Person> = (0..count).map(|_| person(&mut rolls, &mut taken)).collect();
    // Known by name, so that pages and tests can lead to them.
    let known = [(count / 2, PENDING, Kind::Pending, "IT"), (count / 3, READER, Kind::Doi, "IT")];
    for (at, (name, address), kind, country) in known.into_iter().chain([(late(count), GRETA, Kind::Doi, "SE")]) {
        if let Some(p) = out.get_mut(at) {
            let locale = if country == "SE" { Locale::En } else { Locale::It };
            let ago = Duration::from_secs(if kind == Kind::Pending { DAY } else { 206 * DAY });
            let (name, address) = (name.to_owned(), address.to_owned());
            let offers = kind != Kind::Pending;
            let origin = if name == GRETA.0 { Origin::Counter } else { Origin::Website };
            *p = Person { name, address, country, locale, kind, ago, offers, courses: false, origin, roll: p.roll };
        }
    }
    out
}

/// A place near the end.
fn late(count: usize) -> usize {
    count - count / 50 - 1
}

fn person(rolls: &mut Rolls, taken: &mut HashSet<String>) -> Person {
    let country = country(rolls);
    let (first, last) = (*rolls.of(country.first), *rolls.of(country.last));
    let locale = if rolls.below(10) < 7 { country.locales[0] } else { *rolls.of(country.locales) };
    let kind = kind(rolls);
    Person {
        name: format!("{first} {last}"),
        address: address(rolls, country, first, last, taken),
        country: country.code,
        locale,
        kind,
        origin: origin(rolls, kind),
        ago: Duration::from_secs(ago(rolls, kind)),
        offers: rolls.below(100) < 55,
        courses: rolls.below(100) < 20,
        roll: rolls.roll(),
    }
}

fn country(rolls: &mut Rolls) -> &'static Country {
    let mut at = rolls.below(100) as u32;
    for c in &COUNTRIES {
        if at < c.share {
            return c;
        }
        at -= c.share;
    }
    &COUNTRIES[0]
}

fn kind(rolls: &mut Rolls) -> Kind {
    let all: u32 = SHARES.iter().map(|s| s.1).sum();
    let mut at = rolls.below(u64::from(all)) as u32;
    for (kind, share) in SHARES {
        if at < share {
            return kind;
        }
        at -= share;
    }
    Kind::Doi
}

fn origin(rolls: &mut Rolls, kind: Kind) -> Origin {
    match kind {
        Kind::File | Kind::Claimed | Kind::Passive | Kind::Silence | Kind::NeverAsked => Origin::OldShop,
        Kind::SoftOptIn | Kind::Implied => Origin::Counter,
        Kind::LegitimateInterest => Origin::Event,
        Kind::Pending | Kind::Refused => Origin::Website,
        _ => match rolls.below(100) {
            0..=69 => Origin::Website,
            70..=89 => Origin::Counter,
            _ => Origin::Event,
        },
    }
}

/// Seconds since the first act. More came lately; a request that waits is at most six days old.
fn ago(rolls: &mut Rolls, kind: Kind) -> u64 {
    match kind {
        Kind::Pending => 3_600 + rolls.below(6 * DAY - 7_200),
        Kind::Refused => 3_600 + rolls.below(300 * DAY),
        _ => {
            let (a, b) = (rolls.below(TWO_YEARS), rolls.below(TWO_YEARS));
            a.min(b) + 9 * DAY
        }
    }
}

fn address(rolls: &mut Rolls, country: &Country, first: &str, last: &str, taken: &mut HashSet<String>) -> String {
    let (first, last) = (plain(first), plain(last));
    let initial = first.chars().next().unwrap_or('x');
    let local = match rolls.below(10) {
        0..=4 => format!("{first}.{last}"),
        5 | 6 => format!("{first}{last}"),
        7 => format!("{initial}.{last}"),
        8 => format!("{last}.{first}"),
        _ => format!("{first}_{last}"),
    };
    let host = domain(country, rolls.roll() as u32);
    let mut out = format!("{local}@{host}");
    while !taken.insert(out.clone()) {
        let number = match rolls.below(3) {
            0 => 50 + rolls.below(49),
            1 => 1960 + rolls.below(45),
            _ => 1 + rolls.below(999),
        };
        out = format!("{local}{number}@{host}");
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use volens_core::address::EmailAddress;

    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_people_and_another_one_others() {
        assert_eq!(people(7, 500), people(7, 500));
        assert_ne!(people(7, 500), people(8, 500));
    }

    #[test]
    fn everybody_is_somebody_else_in_the_shares_that_lists_have() {
        let all = people(7, 10_000);
        let mailboxes: HashSet<String> =
            all.iter().map(|p| EmailAddress::parse(&p.address).unwrap().normalised().as_str().to_owned()).collect();
        assert_eq!(mailboxes.len(), 10_000);
        let mut kinds: HashMap<Kind, usize> = HashMap::new();
        let mut countries: HashMap<&str, usize> = HashMap::new();
        for p in &all {
            *kinds.entry(p.kind).or_default() += 1;
            *countries.entry(p.country).or_default() += 1;
            assert!(p.ago.as_secs() <= TWO_YEARS + 9 * DAY);
        }
        assert_eq!((kinds.len(), countries.len()), (SHARES.len(), COUNTRIES.len()));
        assert!((6_700..7_300).contains(&kinds[&Kind::Doi]), "{kinds:?}");
        for (name, address) in [GRETA, PENDING, READER] {
            assert!(all.iter().any(|p| p.name == name && p.address == address));
        }
        assert_eq!(SHARES.iter().map(|s| s.1).sum::<u32>(), 1_000);
    }
}
