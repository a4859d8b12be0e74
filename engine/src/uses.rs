//! When each client secret was last used: noted in memory, written by a task now and then, so that no token waits for it.
//!
//! This is no change of the configuration: it raises no revision and leaves no log entry. Of several processes that write, the newest
//! use wins.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;

use model::client_secret::LastUse;
use sqlx::QueryBuilder;
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::error::Error;
use crate::store::{self, Store, on};

/// How long a use may wait to be written.
const WRITE_EVERY: Duration = Duration::from_secs(2);
/// The most secrets in one statement.
const BATCH: usize = 200;

/// The uses that wait to be written, and the task that writes them.
pub(crate) struct Uses {
    waiting: Arc<Waiting>,
    stop: Arc<Notify>,
    task: Mutex<Option<JoinHandle<()>>>,
}

struct Waiting {
    store: Store,
    /// By the id of the secret: one entry each, however often it is used.
    last: std::sync::Mutex<HashMap<String, LastUse>>,
    /// Held while a batch is written, so that who flushes waits for one that is on its way.
    turn: Mutex<()>,
}

impl Uses {
    /// Starts the task.
    pub(crate) fn start(store: Store) -> Self {
        let waiting = Arc::new(Waiting {
            store,
            last: std::sync::Mutex::default(),
            turn: Mutex::new(()),
        });
        let stop = Arc::new(Notify::new());
        let task = tokio::spawn(write_now_and_then(Arc::downgrade(&waiting), stop.clone()));
        Self {
            waiting,
            stop,
            task: Mutex::new(Some(task)),
        }
    }

    /// Notes that the secret with this id proved its client.
    pub(crate) fn note(&self, id: &str, used: LastUse) {
        self.waiting.note(id, used);
    }

    /// Writes what this process has noted.
    ///
    /// # Errors
    /// [`Error::Storage`]; then it waits for the next time.
    pub(crate) async fn flush(&self) -> Result<(), Error> {
        self.waiting.write().await
    }

    /// Writes what is noted and ends the task.
    pub(crate) async fn close(&self) {
        self.stop.notify_one();
        if let Some(task) = self.task.lock().await.take()
            && let Err(error) = task.await
        {
            tracing::error!(%error, "the writer of last uses broke off");
        }
    }
}

impl Waiting {
    fn note(&self, id: &str, used: LastUse) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match last.get_mut(id) {
            Some(known) if known.at > used.at => {}
            Some(known) => *known = used,
            None => {
                last.insert(id.to_owned(), used);
            }
        }
    }

    async fn write(&self) -> Result<(), Error> {
        let _turn = self.turn.lock().await;
        let taken = std::mem::take(&mut *self.last.lock().unwrap_or_else(PoisonError::into_inner));
        if taken.is_empty() {
            return Ok(());
        }
        let mut batch = Batch {
            waiting: self,
            uses: taken.into_iter().collect(),
        };
        write(&self.store, &batch.uses).await?;
        batch.uses.clear();
        Ok(())
    }
}

/// Uses on their way to the database. Those that do not get there, since it failed or who waited has gone, are noted again.
struct Batch<'a> {
    waiting: &'a Waiting,
    uses: Vec<(String, LastUse)>,
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        for (id, used) in self.uses.drain(..) {
            self.waiting.note(&id, used);
        }
    }
}

async fn write_now_and_then(waiting: Weak<Waiting>, stop: Arc<Notify>) {
    let (mut failing, mut last) = (false, false);
    while !last {
        tokio::select! {
            () = stop.notified() => last = true,
            () = sleep(WRITE_EVERY) => {}
        }
        let Some(waiting) = waiting.upgrade() else { return };
        let written = waiting.write().await;
        // Said once an outage, not at every try.
        if let Err(error) = &written
            && !failing
        {
            tracing::warn!(%error, "when client secrets were last used can't be written; trying again");
        }
        failing = written.is_err();
    }
}

async fn write(store: &Store, uses: &[(String, LastUse)]) -> Result<(), Error> {
    let mut tx = store.write().await?;
    // Rows are taken in no order of ours: without the queue two processes could wait for each other.
    store::queue_up(&mut tx).await?;
    for some in uses.chunks(BATCH) {
        on!(&mut tx, db => {
            let mut sql = QueryBuilder::new("UPDATE client_secrets SET last_used_at = used.column2, last_used_ip = used.column3 FROM (");
            sql.push_values(some, |mut row, (id, used)| {
                row.push_bind(id).push_bind(used.at).push_bind(&used.ip);
            });
            sql.push(
                ") AS used WHERE client_secrets.id = used.column1 \
                 AND (client_secrets.last_used_at IS NULL OR client_secrets.last_used_at < used.column2)",
            );
            sql.build().execute(db).await.map(|done| done.rows_affected())
        })?;
    }
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::store::Database;

    async fn uses(dir: &TempDir) -> Uses {
        Uses::start(Store::open(&Database::SqliteInDataDir, dir.path()).await.unwrap())
    }

    fn used(at: i64) -> LastUse {
        LastUse {
            at,
            ip: "192.0.2.7".to_owned(),
        }
    }

    fn waiting(uses: &Uses) -> Vec<(String, i64)> {
        let last = uses.waiting.last.lock().unwrap();
        last.iter().map(|(id, used)| (id.clone(), used.at)).collect()
    }

    #[tokio::test]
    async fn one_use_of_a_secret_waits_and_it_is_the_newest() {
        let dir = tempfile::tempdir().unwrap();
        let uses = uses(&dir).await;
        for at in [10, 12, 11] {
            uses.note("a", used(at));
        }
        assert_eq!(waiting(&uses), [("a".to_owned(), 12)]);
        uses.flush().await.unwrap();
        assert_eq!(waiting(&uses), []);
    }

    #[tokio::test]
    async fn what_could_not_be_written_waits_on() {
        let dir = tempfile::tempdir().unwrap();
        let uses = uses(&dir).await;
        uses.note("a", used(10));
        uses.waiting.store.close().await;
        assert!(uses.flush().await.is_err());
        assert_eq!(waiting(&uses), [("a".to_owned(), 10)]);
        uses.note("a", used(11));
        assert!(uses.flush().await.is_err());
        assert_eq!(waiting(&uses), [("a".to_owned(), 11)]);
    }

    #[tokio::test]
    async fn a_flush_that_nobody_waits_for_loses_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let uses = uses(&dir).await;
        uses.note("a", used(10));
        // Holds the only connection that writes.
        let other = uses.waiting.store.write().await.unwrap();
        {
            let flush = uses.flush();
            tokio::pin!(flush);
            assert!(futures_poll(&mut flush).await.is_none(), "it waits");
        }
        assert_eq!(waiting(&uses), [("a".to_owned(), 10)]);
        drop(other);
        uses.flush().await.unwrap();
        assert_eq!(waiting(&uses), []);
    }

    /// Polls once.
    async fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        std::future::poll_fn(|context| {
            std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(context) {
                std::task::Poll::Ready(output) => Some(output),
                std::task::Poll::Pending => None,
            })
        })
        .await
    }
}
