//! Signing keys of this server: the pairs that sign RS256 tokens and are published in the JWKS (RFC 7517).

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// A signing key without its private part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Thumbprint of the public key (RFC 7638), the `kid` of tokens and JWKS.
    pub kid: String,
    /// Where it is in its life.
    pub state: KeyState,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it has signed tokens, if it ever has.
    pub current_since: Option<Timestamp>,
    /// Until when it signed tokens, if it does no more.
    pub current_until: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
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
    /// No longer published: its tokens no longer verify.
    Revoked,
}

impl KeyState {
    /// Every state, in order of life.
    pub const ALL: [Self; 4] = [Self::Next, Self::Current, Self::Previous, Self::Revoked];

    /// The name in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Current => "current",
            Self::Previous => "previous",
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
        self != Self::Revoked
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
    fn only_revoked_keys_are_unpublished() {
        assert!(KeyState::Previous.is_published() && KeyState::Next.is_published() && !KeyState::Revoked.is_published());
    }
}
