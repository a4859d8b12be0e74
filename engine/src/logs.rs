//! The log: entries that changes write with their own transaction, and entries of the token path, which are queued so
//! that no request waits for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use model::log::{Actor, ActorKind, LogEntry, LogQuery, LogType};
use model::page::{Page, PageRequest};
use serde::Serialize;
use sqlx::{Database, Encode, QueryBuilder, Type};
use tokio::sync::{Mutex, Notify, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::chance::Chance;
use crate::clock::Clock;
use crate::engine::Engine;
use crate::error::Error;
use crate::store::{Store, Tx, contains, on, storable};

/// Entries that may wait to be written.
const QUEUE: usize = 8_192;
/// The most entries in one statement.
const BATCH: usize = 200;
/// How long the first entry of a batch waits for others.
const GATHER: Duration = Duration::from_millis(5);
/// How often a batch is tried before it is given up.
const TRIES: u32 = 5;
/// How long a reader waits for the queue to be written.
const FLUSH_WAIT: Duration = Duration::from_secs(2);
/// The most characters of one text, apart from scopes and the JSON of objects.
pub const TEXT_MAX: usize = 1_000;
/// The most characters of a `User-Agent`.
pub const USER_AGENT_MAX: usize = 300;

/// Who sent a request, as far as the wire can tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// Address that the request came from.
    pub ip: String,
    /// What it sent as `User-Agent`.
    pub user_agent: String,
    /// Under which the log has the request if it is refused, from [`Engine::log_id`]; where it is empty, the entry gets an id of its own.
    pub log_id: String,
}

impl Engine {
    /// Log entries in the asked-for order; those that this process has queued are written before the list is read.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn list_logs(&self, query: &LogQuery) -> Result<Page<LogEntry>, Error> {
        self.flush_logs().await;
        let page = PageRequest::new(query.page.page, query.page.per_page);
        let mut tx = self.0.store.read().await?;
        let total = on!(&mut tx, db => {
            let mut sql = QueryBuilder::new("SELECT COUNT(*) FROM logs");
            push_filter(&mut sql, query);
            sql.build_query_scalar().fetch_one(db).await
        })?;
        let rows: Vec<LogRow> = on!(&mut tx, db => {
            let mut sql = QueryBuilder::new("SELECT * FROM logs");
            push_filter(&mut sql, query);
            sql.push(if query.oldest_first { " ORDER BY log_id LIMIT " } else { " ORDER BY log_id DESC LIMIT " });
            sql.push_bind(page.per_page);
            sql.push(" OFFSET ").push_bind(page.offset());
            sql.build_query_as().fetch_all(db).await
        })?;
        Ok(Page {
            items: rows.into_iter().map(LogRow::entry).collect::<Result<_, _>>()?,
            total,
            page: page.page,
            per_page: page.per_page,
            as_of: self.now(),
        })
    }

    /// Log entries that came after the one with this id, oldest first; from the oldest on without one.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn logs_after(&self, log_id: Option<&str>, take: i64) -> Result<Vec<LogEntry>, Error> {
        let log_id = log_id.unwrap_or_default();
        if storable(log_id, "log entry").is_err() {
            return Ok(Vec::new());
        }
        self.flush_logs().await;
        let mut tx = self.0.store.read().await?;
        let rows: Vec<LogRow> = on!(&mut tx, db => sqlx::query_as("SELECT * FROM logs WHERE log_id > $1 ORDER BY log_id LIMIT $2")
            .bind(log_id)
            .bind(take)
            .fetch_all(db)
            .await)?;
        rows.into_iter().map(LogRow::entry).collect()
    }

    /// One log entry.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Storage`].
    pub async fn log(&self, log_id: &str) -> Result<LogEntry, Error> {
        storable(log_id, "log entry")?;
        self.flush_logs().await;
        let mut tx = self.0.store.read().await?;
        let row: Option<LogRow> = on!(&mut tx, db => sqlx::query_as("SELECT * FROM logs WHERE log_id = $1").bind(log_id).fetch_optional(db).await)?;
        row.ok_or(Error::NotFound("log entry"))?.entry()
    }

    /// The id of an entry that is still to be written, so that a caller who is refused can be told it. For one request only.
    #[must_use]
    pub fn log_id(&self) -> String {
        self.0.log_ids.next(&*self.0.clock, &self.0.chance)
    }

    /// An entry of now, to be completed with what it concerns.
    pub(crate) fn entry(&self, actor: &Actor, kind: LogType, description: impl Into<String>) -> LogEntry {
        self.entry_as(self.log_id(), actor, kind, description)
    }

    /// The same under an id that was drawn before.
    pub(crate) fn entry_as(&self, log_id: String, actor: &Actor, kind: LogType, description: impl Into<String>) -> LogEntry {
        LogEntry {
            log_id,
            date: self.now(),
            kind,
            description: description.into(),
            actor: actor.clone(),
            client_id: String::new(),
            client_name: String::new(),
            audience: String::new(),
            api_name: String::new(),
            scope: String::new(),
            reason: String::new(),
            user_agent: String::new(),
            refused: None,
            before: String::new(),
            after: String::new(),
        }
    }

    /// Queues an entry; never waits. Where the queue is full the entry is dropped and counted.
    pub(crate) fn queue_log(&self, entry: LogEntry) {
        self.0.log_writer.queue(entry);
    }

    /// Waits until what this process has queued can be read.
    pub(crate) async fn flush_logs(&self) {
        self.0.log_writer.flush().await;
    }

    /// Writes an entry that belongs to no change, and waits for it.
    pub(crate) async fn write_log(&self, entry: LogEntry) -> Result<(), Error> {
        let mut tx = self.0.store.write().await?;
        insert(&mut tx, &[entry]).await?;
        tx.commit().await
    }
}

