//! Signing secrets of APIs that sign with HS256: made here, kept sealed, shown, rotated with and without an overlap, retired.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use model::Invalid;
use model::api::{Api, SigningAlg};
use model::log::{Actor, LogEntry, LogType};
use model::secret::Secret;
use model::signing_secret::{SIGNING_SECRETS_MAX, SigningSecret, SigningSecretState};
use model::time::Timestamp;

use crate::apis::{existing, touch};
use crate::engine::{Change, Engine, Inner};
use crate::error::{Error, VaultError};
use crate::logs::json;
use crate::store::{Tx, execute, on, storable};
use crate::vault::Vault;

/// Characters of a signing secret: 381 bits, where RFC 7518 §3.2 asks HS256 keys for at least 256.
const SIGNING_SECRET_LENGTH: usize = 64;
/// Letters and digits of a `kid` behind [`KID_PREFIX`].
const KID_LENGTH: usize = 16;
/// Begins every `kid` of a signing secret.
const KID_PREFIX: &str = "ss_";

impl Engine {
    /// The signing secrets of an API: the next, the current, then the previous ones, newest first. Those of an API that does not
    /// sign with HS256 wait until it does again.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Storage`].
    pub async fn signing_secrets(&self, api_id: &str) -> Result<Vec<SigningSecret>, Error> {
        let mut tx = self.0.store.read().await?;
        existing(&mut tx, api_id).await?;
        of_api(&mut tx, api_id).await
    }

    /// Shows the secret that signs the tokens of an API, and logs that it was shown.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] if the API is not signed with HS256; [`Error::Vault`]; [`Error::Storage`].
    pub async fn reveal_signing_secret(&self, actor: &Actor, api_id: &str) -> Result<Secret, Error> {
        let mut tx = self.0.store.read().await?;
        let (api, secrets) = with_secrets(&mut tx, api_id).await?;
        let current = current(&secrets)?;
        let told = format!("Signing secret of {} shown", api.name);
        self.reveal_signing(tx, actor, &api, current, told).await
    }

    /// Shows one of the signing secrets of an API, and logs that it was shown.
    ///
    /// # Errors
    /// As [`Engine::reveal_signing_secret`]; [`Error::NotFound`] also if the API has no secret with this `kid`.
    pub async fn reveal_one_signing_secret(&self, actor: &Actor, api_id: &str, kid: &str) -> Result<Secret, Error> {
        let mut tx = self.0.store.read().await?;
        let (api, secrets) = with_secrets(&mut tx, api_id).await?;
        let secret = one(&secrets, kid)?;
        let told = format!("Signing secret {} of {} shown", secret.kid, api.name);
        self.reveal_signing(tx, actor, &api, secret, told).await
    }

    /// Whether this is the secret that signs the tokens of an API, or would if it signed with HS256; shows nothing, so that nothing is logged.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Vault`]; [`Error::Storage`].
    pub async fn is_signing_secret(&self, api_id: &str, secret: &Secret) -> Result<bool, Error> {
        let mut tx = self.0.store.read().await?;
        existing(&mut tx, api_id).await?;
        let secrets = of_api(&mut tx, api_id).await?;
        let Some(current) = SigningSecret::in_state(&secrets, SigningSecretState::Current) else {
            return Ok(false);
        };
        let sealed = sealed(&mut tx, &current.kid).await?;
        let known = open(&self.0.vault, api_id, &current.kid, &sealed)?;
        Ok(verify_slices_are_equal(known.reveal().as_bytes(), secret.reveal().as_bytes()).is_ok())
    }

