//! How many tokens each client asks for: counted in memory, added to the database by a task now and then, so that no token waits for it.
//!
//! Several servers on one database add to the same rows, and read the sums every time that they add: each knows its own tokens at once
//! and those of the others some seconds late. A server that is killed forgets what it has counted since it last wrote.
//!
//! This is no change of the configuration: it raises no revision and leaves no log entry.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use model::client::Client;
use model::quota::{QuotaLevel, QuotaStanding, QuotaWindow, TokenQuota};
use model::time::{DAY, HOUR, Timestamp};
use model::token::TokenResponse;
use model::usage::{ClientUsage, Counts, Held, KEPT_DAYS};
use quick_cache::sync::Cache;
use sqlx::QueryBuilder;
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::clock::Clock;
use crate::engine::Engine;
use crate::error::Error;
use crate::store::{self, Store, execute, on};

/// How long a count may wait to be written, and what others have counted to be read.
pub const WRITE_EVERY: Duration = Duration::from_secs(2);
/// The most rows in one statement.
const BATCH: usize = 200;
/// Tokens that are remembered to see whether their clients keep them; beyond that, those are forgotten that are asked for least.
pub const HELD_KEPT: usize = 20_000;

impl Engine {
    /// What a client asked for in the days that are kept. Brings what this process knows of quotas up to date.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Storage`].
    pub async fn client_usage(&self, client_id: &str) -> Result<ClientUsage, Error> {
        self.0.usage.flush().await?;
        let as_of = self.now();
        let mut tx = self.0.store.read().await?;
        crate::clients::existing(&mut tx, client_id).await?;
        let sql = "SELECT hour, issued, avoidable, refused FROM token_usage WHERE client_id = $1 AND hour >= $2 ORDER BY hour";
        let rows: Vec<(i64, i64, i64, i64)> =
            on!(&mut tx, db => sqlx::query_as(sql).bind(client_id).bind(as_of - KEPT_DAYS * DAY).fetch_all(db).await)?;
        let counted = |(hour, issued, avoidable, refused)| {
            let counts = Counts { issued, avoidable, refused };
            (hour, counts)
        };
        Ok(ClientUsage {
            hours: rows.into_iter().map(counted).collect(),
            as_of,
        })
    }
}

/// The counts of this process, and the task that writes them.
pub(crate) struct Usage {
    shared: Arc<Shared>,
    /// By a hash of client, API and scopes: two that share one would only be counted a little wrong.
    held: Cache<u64, Held>,
    hasher: RandomState,
    stop: Arc<Notify>,
    task: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    store: Store,
    clock: Arc<dyn Clock>,
    memory: std::sync::Mutex<Memory>,
    /// Held while a batch is written or sums are read, so that no token is in neither or in both.
    turn: Mutex<()>,
}

#[derive(Default)]
struct Memory {
    /// What waits to be written, by client and hour.
    unwritten: HashMap<(String, Timestamp), Counts>,
    /// The clients with a quota that have asked today.
    windows: HashMap<String, [Window; 2]>,
    /// The hour in which old rows were last removed.
    swept: Timestamp,
}

/// The tokens of a client in one hour or on one day.
#[derive(Clone, Copy, Default)]
struct Window {
    start: Timestamp,
    /// As the database had it.
    stored: i64,
    /// What this process has added since.
    own: i64,
    /// What the log has been told.
    told: QuotaLevel,
    /// Whether a refusal has been logged.
    refused: bool,
}

/// Room for one token in the quota of its client; given back if there comes no token of it.
pub(crate) struct Room<'a> {
    usage: &'a Usage,
    client_id: String,
    at: Timestamp,
    quota: TokenQuota,
    kept: bool,
}

