//! Keys of clients: add, list, remove. Only public halves are ever here.

use jsonwebtoken::DecodingKey;
use model::Invalid;
use model::client_key::{ClientKey, ID_LENGTH, KEYS_MAX, NewClientKey, check_kid};
use model::key::KeyAlg;
use model::log::{Actor, LogEntry};
use model::time::Timestamp;

use crate::clients;
use crate::engine::Engine;
use crate::error::Error;
use crate::jose::Jwk;
use crate::logs::json;
use crate::public_key::{fits, read, usual_alg};
use crate::store::{Tx, execute, on, storable};

impl Engine {
    /// The keys of a client, oldest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the client; [`Error::Storage`].
    pub async fn client_keys(&self, client_id: &str) -> Result<Vec<ClientKey>, Error> {
        let mut tx = self.0.store.read().await?;
        clients::existing(&mut tx, client_id).await?;
        rows(&mut tx, client_id).await?.into_iter().map(KeyRow::key).collect()
    }

    /// Adds a public key to a client. Whether the client may use it is a matter of its authentication methods.
    ///
    /// # Errors
    /// [`Error::Invalid`]; [`Error::Conflict`] on `kid` if the client has another key of this id; [`Error::NotFound`]; [`Error::Storage`].
    pub async fn add_client_key(&self, actor: &Actor, client_id: &str, new: NewClientKey) -> Result<ClientKey, Error> {
        let new = new.trimmed();
        new.check(self.now())?;
        let pasted = read(&new.key)?;
        let alg = new.alg.or(pasted.alg).unwrap_or_else(|| usual_alg(&pasted.public));
        if !fits(&pasted.public, alg) {
            return Err(Invalid::new("alg", format!("A key of this kind can't serve {}.", alg.as_str())).into());
        }
        let jwk = Jwk::new(alg, pasted.public);
        let kid = new.kid.or(pasted.kid).unwrap_or_else(|| jwk.kid.clone());
        check_kid(&kid)?;
        let mut change = self.change().await?;
        let client = clients::existing(&mut change, client_id).await?;
        if rows(&mut change, client_id).await?.len() >= KEYS_MAX {
            return Err(Invalid::new("key", format!("Remove a key first: a client has at most {KEYS_MAX}.")).into());
        }
        let key = ClientKey {
            id: format!("cred_{}", self.0.chance.alphanumeric(ID_LENGTH)),
            client_id: client_id.to_owned(),
            name: new.name,
            kid,
            alg,
            created_at: self.now(),
            expires_at: new.expires_at,
            unused: new.unused,
        };
        let sql = "INSERT INTO client_keys (id, client_id, name, kid, alg, jwk, created_at, expires_at, unused) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        execute!(
            change,
            sqlx::query(sql)
                .bind(&key.id)
                .bind(&key.client_id)
                .bind(&key.name)
                .bind(&key.kid)
                .bind(key.alg.as_str())
                .bind(json(&jwk))
                .bind(key.created_at)
                .bind(key.expires_at)
                .bind(key.unused)
        )
        .map_err(|error| Error::taken(error, "kid", "Choose another key ID: the client has a key with this one."))?;
        let entry = LogEntry {
            after: json(&key),
            ..self.client_entry(actor, &client, format!("Key \"{}\" added to {}", key.name, client.name))
        };
        self.finish(change, entry).await?;
        Ok(key)
    }

    /// Lets a key expire then, or never; nothing is logged where nothing differs.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the client or the key; [`Error::Invalid`] on `expires_at` unless it is in the future; [`Error::Storage`].
    pub async fn expire_client_key(&self, actor: &Actor, client_id: &str, key_id: &str, expires_at: Option<Timestamp>) -> Result<ClientKey, Error> {
        let mut change = self.change().await?;
        let client = clients::existing(&mut change, client_id).await?;
        let before = one(&mut change, client_id, key_id).await?;
        if before.expires_at == expires_at {
            return Ok(before);
        }
        if expires_at.is_some_and(|at| at <= self.now()) {
            return Err(Invalid::new("expires_at", "Choose a time in the future.").into());
        }
        let after = ClientKey {
            expires_at,
            ..before.clone()
        };
        execute!(
            change,
            sqlx::query("UPDATE client_keys SET expires_at = $2 WHERE id = $1")
                .bind(key_id)
                .bind(expires_at)
        )?;
        let entry = LogEntry {
            before: json(&before),
            after: json(&after),
            ..self.client_entry(actor, &client, format!("Expiry of key \"{}\" of {} changed", after.name, client.name))
        };
        self.finish(change, entry).await?;
        Ok(after)
    }

    /// Removes a key: assertions that it signs prove nothing from now on.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the client or the key; [`Error::Storage`].
    pub async fn remove_client_key(&self, actor: &Actor, client_id: &str, key_id: &str) -> Result<(), Error> {
        let mut change = self.change().await?;
        let client = clients::existing(&mut change, client_id).await?;
        let key = one(&mut change, client_id, key_id).await?;
        execute!(change, sqlx::query("DELETE FROM client_keys WHERE id = $1").bind(key_id))?;
        let entry = LogEntry {
            before: json(&key),
            ..self.client_entry(actor, &client, format!("Key \"{}\" removed from {}", key.name, client.name))
        };
        self.finish(change, entry).await
    }
}

