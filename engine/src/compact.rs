//! JSON Web Tokens that come from outside, in compact form (RFC 7515 §7.1): taken apart, and whether a key signed them.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use model::key::KeyAlg;
use serde::de::DeserializeOwned;

/// Header and claims, nothing checked; `None` if it is no such token or is longer than `max` bytes.
pub(crate) fn apart<H: DeserializeOwned, C: DeserializeOwned>(token: &str, max: usize) -> Option<(H, C)> {
    if token.len() > max {
        return None;
    }
    let mut parts = token.split('.');
    let (header, claims, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else {
        return None;
    };
    Some((read(header)?, read(claims)?))
}

/// Whether the signature is one of this key by this algorithm, whatever the header says.
pub(crate) fn is_signed_by(token: &str, key: &DecodingKey, alg: KeyAlg) -> bool {
    let Some((input, signature)) = token.rsplit_once('.') else {
        return false;
    };
    let Ok(algorithm) = Algorithm::from_str(alg.as_str()) else {
        return false;
    };
    crypto::verify(signature, input.as_bytes(), key, algorithm).unwrap_or(false)
}

fn read<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
