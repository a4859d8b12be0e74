//! Tokens that are bound to a key of the client's (DPoP, RFC 9449): proofs are checked, nonces given out, and what a request used up is
//! remembered.

use jsonwebtoken::DecodingKey;
use model::assertion;
use model::dpop::{Flaw, PROOF_MAX, PROOF_TYPE, Proof, WINDOW, nonce_step};
use model::key::KeyAlg;
use model::refusal::Refusal;
use model::time::Timestamp;
use model::token::Credentials;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::assertions;
use crate::compact;
use crate::engine::Engine;
use crate::error::{Error, IssueError};
use crate::jose::PublicKey;
use crate::keypair::KeyPair;
use crate::public_key;
use crate::used_once::Once;

/// What [`Once::kind`] calls a proof.
const KIND: &str = "dpop";

/// The header of a proof (RFC 9449 §4.2).
#[derive(Deserialize)]
struct Header {
    typ: Option<String>,
    alg: Option<String>,
    jwk: Option<Map<String, Value>>,
    /// Extensions that must be understood; we know none.
    crit: Option<Value>,
}

/// A proof that holds, but may have been used before.
pub(crate) struct Proven {
    /// Thumbprint of the key that it proves.
    pub(crate) jkt: String,
    id: String,
    until: Timestamp,
}

impl Engine {
    /// The nonce that proofs must carry now (RFC 9449 §8); `None` if they need none.
    ///
    /// It is made of the time and of the master key alone, so that every process gives and takes the same, and nothing is kept.
    #[must_use]
    pub fn dpop_nonce(&self) -> Option<String> {
        self.0.dpop_nonce.then(|| self.0.vault.nonce(nonce_step(self.now())))
    }

    /// Checks the proof of a request to the token endpoint, if there is one (RFC 9449 §4.3); using it up is left to [`Engine::spend`].
    ///
    /// # Errors
    /// [`Refusal::DpopFlawed`]; [`IssueError::NonceWanted`].
    pub(crate) fn check_proof(&self, credentials: Option<&Credentials>, now: Timestamp) -> Result<Option<Proven>, IssueError> {
        let Some(proof) = credentials.and_then(|sent| sent.dpop_proof.as_ref()) else {
            return Ok(None);
        };
        let (proven, nonce) = check(proof.reveal(), &self.0.issuer.join("oauth/token"), now).map_err(Refusal::DpopFlawed)?;
        let step = nonce_step(now);
        let live = |nonce: &str| self.0.vault.is_nonce(nonce, [step, step - 1]);
        if self.0.dpop_nonce && !nonce.as_deref().is_some_and(live) {
            return Err(IssueError::NonceWanted);
        }
        Ok(Some(proven))
    }

    /// Uses up the assertion and the proof of a request that succeeds: no second request gets anything for either, in this process or
    /// another. If one of them was used before, the other stays unused.
    ///
    /// # Errors
    /// [`Refusal::AssertionFlawed`] or [`Refusal::DpopFlawed`] if it was used before; [`IssueError::Failed`].
    pub(crate) async fn spend(&self, credentials: Option<&Credentials>, proven: Option<Proven>) -> Result<(), IssueError> {
        let assertion = assertions::once(credentials, self.now());
        let proof = proven.map(|proven| Once {
            kind: KIND,
            owner: proven.jkt,
            id: proven.id,
            until: proven.until,
        });
        let things: Vec<Once> = assertion.into_iter().chain(proof).collect();
        match self.use_once(&things).await? {
            None => Ok(()),
            Some(KIND) => Err(Refusal::DpopFlawed(Flaw::Replayed).into()),
            Some(_) => Err(Refusal::AssertionFlawed {
                client_id: credentials.map(|sent| sent.client_id.clone()).unwrap_or_default(),
                flaw: assertion::Flaw::Replayed,
            }
            .into()),
        }
    }
}

/// The thumbprint of a key that nobody has the private half of: for tokens that are only looked at.
///
/// # Errors
/// [`Error::Key`] if no key can be made.
pub(crate) fn nobodys_key() -> Result<String, Error> {
    let alg = KeyAlg::ES256;
    Ok(KeyPair::generate(alg)?.jwk(alg)?.kid)
}

/// All rules but those that need a memory; with the nonce that the proof carries.
fn check(proof: &str, endpoint: &str, now: Timestamp) -> Result<(Proven, Option<String>), Flaw> {
    let (header, claims) = parts(proof).ok_or(Flaw::Malformed)?;
    if !header.typ.is_some_and(|typ| typ.eq_ignore_ascii_case(PROOF_TYPE)) {
        return Err(Flaw::Type);
    }
    let alg = header.alg.as_deref().and_then(KeyAlg::of_others).ok_or(Flaw::Algorithm)?;
    let jwk = header.jwk.ok_or(Flaw::Key)?;
    if public_key::is_private(&jwk) {
        return Err(Flaw::PrivateKey);
    }
    let pasted = public_key::from_members(&jwk).map_err(|_| Flaw::Key)?;
    if !public_key::fits(&pasted.public, alg) || pasted.alg.is_some_and(|named| named != alg) {
        return Err(Flaw::Key);
    }
    if !signed_by(proof, &pasted.public, alg).ok_or(Flaw::Key)? {
        return Err(Flaw::Signature);
    }
    let id = claims.check(endpoint, now)?.to_owned();
    let proven = Proven {
        jkt: pasted.public.thumbprint(),
        id,
        // Longer than anybody here would take it: the clock of another process on this database may be behind.
        until: claims.made_at().unwrap_or(now).saturating_add(2 * WINDOW),
    };
    Ok((proven, claims.nonce))
}

/// `None` if the key can't be read.
fn signed_by(proof: &str, public: &PublicKey, alg: KeyAlg) -> Option<bool> {
    let key = match public {
        PublicKey::Rsa { n, e } => DecodingKey::from_rsa_components(n, e),
        PublicKey::Ec { x, y, .. } => DecodingKey::from_ec_components(x, y),
        PublicKey::Okp { x, .. } => DecodingKey::from_ed_components(x),
    };
    Some(compact::is_signed_by(proof, &key.ok()?, alg))
}

fn parts(proof: &str) -> Option<(Header, Proof)> {
    let (header, claims): (Header, Proof) = compact::apart(proof, PROOF_MAX)?;
    header.crit.is_none().then_some((header, claims))
}
