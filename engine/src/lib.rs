//! What happens: the only floor that stores, signs, draws random numbers and tells time.
//!
//! [`Engine`] is a cheap clone over a database ([`store`]), a vault for secrets ([`vault`]), keys that sign
//! (`keyring`, `signer`), and what the token path keeps in memory (`snapshot`). Each noun of `model` has a file here
//! with its verbs: the rules of the noun, then its SQL, in one transaction.
//!
//! To add a verb that changes something:
//!
//! 1. Check the input with the noun's `check_…` of `model`.
//! 2. `let mut change = self.change().await?;`: begins, and waits for every other writer.
//! 3. Read what is there, decide, write: `on!(change, db => sqlx::query("… $1 …").bind(x).execute(db).await)?`.
//! 4. `self.finish(change, entry).await?;`: writes the log entry, commits, and reloads what the token path reads.
//!    Nothing else commits a change, so no verb can leave out its log entry.
//! 5. A test in `tests/` that runs it on both databases.

mod admins;
mod apis;
mod assertions;
mod authenticate;
mod certificate;
pub mod chance;
mod client_keys;
mod client_secrets;
mod clients;
pub mod clock;
mod compact;
mod dpop;
mod engine;
pub mod error;
mod explain;
mod fixes;
mod forge;
mod grants;
mod guard;
mod guard_address;
mod guard_call;
mod housekeeping;
mod introspect;
mod introspectors;
mod issued;
mod jose;
mod keypair;
mod keyring;
pub mod limits;
mod lockouts;
mod log_limit;
mod logs;
mod manage;
mod preview;
mod progress;
mod public_key;
mod published;
mod quotas;
mod revoke;
mod rotation;
mod scopes;
mod signer;
mod signing_secrets;
mod slices;
mod snapshot;
mod stats;
pub mod store;
mod tenant;
pub mod testkit;
mod throttle;
mod tokens;
mod usage;
mod used_once;
mod uses;
pub mod vault;
mod verify;

pub use admins::SessionToken;
pub use assertions::claimed_client;
pub use certificate::Certificate;
pub use engine::{Config, Engine};
pub use error::{Error, IssueError, OpenError, SignInError};
pub use explain::{Explained, TakenBack};
pub use guard::{GuardRequest, Patience};
pub use logs::Caller;
pub use manage::{ManageError, Manager};
pub use preview::Preview;
pub use published::Published;
pub use store::Database;
pub use throttle::{Allowance, CallRate};
pub use vault::MasterKey;
pub use verify::{Unverified, Verified};
