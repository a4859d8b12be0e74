//! Admins: the first one by set-up code, sign-in by password, sessions.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use argon2::password_hash::{Error as HashError, PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::admin::{Admin, PASSWORD_MAX, check_password, normal_email};
use model::log::{Actor, ActorKind, LogEntry, LogType};
use model::secret::Secret;
use model::time::{DAY, MINUTE, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::chance::Chance;
use crate::clock::Clock;
use crate::engine::Engine;
use crate::error::{Error, SignInError};
use crate::logs::{self, json, stranger};
use crate::store::{Tx, execute, on};
use crate::throttle::{Throttle, address_key};

/// Characters of the id of an admin after `adm_`.
const ID_LENGTH: usize = 16;
/// Characters of a set-up code: 119 bits.
const SETUP_CODE_LENGTH: usize = 20;
/// A session ends this long after sign-in.
pub const SESSION_LENGTH: i64 = 7 * DAY;
/// A session ends this long after it was last used.
pub const SESSION_IDLE: i64 = DAY;
/// How often the last use of a session is written down.
const SEEN_EVERY: i64 = MINUTE;
/// Attempts at once and the time until the next, for each account.
pub const ACCOUNT_LIMIT: (u32, Duration) = (5, Duration::from_secs(30));
/// Attempts at once and the time until the next, for each address.
pub const ADDRESS_LIMIT: (u32, Duration) = (20, Duration::from_secs(6));
/// How long an attempt waits for its turn to be hashed.
const HASH_WAIT: Duration = Duration::from_secs(5);

/// What proves a session to the server; the database keeps only its hash.
#[derive(Clone, Debug)]
pub struct SessionToken {
    /// 32 random bytes in base64url.
    pub secret: Secret,
    /// Who signed in.
    pub admin: Admin,
    /// When the session ends at the latest.
    pub expires_at: Timestamp,
}

/// What stands between strangers and sign-in: limits, turns for hashing, and the set-up code.
pub(crate) struct Door {
    accounts: Throttle,
    addresses: Throttle,
    /// Each hash takes 19 MiB and a core.
    turns: Arc<Semaphore>,
    setup_code: Secret,
}

impl Door {
    /// Makes the limits and draws the set-up code of this process.
    pub(crate) fn new(clock: &Arc<dyn Clock>, chance: &Chance) -> Self {
        Self {
            accounts: Throttle::new(ACCOUNT_LIMIT.0, ACCOUNT_LIMIT.1, clock),
            addresses: Throttle::new(ADDRESS_LIMIT.0, ADDRESS_LIMIT.1, clock),
            turns: Arc::new(Semaphore::new(available_parallelism().map_or(1, NonZeroUsize::get))),
            setup_code: Secret::new(chance.alphanumeric(SETUP_CODE_LENGTH)),
        }
    }
}

impl Engine {
    /// The code that lets somebody become the first admin; `None` once there is one.
    ///
    /// It is drawn when the process starts and kept in memory only.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn setup_code(&self) -> Result<Option<Secret>, Error> {
        Ok((!self.has_admin().await?).then(|| self.0.door.setup_code.clone()))
    }

    /// Makes the first admin and signs in, for whoever knows the set-up code.
    ///
    /// # Errors
    /// [`SignInError::Wrong`] if the code is wrong or there is an admin; [`SignInError::TooMany`];
    /// [`SignInError::Invalid`] on `email` or `password`; [`SignInError::Failed`].
    pub async fn set_up(&self, code: &str, email: &str, password: &Secret, ip: &str) -> Result<SessionToken, SignInError> {
        self.take_address(ip)?;
        if self.has_admin().await? || !same(code.trim(), self.0.door.setup_code.reveal()) {
            return Err(self.set_up_refused(ip));
        }
        let email = normal_email(email)?;
        check_password(password.reveal())?;
        let hash = self.hash(password).await?;
        let mut change = self.change().await?;
        // Somebody may have been faster; from here nobody can be.
        if any_admin(&mut change).await? {
            return Err(self.set_up_refused(ip));
        }
        let admin = self.insert_admin(&mut change, email, &hash).await?;
        let token = self.insert_session(&mut change, admin.clone()).await?;
        let actor = actor(&admin, ip);
        change.also(self.admin_entry(&actor, &admin));
        let entry = self.entry(&actor, LogType::SignedIn, format!("{} signed in", admin.email));
        self.finish(change, entry).await?;
        Ok(token)
    }

    /// Whether there is an admin.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn has_admin(&self) -> Result<bool, Error> {
        any_admin(&mut self.0.store.read().await?).await
    }

    /// Makes an admin, the first or a further one.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `email` or `password`; [`Error::Conflict`] on `email` if an admin has it; [`Error::Storage`].
    pub async fn create_admin(&self, actor: &Actor, email: &str, password: &Secret) -> Result<Admin, Error> {
        let email = normal_email(email)?;
        check_password(password.reveal())?;
        let hash = self.hash(password).await?;
        let mut change = self.change().await?;
        let admin = self.insert_admin(&mut change, email, &hash).await?;
        let entry = self.admin_entry(actor, &admin);
        self.finish(change, entry).await?;
        Ok(admin)
    }

    /// Signs an admin in; takes the same time for addresses that no admin has.
    ///
    /// # Errors
    /// [`SignInError::Wrong`], [`SignInError::TooMany`], [`SignInError::Invalid`] on `email`, [`SignInError::Failed`].
    pub async fn sign_in(&self, email: &str, password: &Secret, ip: &str) -> Result<SessionToken, SignInError> {
        self.take_address(ip)?;
        let email = normal_email(email)?;
        self.0
            .door
            .accounts
            .take(&email)
            .map_err(|retry_after| SignInError::TooMany { retry_after })?;
        let mut tx = self.0.store.read().await?;
        let row: Option<AdminRow> =
            on!(&mut tx, db => sqlx::query_as("SELECT * FROM admins WHERE email = $1").bind(&email).fetch_optional(db).await).map_err(Error::from)?;
        drop(tx);
        let (admin, hash) = row.map(AdminRow::split).unzip();
        let right = self.verify_password(password, hash).await?;
        let Some(admin) = admin.filter(|_| right) else {
            let entry = self.entry(&stranger(&email, ip), LogType::SignInFailed, format!("Sign-in as {email} failed"));
            self.queue_log(entry);
            return Err(SignInError::Wrong);
        };
        let mut tx = self.0.store.write().await?;
        let token = self.insert_session(&mut tx, admin).await?;
        let entry = self.entry(&actor(&token.admin, ip), LogType::SignedIn, format!("{email} signed in"));
        logs::insert(&mut tx, &[entry]).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// The admin of a session; `None` if there is no such session or it has ended.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn session(&self, token: &str) -> Result<Option<Admin>, Error> {
        let hash = token_hash(token);
        let mut tx = self.0.store.read().await?;
        let row: Option<SessionRow> = on!(&mut tx, db => sqlx::query_as(
            "SELECT admins.*, sessions.seen_at, sessions.expires_at FROM sessions \
             JOIN admins ON admins.id = sessions.admin_id WHERE sessions.token_hash = $1",
        )
        .bind(&hash)
        .fetch_optional(db)
        .await)?;
        drop(tx);
        let now = self.now();
        let Some(row) = row.filter(|row| now < row.expires_at && now < row.seen_at + SESSION_IDLE) else {
            return Ok(None);
        };
        if now >= row.seen_at + SEEN_EVERY {
            self.mark_seen(&hash, now).await?;
        }
        Ok(Some(row.admin.split().0))
    }

    /// Ends a session; nothing happens if there is none.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn sign_out(&self, token: &str, ip: &str) -> Result<(), Error> {
        let Some(admin) = self.session(token).await? else { return Ok(()) };
        let mut tx = self.0.store.write().await?;
        execute!(&mut tx, sqlx::query("DELETE FROM sessions WHERE token_hash = $1").bind(token_hash(token)))?;
        let entry = self.entry(&actor(&admin, ip), LogType::SignedOut, format!("{} signed out", admin.email));
        logs::insert(&mut tx, &[entry]).await?;
        tx.commit().await
    }

    fn set_up_refused(&self, ip: &str) -> SignInError {
        let description = "Set-up refused: the set-up code is wrong, or there is an admin already";
        self.queue_log(self.entry(&stranger("", ip), LogType::SignInFailed, description));
        SignInError::Wrong
    }

    fn take_address(&self, ip: &str) -> Result<(), SignInError> {
        self.0
            .door
            .addresses
            .take(&address_key(ip))
            .map_err(|retry_after| SignInError::TooMany { retry_after })
    }

    async fn insert_admin(&self, tx: &mut Tx, email: String, hash: &str) -> Result<Admin, Error> {
        let admin = Admin {
            id: format!("adm_{}", self.0.chance.alphanumeric(ID_LENGTH)),
            email,
            created_at: self.now(),
        };
        execute!(
            tx,
            sqlx::query("INSERT INTO admins (id, email, password_hash, created_at) VALUES ($1, $2, $3, $4)")
                .bind(&admin.id)
                .bind(&admin.email)
                .bind(hash)
                .bind(admin.created_at)
        )
        .map_err(|error| Error::taken(error, "email", "An admin with this address exists."))?;
        Ok(admin)
    }

    /// Starts a session, and clears away those that have ended.
    async fn insert_session(&self, tx: &mut Tx, admin: Admin) -> Result<SessionToken, Error> {
        let now = self.now();
        let token = SessionToken {
            secret: Secret::new(URL_SAFE_NO_PAD.encode(self.0.chance.bytes::<32>())),
            admin,
            expires_at: now + SESSION_LENGTH,
        };
        execute!(
            tx,
            sqlx::query("DELETE FROM sessions WHERE expires_at <= $1 OR seen_at <= $2")
                .bind(now)
                .bind(now - SESSION_IDLE)
        )?;
        execute!(
            tx,
            sqlx::query("INSERT INTO sessions (token_hash, admin_id, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $3, $4)")
                .bind(token_hash(token.secret.reveal()))
                .bind(&token.admin.id)
                .bind(now)
                .bind(token.expires_at)
        )?;
        Ok(token)
    }

    async fn mark_seen(&self, hash: &str, now: Timestamp) -> Result<(), Error> {
        let mut tx = self.0.store.write().await?;
        execute!(
            &mut tx,
            sqlx::query("UPDATE sessions SET seen_at = $2 WHERE token_hash = $1").bind(hash).bind(now)
        )?;
        tx.commit().await
    }

    fn admin_entry(&self, actor: &Actor, admin: &Admin) -> LogEntry {
        LogEntry {
            after: json(admin),
            ..self.entry(actor, LogType::Changed, format!("Admin {} created", admin.email))
        }
    }

    async fn hash(&self, password: &Secret) -> Result<String, Error> {
        let (password, salt) = (password.clone(), self.0.chance.bytes::<16>());
        off_the_runtime(self.turn().await?, move || hash(&password, &salt)).await
    }

    /// Hashes also where there is nothing to compare with, so that both take the same time.
    async fn verify_password(&self, password: &Secret, kept: Option<String>) -> Result<bool, SignInError> {
        if password.reveal().chars().count() > PASSWORD_MAX {
            return Ok(false);
        }
        let password = password.clone();
        let turn = timeout(HASH_WAIT, self.turn()).await.map_err(|_| SignInError::TooMany {
            retry_after: i64::try_from(HASH_WAIT.as_secs()).unwrap_or(1),
        })??;
        let verify = move || match kept {
            Some(kept) => verify(&password, &kept),
            None => hash(&password, &[0; 16]).map(|_| false),
        };
        Ok(off_the_runtime(turn, verify).await?)
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit, Error> {
        self.0.door.turns.clone().acquire_owned().await.map_err(|_| Error::Closed)
    }
}

