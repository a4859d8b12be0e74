//! Signing keys: made here, kept sealed, rotated and revoked. Each algorithm that an API uses has a set of its own.

use std::sync::Arc;

use model::Invalid;
use model::api::{Api, SigningAlg};
use model::key::{Key, KeyAlg, KeyState};
use model::log::{Actor, LogEntry, LogType};
use model::time::Timestamp;
use zeroize::Zeroizing;

use crate::engine::Engine;
use crate::error::Error;
use crate::keypair::KeyPair;
use crate::logs;
use crate::published::{Published, SigningKey};
use crate::signing_secrets;
use crate::store::{self, Store, Tx, execute, on};
use crate::vault::Vault;

impl Engine {
    /// All keys by algorithm, each set in the order current, next, previous, retired and revoked; newest first where there are several.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn keys(&self) -> Result<Vec<Key>, Error> {
        self.write_key_usage().await?;
        all(&mut self.0.store.read().await?).await
    }

    /// Signs with the next key from now on, and makes a new next one. The current key goes on verifying, unless `revoke` is set:
    /// then its tokens no longer verify.
    ///
    /// # Errors
    /// [`Error::NotFound`] if no API has used the algorithm; [`Error::Storage`]; [`Error::Key`] if no key could be made.
    pub async fn rotate_keys(&self, actor: &Actor, alg: KeyAlg, revoke: bool) -> Result<Vec<Key>, Error> {
        self.write_key_usage().await?;
        Set::of(&mut self.0.store.read().await?, alg)
            .await?
            .current
            .ok_or(Error::NotFound("key"))?;
        // Made before the transaction, which no other writer gets past.
        let fresh = NewKey::generate(alg).await?;
        let mut change = self.change().await?;
        let before = Set::of(&mut change, alg).await?;
        let entry = self.rotate(&mut change, actor, &before, &fresh, revoke).await?;
        let keys = all(&mut change).await?;
        self.finish(change, entry).await?;
        Ok(keys)
    }

    /// The rotation itself, within a change.
    pub(crate) async fn rotate(&self, change: &mut Tx, actor: &Actor, before: &Set, fresh: &NewKey, revoke: bool) -> Result<LogEntry, Error> {
        let (now, alg) = (self.now(), before.alg);
        // A next key that can't sign must not become the current one.
        if let Some(next) = &before.next {
            SigningKey::open(alg, &next.kid, &sealed(change, &next.kid).await?, &self.0.vault)?;
        }
        let sql = "UPDATE signing_keys SET state = 'previous', current_until = $1, tokens_until = $1 + longest_lifetime \
            WHERE state = 'current' AND alg = $2";
        execute!(change, sqlx::query(sql).bind(now).bind(alg.as_str()))?;
        let longest = longest_lifetime(change, alg).await?;
        let sql = "UPDATE signing_keys SET state = 'current', current_since = $1, longest_lifetime = $3 WHERE state = 'next' AND alg = $2";
        execute!(change, sqlx::query(sql).bind(now).bind(alg.as_str()).bind(longest))?;
        fresh.insert(change, &self.0.vault, KeyState::Next, now).await?;
        let mut description = format!("{} signing key rotated", alg.as_str());
        if revoke && let Some(former) = &before.current {
            end(change, &former.kid, KeyState::Revoked, now).await?;
            description.push_str(", the former one revoked");
        }
        let after = Set::of(change, alg).await?;
        let mut entry = self.entry(actor, LogType::Changed, description);
        entry.before = before.current.as_ref().map(logs::json).unwrap_or_default();
        entry.after = after.current.as_ref().map(logs::json).unwrap_or_default();
        Ok(entry)
    }

    /// Takes a previous key out of the JWKS, so that its tokens no longer verify, and erases its private half.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] on `kid` unless the key is a previous one; [`Error::Storage`].
    pub async fn revoke_key(&self, actor: &Actor, kid: &str) -> Result<Vec<Key>, Error> {
        self.write_key_usage().await?;
        let mut change = self.change().await?;
        let before = all(&mut change)
            .await?
            .into_iter()
            .find(|key| key.kid == kid)
            .ok_or(Error::NotFound("key"))?;
        check_revocable(before.state)?;
        end(&mut change, kid, KeyState::Revoked, self.now()).await?;
        let keys = all(&mut change).await?;
        let mut entry = self.entry(actor, LogType::Changed, format!("{} signing key revoked", before.alg.as_str()));
        entry.before = logs::json(&before);
        entry.after = keys.iter().find(|key| key.kid == kid).map(logs::json).unwrap_or_default();
        self.finish(change, entry).await?;
        Ok(keys)
    }

    /// The algorithms that tokens of this server are signed with, in the order of [`SigningAlg::ALL`].
    #[must_use]
    pub fn signing_algs(&self) -> Vec<SigningAlg> {
        self.0.snapshots.current().algs()
    }

    /// The public keys that verify tokens of this server, prepared at load and at rotation.
    #[must_use]
    pub fn jwks(&self) -> Arc<Published> {
        Arc::clone(self.0.snapshots.current().keys.published())
    }
}