/// An object as the log keeps it. The nouns of `model` hold no secrets.
pub(crate) fn json(object: &impl Serialize) -> String {
    serde_json::to_string(object).unwrap_or_default()
}

/// Somebody who did not prove to be the one with this name.
pub(crate) fn stranger(name: &str, ip: &str) -> Actor {
    Actor {
        kind: ActorKind::Stranger,
        id: String::new(),
        name: name.to_owned(),
        ip: ip.to_owned(),
    }
}

/// Makes ids that sort by time, also within a second and among processes: microseconds, then chance.
#[derive(Debug, Default)]
pub(crate) struct LogIds {
    last: AtomicI64,
}

impl LogIds {
    fn next(&self, clock: &dyn Clock, chance: &Chance) -> String {
        let now = clock.now_micros();
        let next = |last: i64| now.max(last + 1);
        let last = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
        format!("{:016}{}", next(last.unwrap_or_default()), chance.digits(8))
    }
}

/// A task that writes queued entries, many in one statement.
pub(crate) struct LogWriter {
    queue: mpsc::Sender<Item>,
    dropped: Arc<AtomicU64>,
    stop: Arc<Notify>,
    task: Mutex<Option<JoinHandle<()>>>,
}

enum Item {
    Entry(Box<LogEntry>),
    /// Answers once everything before it is written.
    Flush(oneshot::Sender<()>),
}

impl LogWriter {
    /// Starts the task.
    pub(crate) fn start(store: Store) -> Self {
        let (queue, items) = mpsc::channel(QUEUE);
        let dropped = Arc::new(AtomicU64::new(0));
        let stop = Arc::new(Notify::new());
        let task = tokio::spawn(work_off(store, items, dropped.clone(), stop.clone()));
        Self {
            queue,
            dropped,
            stop,
            task: Mutex::new(Some(task)),
        }
    }

