//! The clock, passed in so that tests move it by hand.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use model::time::Timestamp;

/// Microseconds in a second.
const MICROS: i64 = 1_000_000;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Microseconds since 1970-01-01T00:00:00Z: fine enough to order log entries.
    fn now_micros(&self) -> i64;

    /// Seconds since 1970-01-01T00:00:00Z.
    fn now(&self) -> Timestamp {
        self.now_micros().div_euclid(MICROS)
    }
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system clock")]
    fn now_micros(&self) -> i64 {
        // A machine whose clock stands before 1970 reads as 1970.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Stands at `at`, in seconds.
    #[must_use]
    pub fn at(at: Timestamp) -> Self {
        Self(AtomicI64::new(at * MICROS))
    }

    /// Moves to `at`, in seconds.
    pub fn set(&self, at: Timestamp) {
        self.0.store(at * MICROS, Ordering::SeqCst);
    }

    /// Moves on by `seconds`.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * MICROS, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_micros(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_by_hand() {
        let clock = ManualClock::at(1_000);
        assert_eq!((clock.now(), clock.now_micros()), (1_000, 1_000_000_000));
        clock.advance(5);
        assert_eq!(clock.now(), 1_005);
        clock.set(7);
        assert_eq!(clock.now(), 7);
    }

    #[test]
    fn the_system_clock_is_past_2025() {
        assert!(SystemClock.now() > 1_735_689_600);
    }
}
