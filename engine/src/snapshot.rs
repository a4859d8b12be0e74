//! What the token path reads from memory: all APIs and keys in one immutable snapshot, and clients with their grants
//! in a bounded cache.
//!
//! A committed change is never missed: every change raises the stored revision, all that is kept here is labelled with
//! the revision it was read at, and a client that is labelled otherwise than the snapshot is read again. This process
//! moves its snapshot on before a verb returns; a change of another process is noticed by the watcher, or sooner by a request that
//! would be refused without it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use aws_lc_rs::hmac;
use jsonwebtoken::DecodingKey;
use model::api::{Api, SigningAlg};
use model::client::Client;
use model::grant::Grant;
use model::signing_secret::SigningSecretState;
use quick_cache::sync::Cache;
use tokio::sync::{Mutex, watch};
use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::client_keys::{self, KnownKey};
use crate::client_secrets::{self, KnownSecret};
use crate::engine::{Engine, Inner};
use crate::error::Error;
use crate::jose;
use crate::published::Keys;
use crate::signing_secrets::{self, Sealed};
use crate::store::{self, Store, Tx};
use crate::vault::Vault;
use crate::{apis, clients, grants};

/// Clients that are kept in memory; more than that are read again now and then.
const CLIENTS_KEPT: usize = 10_000;
/// How often the watcher looks for changes of other processes, which must be honoured within a second.
const WATCH_EVERY: Duration = Duration::from_millis(400);
/// No client id is longer.
const CLIENT_ID_MAX: usize = 100;

impl Engine {
    /// Takes up what has changed in the database, at once rather than at the watcher's next look.
    ///
    /// # Errors
    /// [`Error`] if it can't be read; what was known before stays.
    pub async fn refresh(&self) -> Result<(), Error> {
        self.0.snapshots.refresh(&self.0.store, &self.0.vault).await
    }

    /// The revision of the configuration that tokens are issued by, and its changes, by this process or another.
    #[must_use]
    pub fn revisions(&self) -> watch::Receiver<i64> {
        self.0.snapshots.revision.subscribe()
    }
}

/// The configuration at one revision, as far as every token needs it.
pub(crate) struct Snapshot {
    /// The revision that it was read at.
    pub(crate) revision: i64,
    apis: HashMap<String, Arc<ApiEntry>>,
    /// The signing keys.
    pub(crate) keys: Keys,
}

/// An API with its parsed signing secrets.
pub(crate) struct ApiEntry {
    /// The API.
    pub(crate) api: Api,
    secrets: Vec<HmacSecret>,
}

/// A signing secret of an API.
pub(crate) struct HmacSecret {
    /// Names it in tokens.
    pub(crate) kid: String,
    is_current: bool,
    /// The header of the tokens, encoded.
    pub(crate) header: String,
    /// What signs.
    pub(crate) signing: hmac::Key,
    verifying: DecodingKey,
}

/// A client with what its tokens need.
pub(crate) struct ClientEntry {
    revision: i64,
    /// The client.
    pub(crate) client: Client,
    /// Its secrets.
    pub(crate) secrets: Vec<KnownSecret>,
    /// Its keys.
    pub(crate) keys: Vec<KnownKey>,
    grants: HashMap<String, Grant>,
}

impl Snapshot {
    async fn read(tx: &mut Tx, vault: &Vault, revision: i64, known: Option<&Keys>) -> Result<Self, Error> {
        let mut entries = HashMap::new();
        let mut secrets: HashMap<String, Vec<Sealed>> = HashMap::new();
        for secret in signing_secrets::all(tx).await? {
            secrets.entry(secret.api_id.clone()).or_default().push(secret);
        }
        for api in apis::all(tx).await? {
            let sealed = secrets.remove(&api.id).unwrap_or_default();
            let entry = ApiEntry::new(api, &sealed, vault);
            entries.insert(entry.api.identifier.clone(), Arc::new(entry));
        }
        Ok(Self {
            revision,
            apis: entries,
            keys: Keys::load(tx, vault, known).await?,
        })
    }

    /// The algorithms that sign tokens: those with keys, and that of the secrets if an API has one.
    pub(crate) fn algs(&self) -> Vec<SigningAlg> {
        let with_keys = self.keys.published().algs.iter().map(|alg| alg.signing_alg());
        let with_secrets = self.apis.values().any(|api| api.signing_secret().is_some()).then_some(SigningAlg::HS256);
        with_keys.chain(with_secrets).collect()
    }

    /// The API with this identifier, exact to the slash.
    pub(crate) fn api(&self, identifier: &str) -> Option<&Arc<ApiEntry>> {
        self.apis.get(identifier)
    }
}

impl ApiEntry {
    /// A secret that can't be opened is logged and left out, so that one damaged row stops the tokens of one API only.
    fn new(api: Api, sealed: &[Sealed], vault: &Vault) -> Self {
        // Those of an API that signs otherwise now wait until it signs so again.
        let sealed = sealed.iter().filter(|_| api.signing_alg == SigningAlg::HS256);
        let secrets = sealed.filter_map(|sealed| match sealed.open(vault) {
            Ok(secret) => Some(HmacSecret {
                kid: sealed.kid.clone(),
                is_current: sealed.state == SigningSecretState::Current,
                header: jose::header(SigningAlg::HS256, api.token_dialect.typ(), Some(&sealed.kid)),
                signing: hmac::Key::new(hmac::HMAC_SHA256, secret.reveal().as_bytes()),
                verifying: DecodingKey::from_secret(secret.reveal().as_bytes()),
            }),
            Err(error) => {
                tracing::error!(api = %api.id, kid = %sealed.kid, %error, "this signing secret of an API can't be used");
                None
            }
        });
        let secrets = secrets.collect();
        Self { api, secrets }
    }

