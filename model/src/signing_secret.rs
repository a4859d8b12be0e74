//! Signing secrets of APIs that sign with HS256: an API has several while one takes over from another, told apart by `kid`.

use serde::{Deserialize, Serialize};

use crate::rotation::CLOCK_SKEW;
use crate::time::Timestamp;

/// The most signing secrets of an API at once, those that only verify among them.
pub const SIGNING_SECRETS_MAX: usize = 10;

/// A signing secret without its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningSecret {
    /// Names it in the header of tokens (RFC 7515 §4.1.4); drawn by chance, so that it tells nothing of the secret.
    pub kid: String,
    /// Where it is in its life.
    pub state: SigningSecretState,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it has signed tokens, if it ever has.
    pub current_since: Option<Timestamp>,
    /// Until when it signed tokens, if it does no more.
    pub current_until: Option<Timestamp>,
    /// When the last token that it signed has expired at the latest; known from when it signs no more.
    pub tokens_until: Option<Timestamp>,
}

/// The life of a signing secret, in order. Tokens of a secret in any of these states are accepted; what has ended is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SigningSecretState {
    /// Known to admins, who give it to the API; signs once the rotation is completed.
    Next,
    /// Signs tokens.
    Current,
    /// Signs no more; its tokens are still accepted.
    Previous,
}

impl SigningSecretState {
    /// Every state, in order of life.
    pub const ALL: [Self; 3] = [Self::Next, Self::Current, Self::Previous];

    /// The name in the database and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Current => "current",
            Self::Previous => "previous",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

impl SigningSecret {
    /// The one in this state; there is at most one that is next and one that is current.
    #[must_use]
    pub fn in_state(secrets: &[Self], state: SigningSecretState) -> Option<&Self> {
        secrets.iter().find(|secret| secret.state == state)
    }

    /// When a secret that signs no more is erased by itself: after its last token, and some minutes for slow clocks. `None` if it is
    /// no such secret.
    #[must_use]
    pub fn retires_at(&self) -> Option<Timestamp> {
        Some(self.tokens_until? + CLOCK_SKEW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for state in SigningSecretState::ALL {
            assert_eq!(SigningSecretState::parse(state.as_str()), Some(state));
        }
        assert_eq!(SigningSecretState::parse("retired"), None);
    }

    #[test]
    fn a_secret_is_kept_for_its_last_token_and_for_slow_clocks() {
        let mut secret = SigningSecret {
            kid: "ss_1".to_owned(),
            state: SigningSecretState::Current,
            created_at: 0,
            current_since: Some(0),
            current_until: None,
            tokens_until: None,
        };
        assert_eq!(secret.retires_at(), None);
        (secret.state, secret.current_until, secret.tokens_until) = (SigningSecretState::Previous, Some(100), Some(3_700));
        assert_eq!(secret.retires_at(), Some(3_700 + CLOCK_SKEW));
        assert_eq!(
            SigningSecret::in_state(std::slice::from_ref(&secret), SigningSecretState::Previous),
            Some(&secret)
        );
        assert_eq!(SigningSecret::in_state(&[secret], SigningSecretState::Next), None);
    }
}
