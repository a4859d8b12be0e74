//! Labelled tokens: a valid one of an API, and bad ones that differ from it in one thing each.
//!
//! They are written by hand, since a library would refuse to make the bad ones. Those for the guard tester are signed with the key
//! that an API really trusts. So none of them is good for anything but a look: what is valid lives for as long as it is told
//! ([`Order::lifetime`], a minute for the guard tester), what is not valid yet expires before it would be, and other audiences are
//! names under `.invalid` (RFC 2606) that are drawn by chance, so that no API answers to them.

use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA512, RsaEncoding};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use model::api::SigningAlg;
use model::guard::Probe;
use model::key::KeyAlg;
use model::time::{HOUR, Timestamp};
use model::token::Claims;
use serde_json::{Map, Value, json};

use crate::chance::Chance;
use crate::error::Error;
use crate::jose;
use crate::keypair::KeyPair;

/// Characters of what is drawn by chance: 131 bits.
const DRAWN: usize = 22;
/// Characters of the secret of somebody else.
const SECRET_LENGTH: usize = 64;
/// Bytes of padding in the token that is too long: 100 kB once they are encoded.
const PADDING: usize = 75_000;
/// Makes a scope another one, which no API defines.
const OTHER_SCOPE: &str = ".guard-tester";
/// What a program finds that looks for the secret `constructor` in an object of JavaScript.
const CONSTRUCTOR: &[u8] = b"function Object() { [native code] }";

/// What signs the tokens of an API.
#[derive(Clone)]
pub(crate) enum Signs {
    /// The key pair of a set.
    Pair(KeyAlg, Arc<KeyPair>),
    /// Its own secret, for HS256.
    Secret(Box<hmac::Key>),
}

/// Which tokens are wanted.
pub(crate) struct Order {
    /// What signs good ones.
    pub(crate) signs: Signs,
    /// Its name in the header.
    pub(crate) kid: String,
    /// The `typ` of the header.
    pub(crate) typ: &'static str,
    /// The claims of a good one; its times and its `jti` are not looked at.
    pub(crate) claims: Claims,
    /// The scopes that one token must lack.
    pub(crate) scopes: Vec<String>,
    /// Now.
    pub(crate) now: Timestamp,
    /// Seconds for which good ones are valid.
    pub(crate) lifetime: i64,
    /// Where names of nobody come from.
    pub(crate) chance: Chance,
}

/// Makes the tokens of one order.
pub(crate) struct Forge {
    order: Order,
    good: Map<String, Value>,
    /// Somebody else's key for the algorithm of the API.
    stranger: Stranger,
}

/// A key that no issuer knows.
enum Stranger {
    Pair(KeyPair),
    Secret(String),
}

impl Signs {
    /// The algorithm.
    pub(crate) fn alg(&self) -> SigningAlg {
        match self {
            Self::Pair(alg, _) => alg.signing_alg(),
            Self::Secret(_) => SigningAlg::HS256,
        }
    }

    fn sign(&self, input: &str) -> Result<Vec<u8>, Error> {
        match self {
            Self::Pair(_, pair) => signature(pair, input),
            Self::Secret(secret) => Ok(mac(secret, input)),
        }
    }
}

