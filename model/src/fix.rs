//! What one button does about a refusal, and how it is taken back.

use serde::{Deserialize, Serialize};

use crate::client::AuthMethod;
use crate::time::{DAY, Timestamp};

/// Seconds for which an expired secret is accepted again: time to give the program another one.
pub const EXTENSION: i64 = 7 * DAY;
/// The most bytes of a fix as JSON, so that it fits into an address.
pub const FIX_MAX: usize = 3_500;

/// A change of the configuration that lets a refused request succeed. Client and API are those of the log entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fix {
    /// Authorizes the client for the API with these scopes.
    Authorize(Vec<String>),
    /// Adds these scopes to the client's grant.
    AddScopes(Vec<String>),
    /// Accepts an expired secret again.
    ExtendSecret {
        /// Which.
        secret_id: String,
        /// When it expired.
        from: Timestamp,
        /// When it is to expire.
        until: Timestamp,
    },
    /// Lets the client prove itself in this way.
    AllowMethod(AuthMethod),
    /// Lets the client introspect tokens of the API.
    AllowIntrospection,
}