    fn queue(&self, entry: LogEntry) {
        if self.queue.try_send(Item::Entry(Box::new(entry))).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until everything queued so far is written, but not for long.
    async fn flush(&self) {
        let (done, written) = oneshot::channel();
        let wait = async {
            if self.queue.send(Item::Flush(done)).await.is_ok() {
                // An error means that the task has ended, and with it the queue.
                let _ = written.await;
            }
        };
        if timeout(FLUSH_WAIT, wait).await.is_err() {
            tracing::warn!("log entries are still waiting to be written");
        }
    }

    /// Writes what is queued and ends the task.
    pub(crate) async fn close(&self) {
        self.stop.notify_one();
        if let Some(task) = self.task.lock().await.take()
            && let Err(error) = task.await
        {
            tracing::error!(%error, "the log writer broke off");
        }
    }
}

async fn work_off(store: Store, mut items: mpsc::Receiver<Item>, dropped: Arc<AtomicU64>, stop: Arc<Notify>) {
    let mut batch = Vec::with_capacity(BATCH);
    let mut next_warning = Instant::now();
    loop {
        tokio::select! {
            biased;
            count = items.recv_many(&mut batch, BATCH) => if count == 0 { break },
            () = stop.notified() => {
                // What is queued still comes out; then `recv_many` gives 0.
                items.close();
                continue;
            }
        }
        gather(&mut items, &mut batch).await;
        let mut entries = Vec::with_capacity(batch.len());
        let mut waiting = Vec::new();
        for item in batch.drain(..) {
            match item {
                Item::Entry(entry) => entries.push(*entry),
                Item::Flush(done) => waiting.push(done),
            }
        }
        if !write_patiently(&store, &entries).await {
            dropped.fetch_add(u64::try_from(entries.len()).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
        for done in waiting {
            // Whoever waited may have given up.
            let _ = done.send(());
        }
        if Instant::now() >= next_warning {
            let count = dropped.swap(0, Ordering::Relaxed);
            if count > 0 {
                tracing::warn!(count, "log entries were dropped because the database could not keep up");
                next_warning = Instant::now() + Duration::from_secs(1);
            }
        }
    }
}

/// Lets a batch that nobody waits for grow for a moment.
async fn gather(items: &mut mpsc::Receiver<Item>, batch: &mut Vec<Item>) {
    let until = Instant::now() + GATHER;
    while batch.len() < BATCH && !batch.iter().any(|item| matches!(item, Item::Flush(_))) {
        let room = BATCH - batch.len();
        tokio::select! {
            count = items.recv_many(batch, room) => if count == 0 { return },
            () = sleep_until(until) => return,
        }
    }
}

async fn write_patiently(store: &Store, entries: &[LogEntry]) -> bool {
    for attempt in 1..=TRIES {
        match write(store, entries).await {
            Ok(()) => return true,
            Err(error) => tracing::warn!(%error, attempt, "log entries could not be written"),
        }
        sleep(Duration::from_millis(100) * attempt).await;
    }
    false
}

async fn write(store: &Store, entries: &[LogEntry]) -> Result<(), Error> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut tx = store.write().await?;
    insert(&mut tx, entries).await?;
    tx.commit().await
}

/// Writes entries, which must not be none.
pub(crate) async fn insert(tx: &mut Tx, entries: &[LogEntry]) -> Result<(), Error> {
    on!(tx, db => {
        let mut sql = QueryBuilder::new(
            "INSERT INTO logs (log_id, date, kind, description, actor_kind, actor_id, actor_name, actor_ip, client_id, \
             client_name, audience, api_name, scope, reason, user_agent, refused_json, before_json, after_json) ",
        );
        sql.push_values(entries, |mut row, entry| {
            row.push_bind(&entry.log_id)
                .push_bind(entry.date)
                .push_bind(entry.kind.code())
                .push_bind(shown(&entry.description, TEXT_MAX))
                .push_bind(entry.actor.kind.as_str())
                .push_bind(shown(&entry.actor.id, TEXT_MAX))
                .push_bind(shown(&entry.actor.name, TEXT_MAX))
                .push_bind(shown(&entry.actor.ip, TEXT_MAX))
                .push_bind(shown(&entry.client_id, TEXT_MAX))
                .push_bind(shown(&entry.client_name, TEXT_MAX))
                .push_bind(shown(&entry.audience, TEXT_MAX))
                .push_bind(shown(&entry.api_name, TEXT_MAX))
                .push_bind(shown(&entry.scope, usize::MAX))
                .push_bind(shown(&entry.reason, TEXT_MAX))
                .push_bind(shown(&entry.user_agent, USER_AGENT_MAX))
                .push_bind(entry.refused.as_ref().map(json).unwrap_or_default())
                .push_bind(&entry.before)
                .push_bind(&entry.after);
        });
        sql.build().execute(db).await.map(|done| done.rows_affected())
    })?;
    Ok(())
}

/// At most `max` characters, with control characters made visible: a log is read in terminals too, and PostgreSQL takes
/// NUL in no text. What callers send must not stop the log.
pub(crate) fn shown(text: &str, max: usize) -> String {
    text.chars()
        .take(max)
        .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
        .collect()
}

fn push_filter<DB: Database>(sql: &mut QueryBuilder<DB>, query: &LogQuery)
where
    String: Type<DB> + for<'e> Encode<'e, DB>,
{
    sql.push(" WHERE 1 = 1");
    let equal = [
        ("kind", query.kind.map(LogType::code).unwrap_or_default()),
        ("client_id", query.client_id.as_str()),
        ("audience", query.audience.as_str()),
    ];
    for (column, value) in equal {
        if !value.is_empty() {
            sql.push(format_args!(" AND {column} = ")).push_bind(shown(value, TEXT_MAX));
        }
    }
    if query.search.trim().is_empty() {
        return;
    }
    sql.push(" AND (log_id = ").push_bind(shown(query.search.trim(), TEXT_MAX));
    for column in ["description", "client_name", "api_name", "actor_name", "reason"] {
        sql.push(format_args!(" OR LOWER({column}) LIKE LOWER("))
            .push_bind(contains(&query.search));
        sql.push(") ESCAPE '\\'");
    }
    sql.push(")");
}

#[derive(sqlx::FromRow)]
struct LogRow {
    log_id: String,
    date: i64,
    kind: String,
    description: String,
    actor_kind: String,
    actor_id: String,
    actor_name: String,
    actor_ip: String,
    client_id: String,
    client_name: String,
    audience: String,
    api_name: String,
    scope: String,
    reason: String,
    user_agent: String,
    refused_json: String,
    before_json: String,
    after_json: String,
}

impl LogRow {
    fn entry(self) -> Result<LogEntry, Error> {
        Ok(LogEntry {
            kind: LogType::parse(&self.kind).ok_or(Error::Corrupt("logs.kind"))?,
            actor: Actor {
                kind: ActorKind::parse(&self.actor_kind).ok_or(Error::Corrupt("logs.actor_kind"))?,
                id: self.actor_id,
                name: self.actor_name,
                ip: self.actor_ip,
            },
            log_id: self.log_id,
            date: self.date,
            description: self.description,
            client_id: self.client_id,
            client_name: self.client_name,
            audience: self.audience,
            api_name: self.api_name,
            scope: self.scope,
            reason: self.reason,
            user_agent: self.user_agent,
            // What another version wrote may be more than this one knows; the other fields say it in words.
            refused: serde_json::from_str(&self.refused_json).ok(),
            before: self.before_json,
            after: self.after_json,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    #[test]
    fn ids_sort_by_time_and_within_one_moment() {
        let (ids, clock, chance) = (LogIds::default(), ManualClock::at(1_000), Chance::seeded(1));
        let mut made: Vec<String> = (0..50).map(|_| ids.next(&clock, &chance)).collect();
        clock.advance(1);
        made.push(ids.next(&clock, &chance));
        let mut sorted = made.clone();
        sorted.sort();
        assert_eq!(made, sorted);
        assert!(made[0].starts_with("0000001000000000"));
        assert!(made.last().unwrap() > &LogIds::default().next(&ManualClock::at(1_000), &chance));
    }

    #[test]
    fn texts_are_cut_and_free_of_control_characters() {
        assert_eq!(shown("a\0\u{1b}bc", 4), "a\u{fffd}\u{fffd}b");
    }
}
