//! The mail catcher: a real SMTP receiver that takes every mail and delivers none. Mails go to a file, whose end is
//! known in memory, so that neither a killed server nor a restart of the demo loses one.

use super::Plant;
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mail_parser::{MessageParser, MimeHeaders};
use serde::{Deserialize, Serialize};
use volens_core::clock::Clock;
use volens_wire::{Envelope, Listener, ListenerConfig, Mailroom, Verdict};

use crate::clock::SystemClock;

/// What the list says of a mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slip {
    /// Microseconds since 1970.
    pub at: i64,
    /// The sender as shown.
    pub from: String,
    /// The recipients of the envelope.
    pub to: Vec<String>,
    /// The subject.
    pub subject: String,
    /// The Message-ID.
    pub id: String,
    /// The campaign or queue that it belongs to, as its Message-ID says.
    pub stream: Option<i64>,
    /// It can be left: a letter, not a mail about an act.
    pub letter: bool,
    /// The link of its confirming button.
    pub confirm: Option<String>,
    /// Its octets.
    pub size: u64,
}

/// A mail with its place in the file.
#[derive(Clone, Debug)]
struct Kept {
    slip: Slip,
    offset: u64,
}

struct Inner {
    file: File,
    end: u64,
    mails: Vec<Kept>,
    by_stream: BTreeMap<i64, HashSet<String>>,
    fault: Option<Plant>,
}

/// All mails that came.
pub struct Catcher(Mutex<Inner>);

/// A mail as a person reads it.
#[derive(Clone, Debug)]
pub struct Mail {
    /// What the list says.
    pub slip: Slip,
    /// All octets.
    pub raw: Vec<u8>,
}

impl Catcher {
    /// Opens the file of mails, or makes it. A last mail that was cut off is dropped: nobody was told that it came.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut inner = Inner { file, end: 0, mails: Vec::new(), by_stream: BTreeMap::new(), fault: None };
        inner.read_all()?;
        Ok(Self(Mutex::new(inner)))
    }

    /// One letter will be lost, or kept twice: what the script must notice.
    pub fn plant(&self, fault: Plant) {
        self.inner().fault = Some(fault);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many mails came.
    #[must_use]
    pub fn count(&self) -> usize {
        self.inner().mails.len()
    }

    /// The different Message-IDs that came of a campaign or queue.
    #[must_use]
    pub fn of_stream(&self, stream: i64) -> usize {
        self.inner().by_stream.get(&stream).map_or(0, HashSet::len)
    }

    /// Whether two mails of a stream had one Message-ID.
    #[must_use]
    pub fn twice(&self, stream: i64) -> usize {
        let inner = self.inner();
        let all = inner.mails.iter().filter(|m| m.slip.stream == Some(stream)).count();
        all - inner.by_stream.get(&stream).map_or(0, HashSet::len)
    }

    /// Mails newest first, those to an address that contains `to`: the numbers and slips of one page, and how many
    /// there are in all.
    #[must_use]
    pub fn page(&self, to: &str, from: usize, most: usize) -> (Vec<(usize, Slip)>, usize) {
        let inner = self.inner();
        if to.is_empty() {
            let all = inner.mails.iter().enumerate().rev().skip(from).take(most);
            return (all.map(|(i, m)| (i + 1, m.slip.clone())).collect(), inner.mails.len());
        }
        let to = to.to_lowercase();
        let found = |m: &Kept| m.slip.to.iter().any(|t| t.to_lowercase().contains(&to));
        let hits: Vec<usize> = (0..inner.mails.len()).rev().filter(|i| found(&inner.mails[*i])).collect();
        let page = hits.iter().skip(from).take(most).map(|i| (i + 1, inner.mails[*i].slip.clone())).collect();
        (page, hits.len())
    }

    /// The newest mail that `fits`, with its number.
    #[must_use]
    pub fn newest(&self, fits: impl Fn(&Slip) -> bool) -> Option<(usize, Slip)> {
        let inner = self.inner();
        let at = inner.mails.iter().rposition(|m| fits(&m.slip))?;
        Some((at + 1, inner.mails[at].slip.clone()))
    }

    /// The mail of that number, from 1.
    #[must_use]
    pub fn mail(&self, number: usize) -> Option<Mail> {
        let inner = self.inner();
        let kept = inner.mails.get(number.checked_sub(1)?)?;
        let mut raw = vec![0; usize::try_from(kept.slip.size).ok()?];
        inner.file.read_exact_at(&mut raw, kept.offset).ok()?;
        Some(Mail { slip: kept.slip.clone(), raw })
    }

    /// Keeps a mail.
    ///
    /// # Errors
    /// When it cannot be written: then the sender is told to come again.
    fn keep(&self, envelope: &Envelope, raw: &[u8], at: i64) -> std::io::Result<()> {
        let slip = slip(envelope, raw, at);
        let mut inner = self.inner();
        // The welcome is a letter too; the one to strike is a campaign's, which comes in numbers.
        let of_campaign = slip.stream.and_then(|s| inner.by_stream.get(&s)).is_some_and(|ids| ids.len() >= 5);
        let fault = if slip.letter && of_campaign { inner.fault.take() } else { None };
        match fault {
            Some(Plant::SwallowedMail) => return Ok(()),
            Some(Plant::DoubledMail) => inner.append(slip.clone(), raw)?,
            _ => {}
        }
        inner.append(slip, raw)
    }
}