impl Room<'_> {
    /// Counts the token that was issued. Says how the quota stands, and in which windows it has come to a level that the log does not
    /// know of yet.
    pub(crate) fn keep(mut self, avoidable: bool) -> (Option<QuotaStanding>, Vec<(QuotaWindow, QuotaLevel)>) {
        self.kept = true;
        let mut memory = self.usage.shared.memory();
        let counts = Counts {
            issued: 1,
            avoidable: avoidable.into(),
            refused: 0,
        };
        memory.count(&self.client_id, self.at, counts);
        if self.quota.is_none() {
            // Nobody counts in them now; they are read anew should there be a quota again.
            memory.windows.remove(&self.client_id);
            return (None, Vec::new());
        }
        let Some(windows) = memory.windows.get_mut(&self.client_id) else {
            return (None, Vec::new());
        };
        let standing = standing(windows, self.quota, self.at);
        let mut reached = Vec::new();
        for (window, kind) in windows.iter_mut().zip(QuotaWindow::ALL) {
            let level = standing.level(kind);
            if level > window.told {
                window.told = level;
                reached.push((kind, level));
            }
        }
        (Some(standing), reached)
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        if self.kept || self.quota.is_none() {
            return;
        }
        let mut memory = self.usage.shared.memory();
        if let Some(windows) = memory.windows.get_mut(&self.client_id) {
            for (window, kind) in windows.iter_mut().zip(QuotaWindow::ALL) {
                if window.start == kind.start(self.at) {
                    window.own -= 1;
                }
            }
        }
    }
}

impl Usage {
    /// Starts the task.
    pub(crate) fn start(store: Store, clock: Arc<dyn Clock>) -> Self {
        let shared = Arc::new(Shared {
            store,
            clock,
            memory: std::sync::Mutex::default(),
            turn: Mutex::new(()),
        });
        let stop = Arc::new(Notify::new());
        let task = tokio::spawn(write_now_and_then(Arc::downgrade(&shared), stop.clone()));
        Self {
            shared,
            held: Cache::new(HELD_KEPT),
            hasher: RandomState::new(),
            stop,
            task: Mutex::new(Some(task)),
        }
    }

    /// Takes room for one token of a client.
    ///
    /// # Errors
    /// How the quota stands, if it is used up and enforced; the refusal is counted.
    pub(crate) async fn take(&self, client_id: &str, quota: TokenQuota, at: Timestamp) -> Result<Room<'_>, QuotaStanding> {
        let mut room = Room {
            usage: self,
            client_id: client_id.to_owned(),
            at,
            quota,
            // Nothing to give back until it is taken.
            kept: true,
        };
        if quota.is_none() {
            return Ok(room);
        }
        if !self.shared.memory().windows.contains_key(client_id) {
            self.shared.load(client_id, at).await;
        }
        let mut memory = self.shared.memory();
        let windows = memory.windows.entry(client_id.to_owned()).or_default();
        for (window, kind) in windows.iter_mut().zip(QuotaWindow::ALL) {
            window.turn_to(kind.start(at));
        }
        let before = standing(windows, quota, at);
        if quota.enforce && before.exhausted().is_some() {
            let counts = Counts {
                refused: 1,
                ..Counts::default()
            };
            memory.count(client_id, at, counts);
            return Err(before);
        }
        for window in windows {
            window.own += 1;
        }
        drop(memory);
        room.kept = false;
        Ok(room)
    }

    /// Whether a refusal for this standing of a quota is the first in its window that this process gives; the log tells of no other.
    pub(crate) fn is_first_refusal(&self, client_id: &str, standing: &QuotaStanding) -> bool {
        let mut memory = self.shared.memory();
        let windows = memory.windows.get_mut(client_id).zip(standing.exhausted());
        windows.is_some_and(|(windows, full)| !std::mem::replace(&mut windows[usize::from(full == QuotaWindow::Day)].refused, true))
    }

    /// Whether the client held a token like the one that it was issued at `now`, and that one sufficed; if not, it is the new one from now on
    /// that must suffice.
    pub(crate) fn is_avoidable(&self, client: &Client, audience: &str, token: &TokenResponse, now: Timestamp) -> bool {
        let key = self.key(&client.client_id, audience, token.scope.as_deref());
        if self.held.get(&key).is_some_and(|held| held.suffices(now, client.tokens_valid_from)) {
            return true;
        }
        // As `model::token::decide` has it.
        let issued_at = client.tokens_valid_from.map_or(now, |from| now.max(from));
        let held = Held {
            issued_at,
            expires_at: issued_at + token.expires_in,
        };
        self.held.insert(key, held);
        false
    }

    /// Forgets the token that a client holds: it has revoked one of these.
    pub(crate) fn forget(&self, client_id: &str, audience: &str, scope: Option<&str>) {
        self.held.remove(&self.key(client_id, audience, scope));
    }

    fn key(&self, client_id: &str, audience: &str, scope: Option<&str>) -> u64 {
        let mut scopes: Vec<&str> = scope.unwrap_or_default().split(' ').collect();
        scopes.sort_unstable();
        self.hasher.hash_one((client_id, audience, scopes))
    }

    /// Writes what this process has counted, and reads what all have.
    ///
    /// # Errors
    /// [`Error::Storage`]; then it waits for the next time.
    pub(crate) async fn flush(&self) -> Result<(), Error> {
        self.shared.exchange().await
    }

    /// Writes what is counted and ends the task.
    pub(crate) async fn close(&self) {
        self.stop.notify_one();
        if let Some(task) = self.task.lock().await.take()
            && let Err(error) = task.await
        {
            tracing::error!(%error, "the writer of token counts broke off");
        }
    }
}

