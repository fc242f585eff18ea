//! Slips of the finger in the domains that most people have. A suggestion is only ever shown, never applied.

/// Domains that most private mailboxes have, the biggest first: what a slip is compared with.
const BIG: [&str; 48] = [
    "gmail.com",
    "hotmail.com",
    "yahoo.com",
    "outlook.com",
    "icloud.com",
    "googlemail.com",
    "protonmail.com",
    "hotmail.fr",
    "hotmail.it",
    "hotmail.es",
    "hotmail.de",
    "hotmail.co.uk",
    "outlook.de",
    "outlook.fr",
    "outlook.it",
    "outlook.es",
    "outlook.pt",
    "yahoo.fr",
    "yahoo.it",
    "yahoo.es",
    "yahoo.de",
    "yahoo.co.uk",
    "yahoo.com.br",
    "hotmail.com.br",
    "outlook.com.br",
    "libero.it",
    "virgilio.it",
    "tiscali.it",
    "alice.it",
    "orange.fr",
    "wanadoo.fr",
    "laposte.net",
    "t-online.de",
    "freenet.de",
    "arcor.de",
    "posteo.de",
    "mailbox.org",
    "bluewin.ch",
    "terra.com.br",
    "telefonica.net",
    "btinternet.com",
    "comcast.net",
    "verizon.net",
    "telenet.be",
    "skynet.be",
    "ziggo.nl",
    "netcabo.pt",
    "movistar.es",
];

/// Real domains near a big one, or too short to compare: nobody is asked whether these are a slip.
const KNOWN: [&str; 62] = [
    "aim.com",
    "alice.de",
    "alice.fr",
    "aliceadsl.fr",
    "aol.com",
    "aol.de",
    "aol.fr",
    "att.net",
    "bol.com.br",
    "email.com",
    "email.cz",
    "email.de",
    "email.it",
    "fastmail.com",
    "free.fr",
    "gmail.de",
    "gmx.at",
    "gmx.ch",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "hey.com",
    "hotmail.be",
    "hotmail.ch",
    "hotmail.gr",
    "hotmail.nl",
    "hotmail.no",
    "hotmail.se",
    "ig.com.br",
    "inbox.com",
    "live.com",
    "live.de",
    "live.fr",
    "live.it",
    "mac.com",
    "mail.com",
    "mail.de",
    "mail.ru",
    "me.com",
    "msn.com",
    "orange.com",
    "orange.es",
    "outlook.at",
    "outlook.be",
    "proton.me",
    "qq.com",
    "rocketmail.com",
    "sapo.pt",
    "sfr.fr",
    "sky.com",
    "terra.es",
    "tin.it",
    "uol.com.br",
    "virgin.net",
    "web.de",
    "yahoo.at",
    "yahoo.be",
    "yahoo.ca",
    "yahoo.gr",
    "yahoo.ie",
    "ymail.com",
    "zoho.com",
];

/// Endings that no registry has and that fingers make, with what was meant.
const ENDINGS: [(&str, &str); 11] = [
    ("con", "com"),
    ("cmo", "com"),
    ("ocm", "com"),
    ("comm", "com"),
    ("coom", "com"),
    ("vom", "com"),
    ("xom", "com"),
    ("cpm", "com"),
    ("ogr", "org"),
    ("orgg", "org"),
    ("nte", "net"),
];

/// The domain that was probably meant by `domain` (A-labels, lower case); `None` when it is known or near nothing.
pub(super) fn better_domain(domain: &str) -> Option<String> {
    if domain.len() > 40 || BIG.contains(&domain) || KNOWN.contains(&domain) {
        return None;
    }
    let letters = letters(domain);
    let near = BIG
        .iter()
        .filter(|big| (letters ^ self::letters(big)).count_ones() as usize <= 2 * MOST)
        .map(|big| (allowed(domain, big), *big))
        .filter(|(most, big)| *most > 0 && domain.len().abs_diff(big.len()) <= *most)
        .filter_map(|(most, big)| Some((distance(domain, big), big)).filter(|(d, _)| *d <= most))
        .min_by_key(|(d, _)| *d);
    if let Some((_, big)) = near {
        return Some(big.to_owned());
    }
    let (name, ending) = domain.rsplit_once('.')?;
    let (_, meant) = ENDINGS.iter().find(|(slip, _)| *slip == ending)?;
    let mended = format!("{name}.{meant}");
    Some(better_domain(&mended).unwrap_or(mended))
}

