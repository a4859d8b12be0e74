//! Key pairs of each algorithm: made, kept as PKCS#8, parsed once, and signing.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::key::KeyAlg;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::jose::{Jwk, PublicKey};

/// Both halves of a key, parsed for the one algorithm that it serves.
pub(crate) enum KeyPair {
    /// With the padding of RS256 or PS256.
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    /// On P-256.
    Ecdsa(EcdsaKeyPair),
    /// Ed25519.
    Ed25519(Ed25519KeyPair),
}

impl KeyPair {
    /// Makes a key; RSA keys have 2048 bits and take some tenths of a second.
    ///
    /// AWS-LC draws from its own generator, seeded by the operating system; it takes no other.
    ///
    /// # Errors
    /// [`Error::Key`] if the generator gives none.
    pub(crate) fn generate(alg: KeyAlg) -> Result<Self, Error> {
        let failed = |_| Error::Key("the generator gave none".to_owned());
        Ok(match alg {
            KeyAlg::RS256 | KeyAlg::PS256 => Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?, padding(alg)),
            KeyAlg::ES256 => Self::Ecdsa(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?),
            KeyAlg::EdDSA => Self::Ed25519(Ed25519KeyPair::generate().map_err(failed)?),
        })
    }

    /// Parses what [`KeyPair::to_pkcs8`] gave.
    ///
    /// # Errors
    /// [`Error::Key`] if it is no key for `alg`.
    pub(crate) fn from_pkcs8(alg: KeyAlg, pkcs8: &[u8]) -> Result<Self, Error> {
        let failed = |error: aws_lc_rs::error::KeyRejected| Error::Key(error.to_string());
        Ok(match alg {
            KeyAlg::RS256 | KeyAlg::PS256 => Self::Rsa(RsaKeyPair::from_pkcs8(pkcs8).map_err(failed)?, padding(alg)),
            KeyAlg::ES256 => Self::Ecdsa(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map_err(failed)?),
            KeyAlg::EdDSA => Self::Ed25519(Ed25519KeyPair::from_pkcs8(pkcs8).map_err(failed)?),
        })
    }

    /// The private half (RFC 5208).
    ///
    /// # Errors
    /// [`Error::Key`] if it can't be written.
    pub(crate) fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let failed = |_| Error::Key("it could not be written".to_owned());
        Ok(Zeroizing::new(match self {
            Self::Rsa(pair, _) => AsDer::<Pkcs8V1Der>::as_der(pair).map_err(failed)?.as_ref().to_vec(),
            Self::Ecdsa(pair) => pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec(),
            Self::Ed25519(pair) => pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec(),
        }))
    }

    /// The public half.
    ///
    /// # Errors
    /// [`Error::Key`] if AWS-LC gives a point in a form that it does not document.
    pub(crate) fn jwk(&self, alg: KeyAlg) -> Result<Jwk, Error> {
        let public = match self {
            // "Positive" numbers come without leading zero octets, as RFC 7518 §2 wants them.
            Self::Rsa(pair, _) => PublicKey::Rsa {
                n: URL_SAFE_NO_PAD.encode(pair.public_key().modulus().big_endian_without_leading_zero()),
                e: URL_SAFE_NO_PAD.encode(pair.public_key().exponent().big_endian_without_leading_zero()),
            },
            // Uncompressed (SEC 1 §2.3.3): 4, then both coordinates with 32 octets each, leading zeros included.
            Self::Ecdsa(pair) => match pair.public_key().as_ref() {
                [4, point @ ..] if point.len() == 64 => PublicKey::Ec {
                    crv: "P-256",
                    x: URL_SAFE_NO_PAD.encode(&point[..32]),
                    y: URL_SAFE_NO_PAD.encode(&point[32..]),
                },
                _ => return Err(Error::Key("its point is not an uncompressed one".to_owned())),
            },
            Self::Ed25519(pair) => PublicKey::Okp {
                crv: "Ed25519",
                x: URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()),
            },
        };
        Ok(Jwk::new(alg, public))
    }

    /// Whether signing takes so long (RSA: most of a millisecond) that it must not happen on the threads of the runtime.
    pub(crate) fn is_slow(&self) -> bool {
        matches!(self, Self::Rsa(..))
    }

    /// The signature of `input` in the form of RFC 7518 §3 and RFC 8037 §3.1; `None` if the key can't sign.
    pub(crate) fn sign(&self, input: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Rsa(pair, padding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*padding, &SystemRandom::new(), input, &mut signature).ok()?;
                Some(signature)
            }
            Self::Ecdsa(pair) => Some(pair.sign(&SystemRandom::new(), input).ok()?.as_ref().to_vec()),
            Self::Ed25519(pair) => Some(pair.try_sign(input).ok()?.as_ref().to_vec()),
        }
    }
}

fn padding(alg: KeyAlg) -> &'static dyn RsaEncoding {
    if alg == KeyAlg::PS256 { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{Algorithm, DecodingKey, crypto};
    use std::str::FromStr;

    use super::*;

    #[test]
    fn what_is_kept_signs_and_another_library_verifies() {
        for alg in KeyAlg::ALL {
            let made = KeyPair::generate(alg).unwrap();
            let pair = KeyPair::from_pkcs8(alg, &made.to_pkcs8().unwrap()).unwrap();
            let jwk = pair.jwk(alg).unwrap();
            assert_eq!(jwk, made.jwk(alg).unwrap());
            let read = serde_json::from_value(serde_json::to_value(&jwk).unwrap()).unwrap();
            let signature = URL_SAFE_NO_PAD.encode(pair.sign(b"input").unwrap());
            let verify = |input: &[u8]| {
                let key = DecodingKey::from_jwk(&read).unwrap();
                crypto::verify(&signature, input, &key, Algorithm::from_str(alg.as_str()).unwrap()).unwrap()
            };
            assert!(verify(b"input") && !verify(b"other"), "{alg:?}");
        }
    }

    #[test]
    fn a_key_of_one_kind_is_no_key_of_another() {
        let pkcs8 = |alg| KeyPair::generate(alg).unwrap().to_pkcs8().unwrap();
        for (made, opened) in [
            (KeyAlg::RS256, KeyAlg::ES256),
            (KeyAlg::ES256, KeyAlg::EdDSA),
            (KeyAlg::EdDSA, KeyAlg::PS256),
        ] {
            assert!(KeyPair::from_pkcs8(opened, &pkcs8(made)).is_err(), "{made:?} as {opened:?}");
        }
    }
}
