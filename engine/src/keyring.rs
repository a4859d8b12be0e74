//! Signing keys: made here, kept sealed, parsed once, rotated and revoked; their public halves as ready bytes.

use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::Invalid;
use model::key::{Key, KeyState};
use model::log::{Actor, LogType};
use model::time::Timestamp;

use crate::engine::Engine;
use crate::error::Error;
use crate::jose::{self, Jwk};
use crate::logs;
use crate::store::{self, Store, Tx, execute, on};
use crate::vault::Vault;

/// The JWKS document (RFC 7517 §5), ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The document as JSON.
    pub body: Vec<u8>,
    /// Its strong entity tag with quotes (RFC 9110 §8.8.3): a hash of the body.
    pub etag: String,
}

impl Engine {
    /// All keys in the order current, next, previous, revoked; newest first where there are several.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn keys(&self) -> Result<Vec<Key>, Error> {
        all(&mut self.0.store.read().await?).await
    }

    /// Signs with the next key from now on, keeps the current one for verifying, and makes a new next one.
    ///
    /// # Errors
    /// [`Error::Storage`]; [`Error::Key`] if no key could be made.
    pub async fn rotate_keys(&self, actor: &Actor) -> Result<Vec<Key>, Error> {
        // Made before the transaction, which no other writer gets past.
        let fresh = NewKey::generate().await?;
        let now = self.now();
        let mut change = self.change().await?;
        let before = in_state(&mut change, KeyState::Current).await?;
        // A next key that can't sign must not become the current one.
        if let Some(next) = in_state(&mut change, KeyState::Next).await? {
            SigningKey::open(&next.kid, &sealed(&mut change, &next.kid).await?, &self.0.vault)?;
        }
        execute!(
            change,
            sqlx::query("UPDATE signing_keys SET state = 'previous', current_until = $1 WHERE state = 'current'").bind(now)
        )?;
        execute!(
            change,
            sqlx::query("UPDATE signing_keys SET state = 'current', current_since = $1 WHERE state = 'next'").bind(now)
        )?;
        fresh.insert(&mut change, &self.0.vault, KeyState::Next, now).await?;
        let after = in_state(&mut change, KeyState::Current).await?;
        let keys = all(&mut change).await?;
        let mut entry = self.entry(actor, LogType::Changed, "Signing key rotated");
        entry.before = before.as_ref().map(logs::json).unwrap_or_default();
        entry.after = after.as_ref().map(logs::json).unwrap_or_default();
        self.finish(change, entry).await?;
        Ok(keys)
    }

    /// Takes a previous key out of the JWKS, so that its tokens no longer verify, and erases its private half.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] on `kid` unless the key is a previous one; [`Error::Storage`].
    pub async fn revoke_key(&self, actor: &Actor, kid: &str) -> Result<Vec<Key>, Error> {
        let now = self.now();
        let mut change = self.change().await?;
        let before = all(&mut change)
            .await?
            .into_iter()
            .find(|key| key.kid == kid)
            .ok_or(Error::NotFound("key"))?;
        check_revocable(before.state)?;
        let sql = "UPDATE signing_keys SET state = 'revoked', revoked_at = $1, sealed_private = '' WHERE kid = $2";
        execute!(change, sqlx::query(sql).bind(now).bind(kid))?;
        let keys = all(&mut change).await?;
        let mut entry = self.entry(actor, LogType::Changed, "Signing key revoked");
        entry.before = logs::json(&before);
        entry.after = keys.iter().find(|key| key.kid == kid).map(logs::json).unwrap_or_default();
        self.finish(change, entry).await?;
        Ok(keys)
    }

    /// The public keys that verify tokens of this server, prepared at load and at rotation.
    #[must_use]
    pub fn jwks(&self) -> Arc<Published> {
        Arc::clone(self.0.snapshots.current().keys.published())
    }
}

