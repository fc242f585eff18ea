//! What came of the messages: rows to write, refusals to take back, campaigns to pause, and when to hold.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use volens_core::Micros;
use volens_core::id::StreamNo;
use volens_store::delivery::{DeliveryState, Outcome, RESENDS};
use volens_wire::Report;

use crate::account::settings::SendingSettings;
use crate::delivery::feed::again;
use crate::delivery::hold::{Held, Hold, Trouble};
use crate::delivery::verdict::{AboutUs, Verdict, Watch, judge};
use crate::delivery::{Handed, back_off};

/// So many messages in a row that the relay took and broke off, without one that it accepted, are no accident.
pub(crate) const BROKEN_OFF: usize = 10;
/// The longest wait of a row that is tried again.
const A_DAY: Duration = Duration::from_secs(86_400);

/// A message on its way.
pub(crate) struct Under {
    /// The recipient's.
    pub(crate) domain: String,
    /// It was handed over to see whether the relay takes messages again.
    pub(crate) probe: bool,
}

/// A campaign to pause.
pub(crate) struct Pause {
    pub(crate) ws: i64,
    pub(crate) stream: StreamNo,
    pub(crate) why: String,
}

/// What the next wave writes, and what is done after it.
#[derive(Default)]
pub(crate) struct Came {
    pub(crate) results: Vec<Outcome>,
    pub(crate) taken_back: Vec<Outcome>,
    pub(crate) pauses: Vec<Pause>,
}

impl Came {
    fn pause(&mut self, ws: i64, stream: StreamNo, why: &str) {
        if !self.pauses.iter().any(|p| (p.ws, p.stream) == (ws, stream)) {
            self.pauses.push(Pause { ws, stream, why: why.to_owned() });
        }
    }
}

/// Messages that the relay took and broke off, in a row.
#[derive(Default)]
struct Broken {
    in_row: usize,
    /// The campaigns of those that stay unknown.
    unknown: Vec<(i64, StreamNo)>,
}

/// Judges what the relay's sessions report.
pub(crate) struct Judge {
    sending: SendingSettings,
    hold: Arc<Hold>,
    watch: Watch<Handed>,
    broken: Broken,
}

impl Judge {
    pub(crate) fn new(sending: SendingSettings, hold: Arc<Hold>) -> Self {
        Self { sending, hold, watch: Watch::default(), broken: Broken::default() }
    }

    /// The relay broke off so often that only one message at a time is tried.
    pub(crate) fn probing(&self) -> bool {
        self.broken.in_row >= BROKEN_OFF
    }

    pub(crate) fn outcomes(&mut self, reports: &[Report<Handed>], under: &HashMap<Handed, Under>, now: Micros) -> Came {
        let mut came = Came { results: Vec::with_capacity(reports.len()), ..Came::default() };
        for report in reports {
            let (state, not_before, reply) = self.one(report, under.get(&report.key), now, &mut came);
            came.results.push(outcome(&report.key, state, not_before, reply));
        }
        came
    }

    fn one(
        &mut self,
        report: &Report<Handed>,
        under: Option<&Under>,
        now: Micros,
        came: &mut Came,
    ) -> (DeliveryState, Micros, Option<String>) {
        use DeliveryState::{Failed, Planned, Sent, Unknown};
        let handed = report.key;
        match judge(&report.outcome) {
            Verdict::Sent(reply) => {
                self.broken = Broken::default();
                self.hold.up(!handed.campaign);
                (Sent, now, Some(reply))
            }
            Verdict::Later(reply) => (Planned, self.retry(&handed, now), Some(reply)),
            Verdict::GivenBack => (Planned, now, None),
            Verdict::Lost(why) => {
                let held = self.broke_off(&handed, under, false, report, &why, came);
                // The first time it was the connection's end only, and the row goes with the next one.
                let at = if handed.attempt > 1 { self.retry(&handed, now) } else { now };
                (Planned, at.max(again(now, held)), Some(why))
            }
            Verdict::Unknown(why) => {
                self.broke_off(&handed, under, true, report, &why, came);
                let resend = handed.resend && handed.attempt <= RESENDS;
                if resend { (Planned, self.retry(&handed, now), Some(why)) } else { (Unknown, now, Some(why)) }
            }
            Verdict::RelayDown(why) => {
                let wait = self.hold.down(Held::Relay, self.sending.hold_first, Trouble::Away, &why, &logged(report));
                (Planned, again(now, wait), Some(why))
            }
            Verdict::AboutUs(about, reply) => (Planned, self.about_us(report, about, &reply, now, came), Some(reply)),
            Verdict::Failed(reply) => {
                let domain = under.map(|u| u.domain.as_str()).unwrap_or_default();
                // What the relay cannot carry at all is no refusal: a pause would come back with every resume.
                let lacking = matches!(report.outcome, volens_wire::Outcome::Unsupported { .. });
                let all = if lacking {
                    None
                } else if !handed.campaign && self.hold.refuses_all() {
                    Some(vec![handed])
                } else {
                    self.watch.note(Instant::now(), &reply, domain, handed)
                };
                match all {
                    Some(all) => (Planned, self.take_back(report, &all, &reply, now, came), Some(reply)),
                    None => (Failed, now, Some(reply)),
                }
            }
        }
    }

