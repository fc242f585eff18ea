//! Time and chance under a test's control.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use volens_core::{Clock, Micros, Randomness};

/// A clock that stands still until it is told; clones share it.
#[derive(Clone, Debug)]
pub struct FakeClock(Arc<AtomicI64>);

impl Default for FakeClock {
    /// 24 November 2026, 10:00 UTC.
    fn default() -> Self {
        Self::at(Micros(1_795_514_400_000_000))
    }
}

impl FakeClock {
    /// A clock that shows `now`.
    #[must_use]
    pub fn at(now: Micros) -> Self {
        Self(Arc::new(AtomicI64::new(now.0)))
    }

    /// Sets it, forwards or back.
    pub fn set(&self, now: Micros) {
        self.0.store(now.0, Ordering::SeqCst);
    }

    /// Lets `by` pass.
    pub fn step(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }

    /// Steps back by `by`, as NTP or an operator may.
    pub fn step_back(&self, by: Duration) {
        self.0.fetch_sub(i64::try_from(by.as_micros()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Micros {
        Micros(self.0.load(Ordering::SeqCst))
    }
}

/// The same "chance" for the same seed (splitmix64); clones continue one sequence. Not for secrets.
#[derive(Clone, Debug)]
pub struct FakeChance(Arc<AtomicU64>);

impl FakeChance {
    /// Begins the sequence of `seed`.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seed)))
    }

    fn next(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.0.fetch_add(STEP, Ordering::SeqCst).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Randomness for FakeChance {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_goes_where_it_is_told() {
        let clock = FakeClock::at(Micros(10));
        clock.step(Duration::from_micros(5));
        clock.clone().step_back(Duration::from_micros(7));
        assert_eq!(clock.now(), Micros(8));
    }

    #[test]
    fn a_seed_repeats_itself_and_differs_from_the_next() {
        let bytes = |seed| FakeChance::seeded(seed).bytes::<24>();
        assert_eq!(bytes(1), bytes(1));
        assert_ne!(bytes(1), bytes(2));
    }
}