/// The most slips that any name is allowed.
const MOST: usize = 2;

/// The characters of a domain as bits. A slip changes two of them at most, which spares nearly all comparisons.
fn letters(domain: &str) -> u32 {
    domain.bytes().fold(0, |bits, byte| bits | 1 << (byte % 32))
}

/// How many slips still look like one: two in a long name, one in a short one, none in a very short one. The same name
/// in another country (`yahoo.se`) is another domain, not a slip.
fn allowed(domain: &str, big: &str) -> usize {
    let name = |d: &str| d.find('.').unwrap_or(d.len());
    let ending = domain.rsplit('.').next().unwrap_or_default();
    let country = ending.len() == 2 && !["co", "cm", "om", "vo"].contains(&ending);
    if country && domain[..name(domain)] == big[..name(big)] {
        return 0;
    }
    match name(big) {
        7.. if domain.chars().next() == big.chars().next() => MOST,
        5.. => 1,
        _ => 0,
    }
}

/// Columns of a table of [`distance`].
const WIDTH: usize = 24;

/// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len().abs_diff(b.len()) > 2 {
        return usize::MAX;
    }
    // The longest of the big ones has 14 characters.
    if b.len() >= WIDTH {
        return usize::MAX;
    }
    let (mut before, mut last) = ([0; WIDTH], std::array::from_fn::<usize, WIDTH, _>(|j| j));
    for i in 1..=a.len() {
        let mut row = [i; WIDTH];
        for j in 1..=b.len() {
            let same = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + same);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row[j] = best;
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_what_was_meant() {
        for (typed, meant) in [
            ("gmial.com", "gmail.com"),
            ("gmai.com", "gmail.com"),
            ("gnail.com", "gmail.com"),
            ("gmail.con", "gmail.com"),
            ("gmail.co", "gmail.com"),
            ("gmail.cm", "gmail.com"),
            ("gmial.con", "gmail.com"),
            ("hotmial.com", "hotmail.com"),
            ("hotmial.it", "hotmail.it"),
            ("hotmal.fr", "hotmail.fr"),
            ("htomail.es", "hotmail.es"),
            ("yaho.com", "yahoo.com"),
            ("yahho.com.br", "yahoo.com.br"),
            ("outlok.com", "outlook.com"),
            ("icluod.com", "icloud.com"),
            ("t-onlin.de", "t-online.de"),
            ("liberi.it", "libero.it"),
            ("nordicbakery.con", "nordicbakery.com"),
            ("verein.ogr", "verein.org"),
        ] {
            assert_eq!(better_domain(typed).as_deref(), Some(meant), "{typed}");
        }
    }

    #[test]
    fn other_domains_are_left_alone() {
        for domain in BIG.into_iter().chain(KNOWN) {
            assert_eq!(better_domain(domain), None, "{domain}");
        }
        for domain in
            ["yahoo.se", "outlook.sk", "hotmail.dk", "example.org", "email.org", "love.com", "acme.co", "e.cm"]
        {
            assert_eq!(better_domain(domain), None, "{domain}");
        }
    }

    #[test]
    fn no_near_domain_is_passed_over() {
        for big in BIG {
            for i in 0..big.len() {
                for slip in [format!("{}{}", &big[..i], &big[i + 1..]), format!("{}q{}", &big[..i], &big[i..])] {
                    assert!((letters(big) ^ letters(&slip)).count_ones() <= 2, "{big} {slip}");
                }
            }
        }
    }

    #[test]
    fn slips_are_counted() {
        assert_eq!(distance("gmial.com", "gmail.com"), 1);
        assert_eq!(distance("yaho.com", "yahoo.com"), 1);
        assert_eq!(distance("abcd", "badc"), 2);
        assert_eq!(distance("", "ab"), 2);
    }
}
