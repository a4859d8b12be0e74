//! How much the log keeps of what strangers are refused: anybody can send requests without end, and the log is for the rest of us too.

use std::sync::Arc;
use std::time::Duration;

use model::log::LogEntry;
use model::refusal::LOG_LIMITED;
use model::time::{HOUR, Timestamp};
use quick_cache::sync::Cache;

use crate::clock::Clock;
use crate::engine::Engine;
use crate::logs::stranger;
use crate::throttle::{Throttle, address_key};

/// Refusals of one address that are logged at once, and after how long there is one more: 600 an hour.
pub const LOGGED_AT_ONCE: u32 = 600;
/// See [`LOGGED_AT_ONCE`].
pub const LOGGED_EVERY: Duration = Duration::from_secs(6);
/// Addresses that are remembered to have been told of.
const TOLD_KEPT: usize = 10_000;

impl Engine {
    /// Whether an entry about a stranger is written. Where one is left out, the log says so once an hour for each address.
    pub(crate) fn may_log(&self, entry: &LogEntry) -> bool {
        let (limit, address) = (&self.0.log_limit, address_key(&entry.actor.ip));
        if limit.throttle.take(&address).is_ok() {
            return true;
        }
        if limit.is_first(&address, entry.date) {
            let description = format!(
                "More refusals come from {address} than the log keeps ({LOGGED_AT_ONCE} at once, then one every {} seconds): the others are left out",
                LOGGED_EVERY.as_secs()
            );
            self.queue_log(LogEntry {
                reason: LOG_LIMITED.to_owned(),
                ..self.entry(&stranger("", &entry.actor.ip), entry.kind, description)
            });
        }
        false
    }
}

/// What is left to be logged of each address.
pub(crate) struct LogLimit {
    throttle: Throttle,
    /// When an address was last told of.
    told: Cache<String, Timestamp>,
}

impl LogLimit {
    /// Nothing is used up.
    pub(crate) fn new(clock: &Arc<dyn Clock>) -> Self {
        Self {
            throttle: Throttle::new(LOGGED_AT_ONCE, LOGGED_EVERY, clock),
            told: Cache::new(TOLD_KEPT),
        }
    }

    fn is_first(&self, address: &str, now: Timestamp) -> bool {
        if self.told.get(address).is_some_and(|told| now < told + HOUR) {
            return false;
        }
        self.told.insert(address.to_owned(), now);
        true
    }
}