/// Makes the keys that every installation has, if they are not there yet: at the very first start.
///
/// Of several processes that start at once the first to begin its transaction makes them; the others find them there.
pub(crate) async fn ensure(store: &Store, vault: &Vault, now: Timestamp) -> Result<(), Error> {
    let first = prepare(store, SigningAlg::default()).await?;
    if first.0.is_empty() {
        return Ok(());
    }
    let mut tx = store.write().await?;
    store::next_revision(&mut tx).await?;
    first.insert(&mut tx, vault, now).await?;
    tx.commit().await
}

/// The keys that an API with this algorithm needs and that are not there yet; made before the transaction that stores them, which
/// no other writer gets past.
pub(crate) async fn prepare(store: &Store, alg: SigningAlg) -> Result<Prepared, Error> {
    let mut made = Vec::new();
    if let Some(alg) = alg.key_alg() {
        // No connection is held while keys are made.
        let missing = Set::of(&mut store.read().await?, alg).await?.missing();
        for state in missing {
            made.push((state, NewKey::generate(alg).await?));
        }
    }
    Ok(Prepared(made))
}

/// Keys that were made for a set and are not stored yet.
pub(crate) struct Prepared(Vec<(KeyState, NewKey)>);

impl Prepared {
    /// Stores those that another process has not stored meanwhile.
    pub(crate) async fn insert(&self, tx: &mut Tx, vault: &Vault, now: Timestamp) -> Result<(), Error> {
        for (state, key) in &self.0 {
            if Set::of(tx, key.alg).await?.missing().contains(state) {
                key.insert(tx, vault, *state, now).await?;
            }
        }
        Ok(())
    }
}

/// Notes how long tokens of `api` live, so that the key or secret which signs them is kept for as long.
pub(crate) async fn note_lifetime(tx: &mut Tx, api: &Api) -> Result<(), Error> {
    let Some(alg) = api.signing_alg.key_alg() else {
        return signing_secrets::note_lifetime(tx, api).await;
    };
    let sql = "UPDATE signing_keys SET longest_lifetime = $2 WHERE alg = $1 AND state = 'current' AND longest_lifetime < $2";
    execute!(tx, sqlx::query(sql).bind(alg.as_str()).bind(api.token_lifetime))?;
    Ok(())
}

async fn longest_lifetime(tx: &mut Tx, alg: KeyAlg) -> Result<i64, Error> {
    let sql = "SELECT MAX(token_lifetime) FROM apis WHERE signing_alg = $1";
    let longest: Option<i64> = on!(tx, db => sqlx::query_scalar(sql).bind(alg.as_str()).fetch_one(db).await)?;
    Ok(longest.unwrap_or_default())
}

/// The current and the next key of an algorithm.
pub(crate) struct Set {
    pub(crate) alg: KeyAlg,
    pub(crate) current: Option<Key>,
    pub(crate) next: Option<Key>,
}

impl Set {
    /// Reads it.
    pub(crate) async fn of(tx: &mut Tx, alg: KeyAlg) -> Result<Self, Error> {
        let keys = all(tx).await?;
        let find = |state| keys.iter().find(|key| key.alg == alg && key.state == state).cloned();
        Ok(Self {
            alg,
            current: find(KeyState::Current),
            next: find(KeyState::Next),
        })
    }

    fn missing(&self) -> Vec<KeyState> {
        let places = [(KeyState::Current, &self.current), (KeyState::Next, &self.next)];
        places.into_iter().filter(|(_, key)| key.is_none()).map(|(state, _)| state).collect()
    }
}

/// Takes a key out of the JWKS for good and erases its private half.
pub(crate) async fn end(tx: &mut Tx, kid: &str, state: KeyState, now: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE signing_keys SET state = $3, revoked_at = $2, sealed_private = '' WHERE kid = $1";
    execute!(tx, sqlx::query(sql).bind(kid).bind(now).bind(state.as_str()))?;
    Ok(())
}

