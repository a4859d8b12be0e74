//! Who fails to prove a client again and again is refused for a while without a look: by client and address, so that nobody can lock out a
//! client from where it really is, and by address for who tries many clients.
//!
//! Kept in memory, by each process for itself. Unknown clients are treated like those that there are, so a lock-out tells nothing.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};

use model::lockout::{Failures, Lockout, LockoutRule, OF_ADDRESS, OF_CLIENT};
use model::log::{Actor, LogEntry, LogType};
use model::refusal::Refusal;
use model::time::{Timestamp, exact};
use model::token::Credentials;
use quick_cache::sync::Cache;

use crate::clients;
use crate::engine::Engine;
use crate::error::{Error, IssueError};
use crate::logs::{Caller, shown, stranger};
use crate::throttle::address_key;
use crate::tokens::CLIENT_ID_SHOWN;

/// The most clients-and-addresses, and the most addresses, of which failures are remembered; beyond that, a quarter is forgotten: what would be
/// soonest anyway.
pub const TRACKED_MAX: usize = 10_000;
/// Clients-and-addresses that are remembered to have proven themselves.
pub const PROVEN_KEPT: usize = 10_000;

impl Engine {
    /// The lock-outs of this process that concern a client: its own, and those of addresses.
    #[must_use]
    pub fn lockouts(&self, client_id: &str) -> Vec<Lockout> {
        self.0.lockouts.list(client_id, self.now())
    }

    /// Ends a lock-out of a client from an address, or without a client that of an address, in this process.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such client or lock-out; [`Error::Storage`].
    pub async fn lift_lockout(&self, actor: &Actor, client_id: Option<&str>, address: &str) -> Result<(), Error> {
        let client = match client_id {
            Some(client_id) => Some(clients::existing(&mut self.0.store.read().await?, client_id).await?),
            None => None,
        };
        if !self.0.lockouts.lift(client_id, address, self.now()) {
            return Err(Error::NotFound("lock-out"));
        }
        let entry = match client {
            Some(client) => self.client_entry(actor, &client, format!("Lock-out of {} from {address} lifted", client.name)),
            None => self.entry(actor, LogType::Changed, format!("Lock-out of the address {address} lifted")),
        };
        self.write_log(entry).await
    }

    /// Lets an attempt to prove a client pass, unless it is locked out. One that is refused here is counted and not logged.
    pub(crate) fn admit(&self, credentials: Option<&Credentials>, caller: &Caller) -> Result<(), Refusal> {
        let Some(credentials) = credentials else { return Ok(()) };
        let now = self.now();
        let client_id = shown(&credentials.client_id, CLIENT_ID_SHOWN);
        match self.0.lockouts.refused_until(&client_id, &address_key(&caller.ip), now) {
            None => Ok(()),
            Some(until) => Err(Refusal::TooManyFailures {
                client_id,
                until,
                retry_after: until - now,
            }),
        }
    }

    /// Notes how an attempt ended that was let pass. A lock-out that begins is logged, once, as an entry of this kind.
    pub(crate) fn note_attempt<T>(&self, credentials: Option<&Credentials>, answer: &Result<T, IssueError>, entry: &LogEntry, kind: LogType) {
        let Some(credentials) = credentials.filter(|credentials| !credentials.client_id.is_empty()) else {
            return;
        };
        let (client_id, address) = (shown(&credentials.client_id, CLIENT_ID_SHOWN), address_key(&entry.actor.ip));
        match answer {
            // The rules of an assertion are the last that can find a proof malformed.
            Err(IssueError::Refused(refusal)) if refusal.is_failed_proof() || matches!(refusal, Refusal::Malformed(_)) => {
                for lockout in self.0.lockouts.fail(&client_id, &address, entry.date) {
                    self.tell_lockout(&lockout, entry, kind);
                }
            }
            Err(IssueError::Refused(Refusal::GrantTypeMissing | Refusal::GrantTypeUnsupported(_)) | IssueError::Failed(_)) => {}
            _ => self.0.lockouts.proven(&client_id, &address),
        }
    }

