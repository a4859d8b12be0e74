//! Secrets of clients: list, add, change, remove, show, rotate, and whose a found one is.

use std::collections::BTreeMap;

use model::Invalid;
use model::client::Client;
use model::client_secret::{
    ClientSecret, Finding, LastUse, Look, Owner, RANDOM_LENGTH, SECRETS_MAX, SecretFields, assemble, check_expiry, check_pasted, check_secret_name,
    default_name, in_pasted, is_live, look,
};
use model::log::{Actor, LogEntry, LogType};
use model::secret::Secret;
use model::time::Timestamp;
use sqlx::QueryBuilder;
use tokio::task::yield_now;

use crate::clients::{existing, touch};
use crate::engine::{Change, Engine, Inner};
use crate::error::Error;
use crate::logs::json;
use crate::store::{Tx, execute, on, storable};
use crate::vault::mac_to_text;

/// Letters and digits of an id behind `cs_`.
const ID_LENGTH: usize = 16;
/// Secrets that are looked at in one go when a found one is compared with all.
const FIND_BATCH: i64 = 1_000;

impl Engine {
    /// The secrets of a client, oldest first; what this process has noted of their use is written before.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Storage`].
    pub async fn client_secrets(&self, client_id: &str) -> Result<Vec<ClientSecret>, Error> {
        self.flush_uses().await;
        let mut tx = self.0.store.read().await?;
        existing(&mut tx, client_id).await?;
        all(&mut tx, client_id).await
    }

    /// Adds a secret to those of a client, which stay; an empty name is filled in.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`] on a field or on `secret_id` if there are too many, [`Error::Vault`] or [`Error::Storage`].
    pub async fn add_client_secret(&self, actor: &Actor, client_id: &str, fields: SecretFields) -> Result<(ClientSecret, Secret), Error> {
        let name = fields.name.trim();
        if !name.is_empty() {
            check_secret_name(name)?;
        }
        check_expiry(fields.expires_at, self.now())?;
        let mut change = self.change().await?;
        let client = existing(&mut change, client_id).await?;
        check_room(&all(&mut change, client_id).await?)?;
        let new = NewSecret {
            name: Some(name).filter(|name| !name.is_empty()),
            expires_at: fields.expires_at,
            ..NewSecret::default()
        };
        let (secret, plain) = insert(&mut change, &self.0, client_id, new).await?;
        let entry = LogEntry {
            after: json(&secret),
            ..self.client_entry(actor, &client, format!("Secret \"{}\" added to {}", secret.name, client.name))
        };
        self.finish_secrets(change, &client, entry).await?;
        Ok((secret, plain))
    }

    /// Changes name and expiry of a secret; nothing is logged where nothing differs.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`] or [`Error::Storage`].
    pub async fn update_client_secret(&self, actor: &Actor, client_id: &str, secret_id: &str, fields: SecretFields) -> Result<ClientSecret, Error> {
        let name = fields.name.trim();
        check_secret_name(name)?;
        let changed = |before: &ClientSecret| {
            if fields.expires_at != before.expires_at {
                check_expiry(fields.expires_at, self.now())?;
            }
            Ok(ClientSecret {
                name: name.to_owned(),
                expires_at: fields.expires_at,
                ..before.clone()
            })
        };
        self.write_client_secret(actor, client_id, secret_id, changed).await
    }

    /// Lets a secret expire then, which may be in the past: so an extension is undone.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Storage`].
    pub(crate) async fn end_client_secret(&self, actor: &Actor, client_id: &str, secret_id: &str, at: Timestamp) -> Result<(), Error> {
        let changed = |before: &ClientSecret| {
            Ok(ClientSecret {
                expires_at: Some(at),
                ..before.clone()
            })
        };
        self.write_client_secret(actor, client_id, secret_id, changed).await.map(drop)
    }

