//! The six languages that people are spoken to in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A public language. Texts that a workspace writes itself are kept per locale too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// English
    #[default]
    En,
    /// Spanish
    Es,
    /// Italian
    It,
    /// Portuguese
    Pt,
    /// French
    Fr,
    /// German
    De,
}

impl Locale {
    /// All of them, in the order in which pages offer them.
    pub const ALL: [Self; 6] = [Self::En, Self::Es, Self::It, Self::Pt, Self::Fr, Self::De];

    /// The BCP 47 tag, which is also the name of the locale's files.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
            Self::It => "it",
            Self::Pt => "pt",
            Self::Fr => "fr",
            Self::De => "de",
        }
    }

    /// The language's name in itself, for the links that switch.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Es => "Español",
            Self::It => "Italiano",
            Self::Pt => "Português",
            Self::Fr => "Français",
            Self::De => "Deutsch",
        }
    }

    /// The best of ours for an `Accept-Language` header (RFC 9110 12.5.4), by the reader's own weights.
    #[must_use]
    pub fn negotiate(header: &str) -> Option<Self> {
        let mut best: Option<(Self, u16)> = None;
        for part in header.split(',').take(32) {
            let mut bits = part.split(';');
            let Some(locale) = bits.next().and_then(|tag| tag.parse::<Self>().ok()) else { continue };
            let q = bits.find_map(|p| p.trim().strip_prefix("q=")).map_or(1000, weight);
            if q > 0 && best.is_none_or(|(_, b)| q > b) {
                best = Some((locale, q));
            }
        }
        best.map(|(locale, _)| locale)
    }
}

fn weight(q: &str) -> u16 {
    q.trim().parse::<f32>().map_or(0, |q| (q.clamp(0.0, 1.0) * 1000.0) as u16)
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// No language of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not one of the languages en, es, it, pt, fr, de")]
pub struct UnknownLocale(pub String);

/// Reads a tag, whatever its region: `pt-BR` is `pt`.
impl FromStr for Locale {
    type Err = UnknownLocale;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let base = s.trim().split(['-', '_']).next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|l| l.tag().eq_ignore_ascii_case(base))
            .ok_or_else(|| UnknownLocale(s.chars().take(20).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reader_weighs() {
        assert_eq!(Locale::negotiate("nl, de;q=0.4, it-CH;q=0.8"), Some(Locale::It));
        assert_eq!(Locale::negotiate("ja"), None);
        assert_eq!(Locale::negotiate("fr;q=0, pt-BR;q=0.1"), Some(Locale::Pt));
    }
}
