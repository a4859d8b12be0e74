//! Clients that prove themselves by a signed assertion (`private_key_jwt`, RFC 7523 §2.2).

use model::assertion::{ASSERTION_MAX, Assertion, Flaw, SKEW, TEXT_MAX};
use model::issuer::Issuer;
use model::key::KeyAlg;
use model::refusal::Refusal;
use model::time::Timestamp;
use model::token::Credentials;
use serde::Deserialize;
use serde_json::Value;

use crate::client_keys::KnownKey;
use crate::compact;
use crate::snapshot::ClientEntry;
use crate::used_once::Once;

/// The kinds of JWT that an assertion may say it is (RFC 7523bis asks for the last).
const TYPES: [&str; 2] = ["jwt", "client-authentication+jwt"];

/// The header of an assertion (RFC 7515 §4.1).
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    /// Extensions that must be understood; we know none.
    crit: Option<Value>,
}

/// The client id that an assertion names, nothing checked.
///
/// # Errors
/// [`Refusal::Malformed`] if it is no JWT or names none.
pub fn claimed_client(assertion: &str) -> Result<String, Refusal> {
    let client_id = parts(assertion).and_then(|(_, claims)| claims.sub.or(claims.iss));
    client_id.filter(|client_id| !client_id.is_empty()).ok_or_else(malformed)
}

/// Checks all that an assertion says, and its signature, but not yet whether it was used before.
///
/// # Errors
/// [`Refusal::Malformed`] if it is no JWT that can be an assertion; [`Refusal::AssertionFlawed`].
pub(crate) fn check(assertion: &str, client: &ClientEntry, issuer: &Issuer, now: Timestamp) -> Result<(), Refusal> {
    let (header, claims) = parts(assertion).ok_or_else(malformed)?;
    let known_type = header.typ.is_none_or(|typ| TYPES.contains(&typ.to_ascii_lowercase().as_str()));
    if !known_type || header.crit.is_some() {
        return Err(malformed());
    }
    let client_id = &client.client.client_id;
    let flawed = |flaw| Refusal::AssertionFlawed {
        client_id: client_id.clone(),
        flaw,
    };
    claims.check(client_id, issuer, client.client.strict_assertions, now).map_err(flawed)?;
    let alg = KeyAlg::of_others(&header.alg).ok_or_else(|| flawed(Flaw::Key))?;
    let named = |key: &&KnownKey| header.kid.as_deref().is_none_or(|kid| kid == key.kid);
    let live = |key: &&KnownKey| key.alg == alg && key.expires_at.is_none_or(|at| now < at);
    let mut keys = client.keys.iter().filter(named).filter(live).peekable();
    keys.peek().ok_or_else(|| flawed(Flaw::Key))?;
    // Without a `kid` each key of the algorithm may be meant; there are few.
    if keys.any(|key| compact::is_signed_by(assertion, &key.verifying, key.alg)) {
        Ok(())
    } else {
        Err(flawed(Flaw::Signature))
    }
}

fn parts(assertion: &str) -> Option<(Header, Assertion)> {
    let (header, claims): (Header, Assertion) = compact::apart(assertion, ASSERTION_MAX)?;
    let short = |text: &Option<String>| text.as_ref().is_none_or(|text| text.chars().count() <= TEXT_MAX);
    let all_short = [&claims.iss, &claims.sub, &claims.jti].into_iter().all(short);
    all_short.then_some((header, claims))
}

fn malformed() -> Refusal {
    Refusal::Malformed("The client_assertion is not a signed JWT with the claims iss, sub, aud, exp and jti (RFC 7523 section 3).".to_owned())
}

/// What [`Once::kind`] calls an assertion.
pub(crate) const KIND: &str = "assertion";

/// The assertion of these credentials as something that is used up by a request that succeeds; `now` is for one that does not say when it
/// expires.
pub(crate) fn once(credentials: Option<&Credentials>, now: Timestamp) -> Option<Once> {
    let credentials = credentials?;
    let assertion = credentials.client_assertion.as_ref()?.reveal();
    let (_, claims) = parts(assertion)?;
    Some(Once {
        kind: KIND,
        owner: credentials.client_id.clone(),
        // One without an id is known by all of itself.
        id: claims.jti.unwrap_or_else(|| assertion.to_owned()),
        until: claims.exp.unwrap_or(now).saturating_add(SKEW),
    })
}
