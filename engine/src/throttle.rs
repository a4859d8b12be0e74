//! Limits on attempts to sign in: some at once, then one at a time.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::clock::Clock;

/// From this many keys on, those that have all their attempts back are forgotten before one is added.
const KEYS_KEPT: usize = 10_000;

/// A limit for each key: an address or an account.
pub(crate) struct Throttle {
    limiter: RateLimiter<String, DashMapStateStore<String>, Now, NoOpMiddleware<Duration>>,
    clock: Now,
}

impl Throttle {
    /// Allows `burst` attempts at once, and gives one back every `period`.
    pub(crate) fn new(burst: u32, period: Duration, clock: &Arc<dyn Clock>) -> Self {
        let clock = Now(clock.clone());
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        // Only a period of zero has no quota; then there is nothing to limit but a burst a second.
        let quota = Quota::with_period(period).unwrap_or(Quota::per_second(burst)).allow_burst(burst);
        Self {
            limiter: RateLimiter::new(quota, DashMapStateStore::default(), clock.clone()),
            clock,
        }
    }

    /// Takes one attempt of `key`.
    ///
    /// # Errors
    /// Seconds until there is one.
    pub(crate) fn take(&self, key: &str) -> Result<(), i64> {
        if self.limiter.len() >= KEYS_KEPT {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&key.to_owned()).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            i64::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(i64::MAX).max(1)
        })
    }
}

/// The key of an address: itself for IPv4, its /64 for IPv6, where one customer has 2^64 addresses.
pub(crate) fn address_key(ip: &str) -> String {
    match ip.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V6(ip)) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Ok(ip) => ip.to_string(),
        Err(_) => ip.chars().take(64).collect(),
    }
}

/// Our clock for governor, which measures from any fixed moment: here 1970.
#[derive(Clone)]
struct Now(Arc<dyn Clock>);

impl GovernorClock for Now {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.now_micros()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    #[test]
    fn a_burst_then_one_at_a_time() {
        let hand = Arc::new(ManualClock::at(1_800_000_000));
        let clock: Arc<dyn Clock> = hand.clone();
        let throttle = Throttle::new(3, Duration::from_secs(30), &clock);
        for _ in 0..3 {
            assert_eq!(throttle.take("a"), Ok(()));
        }
        assert_eq!(throttle.take("a"), Err(30));
        assert_eq!(throttle.take("b"), Ok(()));
        hand.advance(29);
        assert_eq!(throttle.take("a"), Err(1));
        hand.advance(1);
        assert_eq!(throttle.take("a"), Ok(()));
        assert_eq!(throttle.take("a"), Err(30));
    }

    #[test]
    fn old_keys_are_forgotten() {
        let hand = Arc::new(ManualClock::at(1_800_000_000));
        let clock: Arc<dyn Clock> = hand.clone();
        let throttle = Throttle::new(1, Duration::from_secs(30), &clock);
        for number in 0..KEYS_KEPT {
            assert_eq!(throttle.take(&number.to_string()), Ok(()));
        }
        // Governor keeps a key for one more period after it has all its attempts back.
        hand.advance(60);
        assert_eq!(throttle.take("another"), Ok(()));
        assert_eq!(throttle.limiter.len(), 1);
    }

    #[test]
    fn addresses_by_what_one_customer_has() {
        for (ip, key) in [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("", ""),
        ] {
            assert_eq!(address_key(ip), key);
        }
    }
}