impl Forge {
    /// Makes the key of somebody else; one of RSA takes some tenths of a second, so not on the threads of the runtime.
    ///
    /// # Errors
    /// [`Error::Key`].
    pub(crate) fn new(order: Order) -> Result<Self, Error> {
        let stranger = match order.signs {
            Signs::Pair(alg, _) => Stranger::Pair(KeyPair::generate(alg)?),
            Signs::Secret(_) => Stranger::Secret(order.chance.alphanumeric(SECRET_LENGTH)),
        };
        let claims = serde_json::to_value(&order.claims).map_err(|error| Error::Key(error.to_string()))?;
        let mut good = match claims {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        good.insert("iat".to_owned(), order.now.into());
        good.insert("exp".to_owned(), (order.now + order.lifetime).into());
        Ok(Self { stranger, good, order })
    }

    /// The probes that fit the algorithm and the scopes of the order.
    pub(crate) fn probes(&self) -> impl Iterator<Item = Probe> {
        let (alg, has_scopes) = (self.order.signs.alg(), !self.order.scopes.is_empty());
        Probe::ALL
            .into_iter()
            .filter(move |probe| probe.fits(alg) && (has_scopes || *probe != Probe::MissingScope))
    }

    /// The token of a probe; `None` where none is sent.
    ///
    /// # Errors
    /// [`Error::Key`] if one can't be signed.
    pub(crate) fn token(&self, probe: Probe) -> Result<Option<String>, Error> {
        let now = self.order.now;
        let exp = now + self.order.lifetime;
        Ok(Some(match probe {
            Probe::NoToken => return Ok(None),
            Probe::Valid => self.good_with([])?,
            Probe::ValidAudienceList => self.good_with([("aud", json!([self.order.claims.aud, self.nobodys_address()]))])?,
            Probe::MissingScope => {
                let others: Vec<String> = self.order.scopes.iter().map(|scope| format!("{scope}{OTHER_SCOPE}")).collect();
                self.good_with([("scope", others.join(" ").into())])?
            }
            Probe::Expired => self.good_with([("iat", (now - 2 * HOUR).into()), ("exp", (now - HOUR).into())])?,
            Probe::NotYetValid => self.good_with([("nbf", (exp + HOUR).into())])?,
            Probe::NoExpiry => self.good_with([("exp", Value::Null)])?,
            Probe::WrongAudience => {
                let similar = format!("{}{}.invalid", self.order.claims.aud, self.drawn());
                self.good_with([("aud", similar.into())])?
            }
            Probe::OtherApi => self.of_other_api()?,
            Probe::AudienceList => self.good_with([("aud", json!([self.nobodys_address(), self.nobodys_address()]))])?,
            Probe::NoAudience => self.good_with([("aud", Value::Null)])?,
            Probe::WrongIssuer => self.good_with([("iss", self.nobodys_address().into())])?,
            Probe::SimilarIssuer => {
                let similar = format!("{}.{}.invalid/", self.order.claims.iss.trim_end_matches('/'), self.drawn());
                self.good_with([("iss", similar.into())])?
            }
            Probe::NoIssuer => self.good_with([("iss", Value::Null)])?,
            Probe::OtherKey => self.by_stranger([])?,
            Probe::UnknownKid => self.by_stranger([("kid", self.drawn().into())])?,
            Probe::NoKid => self.by_stranger([("kid", Value::Null)])?,
            Probe::AlgNone => self.unsigned("none"),
            Probe::AlgNoneCase => self.unsigned("nOnE"),
            Probe::AlgNoneSigned => {
                let input = self.input([("alg", "none".into())], self.claims([]));
                self.finished(input)?
            }
            Probe::EmptySignature => jose::compact(self.input([], self.claims([])), &[]),
            Probe::PublicKeyPem | Probe::PublicKeyPkcs1 | Probe::PublicKeyDer | Probe::PublicKeyNumber => self.by_public_key(probe)?,
            Probe::OtherAlg => self.other_alg()?,
            Probe::OtherHash => self.other_hash()?,
            Probe::EmptySecret => self.by_secret([], b""),
            Probe::KidOfObjects => self.by_secret([("kid", "constructor".into())], CONSTRUCTOR),
            Probe::KidList => self.by_stranger([("kid", json!([self.order.kid]))])?,
            Probe::HeaderJwk => self.by_stranger([("jwk", self.strangers_jwk()?)])?,
            Probe::HeaderJku => {
                let jwks = json!({ "keys": [self.strangers_jwk()?] }).to_string();
                let address = format!("data:application/json;base64,{}", STANDARD.encode(jwks));
                self.by_stranger([("jku", address.into())])?
            }
            Probe::ChangedClaims => {
                let mut claims = self.claims([]);
                let signed = self.order.signs.sign(&self.input([], claims.clone()))?;
                claims.insert("sub".to_owned(), "somebody-else@clients".into());
                jose::compact(self.input([], claims), &signed)
            }
            Probe::ChangedSignature => {
                let token = self.good_with([])?;
                let (input, signed) = token.rsplit_once('.').unwrap_or_default();
                // The first character: all of its bits count, unlike those of the last one.
                let first = if signed.starts_with('A') { 'B' } else { 'A' };
                format!("{input}.{first}{}", signed.get(1..).unwrap_or_default())
            }
            Probe::UnknownCrit => {
                let input = self.input([("crit", json!(["x-guard"])), ("x-guard", true.into())], self.claims([]));
                self.finished(input)?
            }
            Probe::Truncated => {
                let token = self.good_with([])?;
                token.get(..token.len() / 2).unwrap_or_default().to_owned()
            }
            Probe::TwoParts => self.input([], self.claims([])),
            Probe::Garbage => "garbage".to_owned(),
            Probe::Dots => "..".to_owned(),
            Probe::Oversized => {
                let padding = self.order.chance.alphanumeric(PADDING);
                let input = self.input([], self.claims([("padding", padding.into())]));
                self.stranger_signed(input)?
            }
        }))
    }

    /// The claims of a good token with these changes; null takes one away.
    fn claims<const N: usize>(&self, changes: [(&str, Value); N]) -> Map<String, Value> {
        let mut claims = self.good.clone();
        claims.insert("jti".to_owned(), self.drawn().into());
        change(&mut claims, changes);
        claims
    }

    /// What is signed: the header of a good token with these changes, and claims.
    fn input<const N: usize>(&self, changes: [(&str, Value); N], claims: Map<String, Value>) -> String {
        let mut header = Map::new();
        for (name, text) in [
            ("alg", self.order.signs.alg().as_str()),
            ("typ", self.order.typ),
            ("kid", self.order.kid.as_str()),
        ] {
            header.insert(name.to_owned(), text.into());
        }
        change(&mut header, changes);
        let header = URL_SAFE_NO_PAD.encode(Value::Object(header).to_string());
        jose::signing_input(&header, Value::Object(claims).to_string().as_bytes())
    }

    /// Signed by what signs good tokens.
    fn finished(&self, input: String) -> Result<String, Error> {
        let signature = self.order.signs.sign(&input)?;
        Ok(jose::compact(input, &signature))
    }

    fn good_with<const N: usize>(&self, changes: [(&str, Value); N]) -> Result<String, Error> {
        self.finished(self.input([], self.claims(changes)))
    }

    /// Good claims signed by somebody else, with these changes of the header.
    fn by_stranger<const N: usize>(&self, header: [(&str, Value); N]) -> Result<String, Error> {
        self.stranger_signed(self.input(header, self.claims([])))
    }

    fn stranger_signed(&self, input: String) -> Result<String, Error> {
        let signature = match &self.stranger {
            Stranger::Pair(pair) => signature(pair, &input)?,
            Stranger::Secret(secret) => mac(&hmac_key(secret.as_bytes()), &input),
        };
        Ok(jose::compact(input, &signature))
    }

    /// Good claims in an HS256 token of this secret.
    fn by_secret<const N: usize>(&self, header: [(&str, Value); N], secret: &[u8]) -> String {
        let input = self.input(header, self.claims([]));
        let signature = mac(&hmac_key(secret), &input);
        jose::compact(input, &signature)
    }

    fn unsigned(&self, alg: &str) -> String {
        jose::compact(self.input([("alg", alg.into())], self.claims([])), &[])
    }

    /// As this issuer would make it for another API: with the same key, or for HS256 with the other API's own secret.
    fn of_other_api(&self) -> Result<String, Error> {
        let claims = self.claims([("aud", self.nobodys_address().into())]);
        match self.order.signs {
            Signs::Pair(..) => self.finished(self.input([], claims)),
            Signs::Secret(_) => self.stranger_signed(self.input([("kid", self.drawn().into())], claims)),
        }
    }

    /// An HS256 token whose secret is what everybody can read in the JWKS.
    fn by_public_key(&self, probe: Probe) -> Result<String, Error> {
        let Signs::Pair(alg, pair) = &self.order.signs else {
            return Err(Error::Key("HS256 has no public key".to_owned()));
        };
        let secret = match probe {
            Probe::PublicKeyPem => pem("PUBLIC KEY", &public_der(pair)?).into_bytes(),
            Probe::PublicKeyPkcs1 => match &**pair {
                // AWS-LC gives the public half of an RSA key in the form of PKCS #1.
                KeyPair::Rsa(pair, _) => pem("RSA PUBLIC KEY", pair.public_key().as_ref()).into_bytes(),
                _ => return Err(Error::Key("PKCS #1 is for RSA keys".to_owned())),
            },
            Probe::PublicKeyNumber => {
                let jwk = serde_json::to_value(pair.jwk(*alg)?).unwrap_or_default();
                let number = jwk.get("n").or_else(|| jwk.get("x")).and_then(Value::as_str).unwrap_or_default();
                URL_SAFE_NO_PAD.decode(number).unwrap_or_default()
            }
            _ => public_der(pair)?,
        };
        Ok(self.by_secret([("alg", "HS256".into())], &secret))
    }

    /// For RSA, of the right key with the other padding; for others, of a key of another kind.
    fn other_alg(&self) -> Result<String, Error> {
        let with = |alg: KeyAlg| self.input([("alg", alg.as_str().into())], self.claims([]));
        if let Signs::Pair(alg, pair) = &self.order.signs
            && let KeyPair::Rsa(pair, _) = &**pair
        {
            let (other, padding): (_, &dyn RsaEncoding) = if *alg == KeyAlg::RS256 {
                (KeyAlg::PS256, &RSA_PSS_SHA256)
            } else {
                (KeyAlg::RS256, &RSA_PKCS1_SHA256)
            };
            let input = with(other);
            let signature = rsa_signature(pair, padding, &input)?;
            return Ok(jose::compact(input, &signature));
        }
        let other = if matches!(self.order.signs, Signs::Pair(KeyAlg::EdDSA, _)) {
            KeyAlg::ES256
        } else {
            KeyAlg::EdDSA
        };
        let input = with(other);
        let signature = signature(&KeyPair::generate(other)?, &input)?;
        Ok(jose::compact(input, &signature))
    }

    /// Of the right key with a longer hash.
    fn other_hash(&self) -> Result<String, Error> {
        let Signs::Pair(alg, pair) = &self.order.signs else {
            return Err(Error::Key("only RSA has other hashes".to_owned()));
        };
        let KeyPair::Rsa(pair, _) = &**pair else {
            return Err(Error::Key("only RSA has other hashes".to_owned()));
        };
        let (other, padding): (&str, &dyn RsaEncoding) = if *alg == KeyAlg::PS256 {
            ("PS512", &RSA_PSS_SHA512)
        } else {
            ("RS512", &RSA_PKCS1_SHA512)
        };
        let input = self.input([("alg", other.into())], self.claims([]));
        let signature = rsa_signature(pair, padding, &input)?;
        Ok(jose::compact(input, &signature))
    }

    /// The key of somebody else as a JWK that claims to be the real one.
    fn strangers_jwk(&self) -> Result<Value, Error> {
        let mut jwk = match (&self.stranger, &self.order.signs) {
            (Stranger::Pair(pair), Signs::Pair(alg, _)) => serde_json::to_value(pair.jwk(*alg)?).unwrap_or_default(),
            (Stranger::Pair(_), Signs::Secret(_)) => Value::Null,
            (Stranger::Secret(secret), _) => json!({ "kty": "oct", "alg": "HS256", "k": URL_SAFE_NO_PAD.encode(secret) }),
        };
        jwk["kid"] = self.order.kid.clone().into();
        Ok(jwk)
    }

    fn drawn(&self) -> String {
        self.order.chance.alphanumeric(DRAWN)
    }

    /// An address that no API or issuer has.
    fn nobodys_address(&self) -> String {
        format!("https://{}.invalid/", self.drawn().to_lowercase())
    }
}

fn change<const N: usize>(members: &mut Map<String, Value>, changes: [(&str, Value); N]) {
    for (name, value) in changes {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.to_owned(), value);
        }
    }
}

