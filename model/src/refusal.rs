//! Why a token was refused: a typed reason with its code, its text for the log, and what would fix it.
//!
//! What the caller is told, and with which status, is the wire's business: see the OAuth surface of the server.

use serde::{Deserialize, Serialize};

use crate::assertion::Flaw;
use crate::client::AuthMethod;
use crate::dpop;
use crate::quota::QuotaStanding;
use crate::time::{Timestamp, exact};

/// The reason why the token endpoint refused a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// The request could not be read as a token request; the text says why (RFC 6749 §5.2 `invalid_request`).
    Malformed(String),
    /// The client proved itself in two ways at once (RFC 6749 §2.3).
    TwoAuthMethods,
    /// `grant_type` is missing.
    GrantTypeMissing,
    /// `grant_type` is not `client_credentials`.
    GrantTypeUnsupported(String),
    /// Neither the header nor the body names a client.
    ClientMissing,
    /// No client has this id.
    ClientUnknown(String),
    /// The client is known, but sent no secret.
    SecretMissing(String),
    /// The client is known, but the secret is not its own.
    SecretWrong(String),
    /// The secret was one of the client's, but has expired.
    SecretExpired {
        /// The client.
        client_id: String,
        /// Name of the secret.
        name: String,
        /// From when on it is refused.
        expired_at: Timestamp,
    },
    /// The client proved itself in a way that it may not use.
    AuthMethodNotAllowed {
        /// The client.
        client_id: String,
        /// The way that it used.
        method: AuthMethod,
    },
    /// The assertion of the client proves nothing.
    AssertionFlawed {
        /// The client.
        client_id: String,
        /// Why.
        flaw: Flaw,
    },
    /// The DPoP proof of the request proves nothing, or there is none where one is required.
    DpopFlawed(dpop::Flaw),
    /// Neither `audience` nor `resource` names an API.
    AudienceMissing,
    /// No API has this identifier.
    AudienceUnknown(String),
    /// The client has no grant for the API.
    NotAuthorized {
        /// The client.
        client_id: String,
        /// Identifier of the API.
        audience: String,
    },
    /// The client may not use the grant type at all: Auth0's `grant_types` of it leave it out.
    GrantTypeNotAllowed(String),
    /// The client asked for scopes that its grant does not hold.
    ScopeNotGranted(Vec<String>),
    /// A call about a token carries none (RFC 7009 §2.1, RFC 7662 §2.1).
    TokenMissing,
    /// The client has as many revoked tokens that have not expired yet as are kept of one client.
    TooManyRevoked(String),
    /// So many attempts to prove the client have failed from this address that none is looked at for some time.
    TooManyFailures {
        /// The client that the request names; there need be none.
        client_id: String,
        /// When attempts are looked at again.
        until: Timestamp,
        /// Seconds until then.
        retry_after: i64,
    },
    /// The client has used up its quota of tokens, and that is enforced.
    QuotaExceeded {
        /// The client.
        client_id: String,
        /// How much of it is used; apart, so that the other reasons stay small.
        standing: Box<QuotaStanding>,
    },
}

/// A request that was refused, as the log keeps it: what came, without secrets, and which rule said no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedRequest {
    /// The `grant_type` that it asked for; `None` if it had none, or could not be read.
    pub grant_type: Option<String>,
    /// How its client tried to prove itself; `None` if it did not, or could not be read.
    pub auth_method: Option<AuthMethod>,
    /// The rule.
    pub refusal: Refusal,
}

impl RefusedRequest {
    /// Of a request of which nothing more is known.
    #[must_use]
    pub fn unread(refusal: Refusal) -> Self {
        Self {
            grant_type: None,
            auth_method: None,
            refusal,
        }
    }
}

/// The code of the reason why a client learns nothing of a token: the API did not choose it as one that may. Only the log says so.
pub const NOT_INTROSPECTOR: &str = "not_introspector";
/// The code of the entry which says that of the refusals of one address no more are logged for now.
pub const LOG_LIMITED: &str = "log_limited";

/// Every code of a reason; each has a page in `docs/errors`.
pub const CODES: [&str; 44] = [
    "malformed_request",
    "two_auth_methods",
    "grant_type_missing",
    "grant_type_unsupported",
    "client_missing",
    "client_unknown",
    "secret_missing",
    "secret_wrong",
    "secret_expired",
    "audience_missing",
    "audience_unknown",
    "client_not_authorized",
    "grant_type_not_allowed",
    "scope_not_granted",
    "token_missing",
    "too_many_revoked",
    "too_many_failures",
    "quota_exceeded",
    LOG_LIMITED,
    NOT_INTROSPECTOR,
    "auth_method_not_allowed",
    "assertion_client_unknown",
    "assertion_client",
    "assertion_audience",
    "assertion_expired",
    "assertion_too_long",
    "assertion_not_yet",
    "assertion_key",
    "assertion_signature",
    "assertion_replayed",
    "dpop_repeated",
    "dpop_malformed",
    "dpop_type",
    "dpop_algorithm",
    "dpop_key",
    "dpop_private_key",
    "dpop_signature",
    "dpop_method",
    "dpop_address",
    "dpop_time",
    "dpop_id",
    "dpop_replayed",
    "dpop_required_by_api",
    "dpop_required_by_client",
];