    /// What signs HS256 tokens of this API, if it has such a secret.
    pub(crate) fn signing_secret(&self) -> Option<&HmacSecret> {
        self.secrets.iter().find(|secret| secret.is_current)
    }

    /// What verifies HS256 tokens of this API that name this `kid`. Those that name none are of the time before there was any.
    pub(crate) fn verifying_secret(&self, kid: Option<&str>) -> Option<&DecodingKey> {
        let kid = kid.map_or_else(|| signing_secrets::first_kid(&self.api.id).into(), Cow::Borrowed);
        self.secrets.iter().find(|secret| secret.kid == kid).map(|secret| &secret.verifying)
    }
}

impl ClientEntry {
    /// The grant for the API with this identifier.
    pub(crate) fn grant(&self, audience: &str) -> Option<&Grant> {
        self.grants.get(audience)
    }
}

/// The current snapshot, and the clients that were read lately.
pub(crate) struct Snapshots {
    current: ArcSwap<Snapshot>,
    clients: Cache<String, Arc<ClientEntry>>,
    /// Held while a snapshot is read and put in place, so that an older one never follows a newer one.
    turn: Mutex<()>,
    revision: watch::Sender<i64>,
}

impl Snapshots {
    /// Reads the first snapshot.
    pub(crate) async fn load(store: &Store, vault: &Vault) -> Result<Self, Error> {
        let mut tx = store.read().await?;
        let revision = store::revision(&mut tx).await?;
        let snapshot = Snapshot::read(&mut tx, vault, revision, None).await?;
        Ok(Self {
            current: ArcSwap::from_pointee(snapshot),
            clients: Cache::new(CLIENTS_KEPT),
            turn: Mutex::new(()),
            revision: watch::Sender::new(revision),
        })
    }

    /// The current snapshot: one for a whole request, so that all its answers are of one moment.
    pub(crate) fn current(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Puts a newer snapshot in place, if the stored revision has moved on.
    ///
    /// # Errors
    /// [`Error`] if it can't be read; the old one stays.
    pub(crate) async fn refresh(&self, store: &Store, vault: &Vault) -> Result<(), Error> {
        let _turn = self.turn.lock().await;
        let mut tx = store.read().await?;
        let revision = store::revision(&mut tx).await?;
        let old = self.current.load_full();
        if revision != old.revision {
            let snapshot = Snapshot::read(&mut tx, vault, revision, Some(&old.keys)).await?;
            self.current.store(Arc::new(snapshot));
            self.revision.send_replace(revision);
        }
        Ok(())
    }

    /// The client with this id: from memory if it was read at the revision of `snapshot`, else from the database.
    ///
    /// Ids of no client are not kept, or strangers could fill the cache. Requests that miss at the same time each read
    /// for themselves: that costs one short query a request, once after a change, and no request waits for another's.
    ///
    /// # Errors
    /// [`Error::Storage`] if the database is gone and the client not in memory.
    pub(crate) async fn client(&self, store: &Store, snapshot: &Snapshot, client_id: &str) -> Result<Option<Arc<ClientEntry>>, Error> {
        // No database need be asked for what no client id can be.
        if client_id.len() > CLIENT_ID_MAX || !client_id.chars().all(|c| c.is_ascii_graphic()) {
            return Ok(None);
        }
        if let Some(entry) = self.clients.get(client_id).filter(|entry| entry.revision == snapshot.revision) {
            return Ok(Some(entry));
        }
        let Some(entry) = read_client(store, client_id).await? else {
            self.clients.remove(client_id);
            return Ok(None);
        };
        let entry = Arc::new(entry);
        self.clients.insert(client_id.to_owned(), Arc::clone(&entry));
        Ok(Some(entry))
    }
}

/// The revision comes first: should the rows be newer than it, the label is too old, and the client is read once more.
async fn read_client(store: &Store, client_id: &str) -> Result<Option<ClientEntry>, Error> {
    let mut tx = store.read().await?;
    let revision = store::revision(&mut tx).await?;
    let Some(client) = clients::find(&mut tx, client_id).await? else {
        return Ok(None);
    };
    let grants = grants::of_client(&mut tx, client_id).await?;
    Ok(Some(ClientEntry {
        revision,
        client,
        secrets: client_secrets::known(&mut tx, client_id).await?,
        keys: client_keys::known(&mut tx, client_id).await?,
        grants: grants.into_iter().map(|grant| (grant.audience.clone(), grant)).collect(),
    }))
}

/// Follows changes of other processes until the engine is gone or the handle is used.
///
/// While the database is gone the old snapshot stays: cached clients go on getting tokens.
pub(crate) fn watch_revision(engine: Weak<Inner>) -> AbortHandle {
    let task = tokio::spawn(async move {
        let mut ticks = interval(WATCH_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            ticks.tick().await;
            let Some(engine) = engine.upgrade() else { return };
            let refreshed = engine.snapshots.refresh(&engine.store, &engine.vault).await;
            // Said once an outage, not at every look.
            match &refreshed {
                Ok(()) if failing => tracing::info!("changes of the configuration can be read again"),
                Err(error) if !failing => tracing::error!(%error, "changes of the configuration can't be read; going on with what is known"),
                _ => {}
            }
            failing = refreshed.is_err();
        }
    });
    task.abort_handle()
}
