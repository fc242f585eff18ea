//! What the configuration and a workspace's settings say.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The part of the configuration that use cases need.
#[derive(Clone, Debug)]
pub struct AppSettings {
    /// Where the public pages are: `https://letters.example.org`.
    pub base_url: String,
    /// The domain of Message-IDs, return paths and List-Ids.
    pub mail_host: String,
    /// The domain on which an intake listens for withdrawals by mail, where there is one.
    pub intake_host: Option<String>,
    /// This is a demo: links may point to this machine.
    pub demo: bool,
    /// So many confirmation mails to one address a day.
    pub confirmations_a_day: i64,
    /// Time limits and sizes of sending.
    pub sending: SendingSettings,
}

/// How sending behaves.
#[derive(Clone, Debug)]
pub struct SendingSettings {
    /// How long a slice is leased.
    pub lease: Duration,
    /// How long a node may be silent before others give up its rows.
    pub silent: Duration,
    /// Messages a second to the relay, if it is held.
    pub rate: Option<u32>,
    /// How long a 4xx waits at first; it doubles each time, up to a day.
    pub retry_first: Duration,
    /// How long nothing is handed over after the relay could not be reached; it doubles each time, up to a minute.
    pub hold_first: Duration,
    /// Rows read at once.
    pub page: i64,
}

impl Default for SendingSettings {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(60),
            silent: Duration::from_secs(15 * 60),
            rate: None,
            retry_first: Duration::from_secs(60),
            hold_first: Duration::from_secs(1),
            page: 500,
        }
    }
}

impl AppSettings {
    /// Settings for pages at `base_url`.
    #[must_use]
    pub fn new(base_url: impl Into<String>, mail_host: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            mail_host: mail_host.into(),
            intake_host: None,
            demo: false,
            confirmations_a_day: 3,
            sending: SendingSettings::default(),
        }
    }

    /// Why no campaign may leave: its links would lead nowhere for a reader. `None` = they lead to public https.
    #[must_use]
    pub fn link_trouble(&self) -> Option<String> {
        let host = self.base_url.starts_with("https://").then(|| host_of(&self.base_url));
        match host {
            _ if self.demo => None,
            None => Some(format!(
                "links would point to {}, which is not https: set base_url to the public https address of this server",
                self.base_url
            )),
            Some(host) if is_private(host) => Some(format!(
                "links would point to {host}, which no reader can reach: set base_url to the public https address of \
                 this server"
            )),
            Some(_) => None,
        }
    }
}

/// The host in a URL; a literal IPv6 address in its brackets.
#[must_use]
pub fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.starts_with('[') {
        authority.split_inclusive(']').next().unwrap_or_default()
    } else {
        authority.split(':').next().unwrap_or_default()
    }
}

fn is_private(host: &str) -> bool {
    if let Ok(ip) = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>() {
        return match ip {
            std::net::IpAddr::V4(v4) => {
                v4.is_loopback() || v4.is_private() || v4.is_link_local() || v4.is_unspecified()
            }
            std::net::IpAddr::V6(v6) => v6.is_loopback() || v6.is_unspecified() || v6.is_unique_local(),
        };
    }
    let lower = host.to_ascii_lowercase();
    !lower.contains('.')
        || [".localhost", ".local", ".internal", ".test", ".invalid", ".lan"].iter().any(|s| lower.ends_with(s))
}

/// What a workspace has set, stored as JSON in its row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceSettings {
    /// The version of this document.
    pub schema: u8,
    /// The zone in which times are told to people: `Europe/Rome`.
    pub zone: String,
    /// Where people can write to.
    pub contact_email: String,
    /// The sender id in Feedback-ID, 5 to 15 characters.
    pub feedback_sender: String,
    /// The look of mails.
    pub brand: volens_mail::Brand,
    /// The look of pages: the theme's JSON.
    #[serde(default)]
    pub theme: serde_json::Value,
    /// The form that links on other pages lead back to.
    #[serde(default)]
    pub home_form: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_must_lead_to_public_https() {
        let trouble = |url: &str| AppSettings::new(url, "example.org").link_trouble();
        for bad in [
            "http://letters.example.org",
            "https://localhost:8080",
            "https://127.0.0.1",
            "https://[::1]:8443/x",
            "https://10.1.2.3",
            "https://intranet",
            "https://mail.local",
        ] {
            assert!(trouble(bad).is_some(), "{bad}");
        }
        for good in ["https://letters.example.org", "https://letters.example.org:8443/sub"] {
            assert_eq!(trouble(good), None);
        }
        let mut demo = AppSettings::new("http://127.0.0.1:1", "x");
        demo.demo = true;
        assert_eq!(demo.link_trouble(), None);
    }
}