    async fn write_client_secret(
        &self,
        actor: &Actor,
        client_id: &str,
        secret_id: &str,
        changed: impl FnOnce(&ClientSecret) -> Result<ClientSecret, Error>,
    ) -> Result<ClientSecret, Error> {
        let mut change = self.change().await?;
        let client = existing(&mut change, client_id).await?;
        let before = one(&all(&mut change, client_id).await?, secret_id)?.clone();
        let after = changed(&before)?;
        if after == before {
            return Ok(before);
        }
        execute!(
            change,
            sqlx::query("UPDATE client_secrets SET name = $2, expires_at = $3 WHERE id = $1")
                .bind(secret_id)
                .bind(&after.name)
                .bind(after.expires_at)
        )?;
        let entry = LogEntry {
            before: json(&before),
            after: json(&after),
            ..self.client_entry(actor, &client, format!("Secret \"{}\" of {} changed", after.name, client.name))
        };
        self.finish_secrets(change, &client, entry).await?;
        Ok(after)
    }

    /// Removes a secret: it is refused at once. The last live one stays.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`] on `secret_id` or [`Error::Storage`].
    pub async fn remove_client_secret(&self, actor: &Actor, client_id: &str, secret_id: &str) -> Result<(), Error> {
        let mut change = self.change().await?;
        let client = existing(&mut change, client_id).await?;
        let secret = self.remove(&mut change, client_id, secret_id).await?;
        let entry = LogEntry {
            before: json(&secret),
            ..self.client_entry(actor, &client, format!("Secret \"{}\" of {} removed", secret.name, client.name))
        };
        self.finish_secrets(change, &client, entry).await
    }

    /// Removes a secret that was found where it does not belong; with `replace` it makes another one in its place, so that the
    /// last live one can be removed too.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`] on `secret_id`, [`Error::Vault`] or [`Error::Storage`].
    pub async fn revoke_client_secret(&self, actor: &Actor, client_id: &str, secret_id: &str, replace: bool) -> Result<Option<ClientSecret>, Error> {
        let mut change = self.change().await?;
        let client = existing(&mut change, client_id).await?;
        let (secret, new) = if replace {
            let secret = one(&all(&mut change, client_id).await?, secret_id)?.clone();
            let (new, _) = insert(&mut change, &self.0, client_id, NewSecret::default()).await?;
            delete(&mut change, secret_id).await?;
            (secret, Some(new))
        } else {
            (self.remove(&mut change, client_id, secret_id).await?, None)
        };
        let done = if replace { "replaced" } else { "removed" };
        let entry = LogEntry {
            before: json(&secret),
            after: new.as_ref().map(json).unwrap_or_default(),
            ..self.client_entry(
                actor,
                &client,
                format!("Secret \"{}\" of {} {done}: it was reported as leaked", secret.name, client.name),
            )
        };
        self.finish_secrets(change, &client, entry).await?;
        Ok(new)
    }

    /// Shows the newest secret of a client that is live, or else its newest, and logs that it was shown.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Vault`] or [`Error::Storage`].
    pub async fn reveal_client_secret(&self, actor: &Actor, client_id: &str) -> Result<Secret, Error> {
        let mut tx = self.0.store.read().await?;
        let client = existing(&mut tx, client_id).await?;
        let secrets = all(&mut tx, client_id).await?;
        let newest = secrets.iter().rev().find(|secret| secret.is_live(self.now())).or(secrets.last());
        let newest = newest.ok_or(Error::NotFound("secret"))?;
        let told = format!("Client secret of {} shown", client.name);
        self.reveal(tx, actor, &client, &newest.id, told).await
    }

    /// Shows the secrets of several clients, of each the one of [`Engine::reveal_client_secret`], by client id; one log entry says so of all.
    ///
    /// # Errors
    /// [`Error::Vault`] or [`Error::Storage`].
    pub async fn reveal_client_secrets(&self, actor: &Actor, client_ids: &[&str]) -> Result<BTreeMap<String, Secret>, Error> {
        if client_ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut tx = self.0.store.read().await?;
        let rows: Vec<(String, String, Option<Timestamp>, String)> = on!(&mut tx, db => {
            let mut sql = QueryBuilder::new("SELECT client_id, id, expires_at, sealed_secret FROM client_secrets WHERE client_id IN (");
            let mut list = sql.separated(", ");
            for id in client_ids {
                list.push_bind(*id);
            }
            sql.push(") ORDER BY client_id, position");
            sql.build_query_as().fetch_all(db).await
        })?;
        drop(tx);
        let now = self.now();
        let mut newest: BTreeMap<String, (String, bool, String)> = BTreeMap::new();
        for (client_id, id, expires_at, sealed) in rows {
            let live = is_live(expires_at, now);
            // Of two the later one, unless only the earlier one is live.
            if live || newest.get(&client_id).is_none_or(|(_, other_live, _)| !other_live) {
                newest.insert(client_id, (id, live, sealed));
            }
        }
        let open = |(client_id, (id, _, sealed)): (String, (String, bool, String))| {
            let plain = self.0.vault.open_text(&place(&client_id, &id), &sealed)?;
            Ok((client_id, plain))
        };
        let secrets: BTreeMap<String, Secret> = newest.into_iter().map(open).collect::<Result<_, Error>>()?;
        let told = format!("Client secrets of {} clients shown", secrets.len());
        self.write_log(self.entry(actor, LogType::SecretShown, told)).await?;
        Ok(secrets)
    }