    fn tell_lockout(&self, lockout: &Lockout, attempt: &LogEntry, kind: LogType) {
        let refusal = Refusal::TooManyFailures {
            client_id: lockout.client_id.clone().unwrap_or_default(),
            until: lockout.until,
            retry_after: lockout.until - lockout.since,
        };
        let (who, until) = (&lockout.address, exact(lockout.until));
        let entry = LogEntry {
            kind,
            reason: refusal.code().to_owned(),
            user_agent: attempt.user_agent.clone(),
            ..self.entry(&stranger("", &attempt.actor.ip), kind, "")
        };
        self.queue_log(match lockout.client_id {
            Some(_) => LogEntry {
                description: format!(
                    "The client is locked out from {who} until {until}, after {} failures. Attempts until then are counted, not logged",
                    OF_CLIENT.failures
                ),
                client_id: attempt.client_id.clone(),
                client_name: attempt.client_name.clone(),
                ..entry
            },
            None => LogEntry {
                description: format!(
                    "The address {who} is locked out until {until}, after {} failures of several clients. Those that have proven themselves from there are answered",
                    OF_ADDRESS.failures
                ),
                ..entry
            },
        });
    }
}

/// What this process knows of failures.
pub(crate) struct Lockouts {
    tracked: RwLock<Tracked>,
    /// How much of it there is: mostly nothing, and then nobody need look.
    count: AtomicUsize,
    /// Clients by address that have proven themselves: the lock-out of an address does not concern them.
    proven: Cache<String, ()>,
}

#[derive(Default)]
struct Tracked {
    pairs: HashMap<String, Failures>,
    addresses: HashMap<String, Failures>,
}

impl Lockouts {
    /// Knows nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            tracked: RwLock::default(),
            count: AtomicUsize::new(0),
            proven: Cache::new(PROVEN_KEPT),
        }
    }

    fn refused_until(&self, client_id: &str, address: &str, now: Timestamp) -> Option<Timestamp> {
        if self.count.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let pair = pair(client_id, address);
        let locked = |failures: Option<&Failures>| failures.and_then(|failures| failures.locked_until(now));
        let by_address = {
            let tracked = self.tracked.read().unwrap_or_else(PoisonError::into_inner);
            let by_address = locked(tracked.addresses.get(address)).filter(|_| self.proven.get(&pair).is_none());
            locked(tracked.pairs.get(&pair)).or(by_address)?;
            by_address
        };
        let mut tracked = self.tracked.write().unwrap_or_else(PoisonError::into_inner);
        let of_pair = tracked.pairs.get_mut(&pair).filter(|failures| failures.locked_until(now).is_some());
        if let Some(failures) = of_pair {
            failures.refuse();
            let until = failures.locked_until(now);
            return until.max(by_address);
        }
        let of_address = tracked.addresses.get_mut(address).filter(|_| by_address.is_some());
        of_address.and_then(|failures| {
            failures.refuse();
            failures.locked_until(now)
        })
    }

    /// Counts a failure; gives the lock-outs that begin with it.
    fn fail(&self, client_id: &str, address: &str, now: Timestamp) -> Vec<Lockout> {
        let mut tracked = self.tracked.write().unwrap_or_else(PoisonError::into_inner);
        let mut begun = Vec::new();
        let of_pair = entry(&mut tracked.pairs, pair(client_id, address), &OF_CLIENT, now);
        if of_pair.fail(&OF_CLIENT, now) {
            begun.extend(of_pair.lockout(Some(client_id), address, now));
        }
        let of_address = entry(&mut tracked.addresses, address.to_owned(), &OF_ADDRESS, now);
        if of_address.fail(&OF_ADDRESS, now) {
            begun.extend(of_address.lockout(None, address, now));
        }
        self.recount(&tracked);
        begun
    }

    /// A client has proven itself: its own failures are forgotten, those of its address are not.
    fn proven(&self, client_id: &str, address: &str) {
        let pair = pair(client_id, address);
        if self.proven.get(&pair).is_none() {
            self.proven.insert(pair.clone(), ());
        }
        if self.count.load(Ordering::Relaxed) == 0 {
            return;
        }
        let known = self.tracked.read().unwrap_or_else(PoisonError::into_inner).pairs.contains_key(&pair);
        if known {
            let mut tracked = self.tracked.write().unwrap_or_else(PoisonError::into_inner);
            tracked.pairs.remove(&pair);
            self.recount(&tracked);
        }
    }

    fn list(&self, client_id: &str, now: Timestamp) -> Vec<Lockout> {
        let tracked = self.tracked.read().unwrap_or_else(PoisonError::into_inner);
        let pairs = tracked.pairs.iter().filter_map(|(pair, failures)| {
            let (address, id) = pair.split_once(' ')?;
            failures.lockout(Some(id), address, now).filter(|_| id == client_id)
        });
        let addresses = tracked
            .addresses
            .iter()
            .filter_map(|(address, failures)| failures.lockout(None, address, now));
        let mut all: Vec<Lockout> = pairs.chain(addresses).collect();
        all.sort_by(|a, b| (a.client_id.is_none(), &a.address).cmp(&(b.client_id.is_none(), &b.address)));
        all
    }

    fn lift(&self, client_id: Option<&str>, address: &str, now: Timestamp) -> bool {
        let mut tracked = self.tracked.write().unwrap_or_else(PoisonError::into_inner);
        let lifted = match client_id {
            Some(client_id) => tracked.pairs.remove(&pair(client_id, address)),
            None => tracked.addresses.remove(address),
        };
        self.recount(&tracked);
        lifted.is_some_and(|failures| failures.locked_until(now).is_some())
    }

    fn recount(&self, tracked: &Tracked) {
        self.count.store(tracked.pairs.len() + tracked.addresses.len(), Ordering::Relaxed);
    }
}

