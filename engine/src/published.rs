//! The keys that are published, parsed once, as part of the snapshot; their public halves as ready bytes.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey};
use model::key::{KeyAlg, KeyState};
use model::time::Timestamp;
use model::token::TokenDialect;

use crate::error::Error;
use crate::jose::{self, Jwk};
use crate::keypair::KeyPair;
use crate::keyring::{all, place, sealed};
use crate::store::Tx;
use crate::vault::Vault;

/// The JWKS document (RFC 7517 §5), ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The document as JSON.
    pub body: Vec<u8>,
    /// Its strong entity tag with quotes (RFC 9110 §8.8.3): a hash of the body.
    pub etag: String,
    /// The algorithms that its keys sign with, in the order of [`KeyAlg::ALL`].
    pub algs: Vec<KeyAlg>,
}

impl Published {
    fn new(keys: &[&SigningKey]) -> Result<Self, Error> {
        let jwks: Vec<&Jwk> = keys.iter().map(|key| &key.jwk).collect();
        let body = jose::jwks(&jwks).map_err(|error| Error::Key(error.to_string()))?;
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, &body)));
        let algs = KeyAlg::ALL.into_iter().filter(|alg| keys.iter().any(|key| key.alg == *alg));
        Ok(Self {
            body,
            etag,
            algs: algs.collect(),
        })
    }
}

/// All published keys.
pub(crate) struct Keys {
    current: HashMap<KeyAlg, Arc<SigningKey>>,
    parsed: HashMap<String, Arc<SigningKey>>,
    verifying: HashMap<String, (Algorithm, DecodingKey)>,
    published: Arc<Published>,
}

/// A key that signs, has signed or will sign tokens.
pub(crate) struct SigningKey {
    /// Its one algorithm.
    pub(crate) alg: KeyAlg,
    /// The headers of its tokens, encoded, by the place of the dialect in [`TokenDialect::ALL`].
    headers: [String; TokenDialect::ALL.len()],
    /// Both halves, parsed.
    pub(crate) pair: Arc<KeyPair>,
    /// The public half; its `kid` is the key's.
    pub(crate) jwk: Jwk,
    /// What it has signed and the database does not know yet.
    pub(crate) usage: Usage,
}

/// How often and when a key has signed, since this was last written to the database.
#[derive(Default)]
pub(crate) struct Usage {
    count: AtomicU64,
    last: AtomicI64,
}

impl Usage {
    /// Counts one token.
    pub(crate) fn note(&self, now: Timestamp) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.last.fetch_max(now, Ordering::Relaxed);
    }

    /// Takes what was counted: how many, and when the last one was.
    pub(crate) fn take(&self) -> (u64, Timestamp) {
        (self.count.swap(0, Ordering::Relaxed), self.last.load(Ordering::Relaxed))
    }

    /// Gives back what could not be written.
    pub(crate) fn give_back(&self, count: u64) {
        self.count.fetch_add(count, Ordering::Relaxed);
    }
}

impl Keys {
    /// Reads and parses the published keys; those in `known` are taken from there, since a key never changes.
    ///
    /// The public halves come out of the sealed ones: whoever can write to the database but has no master key can't
    /// have a key of their own published. A key that can't be opened is logged and left out, unless it is a current
    /// one: the others go on, and so do changes of everything else.
    pub(crate) async fn load(tx: &mut Tx, vault: &Vault, known: Option<&Self>) -> Result<Self, Error> {
        let mut keys = Vec::new();
        for key in all(tx).await?.into_iter().filter(|key| key.state.is_published()) {
            let parsed = match known.and_then(|known| known.parsed.get(&key.kid)) {
                Some(parsed) => Ok(Arc::clone(parsed)),
                None => SigningKey::open(key.alg, &key.kid, &sealed(tx, &key.kid).await?, vault).map(Arc::new),
            };
            match parsed {
                Ok(parsed) => keys.push((key.state, parsed)),
                Err(error) if key.state == KeyState::Current => return Err(error),
                Err(error) => tracing::error!(kid = %key.kid, %error, "this key is not published"),
            }
        }
        let published = Published::new(&keys.iter().map(|(_, key)| key.as_ref()).collect::<Vec<_>>())?;
        let current = keys.iter().filter(|(state, _)| *state == KeyState::Current);
        Ok(Self {
            current: current.map(|(_, key)| (key.alg, Arc::clone(key))).collect(),
            parsed: keys.iter().map(|(_, key)| (key.jwk.kid.clone(), Arc::clone(key))).collect(),
            verifying: verifying(&published.body)?,
            published: Arc::new(published),
        })
    }

    /// The key that signs tokens with this algorithm.
    ///
    /// # Errors
    /// [`Error::Key`] if there is none.
    pub(crate) fn current(&self, alg: KeyAlg) -> Result<&Arc<SigningKey>, Error> {
        let current = self.current.get(&alg);
        current.ok_or_else(|| Error::Key(format!("there is no current one for {}", alg.as_str())))
    }

    /// Every published key.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<SigningKey>> {
        self.parsed.values()
    }

    /// What verifies the tokens of the published key with this id, if it is one for this algorithm.
    pub(crate) fn verifying(&self, kid: &str, alg: KeyAlg) -> Option<(Algorithm, &DecodingKey)> {
        let (algorithm, key) = self.verifying.get(kid)?;
        (self.parsed.get(kid)?.alg == alg).then_some((*algorithm, key))
    }

    /// The JWKS document.
    pub(crate) fn published(&self) -> &Arc<Published> {
        &self.published
    }
}

/// Read back from the very bytes that APIs fetch, so that what we call verified is what they can verify.
fn verifying(document: &[u8]) -> Result<HashMap<String, (Algorithm, DecodingKey)>, Error> {
    let failed = |error: &dyn std::fmt::Display| Error::Key(format!("the JWKS can't be read back: {error}"));
    let document: JwkSet = serde_json::from_slice(document).map_err(|error| failed(&error))?;
    let mut keys = HashMap::new();
    for jwk in &document.keys {
        let alg = jwk.common.key_algorithm.map(|alg| alg.to_string()).unwrap_or_default();
        let algorithm = Algorithm::from_str(&alg).map_err(|error| failed(&error))?;
        let key = DecodingKey::from_jwk(jwk).map_err(|error| failed(&error))?;
        keys.insert(jwk.common.key_id.clone().unwrap_or_default(), (algorithm, key));
    }
    Ok(keys)
}

impl SigningKey {
    /// Opens and parses the private half.
    pub(crate) fn open(alg: KeyAlg, kid: &str, sealed: &str, vault: &Vault) -> Result<Self, Error> {
        let private = vault.open(&place(kid), sealed)?;
        let named = |error: Error| Error::Key(format!("{kid}: {error}"));
        let pair = KeyPair::from_pkcs8(alg, &private).map_err(named)?;
        let jwk = pair.jwk(alg).map_err(named)?;
        Ok(Self {
            alg,
            headers: TokenDialect::ALL.map(|dialect| jose::header(alg.signing_alg(), dialect.typ(), Some(&jwk.kid))),
            jwk,
            pair: Arc::new(pair),
            usage: Usage::default(),
        })
    }

    /// The header of its tokens in this dialect, encoded.
    pub(crate) fn header(&self, dialect: TokenDialect) -> &str {
        &self.headers[dialect as usize]
    }
}