    /// Shows one of the secrets of a client, and logs that it was shown.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Vault`] or [`Error::Storage`].
    pub async fn reveal_one_client_secret(&self, actor: &Actor, client_id: &str, secret_id: &str) -> Result<Secret, Error> {
        let mut tx = self.0.store.read().await?;
        let client = existing(&mut tx, client_id).await?;
        let secret = one(&all(&mut tx, client_id).await?, secret_id)?.clone();
        let told = format!("Client secret \"{}\" of {} shown", secret.name, client.name);
        self.reveal(tx, actor, &client, &secret.id, told).await
    }

    /// Gives a client a new secret in place of all that it has; those are refused at once.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Vault`] or [`Error::Storage`].
    pub async fn rotate_client_secret(&self, actor: &Actor, client_id: &str) -> Result<Secret, Error> {
        let mut change = self.change().await?;
        let before = existing(&mut change, client_id).await?;
        let after = Client {
            updated_at: self.now(),
            ..before.clone()
        };
        let (new, plain) = insert(&mut change, &self.0, client_id, NewSecret::default()).await?;
        execute!(
            change,
            sqlx::query("DELETE FROM client_secrets WHERE client_id = $1 AND id <> $2")
                .bind(client_id)
                .bind(&new.id)
        )?;
        let entry = LogEntry {
            before: json(&before),
            after: json(&after),
            ..self.client_entry(actor, &after, format!("Client secret of {} rotated", after.name))
        };
        self.finish_secrets(change, &after, entry).await?;
        Ok(plain)
    }

    /// Begins to replace a secret: makes a new one beside it, and both are accepted.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`] on `secret_id`, [`Error::Vault`] or [`Error::Storage`].
    pub async fn start_secret_rotation(&self, actor: &Actor, client_id: &str, secret_id: &str) -> Result<(ClientSecret, Secret), Error> {
        let mut change = self.change().await?;
        let client = existing(&mut change, client_id).await?;
        let secrets = all(&mut change, client_id).await?;
        let old = one(&secrets, secret_id)?;
        if ClientSecret::rotation(&secrets).is_some() {
            return Err(refused("Complete or cancel the rotation that is under way first."));
        }
        check_room(&secrets)?;
        let new = NewSecret {
            replaces: Some(secret_id),
            ..NewSecret::default()
        };
        let (new, plain) = insert(&mut change, &self.0, client_id, new).await?;
        let entry = LogEntry {
            after: json(&new),
            ..self.client_entry(actor, &client, format!("Rotation of secret \"{}\" of {} started", old.name, client.name))
        };
        self.finish_secrets(change, &client, entry).await?;
        Ok((new, plain))
    }

    /// Ends the rotation under way: the old secret is refused from now on. Gives the new one.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`] on `secret_id` or [`Error::Storage`].
    pub async fn complete_secret_rotation(&self, actor: &Actor, client_id: &str) -> Result<ClientSecret, Error> {
        let mut change = self.change().await?;
        let client = existing(&mut change, client_id).await?;
        let (new, old) = rotation(&mut change, client_id).await?;
        self.remove(&mut change, client_id, &old.id).await?;
        let after = ClientSecret { replaces: None, ..new };
        let entry = LogEntry {
            before: json(&old),
            after: json(&after),
            ..self.client_entry(
                actor,
                &client,
                format!("Rotation of secret \"{}\" of {} completed", old.name, client.name),
            )
        };
        self.finish_secrets(change, &client, entry).await?;
        Ok(after)
    }

