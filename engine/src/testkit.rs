//! Test kits: labelled good and bad tokens with the key that verifies them, for unit tests without a server.
//!
//! What signs them is made for one kit and thrown away, so that no more tokens can be made by anybody, and none of them is good at an API
//! that trusts a real issuer.

use std::sync::Arc;

use aws_lc_rs::hmac;
use model::Invalid;
use model::api::{IDENTIFIER_MAX, SigningAlg};
use model::guard::Probe;
use model::invalid::check_text;
use model::issuer::Issuer;
use model::scope;
use model::secret::Secret;
use model::time::{DAY, MINUTE};
use model::token::{Claims, TokenDialect};

use crate::chance::Chance;
use crate::clock::Clock;
use crate::error::Error;
use crate::forge::{Forge, Order, Signs};
use crate::jose;
use crate::keypair::KeyPair;

/// The shortest and the longest time for which the good tokens of a kit are valid.
pub const VALID_FOR: (i64, i64) = (MINUTE, 3650 * DAY);
/// Characters of the secret of a kit, as many as an API's has.
const SECRET_LENGTH: usize = 64;
/// Letters and digits of the `kid` of that secret.
const KID_LENGTH: usize = 16;
/// The client that the tokens name.
const CLIENT: &str = "test-kit";

/// What a test kit is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KitRequest {
    /// The identifier that the API compares `aud` with.
    pub audience: String,
    /// The issuer that the API compares `iss` with.
    pub issuer: Issuer,
    /// How tokens of the API are signed.
    pub alg: SigningAlg,
    /// Which claims and header they have.
    pub dialect: TokenDialect,
    /// Scopes of the good tokens.
    pub scopes: Vec<String>,
    /// Seconds for which the good tokens are valid.
    pub valid_for: i64,
}

/// A kit.
pub struct Kit {
    /// What verifies the good tokens.
    pub verifies_with: VerifiesWith,
    /// Every probe that has a token.
    pub tokens: Vec<(Probe, Secret)>,
    /// When the good ones expire.
    pub expires_at: i64,
}

/// What verifies the good tokens of a kit.
pub enum VerifiesWith {
    /// A JWKS document.
    Jwks(Vec<u8>),
    /// A signing secret and its `kid`.
    Secret {
        /// The secret.
        secret: Secret,
        /// Its name in the header of tokens.
        kid: String,
    },
}

impl Kit {
    /// Makes a kit. Takes some tenths of a second for keys of RSA.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `audience`, `scope` or `valid_for`; [`Error::Key`] if no key can be made.
    pub fn make(request: KitRequest, clock: &dyn Clock, chance: &Chance) -> Result<Self, Error> {
        check_text("audience", "the identifier of the API", &request.audience, IDENTIFIER_MAX)?;
        for value in &request.scopes {
            scope::check_value(value).map_err(|invalid| Invalid::new("scope", invalid.message))?;
        }
        if !(VALID_FOR.0..=VALID_FOR.1).contains(&request.valid_for) {
            return Err(Invalid::new("valid_for", "Give a time from 1 minute to 3650 days, for example 30d, 12h or 90m.").into());
        }
        let now = clock.now();
        let (signs, kid, verifies_with) = fresh(request.alg, chance)?;
        let order = Order {
            signs,
            kid,
            typ: request.dialect.typ(),
            claims: claims(&request, now),
            scopes: request.scopes,
            now,
            lifetime: request.valid_for,
            chance: chance.clone(),
        };
        let forge = Forge::new(order)?;
        let mut tokens = Vec::new();
        for probe in forge.probes() {
            if let Some(token) = forge.token(probe)? {
                tokens.push((probe, Secret::new(token)));
            }
        }
        Ok(Self {
            verifies_with,
            tokens,
            expires_at: now + request.valid_for,
        })
    }
}

/// A new key, what names it and what verifies with it.
fn fresh(alg: SigningAlg, chance: &Chance) -> Result<(Signs, String, VerifiesWith), Error> {
    if let Some(alg) = alg.key_alg() {
        let pair = KeyPair::generate(alg)?;
        let jwk = pair.jwk(alg)?;
        let document = jose::jwks(&[&jwk]).map_err(|error| Error::Key(error.to_string()))?;
        return Ok((Signs::Pair(alg, Arc::new(pair)), jwk.kid, VerifiesWith::Jwks(document)));
    }
    let secret = chance.alphanumeric(SECRET_LENGTH);
    let kid = format!("ss_{}", chance.alphanumeric(KID_LENGTH));
    let signs = Signs::Secret(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())));
    let verifies_with = VerifiesWith::Secret {
        secret: Secret::new(secret),
        kid: kid.clone(),
    };
    Ok((signs, kid, verifies_with))
}

/// As this server would issue them.
fn claims(request: &KitRequest, now: i64) -> Claims {
    let of = |dialect, text: &str| (request.dialect == dialect).then(|| text.to_owned());
    Claims {
        iss: request.issuer.as_str().to_owned(),
        sub: format!("{CLIENT}@clients"),
        aud: request.audience.clone(),
        iat: now,
        exp: now + request.valid_for,
        scope: (!request.scopes.is_empty()).then(|| request.scopes.join(" ")),
        gty: of(TokenDialect::AccessToken, "client-credentials"),
        azp: of(TokenDialect::AccessToken, CLIENT),
        client_id: of(TokenDialect::Rfc9068Profile, CLIENT),
        jti: None,
        cnf: None,
        custom: Default::default(),
    }
}