/// Hashes on a thread where it holds nobody up; `turn` ends with the work, also where nobody waits for it any more.
async fn off_the_runtime<T: Send + 'static>(
    turn: OwnedSemaphorePermit,
    work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
) -> Result<T, Error> {
    let hashing = tokio::task::spawn_blocking(move || {
        let done = work();
        drop(turn);
        done
    });
    hashing.await.map_err(|_| Error::Closed)?.map_err(Error::Hash)
}

/// Argon2id with 19 MiB, two passes, one lane (the first choice of OWASP's password storage cheat sheet).
fn argon2() -> Result<Argon2<'static>, HashError> {
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19 * 1024, 2, 1, None)?))
}

fn hash(password: &Secret, salt: &[u8; 16]) -> Result<String, HashError> {
    let salt = SaltString::encode_b64(salt)?;
    Ok(argon2()?.hash_password(password.reveal().as_bytes(), &salt)?.to_string())
}

fn verify(password: &Secret, kept: &str) -> Result<bool, HashError> {
    match argon2()?.verify_password(password.reveal().as_bytes(), &PasswordHash::new(kept)?) {
        Ok(()) => Ok(true),
        Err(HashError::Password) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn any_admin(tx: &mut Tx) -> Result<bool, Error> {
    let count: i64 = on!(tx, db => sqlx::query_scalar("SELECT COUNT(*) FROM admins").fetch_one(db).await)?;
    Ok(count > 0)
}

/// Compares in constant time: hashes, since texts of different lengths would be told apart.
fn same(one: &str, other: &str) -> bool {
    verify_slices_are_equal(digest(&SHA256, one.as_bytes()).as_ref(), digest(&SHA256, other.as_bytes()).as_ref()).is_ok()
}

fn token_hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes()))
}

fn actor(admin: &Admin, ip: &str) -> Actor {
    Actor {
        kind: ActorKind::Admin,
        id: admin.id.clone(),
        name: admin.email.clone(),
        ip: ip.to_owned(),
    }
}

#[derive(sqlx::FromRow)]
struct AdminRow {
    id: String,
    email: String,
    password_hash: String,
    created_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    #[sqlx(flatten)]
    admin: AdminRow,
    seen_at: Timestamp,
    expires_at: Timestamp,
}

impl AdminRow {
    /// The admin, and the hash of the password.
    fn split(self) -> (Admin, String) {
        let admin = Admin {
            id: self.id,
            email: self.email,
            created_at: self.created_at,
        };
        (admin, self.password_hash)
    }
}