    /// Begins to replace the signing secret of an API: makes the next one. Tokens are signed with the current one until
    /// [`Engine::complete_signing_secret_rotation`], so that the API can be given the next one first.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] on `signing_alg` if the API is not signed with HS256, on `kid` if a rotation is under
    /// way or the API has [`SIGNING_SECRETS_MAX`]; [`Error::Vault`]; [`Error::Storage`].
    pub async fn start_signing_secret_rotation(&self, actor: &Actor, api_id: &str) -> Result<(SigningSecret, Secret), Error> {
        let mut change = self.change().await?;
        let (api, secrets) = with_secrets(&mut change, api_id).await?;
        if SigningSecret::in_state(&secrets, SigningSecretState::Next).is_some() {
            return Err(refused("Complete or cancel the rotation that is under way first."));
        }
        if secrets.len() >= SIGNING_SECRETS_MAX {
            let message = format!("An API has at most {SIGNING_SECRETS_MAX} signing secrets: remove a previous one first.");
            return Err(refused(&message));
        }
        let (next, plain) = insert(&mut change, &self.0, &api, SigningSecretState::Next).await?;
        let entry = LogEntry {
            after: json(&next),
            ..self.api_entry(actor, &api, format!("Rotation of the signing secret of {} started", api.name))
        };
        self.finish_signing_secrets(change, &api, entry).await?;
        Ok((next, plain))
    }

    /// Ends the rotation under way: the next secret signs from now on. The former one is accepted until the last token that it signed
    /// has expired. Gives the secret that signs now.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] on `signing_alg` if the API is not signed with HS256, on `kid` if no rotation is under
    /// way; [`Error::Vault`] if the next secret can't be read; [`Error::Storage`].
    pub async fn complete_signing_secret_rotation(&self, actor: &Actor, api_id: &str) -> Result<SigningSecret, Error> {
        let mut change = self.change().await?;
        let (api, secrets) = with_secrets(&mut change, api_id).await?;
        let next = next(&secrets)?;
        // A secret that can't sign must not become the current one.
        open(&self.0.vault, api_id, &next.kid, &sealed(&mut change, &next.kid).await?)?;
        let now = self.now();
        let sql = "UPDATE signing_secrets SET state = 'previous', current_until = $2, tokens_until = $2 + longest_lifetime \
            WHERE api_id = $1 AND state = 'current'";
        execute!(change, sqlx::query(sql).bind(api_id).bind(now))?;
        let sql = "UPDATE signing_secrets SET state = 'current', current_since = $2, longest_lifetime = $3 WHERE api_id = $1 AND state = 'next'";
        execute!(change, sqlx::query(sql).bind(api_id).bind(now).bind(api.token_lifetime))?;
        let after = of_api(&mut change, api_id).await?;
        let after = current(&after)?.clone();
        let entry = LogEntry {
            before: SigningSecret::in_state(&secrets, SigningSecretState::Current)
                .map(json)
                .unwrap_or_default(),
            after: json(&after),
            ..self.api_entry(actor, &api, format!("Rotation of the signing secret of {} completed", api.name))
        };
        self.finish_signing_secrets(change, &api, entry).await?;
        Ok(after)
    }

    /// Gives up the rotation under way: the next secret is erased. It has signed nothing. Gives the secret that goes on signing.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] on `signing_alg` if the API is not signed with HS256, on `kid` if no rotation is under
    /// way; [`Error::Storage`].
    pub async fn cancel_signing_secret_rotation(&self, actor: &Actor, api_id: &str) -> Result<SigningSecret, Error> {
        let mut change = self.change().await?;
        let (api, secrets) = with_secrets(&mut change, api_id).await?;
        let next = next(&secrets)?;
        let current = current(&secrets)?.clone();
        delete(&mut change, &next.kid).await?;
        let entry = LogEntry {
            before: json(next),
            ..self.api_entry(actor, &api, format!("Rotation of the signing secret of {} cancelled", api.name))
        };
        self.finish_signing_secrets(change, &api, entry).await?;
        Ok(current)
    }

    /// Erases a previous secret before its last token has expired: its tokens are refused from now on.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] on `signing_alg` if the API is not signed with HS256, on `kid` unless the secret is a
    /// previous one; [`Error::Storage`].
    pub async fn remove_signing_secret(&self, actor: &Actor, api_id: &str, kid: &str) -> Result<(), Error> {
        let mut change = self.change().await?;
        let (api, secrets) = with_secrets(&mut change, api_id).await?;
        let secret = one(&secrets, kid)?;
        check_removable(secret.state)?;
        delete(&mut change, kid).await?;
        let entry = LogEntry {
            before: json(secret),
            ..self.api_entry(actor, &api, format!("Previous signing secret {kid} of {} removed", api.name))
        };
        self.finish_signing_secrets(change, &api, entry).await
    }