    /// Gives up the rotation under way: the new secret is refused from now on. Gives the old one.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`] on `secret_id` or [`Error::Storage`].
    pub async fn cancel_secret_rotation(&self, actor: &Actor, client_id: &str) -> Result<ClientSecret, Error> {
        let mut change = self.change().await?;
        let client = existing(&mut change, client_id).await?;
        let (new, old) = rotation(&mut change, client_id).await?;
        self.remove(&mut change, client_id, &new.id).await?;
        let entry = LogEntry {
            before: json(&new),
            ..self.client_entry(
                actor,
                &client,
                format!("Rotation of secret \"{}\" of {} cancelled", old.name, client.name),
            )
        };
        self.finish_secrets(change, &client, entry).await?;
        Ok(old)
    }

    /// Whether a client would be proven by this secret now; shows nothing, so that nothing is logged.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Storage`].
    pub async fn is_client_secret(&self, client_id: &str, secret: &Secret) -> Result<bool, Error> {
        let mut tx = self.0.store.read().await?;
        existing(&mut tx, client_id).await?;
        let rows: Vec<(String, Option<Timestamp>)> = on!(&mut tx, db => {
            sqlx::query_as("SELECT secret_mac, expires_at FROM client_secrets WHERE client_id = $1").bind(client_id).fetch_all(db).await
        })?;
        let now = self.now();
        let live = rows.into_iter().filter(|(_, expires_at)| is_live(*expires_at, now));
        let macs = live.map(|(mac, _)| mac_from_text(&mac)).collect::<Result<Vec<_>, _>>()?;
        Ok(self.0.vault.matching(client_id, secret.reveal(), macs.iter()).is_some())
    }

    /// Whose secret somebody has found; compares it with every secret that there is, and keeps it nowhere.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `secret` if it is empty or too long, or [`Error::Storage`].
    pub async fn find_client_secret(&self, pasted: &Secret) -> Result<Finding, Error> {
        check_pasted(pasted.reveal())?;
        let text = in_pasted(pasted.reveal());
        let nobodys = match look(text) {
            Look::Mistyped => return Ok(Finding::Mistyped),
            Look::Foreign => Finding::NotOurs,
            Look::Whole => Finding::Unknown,
        };
        let Some((client_id, secret_id)) = self.holder(text).await? else {
            return Ok(nobodys);
        };
        match self.client_secret_owner(&client_id, &secret_id).await {
            Ok(owner) => Ok(Finding::Of(Box::new(owner))),
            // Removed meanwhile.
            Err(Error::NotFound(_)) => Ok(nobodys),
            Err(error) => Err(error),
        }
    }

    /// A secret with its client, and what its removal would mean.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Storage`].
    pub async fn client_secret_owner(&self, client_id: &str, secret_id: &str) -> Result<Owner, Error> {
        self.flush_uses().await;
        let mut tx = self.0.store.read().await?;
        let client = existing(&mut tx, client_id).await?;
        let secrets = all(&mut tx, client_id).await?;
        let secret = one(&secrets, secret_id)?.clone();
        let now = self.now();
        Ok(Owner {
            client,
            is_live: secret.is_live(now),
            is_only_live: secret.is_only_live(&secrets, now) || secrets.len() == 1,
            secret,
            as_of: now,
        })
    }

    /// What could not be written is read a little old.
    async fn flush_uses(&self) {
        if let Err(error) = self.0.uses.flush().await {
            tracing::warn!(%error, "when client secrets were last used could not be written before it is read");
        }
    }

    /// The ids of the client and the secret that `text` is. A MAC is bound to its client, so that each must be computed.
    async fn holder(&self, text: &str) -> Result<Option<(String, String)>, Error> {
        let mut after = String::new();
        loop {
            let mut tx = self.0.store.read().await?;
            let rows: Vec<(String, String, String)> = on!(&mut tx, db => sqlx::query_as(
                "SELECT client_id, id, secret_mac FROM client_secrets WHERE id > $1 ORDER BY id LIMIT $2",
            )
            .bind(&after)
            .bind(FIND_BATCH)
            .fetch_all(db)
            .await)?;
            drop(tx);
            let Some((_, last, _)) = rows.last() else { return Ok(None) };
            after.clone_from(last);
            for (client_id, id, mac) in rows {
                if self.0.vault.matching(&client_id, text, [mac_from_text(&mac)?].iter()).is_some() {
                    return Ok(Some((client_id, id)));
                }
            }
            // Some thousand hashes at a time: other requests have their turn in between.
            yield_now().await;
        }
    }

