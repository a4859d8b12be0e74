//! The database: SQLite or PostgreSQL behind one text.
//!
//! A query is written once with `$1` placeholders and compiled for both: `on!(tx, db => sqlx::query_as("…").bind(x)
//! .fetch_one(db).await)?` reads, `execute!(tx, sqlx::query("…").bind(x))?` writes. Whatever it runs on is a [`Tx`], so that helpers that
//! read or write rows are plain functions that take `&mut Tx`.

use std::fs::{DirBuilder, Permissions, set_permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use model::page::Sort;
use model::secret::Secret;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};

use crate::error::{Error, OpenError};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Connections that read at the same time as the one that writes.
const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 10;
/// How long a process waits for another that writes to the same SQLite file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// Which database.
#[derive(Clone, Debug)]
pub enum Database {
    /// SQLite, in the file `tessera.db` of the data directory.
    SqliteInDataDir,
    /// An address: `postgres://…` or `sqlite:…`. It may hold a password, hence a secret.
    Url(Secret),
}

/// Pools of connections to one database.
#[derive(Clone)]
pub enum Store {
    /// One connection that writes, several that read.
    Sqlite {
        /// The only connection that writes.
        writer: SqlitePool,
        /// Connections that only read.
        readers: SqlitePool,
    },
    /// Connections for all uses.
    Postgres(PgPool),
}

/// A transaction on either database; undone if it is dropped without [`Tx::commit`].
pub enum Tx {
    /// On SQLite.
    Sqlite(Transaction<'static, Sqlite>),
    /// On PostgreSQL.
    Postgres(Transaction<'static, Postgres>),
}

/// Compiles one query for both databases: `on!(tx, db => sqlx::query("…").fetch_one(db).await)`.
macro_rules! on {
    ($tx:expr, $db:ident => $query:expr) => {
        match &mut *$tx {
            crate::store::Tx::Sqlite(tx) => {
                let $db = &mut **tx;
                $query
            }
            crate::store::Tx::Postgres(tx) => {
                let $db = &mut **tx;
                $query
            }
        }
    };
}
pub(crate) use on;

/// Compiles one statement for both databases and gives the number of rows that it changed:
/// `execute!(tx, sqlx::query("…").bind(x))?`.
macro_rules! execute {
    ($tx:expr, $statement:expr) => {
        crate::store::on!($tx, db => $statement.execute(db).await.map(|done| done.rows_affected()))
    };
}
pub(crate) use execute;

impl Tx {
    /// Makes everything in it lasting.
    ///
    /// # Errors
    /// [`Error::Storage`]; then nothing of it happened.
    pub async fn commit(self) -> Result<(), Error> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

impl Store {
    /// Opens the database, makes the data directory if need be, and brings the tables up to date.
    pub(crate) async fn open(database: &Database, data_dir: &Path) -> Result<Self, OpenError> {
        make_data_dir(data_dir)?;
        let url = match database {
            Database::SqliteInDataDir => return Self::open_sqlite(SqliteConnectOptions::new().filename(data_dir.join("tessera.db"))).await,
            Database::Url(url) => url.reveal(),
        };
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Self::open_postgres(PgConnectOptions::from_str(url).map_err(|error| not_an_address(&error))?).await;
        }
        if !url.starts_with("sqlite:") {
            return Err(OpenError::DatabaseUrl(String::new()));
        }
        if url.contains(":memory:") || url.contains("mode=memory") {
            return Err(OpenError::DatabaseUrl(" A database in memory would be lost at every stop.".to_owned()));
        }
        Self::open_sqlite(SqliteConnectOptions::from_str(url).map_err(|error| not_an_address(&error))?).await
    }

    async fn open_sqlite(options: SqliteConnectOptions) -> Result<Self, OpenError> {
        let options = options
            .create_if_missing(true)
            .busy_timeout(BUSY_TIMEOUT)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // Old secrets are overwritten in the file, not just let go.
            .pragma("secure_delete", "ON");
        let pool = |most| {
            SqlitePoolOptions::new()
                .max_connections(most)
                .min_connections(1)
                .acquire_timeout(ACQUIRE_TIMEOUT)
        };
        let writer = connect_patiently(&pool(1), &options).await?;
        // In a transaction of its own, since the migrator takes no lock on SQLite: a second process waits here, then finds all done.
        let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
        // Not `run`: rustc can't prove that its future may move between threads.
        MIGRATIONS.run_direct(None, &mut *tx, false).await?;
        tx.commit().await?;
        let readers = connect_patiently(&pool(SQLITE_READERS), &options.read_only(true)).await?;
        Ok(Self::Sqlite { writer, readers })
    }

    async fn open_postgres(options: PgConnectOptions) -> Result<Self, OpenError> {
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options.application_name("tessera"))
            .await?;
        MIGRATIONS.run_direct(None, &mut *pool.acquire().await?, false).await?;
        Ok(Self::Postgres(pool))
    }

    /// A view of the database at one moment, for reading.
    ///
    /// # Errors
    /// [`Error::Storage`] if no connection is free or the database is gone.
    pub async fn read(&self) -> Result<Tx, Error> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Tx::Sqlite(readers.begin().await?),
            Self::Postgres(pool) => Tx::Postgres(begin(pool, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?),
        })
    }

    /// A transaction that may write.
    ///
    /// On SQLite it waits here for every other writer; on PostgreSQL at the first row that another has changed.
    ///
    /// # Errors
    /// [`Error::Storage`] if no connection is free or the database is gone.
    pub async fn write(&self) -> Result<Tx, Error> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => Tx::Postgres(begin(pool, "BEGIN").await?),
        })
    }

    /// Closes all connections, after what runs on them is done.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sqlite { .. } => "Store::Sqlite",
            Self::Postgres(_) => "Store::Postgres",
        })
    }
}

