//! Keys of clients: the public half of what a client signs assertions with (`private_key_jwt`, RFC 7523 §2.2).

use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::invalid::{check_no_angle_brackets, check_text};
use crate::key::KeyAlg;
use crate::time::Timestamp;

/// The most keys of a client.
pub const KEYS_MAX: usize = 10;
/// The most characters of a key's name.
pub const NAME_MAX: usize = 100;
/// The most characters of a `kid`.
pub const KID_MAX: usize = 255;
/// The most characters of a key as it is pasted: an RSA key of 4096 bits in a certificate has some 3,000.
pub const TEXT_MAX: usize = 10_000;
/// Characters after `cred_` in the id of a key.
pub const ID_LENGTH: usize = 16;

/// A public key of a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientKey {
    /// `cred_` and [`ID_LENGTH`] letters and digits (Auth0's credential id).
    pub id: String,
    /// Whose it is.
    pub client_id: String,
    /// Shown to admins.
    pub name: String,
    /// The `kid` that assertions name; its thumbprint (RFC 7638) unless another was chosen.
    pub kid: String,
    /// The one algorithm that assertions may be signed with.
    pub alg: KeyAlg,
    /// When it was added.
    pub created_at: Timestamp,
    /// From when on it proves nothing; `None` if never.
    pub expires_at: Option<Timestamp>,
    /// Whether it proves nothing, since Auth0's `client_authentication_methods` don't name it.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub unused: bool,
}

/// What is needed to add a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewClientKey {
    /// Shown to admins.
    pub name: String,
    /// The public key: PEM (`PUBLIC KEY`, `RSA PUBLIC KEY` or `CERTIFICATE`) or a JWK.
    pub key: String,
    /// The algorithm; `None` takes that of the JWK, or RS256, ES256 or EdDSA by the kind of key.
    pub alg: Option<KeyAlg>,
    /// Another `kid` than that of the JWK or the thumbprint.
    pub kid: Option<String>,
    /// From when on it proves nothing.
    pub expires_at: Option<Timestamp>,
    /// Whether it proves nothing until `client_authentication_methods` name it.
    #[serde(default)]
    pub unused: bool,
}

impl NewClientKey {
    /// Trims what a person typed around the texts.
    #[must_use]
    pub fn trimmed(self) -> Self {
        Self {
            name: self.name.trim().to_owned(),
            key: self.key.trim().to_owned(),
            kid: self.kid.map(|kid| kid.trim().to_owned()).filter(|kid| !kid.is_empty()),
            ..self
        }
    }

    /// The rules of everything but the key itself.
    ///
    /// # Errors
    /// [`Invalid`] on `name`, `key`, `kid` or `expires_at`.
    pub fn check(&self, now: Timestamp) -> Result<(), Invalid> {
        check_text("name", "a name", &self.name, NAME_MAX)?;
        check_no_angle_brackets("name", "the name", &self.name)?;
        // Lines are part of PEM.
        if self.key.is_empty() {
            return Err(Invalid::new("key", "Paste a public key."));
        }
        if self.key.chars().count() > TEXT_MAX {
            return Err(Invalid::new("key", format!("Paste one public key, of at most {TEXT_MAX} characters.")));
        }
        self.kid.as_deref().map_or(Ok(()), check_kid)?;
        if self.expires_at.is_some_and(|at| at <= now) {
            return Err(Invalid::new("expires_at", "Choose a time in the future."));
        }
        Ok(())
    }
}

/// One to [`KID_MAX`] printable ASCII characters without spaces.
///
/// # Errors
/// [`Invalid`] on `kid`.
pub fn check_kid(kid: &str) -> Result<(), Invalid> {
    check_text("kid", "a key ID", kid, KID_MAX)?;
    if kid.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(());
    }
    Err(Invalid::new("kid", "Use printable ASCII characters without spaces."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused() {
        let key = NewClientKey {
            name: "Laptop".to_owned(),
            key: "x\ny".to_owned(),
            ..NewClientKey::default()
        };
        assert_eq!(key.check(0), Ok(()));
        for (field, wrong) in [
            (
                "name",
                NewClientKey {
                    name: "<b>".to_owned(),
                    ..key.clone()
                },
            ),
            (
                "key",
                NewClientKey {
                    key: "x".repeat(TEXT_MAX + 1),
                    ..key.clone()
                },
            ),
            (
                "kid",
                NewClientKey {
                    kid: Some("a b".to_owned()),
                    ..key.clone()
                },
            ),
            (
                "expires_at",
                NewClientKey {
                    expires_at: Some(0),
                    ..key.clone()
                },
            ),
        ] {
            assert_eq!(wrong.check(0).unwrap_err().field, field);
        }
        assert_eq!(
            NewClientKey {
                kid: Some(" ".to_owned()),
                ..key
            }
            .trimmed()
            .kid,
            None
        );
    }
}