/// No address has a space in it.
fn pair(client_id: &str, address: &str) -> String {
    format!("{} {client_id}", address.replace(' ', "_"))
}

/// The failures of `key`, after making room for them.
fn entry<'a>(map: &'a mut HashMap<String, Failures>, key: String, rule: &LockoutRule, now: Timestamp) -> &'a mut Failures {
    if map.len() >= TRACKED_MAX && !map.contains_key(&key) {
        map.retain(|_, failures| now < failures.forgotten_at(rule));
        if map.len() >= TRACKED_MAX {
            let mut all: Vec<Timestamp> = map.values().map(|failures| failures.forgotten_at(rule)).collect();
            let (_, last, _) = all.select_nth_unstable(TRACKED_MAX / 4);
            let last = *last;
            // Of those that would be forgotten at the same time some stay, or all could go at once.
            let mut spare = TRACKED_MAX / 4;
            map.retain(|_, failures| {
                let goes = failures.forgotten_at(rule) <= last && spare > 0;
                spare -= usize::from(goes);
                !goes
            });
        }
    }
    map.entry(key).or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = 1_800_000_000;

    #[test]
    fn memory_is_bounded_and_lock_outs_are_kept_longest() {
        let lockouts = Lockouts::new();
        for _ in 0..OF_CLIENT.failures {
            lockouts.fail("c1", "192.0.2.1", NOW + 1);
        }
        for number in 0..3 * TRACKED_MAX {
            lockouts.fail(&number.to_string(), &format!("host{number}"), NOW);
        }
        let tracked = lockouts.tracked.read().unwrap();
        assert!(tracked.pairs.len() <= TRACKED_MAX && tracked.addresses.len() <= TRACKED_MAX);
        assert!(tracked.pairs.len() > TRACKED_MAX / 2);
        drop(tracked);
        assert!(lockouts.refused_until("c1", "192.0.2.1", NOW + 1).is_some());
    }

    #[test]
    fn what_is_forgotten_makes_room() {
        let lockouts = Lockouts::new();
        for number in 0..TRACKED_MAX {
            lockouts.fail(&number.to_string(), "", NOW);
        }
        lockouts.fail("another", "", NOW + OF_CLIENT.window);
        assert_eq!(lockouts.tracked.read().unwrap().pairs.len(), 1);
    }

    #[test]
    fn nobody_looks_where_nothing_failed() {
        let lockouts = Lockouts::new();
        lockouts.proven("c1", "192.0.2.1");
        assert_eq!(lockouts.count.load(Ordering::Relaxed), 0);
        lockouts.fail("c1", "192.0.2.1", NOW);
        assert_eq!(lockouts.count.load(Ordering::Relaxed), 2);
        lockouts.proven("c1", "192.0.2.1");
        assert_eq!(lockouts.count.load(Ordering::Relaxed), 1, "that of the address stays");
    }
}