impl Inner {
    fn read_all(&mut self) -> std::io::Result<()> {
        let mut reader = BufReader::with_capacity(1 << 20, self.file.try_clone()?);
        let mut line = Vec::new();
        loop {
            line.clear();
            let head = reader.read_until(b'\n', &mut line)? as u64;
            let Ok(slip) = serde_json::from_slice::<Slip>(&line) else { break };
            let size = slip.size;
            if std::io::copy(&mut (&mut reader).take(size + 1), &mut std::io::sink())? < size + 1 {
                break;
            }
            self.remember(slip, self.end + head);
            self.end += head + size + 1;
        }
        self.file.set_len(self.end)
    }

    /// One write a mail: a line of what is known, the octets, a line end.
    fn append(&mut self, slip: Slip, raw: &[u8]) -> std::io::Result<()> {
        let mut record = serde_json::to_vec(&slip)?;
        record.push(b'\n');
        let head = record.len() as u64;
        record.extend_from_slice(raw);
        record.push(b'\n');
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(&record)?;
        let offset = self.end + head;
        self.end += record.len() as u64;
        self.remember(slip, offset);
        Ok(())
    }

    fn remember(&mut self, slip: Slip, offset: u64) {
        if let Some(stream) = slip.stream {
            self.by_stream.entry(stream).or_default().insert(slip.id.clone());
        }
        self.mails.push(Kept { slip, offset });
    }
}

fn slip(envelope: &Envelope, raw: &[u8], at: i64) -> Slip {
    let parsed = MessageParser::default().parse(raw);
    let text = |name: &str| {
        let value = parsed.as_ref().and_then(|m| m.header_raw(name.to_owned()));
        value.unwrap_or_default().trim().to_owned()
    };
    let letter = !text("List-Unsubscribe").is_empty();
    let id = text("Message-ID");
    let from = parsed.as_ref().and_then(|m| m.from()).and_then(|f| f.first());
    let from = from.and_then(|f| f.name().or(f.address())).unwrap_or(&envelope.from).to_owned();
    let body = if letter { None } else { parsed.as_ref().and_then(|m| m.body_text(0)) };
    Slip {
        at,
        from,
        to: envelope.recipients.clone(),
        subject: parsed.as_ref().and_then(|m| m.subject()).unwrap_or("(no subject)").to_owned(),
        stream: stream(&id),
        id,
        letter,
        confirm: body.and_then(|text| link(&text, "/c/")),
        size: raw.len() as u64,
    }
}

/// The second part of our Message-IDs.
fn stream(id: &str) -> Option<i64> {
    i64::from_str_radix(id.trim_start_matches('<').split('.').nth(1)?, 16).ok()
}

/// The first link of a text whose path holds `part`.
fn link(text: &str, part: &str) -> Option<String> {
    let ends = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"');
    text.split(ends).find(|w| w.starts_with("http") && w.contains(part)).map(str::to_owned)
}

impl Mail {
    /// The parts of it: HTML and text.
    #[must_use]
    pub fn parts(&self) -> (Option<String>, Option<String>) {
        let Some(parsed) = MessageParser::default().parse(&self.raw) else { return (None, None) };
        let is_html = |i: &u32| parsed.part(*i).is_some_and(|p| p.is_content_type("text", "html"));
        let html = parsed.html_body.first().filter(|i| is_html(i)).and_then(|_| parsed.body_html(0));
        (html.map(|h| h.into_owned()), parsed.body_text(0).map(|t| t.into_owned()))
    }

    /// The value of a header, unfolded.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let parsed = MessageParser::default().parse(&self.raw)?;
        let raw = parsed.header_raw(name.to_owned())?;
        Some(raw.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Name and address in `From` or `To`, decoded.
    #[must_use]
    pub fn person(&self, header: &str) -> Option<String> {
        let parsed = MessageParser::default().parse(&self.raw)?;
        let all = if header == "From" { parsed.from() } else { parsed.to() };
        let one = all?.first()?;
        Some(match one.name() {
            Some(name) => format!("{name} <{}>", one.address()?),
            None => one.address()?.to_owned(),
        })
    }

    /// Where List-Unsubscribe points: the address of one click, and the mailbox that takes a mail instead.
    #[must_use]
    pub fn ways_out(&self) -> (Option<String>, Option<String>) {
        let header = self.header("List-Unsubscribe").unwrap_or_default();
        let find = |scheme: &str| {
            let all = header.split(',').map(|w| w.trim().trim_start_matches('<').trim_end_matches('>'));
            all.map(|w| w.replace(' ', "")).find(|w| w.starts_with(scheme))
        };
        let mailto = find("mailto:").map(|m| m["mailto:".len()..].split('?').next().unwrap_or_default().to_owned());
        (find("http"), mailto)
    }
}

/// The SMTP side of the catcher.
struct Room(Arc<Catcher>);

impl Mailroom for Room {
    async fn recipient(&self, _from: &str, _to: &str) -> Verdict {
        Verdict::Accept
    }