fn signature(pair: &KeyPair, input: &str) -> Result<Vec<u8>, Error> {
    pair.sign(input.as_bytes()).ok_or_else(no_signature)
}

fn rsa_signature(pair: &RsaKeyPair, padding: &'static dyn RsaEncoding, input: &str) -> Result<Vec<u8>, Error> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(padding, &SystemRandom::new(), input.as_bytes(), &mut signature)
        .map_err(|_| no_signature())?;
    Ok(signature)
}

fn no_signature() -> Error {
    Error::Key("it gave no signature".to_owned())
}

fn hmac_key(secret: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret)
}

fn mac(key: &hmac::Key, input: &str) -> Vec<u8> {
    hmac::sign(key, input.as_bytes()).as_ref().to_vec()
}

/// The public half as SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
fn public_der(pair: &KeyPair) -> Result<Vec<u8>, Error> {
    let der: Result<PublicKeyX509Der<'_>, _> = match pair {
        KeyPair::Rsa(pair, _) => pair.public_key().as_der(),
        KeyPair::Ecdsa(pair) => pair.public_key().as_der(),
        KeyPair::Ed25519(pair) => pair.public_key().as_der(),
    };
    Ok(der
        .map_err(|_| Error::Key("its public half can't be written".to_owned()))?
        .as_ref()
        .to_vec())
}

/// RFC 7468, as tools write it: 64 characters a line and a line break at the end.
fn pem(label: &str, der: &[u8]) -> String {
    let encoded = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for (position, letter) in encoded.chars().enumerate() {
        text.push(letter);
        if position % 64 == 63 {
            text.push('\n');
        }
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}
