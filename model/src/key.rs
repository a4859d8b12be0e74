//! Signing keys of this server: the pairs that sign tokens and are published in the JWKS (RFC 7517). Each algorithm has a set of
//! its own, since a key must serve one algorithm only (RFC 8725 §3.1).

use serde::{Deserialize, Serialize};

use crate::api::SigningAlg;
use crate::time::Timestamp;

/// A signing key without its private part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Thumbprint of the public key (RFC 7638), the `kid` of tokens and JWKS.
    pub kid: String,
    /// The one algorithm that it signs with.
    pub alg: KeyAlg,
    /// Where it is in its life.
    pub state: KeyState,
    /// When it was made, and published.
    pub created_at: Timestamp,
    /// Since when it has signed tokens, if it ever has.
    pub current_since: Option<Timestamp>,
    /// Until when it signed tokens, if it does no more.
    pub current_until: Option<Timestamp>,
    /// When the last token that it signed has expired at the latest; known from when it signs no more.
    pub tokens_until: Option<Timestamp>,
    /// When it was revoked or retired.
    pub revoked_at: Option<Timestamp>,
    /// Tokens that it has signed; counted some seconds late.
    pub tokens_signed: i64,
    /// When it last signed a token, if it ever has; known some seconds late.
    pub last_used_at: Option<Timestamp>,
}

/// An algorithm that signs with a private key and is verified with the public one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum KeyAlg {
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3).
    RS256,
    /// RSASSA-PSS with SHA-256 (RFC 7518 §3.5).
    PS256,
    /// ECDSA on P-256 with SHA-256 (RFC 7518 §3.4).
    ES256,
    /// Ed25519 (RFC 8037 §3.1).
    EdDSA,
}

impl KeyAlg {
    /// Every algorithm, in the order of the dashboard.
    pub const ALL: [Self; 4] = [Self::RS256, Self::PS256, Self::ES256, Self::EdDSA];

    /// The same as a choice of an API.
    #[must_use]
    pub fn signing_alg(self) -> SigningAlg {
        match self {
            Self::RS256 => SigningAlg::RS256,
            Self::PS256 => SigningAlg::PS256,
            Self::ES256 => SigningAlg::ES256,
            Self::EdDSA => SigningAlg::EdDSA,
        }
    }

    /// The name in `alg` headers and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.signing_alg().as_str()
    }

    /// The algorithm with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        SigningAlg::parse(name)?.key_alg()
    }

    /// The algorithm that others call so: newer libraries write `Ed25519` for `EdDSA` with that curve (RFC 9864 §2.2).
    #[must_use]
    pub fn of_others(name: &str) -> Option<Self> {
        if name == "Ed25519" { Some(Self::EdDSA) } else { Self::parse(name) }
    }
}

/// The life of a key, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// Published, and signs after the next rotation.
    Next,
    /// Signs tokens.
    Current,
    /// Signs no more; its tokens are still verified.
    Previous,
    /// No longer published, after the last of its tokens had expired.
    Retired,
    /// No longer published: its tokens no longer verify, expired or not.
    Revoked,
}

impl KeyState {
    /// Every state, in order of life.
    pub const ALL: [Self; 5] = [Self::Next, Self::Current, Self::Previous, Self::Retired, Self::Revoked];

    /// The name in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Current => "current",
            Self::Previous => "previous",
            Self::Retired => "retired",
            Self::Revoked => "revoked",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether the JWKS lists keys in this state.
    #[must_use]
    pub fn is_published(self) -> bool {
        self < Self::Retired
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for state in KeyState::ALL {
            assert_eq!(KeyState::parse(state.as_str()), Some(state));
        }
        assert_eq!(KeyState::parse("gone"), None);
    }

    #[test]
    fn what_has_ended_is_unpublished() {
        let published = KeyState::ALL.into_iter().filter(|state| state.is_published());
        assert_eq!(published.collect::<Vec<_>>(), [KeyState::Next, KeyState::Current, KeyState::Previous]);
    }

    #[test]
    fn every_algorithm_with_a_public_key_has_a_set() {
        let with_keys: Vec<KeyAlg> = SigningAlg::ALL.into_iter().filter_map(SigningAlg::key_alg).collect();
        assert_eq!(with_keys, KeyAlg::ALL);
        for alg in KeyAlg::ALL {
            assert_eq!((KeyAlg::parse(alg.as_str()), alg.signing_alg().key_alg()), (Some(alg), Some(alg)));
        }
        assert_eq!(KeyAlg::parse("HS256"), None);
        assert_eq!(
            (KeyAlg::of_others("Ed25519"), KeyAlg::of_others("ES256"), KeyAlg::of_others("none")),
            (Some(KeyAlg::EdDSA), Some(KeyAlg::ES256), None)
        );
    }
}