/// Begins a transaction to its end even if whoever waits for it is given up, as the wire does when a caller hangs up.
///
/// sqlx 0.9 takes back only what has begun entirely: a connection that returns to the pool in the midst of its `BEGIN` would hand that
/// transaction on to whoever has the connection next.
async fn begin(pool: &PgPool, how: &'static str) -> Result<Transaction<'static, Postgres>, Error> {
    let pool = pool.clone();
    // Only the end of the runtime or a panic of the driver can break the task off.
    let begun = tokio::spawn(async move { pool.begin_with(how).await }).await;
    Ok(begun.map_err(|_| Error::Closed)??)
}

/// The number of committed changes so far.
pub(crate) async fn revision(tx: &mut Tx) -> Result<i64, Error> {
    Ok(on!(tx, db => sqlx::query_scalar("SELECT value FROM revision WHERE id = 1").fetch_one(db).await)?)
}

/// Counts one more change; from here to the end of the transaction no other writer gets past this row.
pub(crate) async fn next_revision(tx: &mut Tx) -> Result<i64, Error> {
    Ok(on!(tx, db => sqlx::query_scalar("UPDATE revision SET value = value + 1 WHERE id = 1 RETURNING value").fetch_one(db).await)?)
}

/// Waits for the other writers as [`next_revision`] does, without a change to count.
pub(crate) async fn queue_up(tx: &mut Tx) -> Result<(), Error> {
    execute!(tx, sqlx::query("UPDATE revision SET value = value WHERE id = 1"))?;
    Ok(())
}

/// A pattern for `LOWER(x) LIKE LOWER($1) ESCAPE '\'` that finds `search` anywhere; its own `%`, `_` and `\` stand for themselves.
pub(crate) fn contains(search: &str) -> String {
    let mut pattern = String::from("%");
    // PostgreSQL takes NUL in no text.
    for c in search.trim().chars().filter(|c| *c != '\0').take(model::page::SEARCH_MAX) {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// What stands after `ORDER BY` for a list of named things; `id` is the column that makes the order total.
pub(crate) fn order_by(sort: Sort, id: &str) -> String {
    match sort {
        Sort::Name => format!("LOWER(name), {id}"),
        Sort::NameDown => format!("LOWER(name) DESC, {id} DESC"),
        Sort::Newest => format!("created_at DESC, {id}"),
        Sort::Oldest => format!("created_at, {id}"),
    }
}

/// Refuses a name that no row can have: PostgreSQL takes NUL in no text, and would fail where SQLite finds nothing.
pub(crate) fn storable(name: &str, what: &'static str) -> Result<(), Error> {
    if name.contains('\0') { Err(Error::NotFound(what)) } else { Ok(()) }
}

/// Two processes that switch a new file to WAL at the same time disturb each other once, whatever the busy timeout.
async fn connect_patiently(pool: &SqlitePoolOptions, options: &SqliteConnectOptions) -> Result<SqlitePool, sqlx::Error> {
    let mut tries = 0;
    loop {
        match pool.clone().connect_with(options.clone()).await {
            Err(sqlx::Error::Database(error)) if tries < 50 && matches!(error.code().as_deref(), Some("5" | "261" | "517")) => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            other => return other,
        }
    }
}

/// Readable by its owner only, since it holds the database and may hold the master key.
fn make_data_dir(path: &Path) -> Result<(), OpenError> {
    let failed = |error| OpenError::DataDir(PathBuf::from(path), error);
    if !path.exists() {
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
        // The mode above is subject to the umask.
        set_permissions(path, Permissions::from_mode(0o700)).map_err(failed)?;
    }
    Ok(())
}

/// Without the text of `error`'s source, which could repeat a password.
fn not_an_address(error: &sqlx::Error) -> OpenError {
    tracing::debug!(kind = %std::any::type_name_of_val(error), "database address refused");
    OpenError::DatabaseUrl(String::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_texts_are_taken_literally() {
        assert_eq!(contains(" 50%_a\\b "), "%50\\%\\_a\\\\b%");
        assert_eq!(contains(""), "%%");
    }
}