/// Why a key in this state can't be revoked, if it can't.
fn check_revocable(state: KeyState) -> Result<(), Invalid> {
    let message = match state {
        KeyState::Previous => return Ok(()),
        KeyState::Current => "Rotate first: this key signs tokens now.",
        KeyState::Next => "Rotate first: this key signs tokens after the next rotation.",
        KeyState::Retired => "Choose a previous key: the tokens of this one have all expired, and it is no longer published.",
        KeyState::Revoked => "Choose a previous key: this one is revoked already.",
    };
    Err(Invalid::new("kid", message))
}

/// A key pair that is not stored yet.
pub(crate) struct NewKey {
    alg: KeyAlg,
    kid: String,
    private: Zeroizing<Vec<u8>>,
}

impl NewKey {
    /// Makes a key, not on the threads of the runtime: RSA takes some tenths of a second.
    pub(crate) async fn generate(alg: KeyAlg) -> Result<Self, Error> {
        let made = tokio::task::spawn_blocking(move || {
            let pair = KeyPair::generate(alg)?;
            Ok(Self {
                alg,
                kid: pair.jwk(alg)?.kid,
                private: pair.to_pkcs8()?,
            })
        });
        made.await.map_err(|error| Error::Key(format!("no key could be made: {error}")))?
    }

    async fn insert(&self, tx: &mut Tx, vault: &Vault, state: KeyState, now: Timestamp) -> Result<(), Error> {
        let sealed = vault.seal(&place(&self.kid), &self.private)?;
        let since = (state == KeyState::Current).then_some(now);
        let longest = longest_lifetime(tx, self.alg).await?;
        let sql = "INSERT INTO signing_keys (kid, alg, state, sealed_private, longest_lifetime, created_at, current_since) \
            VALUES ($1, $2, $3, $4, $5, $6, $7)";
        execute!(
            tx,
            sqlx::query(sql)
                .bind(&self.kid)
                .bind(self.alg.as_str())
                .bind(state.as_str())
                .bind(&sealed)
                .bind(longest)
                .bind(now)
                .bind(since)
        )?;
        Ok(())
    }
}

/// Where the private half of a key is sealed.
pub(crate) fn place(kid: &str) -> String {
    format!("signing_keys:sealed_private:{kid}")
}

/// The private half of a key as it is kept.
pub(crate) async fn sealed(tx: &mut Tx, kid: &str) -> Result<String, Error> {
    let sql = "SELECT sealed_private FROM signing_keys WHERE kid = $1";
    Ok(on!(tx, db => sqlx::query_scalar(sql).bind(kid).fetch_one(db).await)?)
}

/// All keys in the order of [`Engine::keys`].
pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<Key>, Error> {
    let sql = "SELECT kid, alg, state, created_at, current_since, current_until, tokens_until, revoked_at, tokens_signed, last_used_at \
        FROM signing_keys \
        ORDER BY CASE alg WHEN 'RS256' THEN 0 WHEN 'PS256' THEN 1 WHEN 'ES256' THEN 2 ELSE 3 END, \
        CASE state WHEN 'current' THEN 0 WHEN 'next' THEN 1 WHEN 'previous' THEN 2 ELSE 3 END, \
        COALESCE(revoked_at, 0) DESC, COALESCE(current_until, 0) DESC, current_since DESC, kid";
    let rows: Vec<KeyRow> = on!(tx, db => sqlx::query_as(sql).fetch_all(db).await)?;
    rows.into_iter().map(KeyRow::key).collect()
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    kid: String,
    alg: String,
    state: String,
    created_at: Timestamp,
    current_since: Option<Timestamp>,
    current_until: Option<Timestamp>,
    tokens_until: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    tokens_signed: i64,
    last_used_at: Option<Timestamp>,
}

impl KeyRow {
    fn key(self) -> Result<Key, Error> {
        Ok(Key {
            alg: KeyAlg::parse(&self.alg).ok_or(Error::Corrupt("signing_keys.alg"))?,
            state: KeyState::parse(&self.state).ok_or(Error::Corrupt("signing_keys.state"))?,
            kid: self.kid,
            created_at: self.created_at,
            current_since: self.current_since,
            current_until: self.current_until,
            tokens_until: self.tokens_until,
            revoked_at: self.revoked_at,
            tokens_signed: self.tokens_signed,
            last_used_at: self.last_used_at,
        })
    }
}