    async fn reveal(&self, mut tx: Tx, actor: &Actor, client: &Client, secret_id: &str, told: String) -> Result<Secret, Error> {
        let sealed: String = on!(&mut tx, db => sqlx::query_scalar("SELECT sealed_secret FROM client_secrets WHERE id = $1")
            .bind(secret_id)
            .fetch_one(db)
            .await)?;
        drop(tx);
        let secret = self.0.vault.open_text(&place(&client.client_id, secret_id), &sealed)?;
        let entry = LogEntry {
            kind: LogType::SecretShown,
            ..self.client_entry(actor, client, told)
        };
        self.write_log(entry).await?;
        Ok(secret)
    }

    /// Removes one secret of several.
    async fn remove(&self, tx: &mut Tx, client_id: &str, secret_id: &str) -> Result<ClientSecret, Error> {
        let secrets = all(tx, client_id).await?;
        let secret = one(&secrets, secret_id)?.clone();
        if secrets.len() == 1 || secret.is_only_live(&secrets, self.now()) {
            return Err(refused(
                "This is the only live secret of the client: without it the program would get no token. Add or rotate first.",
            ));
        }
        delete(tx, secret_id).await?;
        Ok(secret)
    }

    /// Commits a change of a client's secrets, which is a change of the client.
    async fn finish_secrets(&self, mut change: Change, client: &Client, entry: LogEntry) -> Result<(), Error> {
        touch(&mut change, &client.client_id, self.now()).await?;
        self.finish(change, entry).await
    }
}

/// A secret as the token path knows it.
pub(crate) struct KnownSecret {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// From when on it is refused.
    pub(crate) expires_at: Option<Timestamp>,
    /// Keyed hash, see [`crate::vault::Vault::matching`].
    pub(crate) mac: [u8; 32],
}

/// All secrets of a client, for the token path: expired ones too, since they are refused with a reason of their own.
pub(crate) async fn known(tx: &mut Tx, client_id: &str) -> Result<Vec<KnownSecret>, Error> {
    let rows: Vec<(String, String, Option<Timestamp>, String)> = on!(tx, db => sqlx::query_as(
        "SELECT id, name, expires_at, secret_mac FROM client_secrets WHERE client_id = $1 ORDER BY position",
    )
    .bind(client_id)
    .fetch_all(db)
    .await)?;
    let known = |(id, name, expires_at, mac): (String, String, Option<Timestamp>, String)| {
        Ok(KnownSecret {
            id,
            name,
            expires_at,
            mac: mac_from_text(&mac)?,
        })
    };
    rows.into_iter().map(known).collect()
}

/// What a new secret is made with.
#[derive(Default)]
pub(crate) struct NewSecret<'a> {
    name: Option<&'a str>,
    expires_at: Option<Timestamp>,
    replaces: Option<&'a str>,
    /// One of somebody's own choosing, whose rules are checked already.
    own: Option<&'a Secret>,
}

/// Puts a secret of somebody's own choosing in the place of all that a client has.
pub(crate) async fn replace_all(tx: &mut Tx, inner: &Inner, client_id: &str, own: &Secret) -> Result<(), Error> {
    execute!(tx, sqlx::query("DELETE FROM client_secrets WHERE client_id = $1").bind(client_id))?;
    let new = NewSecret {
        own: Some(own),
        ..NewSecret::default()
    };
    insert(tx, inner, client_id, new).await.map(drop)
}