/// Makes the current and the next key if they are not there yet: at the very first start.
///
/// Of several processes that start at once the first to begin its transaction makes them; the others find them there.
pub(crate) async fn ensure(store: &Store, vault: &Vault, now: Timestamp) -> Result<(), Error> {
    let mut missing = missing(&mut store.read().await?).await?;
    if missing.is_empty() {
        return Ok(());
    }
    let mut made = Vec::new();
    for _ in &missing {
        made.push(NewKey::generate().await?);
    }
    let mut tx = store.write().await?;
    store::next_revision(&mut tx).await?;
    missing = self::missing(&mut tx).await?;
    for (state, key) in missing.into_iter().zip(made) {
        key.insert(&mut tx, vault, state, now).await?;
    }
    tx.commit().await
}

async fn missing(tx: &mut Tx) -> Result<Vec<KeyState>, Error> {
    let there: Vec<KeyState> = all(tx).await?.into_iter().map(|key| key.state).collect();
    Ok([KeyState::Current, KeyState::Next]
        .into_iter()
        .filter(|state| !there.contains(state))
        .collect())
}

/// Why a key in this state can't be revoked, if it can't.
fn check_revocable(state: KeyState) -> Result<(), Invalid> {
    let message = match state {
        KeyState::Previous => return Ok(()),
        KeyState::Current => "Rotate first: this key signs tokens now.",
        KeyState::Next => "Rotate first: this key signs tokens after the next rotation.",
        KeyState::Revoked => "Choose a previous key: this one is revoked already.",
    };
    Err(Invalid::new("kid", message))
}

/// The keys that are published, parsed; part of the snapshot.
pub(crate) struct Keys {
    current: Arc<SigningKey>,
    parsed: HashMap<String, Arc<SigningKey>>,
    published: Arc<Published>,
}

/// A key that signs or has signed tokens.
pub(crate) struct SigningKey {
    /// The header of its tokens, encoded.
    pub(crate) header: String,
    /// Both halves, parsed.
    pub(crate) pair: Arc<RsaKeyPair>,
    jwk: Jwk,
}

impl Keys {
    /// Reads and parses the published keys; those in `known` are taken from there, since a key never changes.
    ///
    /// The public halves come out of the sealed ones: whoever can write to the database but has no master key can't
    /// have a key of their own published. A key that can't be opened is logged and left out, unless it is the current
    /// one: the others go on, and so do changes of everything else.
    pub(crate) async fn load(tx: &mut Tx, vault: &Vault, known: Option<&Self>) -> Result<Self, Error> {
        let mut keys = Vec::new();
        for key in all(tx).await?.into_iter().filter(|key| key.state.is_published()) {
            let parsed = match known.and_then(|known| known.parsed.get(&key.kid)) {
                Some(parsed) => Ok(Arc::clone(parsed)),
                None => SigningKey::open(&key.kid, &sealed(tx, &key.kid).await?, vault).map(Arc::new),
            };
            match parsed {
                Ok(parsed) => keys.push((key.state, parsed)),
                Err(error) if key.state == KeyState::Current => return Err(error),
                Err(error) => tracing::error!(kid = %key.kid, %error, "this key is not published"),
            }
        }
        let current = keys.iter().find(|(state, _)| *state == KeyState::Current);
        let (_, current) = current.ok_or_else(|| Error::Key("there is no current one".to_owned()))?;
        let jwks: Vec<&Jwk> = keys.iter().map(|(_, key)| &key.jwk).collect();
        Ok(Self {
            current: Arc::clone(current),
            published: Arc::new(Published::new(&jwks)?),
            parsed: keys.iter().map(|(_, key)| (key.jwk.kid.clone(), Arc::clone(key))).collect(),
        })
    }

    /// The key that signs tokens.
    pub(crate) fn current(&self) -> &Arc<SigningKey> {
        &self.current
    }

    /// The JWKS document.
    pub(crate) fn published(&self) -> &Arc<Published> {
        &self.published
    }
}