    async fn message(&self, envelope: Envelope, bytes: Vec<u8>) -> Verdict {
        match self.0.keep(&envelope, &bytes, SystemClock.now().0) {
            Ok(()) => Verdict::Accept,
            Err(error) => {
                tracing::error!(%error, "a mail could not be kept");
                let text = "The catcher cannot write just now".to_owned();
                Verdict::Refuse { code: 452, enhanced: (4, 3, 1), text }
            }
        }
    }
}

/// Listens for mail.
///
/// # Errors
/// When the port is taken.
pub async fn listen(port: u16, catcher: Arc<Catcher>) -> std::io::Result<Listener> {
    Listener::bind(("127.0.0.1", port), ListenerConfig::new("catcher.demo.example"), Room(catcher)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(to: &str) -> Envelope {
        Envelope {
            from: "b@x.example".into(),
            recipients: vec![to.into()],
            hello: "x".into(),
            peer: ([127, 0, 0, 1], 1).into(),
            tls: false,
            eight_bit: false,
            utf8: false,
        }
    }

    const LETTER: &[u8] =
        b"From: =?utf-8?q?B=C3=A4ckerei?= <b@x.example>\r\nSubject: Rye\r\n three\r\nMessage-ID: <5f.1a.2@x>\r\n\
        List-Unsubscribe: <http://127.0.0.1:1/u/abc>,\r\n <mailto:leave-1@leave.x.example>\r\n\r\nHello.\r\n";
    const ASK: &[u8] = b"From: b@x.example\r\nSubject: Is it you?\r\nMessage-ID: <5f.9.3@x>\r\n\r\n\
        Press here:\r\nhttp://127.0.0.1:1/c/token\r\n";

    #[test]
    fn mails_outlive_the_process_and_half_a_mail_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mails");
        let catcher = Catcher::open(&path).unwrap();
        catcher.keep(&envelope("ann@x.example"), LETTER, 1).unwrap();
        catcher.keep(&envelope("bob@x.example"), ASK, 2).unwrap();
        drop(catcher);
        let mut file = File::options().append(true).open(&path).unwrap();
        file.write_all(b"{\"at\":3,\"from\":\"cut").unwrap();
        let catcher = Catcher::open(&path).unwrap();
        catcher.keep(&envelope("cleo@x.example"), ASK, 4).unwrap();
        drop(catcher);

        let catcher = Catcher::open(&path).unwrap();
        assert_eq!((catcher.count(), catcher.of_stream(0x1a), catcher.of_stream(9)), (3, 1, 1));
        assert_eq!(catcher.twice(9), 1);
        let (page, all) = catcher.page("", 0, 2);
        assert_eq!((page[0].0, page[0].1.to[0].as_str(), page.len(), all), (3, "cleo@x.example", 2, 3));
        assert_eq!(catcher.page("ANN", 0, 9).0[0].0, 1);
        let mail = catcher.mail(1).unwrap();
        assert_eq!(mail.raw, LETTER);
        assert_eq!((mail.slip.from.as_str(), mail.slip.letter), ("Bäckerei", true));
        let ways = (Some("http://127.0.0.1:1/u/abc".to_owned()), Some("leave-1@leave.x.example".to_owned()));
        assert_eq!(mail.ways_out(), ways);
        let asked = catcher.newest(|s| s.confirm.is_some()).unwrap();
        assert_eq!((asked.0, asked.1.confirm.as_deref()), (3, Some("http://127.0.0.1:1/c/token")));
        assert!(catcher.mail(0).is_none() && catcher.mail(4).is_none());
    }

    #[test]
    fn one_letter_can_be_lost_on_purpose() {
        let folder = tempfile::tempdir().unwrap();
        let catcher = Catcher::open(&folder.path().join("mails")).unwrap();
        catcher.plant(Plant::SwallowedMail);
        let letter = String::from_utf8(LETTER.to_vec()).unwrap();
        for i in 0..8 {
            let one = letter.replace("5f.1a.2", &format!("5f.1a.{i}"));
            catcher.keep(&envelope("ann@x.example"), one.as_bytes(), 1).unwrap();
            catcher.keep(&envelope("ann@x.example"), ASK, 1).unwrap();
        }
        assert_eq!((catcher.count(), catcher.of_stream(0x1a)), (15, 7));
    }
}