    /// Gives an API a new signing secret in place of all that it has, at once: tokens signed with those no longer verify.
    ///
    /// # Errors
    /// As [`Engine::reveal_signing_secret`].
    pub async fn rotate_signing_secret(&self, actor: &Actor, api_id: &str) -> Result<Secret, Error> {
        let mut change = self.change().await?;
        let (api, secrets) = with_secrets(&mut change, api_id).await?;
        execute!(change, sqlx::query("DELETE FROM signing_secrets WHERE api_id = $1").bind(api_id))?;
        let (new, plain) = insert(&mut change, &self.0, &api, SigningSecretState::Current).await?;
        let entry = LogEntry {
            before: SigningSecret::in_state(&secrets, SigningSecretState::Current)
                .map(json)
                .unwrap_or_default(),
            after: json(&new),
            ..self.api_entry(actor, &api, format!("Signing secret of {} rotated", api.name))
        };
        self.finish_signing_secrets(change, &api, entry).await?;
        Ok(plain)
    }

    /// Erases previous secrets whose tokens have all expired. Safe to call at any time and by several processes: each looks again once
    /// it is its turn to write.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn tend_signing_secrets(&self) -> Result<(), Error> {
        if due(&mut self.0.store.read().await?, self.now()).await?.is_empty() {
            return Ok(());
        }
        let mut change = self.change().await?;
        let mut entries = Vec::new();
        for (api_id, secret) in due(&mut change, self.now()).await? {
            let api = existing(&mut change, &api_id).await?;
            delete(&mut change, &secret.kid).await?;
            entries.push(LogEntry {
                before: json(&secret),
                ..self.api_entry(
                    &Actor::system(),
                    &api,
                    format!("Previous signing secret {} of {} retired", secret.kid, api.name),
                )
            });
        }
        let Some(last) = entries.pop() else { return Ok(()) };
        for entry in entries {
            change.also(entry);
        }
        self.finish(change, last).await
    }

    async fn reveal_signing(&self, mut tx: Tx, actor: &Actor, api: &Api, secret: &SigningSecret, told: String) -> Result<Secret, Error> {
        let sealed = sealed(&mut tx, &secret.kid).await?;
        drop(tx);
        let plain = open(&self.0.vault, &api.id, &secret.kid, &sealed)?;
        let entry = LogEntry {
            kind: LogType::SecretShown,
            ..self.api_entry(actor, api, told)
        };
        self.write_log(entry).await?;
        Ok(plain)
    }

    /// Commits a change of an API's signing secrets, which is a change of the API.
    async fn finish_signing_secrets(&self, mut change: Change, api: &Api, entry: LogEntry) -> Result<(), Error> {
        touch(&mut change, &api.id, self.now()).await?;
        self.finish(change, entry).await
    }
}

/// A signing secret with its value as the vault sealed it.
pub(crate) struct Sealed {
    /// The API that it is of.
    pub(crate) api_id: String,
    /// Names it in tokens.
    pub(crate) kid: String,
    /// Where it is in its life.
    pub(crate) state: SigningSecretState,
    sealed: String,
}

impl Sealed {
    /// The secret itself.
    pub(crate) fn open(&self, vault: &Vault) -> Result<Secret, VaultError> {
        open(vault, &self.api_id, &self.kid, &self.sealed)
    }
}

/// The secrets of all APIs, for the snapshot.
pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<Sealed>, Error> {
    let rows: Vec<(String, String, String, String)> = on!(tx, db => sqlx::query_as("SELECT api_id, kid, state, sealed_secret FROM signing_secrets")
        .fetch_all(db)
        .await)?;
    let secret = |(api_id, kid, state, sealed): (String, String, String, String)| {
        Ok(Sealed {
            api_id,
            kid,
            state: state_of(&state)?,
            sealed,
        })
    };
    rows.into_iter().map(secret).collect()
}

