//! Lock-outs: when so many attempts to prove a client have failed that the next ones are refused without a look.

use serde::{Deserialize, Serialize};

use crate::time::{MINUTE, Timestamp};

/// How many failures lead to a lock-out, and how long it lasts.
#[derive(Clone, Copy, Debug)]
pub struct LockoutRule {
    /// Failures within [`LockoutRule::window`].
    pub failures: i64,
    /// Seconds within which they are counted together; after so long without one, all is forgotten.
    pub window: i64,
    /// Seconds of the first lock-out; each that follows is twice as long.
    pub first: i64,
    /// Seconds of the longest.
    pub longest: i64,
}

/// For one client from one address: enough for a deployment with a wrong secret whose library tries two ways, too few to guess.
pub const OF_CLIENT: LockoutRule = LockoutRule {
    failures: 20,
    window: 10 * MINUTE,
    first: MINUTE,
    longest: 15 * MINUTE,
};
/// For one address and all clients together: more than one client can fail in the window with its own lock-outs in between.
pub const OF_ADDRESS: LockoutRule = LockoutRule {
    failures: 100,
    window: 10 * MINUTE,
    first: 5 * MINUTE,
    longest: 15 * MINUTE,
};

/// The failures of one client from one address, or of one address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    count: i64,
    /// When the first of them was.
    counted_from: Timestamp,
    /// Lock-outs in a row.
    lockouts: u32,
    since: Timestamp,
    until: Timestamp,
    refused: i64,
}

impl Failures {
    /// When the lock-out ends, if there is one.
    #[must_use]
    pub fn locked_until(&self, now: Timestamp) -> Option<Timestamp> {
        (now < self.until).then_some(self.until)
    }

    /// Counts an attempt that is refused without a look.
    pub fn refuse(&mut self) {
        self.refused += 1;
    }

    /// Counts a failure, and says whether a lock-out begins with it. Those that were under way when one began do not prolong it.
    pub fn fail(&mut self, rule: &LockoutRule, now: Timestamp) -> bool {
        if self.locked_until(now).is_some() {
            return false;
        }
        if now >= self.forgotten_at(rule) {
            *self = Self::default();
        }
        if self.count == 0 || now >= self.counted_from + rule.window {
            self.count = 0;
            self.counted_from = now;
        }
        self.count += 1;
        if self.count < rule.failures {
            return false;
        }
        let length = (rule.first << self.lockouts.min(20)).min(rule.longest);
        *self = Self {
            lockouts: self.lockouts + 1,
            since: now,
            until: now + length,
            ..Self::default()
        };
        true
    }

    /// From when on nothing of it matters, if nothing more happens.
    #[must_use]
    pub fn forgotten_at(&self, rule: &LockoutRule) -> Timestamp {
        self.until.max(self.counted_from) + rule.window
    }

    /// The lock-out that there is now.
    #[must_use]
    pub fn lockout(&self, client_id: Option<&str>, address: &str, now: Timestamp) -> Option<Lockout> {
        self.locked_until(now).map(|until| Lockout {
            client_id: client_id.map(str::to_owned),
            address: address.to_owned(),
            since: self.since,
            until,
            refused: self.refused,
        })
    }
}

/// A client that is refused from an address, or an address for all clients that have not proven themselves from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lockout {
    /// The client; `None` for all.
    pub client_id: Option<String>,
    /// The address; a /64 for IPv6.
    pub address: String,
    /// When it began.
    pub since: Timestamp,
    /// When it ends.
    pub until: Timestamp,
    /// Attempts that were refused during it.
    pub refused: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = 1_800_000_000;

    /// Fails `count` times at once, and says how often a lock-out began.
    fn fail(failures: &mut Failures, rule: &LockoutRule, count: i64, now: Timestamp) -> usize {
        (0..count).filter(|_| failures.fail(rule, now)).count()
    }

    #[test]
    fn a_lock_out_begins_with_the_last_failure_that_is_allowed() {
        let mut failures = Failures::default();
        assert_eq!(fail(&mut failures, &OF_CLIENT, 19, NOW), 0);
        assert_eq!(failures.locked_until(NOW), None);
        assert!(failures.fail(&OF_CLIENT, NOW + 599));
        assert_eq!(failures.locked_until(NOW + 599), Some(NOW + 659));
        assert_eq!(failures.locked_until(NOW + 658), Some(NOW + 659));
        assert_eq!(failures.locked_until(NOW + 659), None);
    }

    #[test]
    fn failures_of_another_window_do_not_count() {
        let mut failures = Failures::default();
        fail(&mut failures, &OF_CLIENT, 19, NOW);
        assert!(!failures.fail(&OF_CLIENT, NOW + 600));
        assert_eq!(fail(&mut failures, &OF_CLIENT, 18, NOW + 600), 0);
        assert!(failures.fail(&OF_CLIENT, NOW + 600));
    }

    #[test]
    fn each_lock_out_is_twice_as_long_until_there_is_peace() {
        let (mut failures, mut now) = (Failures::default(), NOW);
        for minutes in [1, 2, 4, 8, 15, 15] {
            assert_eq!(fail(&mut failures, &OF_CLIENT, 20, now), 1);
            assert_eq!(failures.locked_until(now), Some(now + minutes * MINUTE));
            now += minutes * MINUTE;
        }
        assert_eq!(failures.forgotten_at(&OF_CLIENT), now + OF_CLIENT.window);
        now += OF_CLIENT.window;
        fail(&mut failures, &OF_CLIENT, 20, now);
        assert_eq!(failures.locked_until(now), Some(now + MINUTE));
    }

    #[test]
    fn what_was_under_way_does_not_prolong_it() {
        let mut failures = Failures::default();
        assert_eq!(fail(&mut failures, &OF_CLIENT, 60, NOW), 1);
        assert_eq!(failures.locked_until(NOW), Some(NOW + MINUTE));
        failures.refuse();
        let lockout = failures.lockout(Some("c1"), "192.0.2.1", NOW + 1).unwrap();
        assert_eq!((lockout.since, lockout.until, lockout.refused), (NOW, NOW + MINUTE, 1));
        assert_eq!(failures.lockout(None, "", NOW + MINUTE), None);
    }

    #[test]
    fn one_client_alone_does_not_lock_out_its_address() {
        let (mut client, mut address) = (Failures::default(), Failures::default());
        for now in NOW..NOW + 3_600 {
            if client.locked_until(now).is_none() {
                client.fail(&OF_CLIENT, now);
                assert!(!address.fail(&OF_ADDRESS, now));
            }
        }
    }
}
