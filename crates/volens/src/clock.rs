//! The system's clock and the system's chance: the only place in Volens that asks for either.

use volens_core::clock::{Clock, Micros, Randomness};

/// The clock of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
    fn now(&self) -> Micros {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// The unpredictable bytes of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemChance;

impl Randomness for SystemChance {
    #[expect(clippy::disallowed_methods, reason = "this is the chance that everything else is given")]
    fn fill(&self, out: &mut [u8]) {
        // Without unpredictable bytes no key and no token is worth anything: better to stop than to go on.
        getrandom::fill(out).expect("the system gives no unpredictable bytes");
    }
}