/// Makes and writes a secret of a client that is there.
pub(crate) async fn insert(tx: &mut Tx, inner: &Inner, client_id: &str, new: NewSecret<'_>) -> Result<(ClientSecret, Secret), Error> {
    let position: i64 = on!(tx, db => sqlx::query_scalar("SELECT COALESCE(MAX(position), 0) + 1 FROM client_secrets WHERE client_id = $1")
        .bind(client_id)
        .fetch_one(db)
        .await)?;
    let secret = ClientSecret {
        id: format!("cs_{}", inner.chance.alphanumeric(ID_LENGTH)),
        client_id: client_id.to_owned(),
        name: new.name.map_or_else(|| default_name(position), str::to_owned),
        created_at: inner.clock.now(),
        expires_at: new.expires_at,
        replaces: new.replaces.map(str::to_owned),
        last_used: None,
    };
    let plain = new
        .own
        .cloned()
        .unwrap_or_else(|| Secret::new(assemble(&inner.chance.alphanumeric(RANDOM_LENGTH))));
    let sealed = inner.vault.seal_text(&place(client_id, &secret.id), &plain)?;
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO client_secrets (id, client_id, position, name, sealed_secret, secret_mac, created_at, expires_at, replaces, last_used_ip) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '')",
        )
        .bind(&secret.id)
        .bind(client_id)
        .bind(position)
        .bind(&secret.name)
        .bind(sealed)
        .bind(mac_to_text(&inner.vault.secret_mac(client_id, plain.reveal())))
        .bind(secret.created_at)
        .bind(secret.expires_at)
        .bind(&secret.replaces)
    )?;
    Ok((secret, plain))
}

async fn delete(tx: &mut Tx, secret_id: &str) -> Result<(), Error> {
    execute!(tx, sqlx::query("DELETE FROM client_secrets WHERE id = $1").bind(secret_id))?;
    Ok(())
}

async fn all(tx: &mut Tx, client_id: &str) -> Result<Vec<ClientSecret>, Error> {
    let rows: Vec<SecretRow> = on!(tx, db => sqlx::query_as(
        "SELECT id, client_id, name, created_at, expires_at, replaces, last_used_at, last_used_ip FROM client_secrets \
         WHERE client_id = $1 ORDER BY position",
    )
    .bind(client_id)
    .fetch_all(db)
    .await)?;
    Ok(rows.into_iter().map(SecretRow::secret).collect())
}

fn one<'a>(secrets: &'a [ClientSecret], secret_id: &str) -> Result<&'a ClientSecret, Error> {
    storable(secret_id, "secret")?;
    secrets.iter().find(|secret| secret.id == secret_id).ok_or(Error::NotFound("secret"))
}

/// The new and the old secret of the rotation under way.
async fn rotation(tx: &mut Tx, client_id: &str) -> Result<(ClientSecret, ClientSecret), Error> {
    let secrets = all(tx, client_id).await?;
    let (new, old) = ClientSecret::rotation(&secrets).ok_or_else(|| refused("No rotation is under way: it was completed or cancelled meanwhile."))?;
    Ok((new.clone(), old.clone()))
}

fn check_room(secrets: &[ClientSecret]) -> Result<(), Error> {
    if secrets.len() < SECRETS_MAX {
        return Ok(());
    }
    Err(refused(&format!("A client has at most {SECRETS_MAX} secrets: remove one first.")))
}

fn refused(message: &str) -> Error {
    Invalid::new("secret_id", message).into()
}

/// What a sealed client secret is bound to. A client's secret of the time when it had one was sealed where it then stood; its id
/// is that of the client.
fn place(client_id: &str, secret_id: &str) -> String {
    if secret_id.strip_prefix("cs_") == Some(client_id) {
        format!("clients:sealed_secret:{client_id}")
    } else {
        format!("client_secrets:sealed_secret:{client_id}:{secret_id}")
    }
}

fn mac_from_text(text: &str) -> Result<[u8; 32], Error> {
    crate::vault::mac_from_text(text).ok_or(Error::Corrupt("client_secrets.secret_mac"))
}

#[derive(sqlx::FromRow)]
struct SecretRow {
    id: String,
    client_id: String,
    name: String,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    replaces: Option<String>,
    last_used_at: Option<Timestamp>,
    last_used_ip: String,
}

impl SecretRow {
    fn secret(self) -> ClientSecret {
        ClientSecret {
            id: self.id,
            client_id: self.client_id,
            name: self.name,
            created_at: self.created_at,
            expires_at: self.expires_at,
            replaces: self.replaces,
            last_used: self.last_used_at.map(|at| LastUse { at, ip: self.last_used_ip }),
        }
    }
}
