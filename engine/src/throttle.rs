//! Token buckets: so many at once, then one at a time. They limit attempts to sign in, and calls of the Management API.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::Clock as GovernorClock;
use governor::middleware::{NoOpMiddleware, StateInformationMiddleware};
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use model::time::Timestamp;

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
        let taken = self.limiter.check_key(&key.to_owned());
        taken.map_err(|until| seconds(until.wait_time_from(self.clock.now())))
    }
}

/// How many calls a client may make at once, and how many more in a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallRate {
    /// Calls at once, when none was made for some time.
    pub burst: NonZeroU32,
    /// Calls that come back in a second.
    pub per_second: NonZeroU32,
}

impl Default for CallRate {
    /// 100 at once and 50 in a second.
    fn default() -> Self {
        let number = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        Self {
            burst: number(100),
            per_second: number(50),
        }
    }
}

/// What a client has left of its calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// The most calls at once.
    pub limit: u32,
    /// Calls that it may still make now.
    pub remaining: u32,
    /// When it has all of them again.
    pub reset: Timestamp,
    /// Seconds until it may make one, at least 1; 0 if it may now.
    pub retry_after: i64,
}

/// The calls of each client.
pub(crate) struct Calls {
    limiter: RateLimiter<String, DashMapStateStore<String>, Now, StateInformationMiddleware>,
    rate: CallRate,
    clock: Now,
}

impl Calls {
    /// Everybody has all of theirs.
    pub(crate) fn new(rate: CallRate, clock: &Arc<dyn Clock>) -> Self {
        let clock = Now(clock.clone());
        let quota = Quota::per_second(rate.per_second).allow_burst(rate.burst);
        Self {
            limiter: RateLimiter::new(quota, DashMapStateStore::default(), clock.clone()),
            rate,
            clock,
        }
    }

    /// Takes one call of a client.
    ///
    /// # Errors
    /// The same, with the time to wait, if there is none.
    pub(crate) fn take(&self, client_id: &str) -> Result<Allowance, Allowance> {
        if self.limiter.len() >= KEYS_KEPT {
            self.limiter.retain_recent();
        }
        let (remaining, retry_after) = match self.limiter.check_key(&client_id.to_owned()) {
            Ok(state) => (state.remaining_burst_capacity(), 0),
            Err(until) => (0, seconds(until.wait_time_from(self.clock.now()))),
        };
        let missing = self.rate.burst.get() - remaining.min(self.rate.burst.get());
        let allowance = Allowance {
            limit: self.rate.burst.get(),
            remaining,
            reset: self.clock.0.now() + i64::from(missing.div_ceil(self.rate.per_second.get())),
            retry_after,
        };
        if retry_after == 0 { Ok(allowance) } else { Err(allowance) }
    }
}

/// Whole seconds, at least one: whoever waits for them waits long enough.
fn seconds(wait: Duration) -> i64 {
    i64::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(i64::MAX).max(1)
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
    fn calls_come_back_by_the_second() {
        let hand = Arc::new(ManualClock::at(1_800_000_000));
        let clock: Arc<dyn Clock> = hand.clone();
        let rate = CallRate {
            burst: NonZeroU32::new(5).unwrap(),
            per_second: NonZeroU32::new(2).unwrap(),
        };
        let calls = Calls::new(rate, &clock);
        for remaining in [4, 3, 2, 1, 0] {
            let allowance = calls.take("a").unwrap();
            assert_eq!((allowance.limit, allowance.remaining, allowance.retry_after), (5, remaining, 0));
            assert_eq!(allowance.reset, 1_800_000_000 + i64::from((5 - remaining).div_ceil(2)));
        }
        let refused = calls.take("a").unwrap_err();
        assert_eq!((refused.remaining, refused.retry_after, refused.reset), (0, 1, 1_800_000_003));
        assert_eq!(calls.take("b").unwrap().remaining, 4, "each has its own");
        hand.advance(1);
        assert_eq!(calls.take("a").unwrap().remaining, 1);
        hand.advance(60);
        assert_eq!(calls.take("a").unwrap().remaining, 4);
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
