//! The engine: opens everything, and gives each verb what it needs.

use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use model::issuer::Issuer;
use model::key::KeyState;
use model::log::LogEntry;
use model::time::Timestamp;
use tokio::task::AbortHandle;

use crate::admins::Door;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::error::{Error, OpenError};
use crate::housekeeping::keep_house;
use crate::keyring;
use crate::lockouts::Lockouts;
use crate::log_limit::LogLimit;
use crate::logs::{self, LogIds, LogWriter};
use crate::signer::Signer;
use crate::snapshot::{self, Snapshots};
use crate::store::{self, Database, Store, Tx, execute, on};
use crate::throttle::{CallRate, Calls};
use crate::usage::Usage;
use crate::uses::Uses;
use crate::vault::{self, MasterKey, Vault};

/// Where the marker stands that proves the master key.
const MARKER_PLACE: &str = "meta:value:marker";

/// What an engine is opened with.
#[derive(Clone)]
pub struct Config {
    /// Which database.
    pub database: Database,
    /// Where the SQLite file and the master key lie; made if it is not there.
    pub data_dir: PathBuf,
    /// Where the master key comes from.
    pub master_key: MasterKey,
    /// The address that tokens name as their issuer.
    pub issuer: Issuer,
    /// Whether DPoP proofs must carry a nonce of ours (RFC 9449 §8).
    pub dpop_nonce: bool,
    /// Whether the guard tester may call every address, link-local and metadata ones too.
    pub guard_any_address: bool,
    /// How many calls of the Management API a client may make.
    pub management_rate: CallRate,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Draws random numbers.
    pub chance: Chance,
}

/// Everything that Tessera does; clones share one database and one memory.
#[derive(Clone)]
pub struct Engine(pub(crate) Arc<Inner>);

/// What all clones of an engine share.
pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) vault: Arc<Vault>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) chance: Chance,
    pub(crate) issuer: Issuer,
    pub(crate) snapshots: Snapshots,
    pub(crate) signer: Signer,
    pub(crate) log_writer: LogWriter,
    pub(crate) log_ids: LogIds,
    pub(crate) uses: Uses,
    pub(crate) usage: Usage,
    pub(crate) lockouts: Lockouts,
    pub(crate) log_limit: LogLimit,
    pub(crate) dpop_nonce: bool,
    pub(crate) guard_any_address: bool,
    /// Of the Management API.
    pub(crate) calls: Calls,
    /// What stands between strangers and sign-in.
    pub(crate) door: Door,
    watcher: OnceLock<AbortHandle>,
    housekeeper: OnceLock<AbortHandle>,
}

/// A transaction that changes the configuration; committed by [`Engine::finish`] only, with its log entry.
pub(crate) struct Change {
    tx: Tx,
    entries: Vec<LogEntry>,
}

impl Change {
    /// Adds a log entry beside the one that [`Engine::finish`] takes.
    pub(crate) fn also(&mut self, entry: LogEntry) {
        self.entries.push(entry);
    }
}

impl Deref for Change {
    type Target = Tx;
    fn deref(&self) -> &Tx {
        &self.tx
    }
}

impl DerefMut for Change {
    fn deref_mut(&mut self) -> &mut Tx {
        &mut self.tx
    }
}

impl Engine {
    /// Opens the database, brings it up to date, checks the master key, and makes what every installation has: signing
    /// keys and the Management API.
    ///
    /// # Errors
    /// [`OpenError`] with a text that says what to do.
    pub async fn open(config: Config) -> Result<Self, OpenError> {
        let store = Store::open(&config.database, &config.data_dir).await?;
        let vault = Arc::new(open_vault(&store, &config).await?);
        keyring::ensure(&store, &vault, config.clock.now()).await?;
        let snapshots = Snapshots::load(&store, &vault).await?;
        let engine = Self(Arc::new(Inner {
            log_writer: LogWriter::start(store.clone()),
            log_ids: LogIds::default(),
            uses: Uses::start(store.clone()),
            usage: Usage::start(store.clone(), config.clock.clone()),
            lockouts: Lockouts::new(),
            log_limit: LogLimit::new(&config.clock),
            dpop_nonce: config.dpop_nonce,
            guard_any_address: config.guard_any_address,
            calls: Calls::new(config.management_rate, &config.clock),
            door: Door::new(&config.clock, &config.chance),
            signer: Signer::start().map_err(|error| Error::Key(format!("no thread for signing: {error}")))?,
            watcher: OnceLock::new(),
            housekeeper: OnceLock::new(),
            store,
            vault,
            snapshots,
            clock: config.clock,
            chance: config.chance,
            issuer: config.issuer,
        }));
        engine.ensure_system_api().await?;
        // Another process may have made it after our snapshot was read.
        engine.refresh().await?;
        engine.0.watcher.get_or_init(|| snapshot::watch_revision(Arc::downgrade(&engine.0)));
        engine.0.housekeeper.get_or_init(|| keep_house(Arc::downgrade(&engine.0)));
        Ok(engine)
    }