impl Window {
    /// Begins anew where the time has come.
    fn turn_to(&mut self, start: Timestamp) {
        if self.start != start {
            *self = Self { start, ..Self::default() };
        }
    }

    fn used(&self) -> i64 {
        (self.stored + self.own).max(0)
    }
}

impl Memory {
    fn count(&mut self, client_id: &str, at: Timestamp, counts: Counts) {
        let hour = QuotaWindow::Hour.start(at);
        *self.unwritten.entry((client_id.to_owned(), hour)).or_default() += counts;
    }

    /// Tokens of a client in a window that wait to be written.
    fn waiting(&self, client_id: &str, window: QuotaWindow, start: Timestamp) -> i64 {
        let inside = self
            .unwritten
            .iter()
            .filter(|((id, hour), _)| id == client_id && window.start(*hour) == start);
        inside.map(|(_, counts)| counts.issued).sum()
    }
}

fn standing(windows: &[Window; 2], quota: TokenQuota, at: Timestamp) -> QuotaStanding {
    QuotaStanding {
        quota,
        in_hour: windows[0].used(),
        in_day: windows[1].used(),
        at,
    }
}

impl Shared {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what a client has used of its quota. Where that fails it begins with nothing, and is put right once the database is back:
    /// a quota is no reason for an outage.
    async fn load(&self, client_id: &str, at: Timestamp) {
        let _turn = self.turn.lock().await;
        let stored = sums(&self.store, &[client_id.to_owned()], at).await;
        let stored = stored.inspect_err(|error| tracing::warn!(%error, "what a client has used of its quota can't be read"));
        let stored = stored.unwrap_or_default().remove(client_id).unwrap_or_default();
        let mut memory = self.memory();
        let windows = QuotaWindow::ALL.map(|kind| {
            let start = kind.start(at);
            Window {
                start,
                stored: stored[usize::from(kind == QuotaWindow::Day)],
                own: memory.waiting(client_id, kind, start),
                ..Window::default()
            }
        });
        memory.windows.entry(client_id.to_owned()).or_insert(windows);
    }

    async fn exchange(&self) -> Result<(), Error> {
        let _turn = self.turn.lock().await;
        let now = self.clock.now();
        let mut batch = self.take_batch(now);
        if !batch.counts.is_empty() || batch.sweep {
            write(&self.store, &batch.counts, batch.sweep.then_some(now)).await?;
        }
        let (written, swept) = (std::mem::take(&mut batch.counts), batch.sweep);
        let clients = {
            let mut memory = self.memory();
            // What is written is stored, although the sum is not read yet.
            for ((client_id, hour), counts) in &written {
                let Some(windows) = memory.windows.get_mut(client_id) else { continue };
                for (window, kind) in windows.iter_mut().zip(QuotaWindow::ALL) {
                    if window.start == kind.start(*hour) {
                        window.own -= counts.issued;
                        window.stored += counts.issued;
                    }
                }
            }
            if swept {
                memory.swept = QuotaWindow::Hour.start(now);
            }
            let today = QuotaWindow::Day.start(now);
            memory.windows.retain(|_, windows| windows[1].start >= today);
            memory.windows.keys().cloned().collect::<Vec<_>>()
        };
        let sums = sums(&self.store, &clients, now).await?;
        let mut memory = self.memory();
        for (client_id, windows) in &mut memory.windows {
            let stored = sums.get(client_id).copied().unwrap_or_default();
            for ((window, kind), stored) in windows.iter_mut().zip(QuotaWindow::ALL).zip(stored) {
                // One that was begun meanwhile, or that is known by hearsay only, is not lowered.
                if window.start == kind.start(now) && clients.contains(client_id) {
                    window.stored = stored;
                }
            }
        }
        Ok(())
    }