/// Makes a secret for an API that signs with HS256 and has none; one that is there is kept.
pub(crate) async fn ensure(tx: &mut Tx, inner: &Inner, api: &Api) -> Result<(), Error> {
    if api.signing_alg != SigningAlg::HS256 || SigningSecret::in_state(&of_api(tx, &api.id).await?, SigningSecretState::Current).is_some() {
        return Ok(());
    }
    insert(tx, inner, api, SigningSecretState::Current).await.map(drop)
}

/// Puts a secret of somebody's own choosing in the place of all that an API has: tokens signed with those no longer verify.
pub(crate) async fn replace_all(tx: &mut Tx, inner: &Inner, api: &Api, own: &Secret) -> Result<(), Error> {
    execute!(tx, sqlx::query("DELETE FROM signing_secrets WHERE api_id = $1").bind(&api.id))?;
    insert_as(tx, inner, api, SigningSecretState::Current, own.clone()).await.map(drop)
}

/// Notes how long tokens of `api` live, so that the secret which signs them is kept for as long.
pub(crate) async fn note_lifetime(tx: &mut Tx, api: &Api) -> Result<(), Error> {
    let sql = "UPDATE signing_secrets SET longest_lifetime = $2 WHERE api_id = $1 AND state = 'current' AND longest_lifetime < $2";
    execute!(tx, sqlx::query(sql).bind(&api.id).bind(api.token_lifetime))?;
    Ok(())
}

/// The `kid` of the secret that an API had when it had one only. Tokens of that time name no `kid`: it has signed them all.
pub(crate) fn first_kid(api_id: &str) -> String {
    format!("{KID_PREFIX}{api_id}")
}

/// An API that signs with HS256, and its secrets.
async fn with_secrets(tx: &mut Tx, api_id: &str) -> Result<(Api, Vec<SigningSecret>), Error> {
    let api = existing(tx, api_id).await?;
    if api.signing_alg != SigningAlg::HS256 {
        return Err(Invalid::new(
            "signing_alg",
            "Only APIs that are signed with HS256 have a signing secret; tokens of this one are verified with the public key.",
        )
        .into());
    }
    let secrets = of_api(tx, api_id).await?;
    Ok((api, secrets))
}

async fn insert(tx: &mut Tx, inner: &Inner, api: &Api, state: SigningSecretState) -> Result<(SigningSecret, Secret), Error> {
    let plain = Secret::new(inner.chance.alphanumeric(SIGNING_SECRET_LENGTH));
    insert_as(tx, inner, api, state, plain).await
}

async fn insert_as(tx: &mut Tx, inner: &Inner, api: &Api, state: SigningSecretState, plain: Secret) -> Result<(SigningSecret, Secret), Error> {
    let now = inner.clock.now();
    let secret = SigningSecret {
        kid: format!("{KID_PREFIX}{}", inner.chance.alphanumeric(KID_LENGTH)),
        state,
        created_at: now,
        current_since: (state == SigningSecretState::Current).then_some(now),
        current_until: None,
        tokens_until: None,
    };
    let sealed = inner.vault.seal_text(&place(&api.id, &secret.kid), &plain)?;
    let sql = "INSERT INTO signing_secrets (kid, api_id, state, sealed_secret, longest_lifetime, created_at, current_since) \
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    execute!(
        tx,
        sqlx::query(sql)
            .bind(&secret.kid)
            .bind(&api.id)
            .bind(state.as_str())
            .bind(sealed)
            .bind(api.token_lifetime)
            .bind(now)
            .bind(secret.current_since)
    )?;
    Ok((secret, plain))
}

async fn delete(tx: &mut Tx, kid: &str) -> Result<(), Error> {
    execute!(tx, sqlx::query("DELETE FROM signing_secrets WHERE kid = $1").bind(kid))?;
    Ok(())
}

async fn sealed(tx: &mut Tx, kid: &str) -> Result<String, Error> {
    let sql = "SELECT sealed_secret FROM signing_secrets WHERE kid = $1";
    Ok(on!(tx, db => sqlx::query_scalar(sql).bind(kid).fetch_one(db).await)?)
}