impl Refusal {
    /// A stable code for logs and filters.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed_request",
            Self::TwoAuthMethods => "two_auth_methods",
            Self::GrantTypeMissing => "grant_type_missing",
            Self::GrantTypeUnsupported(_) => "grant_type_unsupported",
            Self::ClientMissing => "client_missing",
            Self::ClientUnknown(_) => "client_unknown",
            Self::SecretMissing(_) => "secret_missing",
            Self::SecretWrong(_) => "secret_wrong",
            Self::SecretExpired { .. } => "secret_expired",
            Self::AuthMethodNotAllowed { .. } => "auth_method_not_allowed",
            Self::AssertionFlawed { flaw, .. } => flaw.code(),
            Self::DpopFlawed(flaw) => flaw.code(),
            Self::AudienceMissing => "audience_missing",
            Self::AudienceUnknown(_) => "audience_unknown",
            Self::NotAuthorized { .. } => "client_not_authorized",
            Self::GrantTypeNotAllowed(_) => "grant_type_not_allowed",
            Self::ScopeNotGranted(_) => "scope_not_granted",
            Self::TokenMissing => "token_missing",
            Self::TooManyRevoked(_) => "too_many_revoked",
            Self::TooManyFailures { .. } => "too_many_failures",
            Self::QuotaExceeded { .. } => "quota_exceeded",
        }
    }

    /// Whether the client failed to prove who it is.
    #[must_use]
    pub fn is_failed_proof(&self) -> bool {
        matches!(
            self,
            Self::ClientMissing
                | Self::ClientUnknown(_)
                | Self::SecretMissing(_)
                | Self::SecretWrong(_)
                | Self::SecretExpired { .. }
                | Self::AuthMethodNotAllowed { .. }
                | Self::AssertionFlawed { .. }
        )
    }

    /// What happened, for an admin who reads the log.
    #[must_use]
    pub fn for_log(&self) -> String {
        match self {
            Self::Malformed(why) => format!("The request could not be read: {why}"),
            Self::TwoAuthMethods => "The request carried client credentials in the header and in the body".to_owned(),
            Self::GrantTypeMissing => "The request named no grant_type".to_owned(),
            Self::GrantTypeUnsupported(grant_type) => format!("The request asked for grant_type {grant_type}"),
            Self::ClientMissing => "The request named no client".to_owned(),
            Self::ClientUnknown(client_id) => format!("No client has the id {client_id}"),
            Self::SecretMissing(_) => "The client sent no secret".to_owned(),
            Self::SecretWrong(_) => "The client secret is wrong".to_owned(),
            Self::SecretExpired { name, expired_at, .. } => format!("The client secret \"{name}\" expired on {}", exact(*expired_at)),
            Self::AuthMethodNotAllowed { method, .. } => format!("The client may not prove itself by {}", method.as_str()),
            Self::AssertionFlawed { flaw, .. } => flaw.for_log().to_owned(),
            Self::DpopFlawed(flaw) => flaw.for_log().to_owned(),
            Self::AudienceMissing => "The request named no audience".to_owned(),
            Self::AudienceUnknown(audience) => format!("No API has the identifier {audience}"),
            Self::NotAuthorized { audience, .. } => format!("No grant authorizes the client for {audience}"),
            Self::GrantTypeNotAllowed(_) => "The client may not use the grant type client_credentials".to_owned(),
            Self::ScopeNotGranted(scopes) => format!("The grant does not hold: {}", scopes.join(" ")),
            Self::TokenMissing => "The request carried no token".to_owned(),
            Self::TooManyRevoked(_) => "The client has too many revoked tokens that have not expired".to_owned(),
            Self::TooManyFailures { until, .. } => format!("Too many attempts to prove the client failed: all are refused until {}", exact(*until)),
            Self::QuotaExceeded { standing, .. } => format!(
                "The client has used up its quota: {}. Its requests are refused until {}",
                standing.quota.words(),
                exact(standing.at + standing.retry_after())
            ),
        }
    }

    /// What would make the request succeed, for an admin.
    #[must_use]
    pub fn fix(&self) -> &'static str {
        fix_of(self.code()).unwrap_or_default()
    }
}

