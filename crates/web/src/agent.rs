//! What is kept of a User-Agent: the family of the browser and the system, never the versions that tell people apart.

/// Browsers by a mark in the header, in the order in which they disguise themselves as each other.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Thunderbird", "Thunderbird"),
    ("FxiOS", "Firefox"),
    ("Firefox", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
];

/// Systems by a mark.
const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// Programs that follow the links of other people's mail and say so. Only what names itself here counts as a machine:
/// everything else that presses the button is taken for a person.
const SCANNERS: &[&str] = &[
    "barracuda",
    "bitdefender",
    "cloudmark",
    "fireeye",
    "forcepoint",
    "mimecast",
    "proofpoint",
    "safelinks",
    "sophos",
    "spamhaus",
    "symantec",
    "trendmicro",
    "urldefense",
    "virustotal",
    "zscaler",
];

/// Browser and system of a User-Agent: `Firefox on Linux`; at most 40 characters. `None` when neither is known.
#[must_use]
pub fn coarse(agent: &str) -> Option<String> {
    let find = |table: &[(&str, &'static str)]| table.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, n)| *n);
    match (find(BROWSERS), find(SYSTEMS)) {
        (Some(browser), Some(system)) => Some(format!("{browser} on {system}")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    }
}

/// Whether a User-Agent names a known scanner of links.
#[must_use]
pub fn is_scanner(agent: &str) -> bool {
    let agent = agent.to_ascii_lowercase();
    SCANNERS.iter().any(|name| agent.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_family_and_system_stay() {
        let chrome =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.1.2 Safari/537.36";
        assert_eq!(coarse(chrome).unwrap(), "Chrome on Linux");
        let safari =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Safari/604.1";
        assert_eq!(coarse(safari).unwrap(), "Safari on iOS");
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0";
        assert_eq!(coarse(edge).unwrap(), "Edge on Windows");
        assert_eq!(coarse("curl/8.5.0"), None);
        for (_, browser) in BROWSERS {
            assert!(SYSTEMS.iter().all(|(_, s)| browser.len() + s.len() + 4 <= 40));
        }
    }

    #[test]
    fn only_those_that_say_so_are_machines() {
        assert!(is_scanner("Mozilla/5.0 (compatible; Proofpoint URL Defense)"));
        assert!(!is_scanner("curl/8.5.0") && !is_scanner("") && !is_scanner("Mozilla/5.0 (X11; Linux) Firefox/140.0"));
    }
}
