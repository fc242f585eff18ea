//! Holding: how the relay fares, and why nothing is handed over for a while.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::delivery::back_off;
use crate::delivery::verdict::AboutUs;

/// No hold is longer.
const LONGEST: Duration = Duration::from_secs(60);

/// Whether a node sends at this moment, and why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// The relay takes mail, or nothing was tried yet.
    Up,
    /// It could not be reached or refused us: what it said, and what to do.
    Down(String),
}

/// What is wrong with the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It cannot be reached, or does not get as far as a first message.
    Away,
    /// It takes messages and breaks off before it answers.
    BreaksOff,
    /// It refuses something of ours.
    Refuses(AboutUs),
    /// It refuses confirmations to everybody alike.
    RefusesAll,
}

impl Trouble {
    /// What happened and what to do.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Away => {
                "The relay cannot be used, and everything waits. See to the relay (`volens doctor` tries it); sending \
                 goes on by itself."
            }
            Self::BreaksOff => {
                "The relay takes messages and breaks off without an answer. One message at a time is tried until it \
                 takes one again. Look into the relay's log, and mend what ends its connections."
            }
            Self::Refuses(about) => about.sentence(),
            Self::RefusesAll => {
                "The relay gives one refusal to confirmations in several domains, so it is about us. They are tried \
                 again for 7 days. Read its answer and mend the cause."
            }
        }
    }
}

/// Which mail is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// All of it.
    Relay,
    /// Confirmations, welcomes and answers.
    Queue,
}

/// One reason to wait.
#[derive(Default)]
struct Wait {
    until: Option<Instant>,
    failures: u32,
    trouble: Option<(Trouble, String)>,
}

impl Wait {
    /// Another failure; gives how long to hold. Those during a hold count with the one that began it.
    fn longer(&mut self, first: Duration) -> Duration {
        let running = self.until.is_some_and(|u| u > Instant::now());
        if !running {
            self.failures += 1;
        }
        let wait = back_off(first, self.failures, LONGEST);
        if !running {
            self.until = Some(Instant::now() + wait);
        }
        wait
    }

    fn left(&self) -> Duration {
        self.until.map_or(Duration::ZERO, |u| u.saturating_duration_since(Instant::now()))
    }
}

#[derive(Default)]
struct State {
    relay: Wait,
    queue: Wait,
}

/// How the relay fares, for those who hand over, those who read ahead, and those who look.
pub struct Hold {
    state: Mutex<State>,
    health: watch::Sender<Health>,
}

impl Default for Hold {
    fn default() -> Self {
        Self { state: Mutex::default(), health: watch::Sender::new(Health::Up) }
    }
}

impl Hold {
    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The relay took a message; that of a queue says that it takes those too.
    pub(crate) fn up(&self, queue: bool) {
        let mended = self.with(|s| {
            let mut had = std::mem::take(&mut s.relay).trouble.is_some();
            if queue {
                had |= std::mem::take(&mut s.queue).trouble.is_some();
            }
            had
        });
        if mended {
            self.tell();
            if self.health() == Health::Up {
                tracing::info!("the relay takes mail again");
            }
        }
    }

    /// Holds for a while, longer with every failure; gives how long. `logged` says what happened in words that name
    /// nobody, `said` may be the relay's own.
    pub(crate) fn down(&self, held: Held, first: Duration, trouble: Trouble, said: &str, logged: &str) -> Duration {
        let wait = self.with(|s| slot(s, held).longer(first));
        self.note(held, trouble, said, logged);
        wait
    }

    /// Says what is wrong without holding anything.
    pub(crate) fn note(&self, held: Held, trouble: Trouble, said: &str, logged: &str) {
        let why = format!("{} What happened: {said}", trouble.sentence());
        let before = self.with(|s| slot(s, held).trouble.replace((trouble, why)));
        if before.is_none_or(|(former, _)| former != trouble) {
            tracing::warn!(what = logged, "{}", trouble.sentence());
        }
        self.tell();
    }

    fn tell(&self) {
        let health = self.health();
        self.health.send_if_modified(|told| {
            let other = *told != health;
            *told = health;
            other
        });
    }

    /// Confirmations were refused to everybody alike, and none was taken since.
    pub(crate) fn refuses_all(&self) -> bool {
        self.with(|s| matches!(s.queue.trouble, Some((Trouble::RefusesAll, _))))
    }

    /// How long nothing is handed over still.
    pub(crate) fn left(&self) -> Duration {
        self.with(|s| s.relay.left())
    }

    /// How long no queue is read still.
    pub(crate) fn queue_left(&self) -> Duration {
        self.with(|s| s.queue.left())
    }

    pub(crate) fn health(&self) -> Health {
        let why = self.with(|s| s.relay.trouble.as_ref().or(s.queue.trouble.as_ref()).map(|(_, why)| why.clone()));
        why.map_or(Health::Up, Health::Down)
    }

    /// Tells of every change.
    pub(crate) fn watch(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }
}

fn slot(state: &mut State, held: Held) -> &mut Wait {
    match held {
        Held::Relay => &mut state.relay,
        Held::Queue => &mut state.queue,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AWAY: Trouble = Trouble::Away;

    #[test]
    fn a_hold_doubles_with_every_failure_and_ends_with_an_acceptance() {
        let hold = Hold::default();
        let first = Duration::from_millis(20);
        for times in [1, 2, 4] {
            assert_eq!(hold.down(Held::Relay, first, AWAY, "refused", ""), first * times);
            // Sessions that failed together count once.
            assert_eq!(hold.down(Held::Relay, first, AWAY, "refused", ""), first * times);
            std::thread::sleep(hold.left());
        }
        assert!(matches!(hold.health(), Health::Down(why) if why.contains("volens doctor") && why.contains("refused")));
        hold.up(false);
        assert_eq!((hold.health(), hold.left()), (Health::Up, Duration::ZERO));
        assert_eq!(hold.down(Held::Relay, first, AWAY, "refused", ""), first);
    }

    #[test]
    fn what_is_wrong_with_confirmations_ends_with_a_confirmation() {
        let hold = Hold::default();
        hold.down(Held::Queue, Duration::from_secs(1), Trouble::RefusesAll, "550 no", "");
        assert!(hold.left().is_zero() && !hold.queue_left().is_zero());
        hold.up(false);
        assert!(matches!(hold.health(), Health::Down(_)));
        hold.up(true);
        assert_eq!((hold.health(), hold.queue_left()), (Health::Up, Duration::ZERO));
    }
}
