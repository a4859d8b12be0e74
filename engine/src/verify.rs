//! An independent check of a token: by the rules that an API would follow, with a library that did not sign it.

use std::fmt;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use thiserror::Error;

use crate::compact;
use crate::engine::Engine;
use crate::snapshot::{ApiEntry, Snapshot};

/// The longest token that is looked at, in bytes: an API of 1,000 scopes of 280 characters makes tokens of 380 kB.
pub const TOKEN_MAX: usize = 512 * 1024;

/// A token that holds, as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The header as indented JSON.
    pub header_json: String,
    /// The claims as indented JSON, in the order of the token.
    pub claims_json: String,
}

/// Why a token does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unverified {
    /// Not a signed JSON Web Token in compact form, or a claim that every token has is missing.
    #[error("This is not a complete token. Paste all three parts, with the dots between them.")]
    Malformed,
    /// The header names no key that is published, and no signing secret that the API has.
    #[error("The key that signed this token is not known: it was revoked or removed, or it belongs to another server.")]
    UnknownKey,
    /// The signature is not of this header and these claims.
    #[error("The signature does not match. The token was altered, or signed with another key.")]
    BadSignature,
    /// `exp` has passed.
    #[error("The token has expired. Ask for a new one.")]
    Expired,
    /// `iss` is another server.
    #[error("The token was issued by another server.")]
    WrongIssuer,
    /// `aud` is no API of this server.
    #[error("The token is for an API that this server does not know.")]
    UnknownAudience,
    /// `alg` is not the algorithm of the API.
    #[error("The token is signed with another algorithm than its API uses.")]
    AlgorithmMismatch,
}

impl Engine {
    /// Checks signature, issuer, audience and expiry of a token of this server (RFC 7519 §7.2, RFC 8725 §3).
    ///
    /// The API that `aud` names decides on the algorithm, never the token's own header (RFC 8725 §3.1).
    ///
    /// # Errors
    /// The first reason why the token does not hold, see [`Unverified`].
    pub async fn verify(&self, token: &str) -> Result<Verified, Unverified> {
        let (header, claims) = self.checked(&self.0.snapshots.current(), token)?;
        Ok(Verified {
            header_json: header.pretty()?,
            claims_json: claims.pretty()?,
        })
    }

    /// Header and claims of a token that holds by `snapshot`, as [`Engine::verify`] checks it.
    ///
    /// # Errors
    /// As [`Engine::verify`].
    pub(crate) fn checked(&self, snapshot: &Snapshot, token: &str) -> Result<(Ordered, Ordered), Unverified> {
        let (header, claims) = parts(token)?;
        let audience = claims.text("aud").ok_or(Unverified::UnknownAudience)?;
        let api = snapshot.api(audience).ok_or(Unverified::UnknownAudience)?;
        if header.text("alg") != Some(api.api.signing_alg.as_str()) {
            return Err(Unverified::AlgorithmMismatch);
        }
        let (algorithm, key) = key_of(snapshot, api, header.text("kid"))?;
        let claims = check(token, algorithm, key, audience, self.0.issuer.as_str())?;
        if claims.number("exp").is_none_or(|exp| exp <= self.now()) {
            return Err(Unverified::Expired);
        }
        Ok((header, claims))
    }
}

/// Header and claims of a token, nothing checked.
pub(crate) fn parts(token: &str) -> Result<(Ordered, Ordered), Unverified> {
    compact::apart(token, TOKEN_MAX).ok_or(Unverified::Malformed)
}

/// What verifies tokens of `api`: that of its own secrets with this id, or the published key with this id.
fn key_of<'a>(snapshot: &'a Snapshot, api: &'a ApiEntry, kid: Option<&str>) -> Result<(Algorithm, &'a DecodingKey), Unverified> {
    let key = match api.api.signing_alg.key_alg() {
        None => api.verifying_secret(kid).map(|key| (Algorithm::HS256, key)),
        Some(alg) => kid.and_then(|kid| snapshot.keys.verifying(kid, alg)),
    };
    key.ok_or(Unverified::UnknownKey)
}

/// Leaves signature, issuer and audience to `jsonwebtoken`, but not the expiry: it would ask the system's clock.
fn check(token: &str, algorithm: Algorithm, key: &DecodingKey, audience: &str, issuer: &str) -> Result<Ordered, Unverified> {
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[audience]);
    let token = decode::<Ordered>(token, key, &validation).map_err(|error| match error.kind() {
        ErrorKind::InvalidSignature => Unverified::BadSignature,
        ErrorKind::InvalidIssuer => Unverified::WrongIssuer,
        ErrorKind::InvalidAudience => Unverified::UnknownAudience,
        ErrorKind::InvalidAlgorithm => Unverified::AlgorithmMismatch,
        _ => Unverified::Malformed,
    })?;
    Ok(token.claims)
}

/// A JSON object in its own order; of two members with one name the last counts, as in RFC 8259 readers at large.
pub(crate) struct Ordered(Vec<(String, Value)>);

impl Ordered {
    /// The member of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The member of this name, if it is a text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// A member of the member of this name, if it is a text.
    pub(crate) fn text_in(&self, name: &str, inner: &str) -> Option<&str> {
        self.get(name)?.get(inner)?.as_str()
    }

    /// The member of this name, if it is a whole number.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.get(name)?.as_i64()
    }

    /// Indented JSON.
    pub(crate) fn pretty(&self) -> Result<String, Unverified> {
        serde_json::to_string_pretty(self).map_err(|_| Unverified::Malformed)
    }
}

impl Serialize for Ordered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Ordered;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Ordered(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}