impl SigningKey {
    fn new(pair: RsaKeyPair) -> Self {
        let jwk = Jwk::of(&pair);
        Self {
            header: jose::rs256_header(&jwk.kid),
            pair: Arc::new(pair),
            jwk,
        }
    }

    fn open(kid: &str, sealed: &str, vault: &Vault) -> Result<Self, Error> {
        let private = vault.open(&place(kid), sealed)?;
        let pair = RsaKeyPair::from_pkcs8(&private).map_err(|error| Error::Key(format!("{kid}: {error}")))?;
        Ok(Self::new(pair))
    }
}

impl Published {
    fn new(keys: &[&Jwk]) -> Result<Self, Error> {
        let body = jose::jwks(keys).map_err(|error| Error::Key(error.to_string()))?;
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, &body)));
        Ok(Self { body, etag })
    }
}

/// A key pair that is not stored yet.
struct NewKey {
    kid: String,
    private: Pkcs8V1Der<'static>,
}

impl NewKey {
    /// Makes an RSA key of 2048 bits: some tenths of a second of work, hence not on the threads of the runtime.
    ///
    /// AWS-LC draws from its own generator, seeded by the operating system; it takes no other.
    async fn generate() -> Result<Self, Error> {
        let failed = |why: &str| Error::Key(format!("no key could be made: {why}"));
        let made = tokio::task::spawn_blocking(|| {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).ok()?;
            Some(Self {
                kid: Jwk::of(&pair).kid,
                private: pair.as_der().ok()?,
            })
        });
        made.await
            .map_err(|error| failed(&error.to_string()))?
            .ok_or_else(|| failed("the generator gave none"))
    }

    async fn insert(&self, tx: &mut Tx, vault: &Vault, state: KeyState, now: Timestamp) -> Result<(), Error> {
        let sealed = vault.seal(&place(&self.kid), self.private.as_ref())?;
        let since = (state == KeyState::Current).then_some(now);
        let sql = "INSERT INTO signing_keys (kid, state, sealed_private, created_at, current_since) VALUES ($1, $2, $3, $4, $5)";
        execute!(
            tx,
            sqlx::query(sql).bind(&self.kid).bind(state.as_str()).bind(&sealed).bind(now).bind(since)
        )?;
        Ok(())
    }
}

/// Where the private half of a key is sealed.
fn place(kid: &str) -> String {
    format!("signing_keys:sealed_private:{kid}")
}

async fn sealed(tx: &mut Tx, kid: &str) -> Result<String, Error> {
    let sql = "SELECT sealed_private FROM signing_keys WHERE kid = $1";
    Ok(on!(tx, db => sqlx::query_scalar(sql).bind(kid).fetch_one(db).await)?)
}

async fn in_state(tx: &mut Tx, state: KeyState) -> Result<Option<Key>, Error> {
    Ok(all(tx).await?.into_iter().find(|key| key.state == state))
}

async fn all(tx: &mut Tx) -> Result<Vec<Key>, Error> {
    let sql = "SELECT kid, state, created_at, current_since, current_until, revoked_at FROM signing_keys \
        ORDER BY CASE state WHEN 'current' THEN 0 WHEN 'next' THEN 1 WHEN 'previous' THEN 2 ELSE 3 END, \
        COALESCE(revoked_at, 0) DESC, COALESCE(current_until, 0) DESC, current_since DESC, kid";
    let rows: Vec<KeyRow> = on!(tx, db => sqlx::query_as(sql).fetch_all(db).await)?;
    rows.into_iter().map(key).collect()
}

type KeyRow = (String, String, Timestamp, Option<Timestamp>, Option<Timestamp>, Option<Timestamp>);

fn key((kid, state, created_at, current_since, current_until, revoked_at): KeyRow) -> Result<Key, Error> {
    Ok(Key {
        kid,
        state: KeyState::parse(&state).ok_or(Error::Corrupt("signing_keys.state"))?,
        created_at,
        current_since,
        current_until,
        revoked_at,
    })
}