/// What would make a request succeed that was refused with this [`Refusal::code`]; `None` if there is no such code.
#[must_use]
pub fn fix_of(code: &str) -> Option<&'static str> {
    Some(match code {
        "malformed_request" => "Send a form or a JSON object with the parameters that the endpoint asks for, each once.",
        "two_auth_methods" => "Send the secret either in the Authorization header or in the body.",
        "grant_type_missing" | "grant_type_unsupported" => "Send grant_type=client_credentials.",
        "client_missing" => "Send client_id and client_secret in the body or in an Authorization header of type Basic.",
        "client_unknown" => "Copy the client ID from the Settings tab of the client; it may have been deleted.",
        "secret_missing" => "Send client_secret in the body or in an Authorization header of type Basic.",
        "secret_wrong" => "Copy the secret from the Settings tab of the client; it may have been rotated.",
        "secret_expired" => "Give the program a live secret from the Settings tab of the client, or let this one expire later there.",
        "auth_method_not_allowed" => "Prove the client in a way that its Authentication tab allows, or allow this one there.",
        "assertion_client_unknown" => {
            "Set iss and sub of the assertion to the client ID from the Settings tab of the client; it may have been deleted."
        }
        "assertion_client" => "Set iss and sub of the assertion to the client ID.",
        "assertion_audience" => "Set aud of the assertion to the issuer, exactly as this dashboard shows it.",
        "assertion_expired" => "Make a new assertion for each request, and set the clock of the client's machine.",
        "assertion_too_long" => "Let assertions expire at most 5 minutes after iat.",
        "assertion_not_yet" => "Set the clock of the client's machine: it is ahead by more than 10 seconds.",
        "assertion_key" => "Add the public key on the Authentication tab of the client, or sign with one that is there and has not expired.",
        "assertion_signature" => "Sign with the private half of the key that the assertion names.",
        "assertion_replayed" => "Make a new assertion with a new jti for each request.",
        "audience_missing" => "Send audience with the identifier of the API.",
        "audience_unknown" => "Send the identifier exactly as the API's Settings tab shows it, to the last slash.",
        "client_not_authorized" => "Authorize the client on the API's Non Interactive Clients tab.",
        "grant_type_not_allowed" => "Add client_credentials to grant_types of the client with PATCH /api/v2/clients/{id}.",
        "scope_not_granted" => "Add the scopes to the client's grant on the API's Non Interactive Clients tab, or ask for fewer.",
        "token_missing" => "Send the token in the parameter token.",
        "too_many_revoked" => "Revoke all tokens of the client at once on its Settings tab, or wait until some have expired.",
        "too_many_failures" => {
            "Give the program a live secret of the client, then wait until the time that is stated, or lift the lock-out on the Usage tab of the client."
        }
        "quota_exceeded" => "Let the program keep its token until shortly before it expires, or raise the quota on the Usage tab of the client.",
        LOG_LIMITED => "Find out who sends requests without end from this address, and stop them there or at the proxy.",
        NOT_INTROSPECTOR => "Add the client under Introspection on the API's Settings tab.",
        code => dpop::Flaw::parse(code)?.fix(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_says_what_would_fix_it() {
        let text = String::new;
        for refusal in [
            Refusal::Malformed(text()),
            Refusal::TwoAuthMethods,
            Refusal::GrantTypeMissing,
            Refusal::GrantTypeUnsupported(text()),
            Refusal::ClientMissing,
            Refusal::ClientUnknown(text()),
            Refusal::SecretMissing(text()),
            Refusal::SecretWrong(text()),
            Refusal::SecretExpired {
                client_id: text(),
                name: text(),
                expired_at: 0,
            },
            Refusal::AudienceMissing,
            Refusal::AudienceUnknown(text()),
            Refusal::NotAuthorized {
                client_id: text(),
                audience: text(),
            },
            Refusal::GrantTypeNotAllowed(text()),
            Refusal::ScopeNotGranted(vec![]),
            Refusal::TokenMissing,
            Refusal::TooManyRevoked(text()),
            Refusal::TooManyFailures {
                client_id: text(),
                until: 0,
                retry_after: 1,
            },
            Refusal::QuotaExceeded {
                client_id: text(),
                standing: Box::new(QuotaStanding {
                    quota: crate::quota::TokenQuota::default(),
                    in_hour: 0,
                    in_day: 0,
                    at: 0,
                }),
            },
            Refusal::AuthMethodNotAllowed {
                client_id: text(),
                method: AuthMethod::PrivateKeyJwt,
            },
        ] {
            assert!(!refusal.fix().is_empty(), "{refusal:?}");
            assert!(CODES.contains(&refusal.code()), "{refusal:?}");
        }
        for code in CODES {
            assert!(fix_of(code).is_some(), "{code}");
        }
        for flaw in Flaw::ALL {
            assert!(CODES.contains(&flaw.code()), "{flaw:?}");
        }
        for flaw in dpop::Flaw::ALL {
            assert_eq!(Refusal::DpopFlawed(flaw).fix(), flaw.fix());
            assert!(CODES.contains(&flaw.code()), "{flaw:?}");
        }
        assert_eq!(fix_of("no_such_code"), None);
    }
}
