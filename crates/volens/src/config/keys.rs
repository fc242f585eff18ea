//! Every key there is: what is not here is a mistake, and each can be set in the environment.

/// What a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Number,
    /// true or false.
    Switch,
    /// A time such as "30s", "5m", "2h", "3d".
    Duration,
    /// Several texts.
    List,
}

/// A key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// `http.listen`; keys of `[[relay]]` as `relay.host`.
    pub path: &'static str,
    /// What it holds.
    pub kind: Kind,
}

const fn key(path: &'static str, kind: Kind) -> Key {
    Key { path, kind }
}

/// All keys, in the order of the file that `init` writes.
pub const KEYS: &[Key] = &[
    key("base_url", Kind::Text),
    key("mail_host", Kind::Text),
    key("node", Kind::Text),
    key("data.folder", Kind::Text),
    key("key.file", Kind::Text),
    key("key.env", Kind::Text),
    key("key.command", Kind::Text),
    key("database.url", Kind::Text),
    key("database.pooler", Kind::Text),
    key("database.connections", Kind::Number),
    key("http.listen", Kind::Text),
    key("http.trusted_proxies", Kind::List),
    key("http.signups_a_minute", Kind::Number),
    key("relay.name", Kind::Text),
    key("relay.host", Kind::Text),
    key("relay.port", Kind::Number),
    key("relay.protocol", Kind::Text),
    key("relay.tls", Kind::Text),
    key("relay.ca_file", Kind::Text),
    key("relay.user", Kind::Text),
    key("relay.password", Kind::Text),
    key("relay.password_file", Kind::Text),
    key("relay.password_env", Kind::Text),
    key("relay.login_without_tls", Kind::Switch),
    key("relay.hello_name", Kind::Text),
    key("relay.sessions", Kind::Number),
    key("relay.window", Kind::Number),
    key("relay.rate", Kind::Number),
    key("relay.messages_per_connection", Kind::Number),
    key("relay.connect_timeout", Kind::Duration),
    key("relay.command_timeout", Kind::Duration),
    key("relay.reply_timeout", Kind::Duration),
    key("relay.idle_timeout", Kind::Duration),
    key("intake.listen", Kind::Text),
    key("intake.host", Kind::Text),
    key("sending.confirmations_a_day", Kind::Number),
    key("sending.lease", Kind::Duration),
    key("sending.silent", Kind::Duration),
    key("sending.retry_first", Kind::Duration),
    key("sending.hold_first", Kind::Duration),
    key("log.level", Kind::Text),
];

impl Key {
    /// The environment variable that goes before the file: `VOLENS_HTTP_LISTEN`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("VOLENS_{}", self.path.replace('.', "_").to_ascii_uppercase())
    }
}

/// The one of `all` that looks most like `word`, if any does.
pub fn nearest<'a>(word: &str, all: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let scored = all.map(|known| (distance(word, known), known));
    let (d, known) = scored.min_by_key(|(d, _)| *d)?;
    (d <= (word.chars().count() / 2).max(2)).then_some(known)
}

/// How many letters are put in, left out, changed, or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_lead_to_what_was_meant() {
        assert_eq!(distance("listne", "listen"), 1);
        assert_eq!(distance("", "abc"), 3);
        let keys = || KEYS.iter().map(|k| k.path);
        assert_eq!(nearest("relay.usr", keys()), Some("relay.user"));
        assert_eq!(nearest("baseurl", keys()), Some("base_url"));
        assert_eq!(nearest("zzzzzzzz", keys()), None);
    }
}