    fn take_batch(&self, now: Timestamp) -> Batch<'_> {
        let mut memory = self.memory();
        Batch {
            shared: self,
            counts: std::mem::take(&mut memory.unwritten).into_iter().collect(),
            sweep: memory.swept < QuotaWindow::Hour.start(now),
        }
    }
}

/// Counts on their way to the database. Those that do not get there, since it failed or who waited has gone, are counted again.
struct Batch<'a> {
    shared: &'a Shared,
    counts: Vec<((String, Timestamp), Counts)>,
    /// Whether old rows are removed too.
    sweep: bool,
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        if self.counts.is_empty() {
            return;
        }
        let mut memory = self.shared.memory();
        for (key, counts) in self.counts.drain(..) {
            *memory.unwritten.entry(key).or_default() += counts;
        }
    }
}

async fn write_now_and_then(shared: Weak<Shared>, stop: Arc<Notify>) {
    let (mut failing, mut last) = (false, false);
    while !last {
        tokio::select! {
            () = stop.notified() => last = true,
            () = sleep(WRITE_EVERY) => {}
        }
        let Some(shared) = shared.upgrade() else { return };
        let exchanged = shared.exchange().await;
        // Said once an outage, not at every try.
        if let Err(error) = &exchanged
            && !failing
        {
            tracing::warn!(%error, "how many tokens clients asked for can't be written; trying again");
        }
        failing = exchanged.is_err();
    }
}

/// Adds counts to the rows of their hours. Those of clients that are gone are left out.
async fn write(store: &Store, counts: &[((String, Timestamp), Counts)], sweep: Option<Timestamp>) -> Result<(), Error> {
    let mut tx = store.write().await?;
    // Rows are taken in no order of ours: without the queue two processes could wait for each other.
    store::queue_up(&mut tx).await?;
    for some in counts.chunks(BATCH) {
        on!(&mut tx, db => {
            let mut sql = QueryBuilder::new(
                "INSERT INTO token_usage (client_id, hour, issued, avoidable, refused) \
                 SELECT column1, column2, column3, column4, column5 FROM (",
            );
            sql.push_values(some, |mut row, ((client_id, hour), counts)| {
                row.push_bind(client_id).push_bind(hour).push_bind(counts.issued).push_bind(counts.avoidable).push_bind(counts.refused);
            });
            sql.push(
                ") AS counted WHERE EXISTS (SELECT 1 FROM clients WHERE clients.client_id = counted.column1) \
                 ON CONFLICT (client_id, hour) DO UPDATE SET issued = token_usage.issued + excluded.issued, \
                 avoidable = token_usage.avoidable + excluded.avoidable, refused = token_usage.refused + excluded.refused",
            );
            sql.build().execute(db).await.map(|done| done.rows_affected())
        })?;
    }
    if let Some(now) = sweep {
        execute!(
            &mut tx,
            sqlx::query("DELETE FROM token_usage WHERE hour < $1").bind(QuotaWindow::Hour.start(now) - KEPT_DAYS * DAY)
        )?;
    }
    tx.commit().await
}

/// How many tokens these clients were issued in the hour and on the day of `now`, as far as it is written.
async fn sums(store: &Store, clients: &[String], now: Timestamp) -> Result<HashMap<String, [i64; 2]>, Error> {
    let mut all = HashMap::new();
    if clients.is_empty() {
        return Ok(all);
    }
    let (hour, day) = (QuotaWindow::Hour.start(now), QuotaWindow::Day.start(now));
    let mut tx = store.read().await?;
    for some in clients.chunks(BATCH) {
        let rows: Vec<(String, i64, i64)> = on!(&mut tx, db => {
            let mut sql = QueryBuilder::new("SELECT client_id, CAST(SUM(CASE WHEN hour = ");
            sql.push_bind(hour);
            sql.push(" THEN issued ELSE 0 END) AS BIGINT), CAST(SUM(issued) AS BIGINT) FROM token_usage WHERE hour >= ").push_bind(day);
            sql.push(" AND hour < ").push_bind(hour + HOUR);
            sql.push(" AND client_id IN (");
            let mut list = sql.separated(", ");
            for client_id in some {
                list.push_bind(client_id);
            }
            sql.push(") GROUP BY client_id");
            sql.build_query_as().fetch_all(db).await
        })?;
        all.extend(rows.into_iter().map(|(client_id, in_hour, in_day)| (client_id, [in_hour, in_day])));
    }
    Ok(all)
}