    fn retry(&self, handed: &Handed, now: Micros) -> Micros {
        let failures = u32::try_from(handed.attempt).unwrap_or(1);
        again(now, back_off(self.sending.retry_first, failures, A_DAY))
    }

    /// Another message that the relay took and broke off; gives how long everything is held for it. A campaign is
    /// paused when a message tried after the hold ends the same way: what a restart of the relay cut off is not tried
    /// for long, and what goes on like this would use up all its readers.
    fn broke_off(
        &mut self,
        handed: &Handed,
        under: Option<&Under>,
        unknown: bool,
        report: &Report<Handed>,
        why: &str,
        came: &mut Came,
    ) -> Duration {
        self.broken.in_row += 1;
        let stream = (handed.ws, handed.key.stream);
        if unknown && !handed.resend && !self.broken.unknown.contains(&stream) {
            self.broken.unknown.push(stream);
        }
        if !self.probing() {
            return Duration::ZERO;
        }
        let first = self.sending.hold_first;
        let wait = self.hold.down(Held::Relay, first, Trouble::BreaksOff, why, &logged(report));
        if unknown && under.is_some_and(|u| u.probe) {
            let n = self.broken.in_row;
            let why = format!(
                "The relay took {n} messages in a row and broke off without an answer. Nobody knows whether it has \
                 them: they count as unknown and are not sent again. Look for them in the relay's log, mend what ends \
                 its connections (`volens doctor` tries it), then resume. What happened: {why}"
            );
            for (ws, stream) in std::mem::take(&mut self.broken.unknown) {
                came.pause(ws, stream, &why);
            }
        }
        wait
    }

    /// A refusal of us: the campaign is paused; a mail of a queue is tried again later. Only a login concerns
    /// everything. Gives when the row is due.
    fn about_us(
        &mut self,
        report: &Report<Handed>,
        about: AboutUs,
        reply: &str,
        now: Micros,
        came: &mut Came,
    ) -> Micros {
        let handed = &report.key;
        if handed.campaign {
            came.pause(handed.ws, handed.key.stream, &format!("{} It said: {reply}", about.sentence()));
        }
        let (trouble, logged) = (Trouble::Refuses(about), logged(report));
        match (about, handed.campaign) {
            (AboutUs::Login, _) => {
                let first = self.sending.hold_first.max(Duration::from_secs(1));
                let wait = self.hold.down(Held::Relay, first, trouble, reply, &logged);
                if handed.campaign { now } else { again(now, wait) }
            }
            (_, true) => now,
            (_, false) => {
                self.hold.note(Held::Queue, trouble, reply, &logged);
                self.retry(handed, now)
            }
        }
    }

    /// One refusal that everybody got is about us: all of them wait again, their campaigns are paused, and a queue
    /// rests. Gives when the last of them is due.
    fn take_back(
        &mut self,
        report: &Report<Handed>,
        all: &[Handed],
        reply: &str,
        now: Micros,
        came: &mut Came,
    ) -> Micros {
        let why = format!("The same refusal came from several domains: {reply}");
        let due = |h: &Handed| if h.campaign { now } else { self.retry(h, now) };
        for h in all {
            if h.campaign {
                came.pause(h.ws, h.key.stream, &why);
            }
            if *h != report.key {
                came.taken_back.push(outcome(h, DeliveryState::Planned, due(h), Some(reply.to_owned())));
            }
        }
        if all.iter().any(|h| !h.campaign) {
            let first = self.sending.hold_first;
            self.hold.down(Held::Queue, first, Trouble::RefusesAll, reply, &logged(report));
        }
        due(&report.key)
    }
}

/// What happened, in words that name nobody: replies may quote an address.
fn logged(report: &Report<Handed>) -> String {
    match &report.outcome {
        volens_wire::Outcome::Refused { stage, reply } => format!("{} at {stage}", reply.code),
        volens_wire::Outcome::NotSent { stage, why } => format!("{stage}: {why}"),
        volens_wire::Outcome::Unknown { why } => why.clone(),
        volens_wire::Outcome::Unsupported { what } => what.to_string(),
        volens_wire::Outcome::Malformed { what } => what.to_string(),
        volens_wire::Outcome::Accepted { reply } => reply.code.to_string(),
    }
}

pub(crate) fn outcome(handed: &Handed, state: DeliveryState, not_before: Micros, reply: Option<String>) -> Outcome {
    let Handed { ws, key, slice, attempt, .. } = *handed;
    Outcome { ws, key, slice, attempt, state, not_before, reply }
}