/// Lets a client prove itself with these of its keys and no others; says whether that changes anything.
pub(crate) async fn use_only(tx: &mut Tx, client_id: &str, ids: &[String]) -> Result<bool, Error> {
    let keys: Vec<ClientKey> = rows(tx, client_id).await?.into_iter().map(KeyRow::key).collect::<Result<_, _>>()?;
    if ids.iter().any(|id| keys.iter().all(|key| key.id != *id)) {
        return Err(Invalid::new("client_authentication_methods", "Credential does not exist").into());
    }
    let mut changes = false;
    for key in keys {
        let unused = !ids.contains(&key.id);
        if unused != key.unused {
            changes = true;
            execute!(
                tx,
                sqlx::query("UPDATE client_keys SET unused = $2 WHERE id = $1").bind(&key.id).bind(unused)
            )?;
        }
    }
    Ok(changes)
}

/// The key of a client with this id.
async fn one(tx: &mut Tx, client_id: &str, key_id: &str) -> Result<ClientKey, Error> {
    storable(key_id, "key")?;
    let keys: Vec<ClientKey> = rows(tx, client_id).await?.into_iter().map(KeyRow::key).collect::<Result<_, _>>()?;
    keys.into_iter().find(|key| key.id == key_id).ok_or(Error::NotFound("key"))
}

/// A key as assertions are checked with it.
pub(crate) struct KnownKey {
    /// What assertions call it.
    pub(crate) kid: String,
    /// The one algorithm that it serves.
    pub(crate) alg: KeyAlg,
    /// From when on it proves nothing.
    pub(crate) expires_at: Option<Timestamp>,
    /// Its public half, parsed.
    pub(crate) verifying: DecodingKey,
}

/// The keys that a client may prove itself with, parsed; for the token path.
pub(crate) async fn known(tx: &mut Tx, client_id: &str) -> Result<Vec<KnownKey>, Error> {
    let corrupt = || Error::Corrupt("client_keys.jwk");
    let known = |row: KeyRow| {
        let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_str(&row.jwk).map_err(|_| corrupt())?;
        let key = row.key()?;
        Ok(KnownKey {
            kid: key.kid,
            alg: key.alg,
            expires_at: key.expires_at,
            verifying: DecodingKey::from_jwk(&jwk).map_err(|_| corrupt())?,
        })
    };
    rows(tx, client_id).await?.into_iter().filter(|row| !row.unused).map(known).collect()
}

async fn rows(tx: &mut Tx, client_id: &str) -> Result<Vec<KeyRow>, Error> {
    let sql = "SELECT * FROM client_keys WHERE client_id = $1 ORDER BY created_at, id";
    Ok(on!(tx, db => sqlx::query_as(sql).bind(client_id).fetch_all(db).await)?)
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    id: String,
    client_id: String,
    name: String,
    kid: String,
    alg: String,
    jwk: String,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    unused: bool,
}

impl KeyRow {
    fn key(self) -> Result<ClientKey, Error> {
        Ok(ClientKey {
            alg: KeyAlg::parse(&self.alg).ok_or(Error::Corrupt("client_keys.alg"))?,
            id: self.id,
            client_id: self.client_id,
            name: self.name,
            kid: self.kid,
            created_at: self.created_at,
            expires_at: self.expires_at,
            unused: self.unused,
        })
    }
}
