//! Introspection (RFC 7662): what this server says of a token, and which clients may ask.

use serde::{Deserialize, Serialize};

use crate::dpop::Confirmation;
use crate::time::Timestamp;

/// The most clients that may introspect the tokens of one API.
pub const INTROSPECTORS_MAX: i64 = 50;

/// What is said of a token (RFC 7662 §2.2). [`Introspection::default`] is not active, and says nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Introspection {
    /// Whether the token is worth anything now.
    pub active: bool,
    /// Issuer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub iss: Option<String>,
    /// Whom the token is about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sub: Option<String>,
    /// Identifier of the API.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub aud: Option<String>,
    /// When it expires.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exp: Option<Timestamp>,
    /// When it was issued.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub iat: Option<Timestamp>,
    /// Its scopes, space-delimited; left out where there are none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scope: Option<String>,
    /// The client that it was issued to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client_id: Option<String>,
    /// How it is presented: `Bearer` (RFC 6750), or `DPoP` if it is bound to a key (RFC 9449 §6.2).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub token_type: Option<String>,
    /// Its own identifier, where it has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub jti: Option<String>,
    /// The key that it is bound to, if it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cnf: Option<Confirmation>,
}

/// A client that may introspect the tokens of an API: usually the API itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Introspector {
    /// Identifier of the API.
    pub audience: String,
    /// The client.
    pub client_id: String,
    /// Its name.
    pub client_name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc7662_section_2_2_nothing_is_said_of_a_token_that_is_not_active() {
        assert_eq!(serde_json::to_string(&Introspection::default()).unwrap(), r#"{"active":false}"#);
    }
}