    /// The address that tokens name as their issuer.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.0.issuer
    }

    /// The time by the clock that the engine was opened with.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Whether the database answers and holds a key that signs.
    ///
    /// # Errors
    /// [`Error::Storage`] if it does not answer, [`Error::NotFound`] if it holds no current key.
    pub async fn ready(&self) -> Result<(), Error> {
        let mut tx = self.0.store.read().await?;
        let keys: i64 = on!(&mut tx, db => sqlx::query_scalar("SELECT COUNT(*) FROM signing_keys WHERE state = $1")
            .bind(KeyState::Current.as_str())
            .fetch_one(db)
            .await)?;
        if keys >= 1 { Ok(()) } else { Err(Error::NotFound("key")) }
    }

    /// Writes what is queued for the log, noted of the use of secrets and counted of tokens, and closes the database; call it last.
    pub async fn close(&self) {
        for task in [&self.0.watcher, &self.0.housekeeper].into_iter().filter_map(OnceLock::get) {
            task.abort();
        }
        if let Err(error) = self.write_key_usage().await {
            tracing::warn!(%error, "what the keys have signed lately could not be written");
        }
        self.0.uses.close().await;
        self.0.usage.close().await;
        self.0.log_writer.close().await;
        self.0.store.close().await;
    }

    /// Begins a change: from here to [`Engine::finish`] no other process changes anything.
    pub(crate) async fn change(&self) -> Result<Change, Error> {
        let mut tx = self.0.store.write().await?;
        store::next_revision(&mut tx).await?;
        Ok(Change { tx, entries: Vec::new() })
    }

    /// Commits a change with its log entry; when it returns, tokens are issued by the new state.
    ///
    /// Once committed the change has happened: should the new state not be readable just then, the watcher reads it later.
    pub(crate) async fn finish(&self, mut change: Change, entry: LogEntry) -> Result<(), Error> {
        change.entries.push(entry);
        logs::insert(&mut change.tx, &change.entries).await?;
        change.tx.commit().await?;
        if let Err(error) = self.0.snapshots.refresh(&self.0.store, &self.0.vault).await {
            tracing::error!(%error, "a change was stored, but tokens are issued by the old state until it can be read");
        }
        Ok(())
    }
}

/// Finds the master key and proves it on the marker of the database; at the first start makes both.
async fn open_vault(store: &Store, config: &Config) -> Result<Vault, OpenError> {
    let kept = marker(&mut store.read().await?).await?;
    let marker = match kept {
        Some(marker) => marker,
        None => set_marker(store, config).await?,
    };
    let key = vault::find_key(&config.master_key, &config.data_dir)?;
    let key = key.ok_or_else(|| OpenError::MissingMasterKey(config.data_dir.join(vault::KEY_FILE)))?;
    let vault = Vault::new(&key, config.chance.clone())?;
    // Whatever is wrong with the marker, a key that can't open it can't open the rest.
    vault.open(MARKER_PLACE, &marker).map_err(|_| OpenError::WrongMasterKey(key.origin))?;
    Ok(vault)
}

async fn marker(tx: &mut Tx) -> Result<Option<String>, Error> {
    Ok(on!(tx, db => sqlx::query_scalar("SELECT value FROM meta WHERE key = 'marker'").fetch_optional(db).await)?)
}

/// The first start: seals the marker under the key that is there, or else makes one.
///
/// Of several processes that start at once the first makes both; the others wait for it here and find them whole.
async fn set_marker(store: &Store, config: &Config) -> Result<String, OpenError> {
    let mut tx = store.write().await?;
    store::next_revision(&mut tx).await?;
    if let Some(marker) = marker(&mut tx).await? {
        return Ok(marker);
    }
    let key = match vault::find_key(&config.master_key, &config.data_dir)? {
        Some(key) => key,
        None => vault::make_key(&config.data_dir, &config.chance)?,
    };
    let marker = Vault::new(&key, config.chance.clone())?.seal(MARKER_PLACE, b"tessera")?;
    execute!(&mut tx, sqlx::query("INSERT INTO meta (key, value) VALUES ('marker', $1)").bind(&marker))?;
    tx.commit().await?;
    Ok(marker)
}