async fn of_api(tx: &mut Tx, api_id: &str) -> Result<Vec<SigningSecret>, Error> {
    let sql = "SELECT api_id, kid, state, created_at, current_since, current_until, tokens_until FROM signing_secrets WHERE api_id = $1 \
        ORDER BY CASE state WHEN 'next' THEN 0 WHEN 'current' THEN 1 ELSE 2 END, current_until DESC, kid";
    let rows: Vec<SecretRow> = on!(tx, db => sqlx::query_as(sql).bind(api_id).fetch_all(db).await)?;
    rows.into_iter().map(|row| Ok(row.secret()?.1)).collect()
}

/// Previous secrets whose tokens have all expired, each with the id of its API.
async fn due(tx: &mut Tx, now: Timestamp) -> Result<Vec<(String, SigningSecret)>, Error> {
    let sql = "SELECT api_id, kid, state, created_at, current_since, current_until, tokens_until FROM signing_secrets \
        WHERE state = 'previous' ORDER BY tokens_until, kid";
    let rows: Vec<SecretRow> = on!(tx, db => sqlx::query_as(sql).fetch_all(db).await)?;
    let secrets = rows.into_iter().map(SecretRow::secret).collect::<Result<Vec<_>, _>>()?;
    Ok(secrets
        .into_iter()
        .filter(|(_, secret)| secret.retires_at().is_some_and(|at| at <= now))
        .collect())
}

fn one<'a>(secrets: &'a [SigningSecret], kid: &str) -> Result<&'a SigningSecret, Error> {
    storable(kid, "signing secret")?;
    secrets.iter().find(|secret| secret.kid == kid).ok_or(Error::NotFound("signing secret"))
}

fn current(secrets: &[SigningSecret]) -> Result<&SigningSecret, Error> {
    SigningSecret::in_state(secrets, SigningSecretState::Current).ok_or(Error::Corrupt("signing_secrets.state"))
}

fn next(secrets: &[SigningSecret]) -> Result<&SigningSecret, Error> {
    SigningSecret::in_state(secrets, SigningSecretState::Next)
        .ok_or_else(|| refused("No rotation is under way: it was completed or cancelled meanwhile."))
}

/// Why a secret in this state can't be removed, if it can't.
fn check_removable(state: SigningSecretState) -> Result<(), Error> {
    match state {
        SigningSecretState::Previous => Ok(()),
        SigningSecretState::Current => Err(refused("Rotate first: this secret signs tokens now.")),
        SigningSecretState::Next => Err(refused("Cancel the rotation: this secret signs tokens once it is completed.")),
    }
}

fn refused(message: &str) -> Error {
    Invalid::new("kid", message).into()
}

fn open(vault: &Vault, api_id: &str, kid: &str, sealed: &str) -> Result<Secret, VaultError> {
    vault.open_text(&place(api_id, kid), sealed)
}

/// What a sealed signing secret is bound to. An API's secret of the time when it had one was sealed where it then stood.
fn place(api_id: &str, kid: &str) -> String {
    if kid == first_kid(api_id) {
        format!("apis:sealed_signing_secret:{api_id}")
    } else {
        format!("signing_secrets:sealed_secret:{api_id}:{kid}")
    }
}

fn state_of(name: &str) -> Result<SigningSecretState, Error> {
    SigningSecretState::parse(name).ok_or(Error::Corrupt("signing_secrets.state"))
}

#[derive(sqlx::FromRow)]
struct SecretRow {
    api_id: String,
    kid: String,
    state: String,
    created_at: Timestamp,
    current_since: Option<Timestamp>,
    current_until: Option<Timestamp>,
    tokens_until: Option<Timestamp>,
}

impl SecretRow {
    /// With the id of its API.
    fn secret(self) -> Result<(String, SigningSecret), Error> {
        let secret = SigningSecret {
            state: state_of(&self.state)?,
            kid: self.kid,
            created_at: self.created_at,
            current_since: self.current_since,
            current_until: self.current_until,
            tokens_until: self.tokens_until,
        };
        Ok((self.api_id, secret))
    }
}
