//! What can go wrong, in words for whoever has to do something about it.

use std::io;
use std::path::PathBuf;

use model::Invalid;
use model::refusal::Refusal;
use sqlx::migrate::MigrateError;
use thiserror::Error;

/// Why a verb was not carried out.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such thing; the text names its kind: `client`, `API`, `scope`, `grant`, `key`, `log entry`.
    #[error("There is no such {0}.")]
    NotFound(&'static str),
    /// A value breaks a rule of its noun.
    #[error(transparent)]
    Invalid(Invalid),
    /// A value that must be unique is taken.
    #[error("{0}")]
    Conflict(Invalid),
    /// The system API refuses this; the sentence says why.
    #[error("{0}")]
    System(&'static str),
    /// The database failed.
    #[error("the database failed: {0}")]
    Storage(#[from] sqlx::Error),
    /// A sealed value could not be made or read.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A password could not be hashed.
    #[error("a password could not be hashed: {0}")]
    Hash(argon2::password_hash::Error),
    /// A signing key could not be made or read.
    #[error("a signing key could not be used: {0}")]
    Key(String),
    /// A row holds something that this version can't read; the text names table and column.
    #[error("the database holds a value in {0} that this version does not know")]
    Corrupt(&'static str),
    /// The engine is closing and takes no more work.
    #[error("the server is stopping")]
    Closed,
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl Error {
    /// [`Error::Conflict`] in place of a unique violation.
    pub(crate) fn taken(error: sqlx::Error, field: &str, message: &str) -> Self {
        match &error {
            sqlx::Error::Database(database) if database.is_unique_violation() => Self::Conflict(Invalid::new(field, message)),
            _ => Self::Storage(error),
        }
    }
}

/// Why a value could not be sealed or opened.
#[derive(Debug, Error)]
pub enum VaultError {
    /// No keys could be derived from the master key.
    #[error("no keys could be derived from the master key")]
    Key,
    /// The cipher refused the value.
    #[error("a secret could not be encrypted")]
    Seal,
    /// The value was changed, moved, or sealed under another master key; the text says where it stands.
    #[error("the secret at {0} could not be decrypted: it was changed, or encrypted under another master key")]
    Open(String),
}

/// Why the engine could not be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The data directory can't be made or used.
    #[error("The data directory {0} can't be used: {1}. Give one that this user may write to with TESSERA_DATA_DIR.")]
    DataDir(PathBuf, io::Error),
    /// The database address is not one that we know.
    #[error(
        "TESSERA_DATABASE_URL is not a database address that can be used.{0} Write postgres://user:password@host/name or sqlite:/path/to/file.db."
    )]
    DatabaseUrl(String),
    /// The database can't be reached or does not answer.
    #[error("The database can't be opened: {0}")]
    Database(#[from] sqlx::Error),
    /// The tables could not be brought up to date.
    #[error("The tables of the database can't be brought up to date: {0}")]
    Migrate(#[source] MigrateError),
    /// A newer version has changed the tables.
    #[error("This database was last used by a newer version of Tessera, which changed its tables. Start that version or a later one.")]
    Newer,
    /// The file of the master key can't be read or made.
    #[error("The master key file {0} can't be used: {1}.")]
    MasterKeyFile(PathBuf, io::Error),
    /// The master key does not have the right form; the text says which key that is.
    #[error(
        "The master key in {0} must be 32 bytes, as base64 or as 64 hexadecimal digits. Make one with: openssl rand -base64 32 (and give it in TESSERA_MASTER_KEY)."
    )]
    MasterKeyForm(String),
    /// The master key is not the one that this database was made with; the text says which key was tried.
    #[error(
        "The master key does not fit this database: it was made with another key than the one in {0}. Give the key that it was made with in TESSERA_MASTER_KEY, or put its master.key file back into the data directory."
    )]
    WrongMasterKey(String),
    /// The database was made with a master key, and none was found.
    #[error("This database was made with a master key, and the file {0} is not there. Put the file back, or give the key in TESSERA_MASTER_KEY.")]
    MissingMasterKey(PathBuf),
    /// Something failed after the database was opened.
    #[error("The server could not start: {0}")]
    Start(#[from] Error),
}

impl From<MigrateError> for OpenError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(_) => Self::Newer,
            error => Self::Migrate(error),
        }
    }
}

impl From<VaultError> for OpenError {
    fn from(error: VaultError) -> Self {
        Self::Start(Error::Vault(error))
    }
}

/// Why nobody was signed in.
#[derive(Debug, Error)]
pub enum SignInError {
    /// One text for an unknown address, a wrong password and a wrong set-up code.
    #[error("That does not match. Check what you entered and try again.")]
    Wrong,
    /// Too many attempts from this address or for this account.
    #[error("Too many attempts. Try again in {retry_after} seconds.")]
    TooMany {
        /// Seconds until the next attempt is allowed.
        retry_after: i64,
    },
    /// A value breaks a rule.
    #[error(transparent)]
    Invalid(Invalid),
    /// The attempt could not be decided.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<Invalid> for SignInError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

/// Why a request of a client was not answered: for a token, or about one.
#[derive(Debug, Error)]
pub enum IssueError {
    /// The request breaks a rule; the reason says which.
    #[error("{}", .0.for_log())]
    Refused(Refusal),
    /// The DPoP proof lacks the nonce that is wanted now. No event: the client repeats the request with it (RFC 9449 §8).
    #[error("the DPoP proof lacks the nonce that is wanted now")]
    NonceWanted,
    /// More requests wait for a signature than can be answered soon.
    #[error("the server is busy signing")]
    Busy,
    /// The request could not be decided.
    #[error(transparent)]
    Failed(#[from] Error),
}
