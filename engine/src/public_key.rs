//! Public keys as people have them: PEM files, certificates, JWKs.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::Invalid;
use model::key::KeyAlg;
use pkcs1::RsaPublicKeyRef;
use serde_json::{Map, Value};
use x509_cert::Certificate;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Decode, Document, Encode};
use x509_cert::spki::SubjectPublicKeyInfoRef;

use crate::jose::PublicKey;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// Bits of RSA keys that are taken (Auth0's limits).
pub const RSA_BITS: (usize, usize) = (2_048, 4_096);
/// Members of a JWK that only a private or a secret key has (RFC 7518 §6, RFC 8037 §2).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A public key and what its text says of it.
#[derive(Debug)]
pub(crate) struct Pasted {
    /// Its numbers.
    pub(crate) public: PublicKey,
    /// The algorithm, where the text names one.
    pub(crate) alg: Option<KeyAlg>,
    /// The `kid`, where the text names one.
    pub(crate) kid: Option<String>,
}

/// Reads a key from PEM (`PUBLIC KEY`, `RSA PUBLIC KEY`, `CERTIFICATE`) or from a JWK, also as the only one of a set.
///
/// # Errors
/// [`Invalid`] on `key` that says what is wrong with it.
pub(crate) fn read(text: &str) -> Result<Pasted, Invalid> {
    let pasted = if text.starts_with('{') { from_jwk(text)? } else { from_pem(text)? };
    check(&pasted.public)?;
    Ok(pasted)
}

/// The algorithm to use where none is named.
pub(crate) fn usual_alg(public: &PublicKey) -> KeyAlg {
    match public {
        PublicKey::Rsa { .. } => KeyAlg::RS256,
        PublicKey::Ec { .. } => KeyAlg::ES256,
        PublicKey::Okp { .. } => KeyAlg::EdDSA,
    }
}

/// Whether keys of this kind serve this algorithm.
pub(crate) fn fits(public: &PublicKey, alg: KeyAlg) -> bool {
    usual_alg(public) == alg || (usual_alg(public) == KeyAlg::RS256 && alg == KeyAlg::PS256)
}

fn from_pem(text: &str) -> Result<Pasted, Invalid> {
    if text.contains("PRIVATE KEY-----") {
        return Err(private());
    }
    let (label, document) = Document::from_pem(text)
        .map_err(|_| invalid("This is neither PEM nor a JWK. Paste the whole of a public key, with the lines that begin and end it."))?;
    let public = match label {
        "PUBLIC KEY" => from_spki(&SubjectPublicKeyInfoRef::from_der(document.as_bytes()).map_err(|_| broken())?),
        "RSA PUBLIC KEY" => from_pkcs1(document.as_bytes()),
        "CERTIFICATE" => {
            let certificate = Certificate::from_der(document.as_bytes()).map_err(|_| broken())?;
            let spki = certificate.tbs_certificate().subject_public_key_info().to_der().map_err(|_| broken())?;
            from_spki(&SubjectPublicKeyInfoRef::from_der(&spki).map_err(|_| broken())?)
        }
        label => Err(invalid(format!(
            "Paste a PUBLIC KEY, an RSA PUBLIC KEY or a CERTIFICATE; this is a {label}."
        ))),
    }?;
    Ok(Pasted {
        public,
        alg: None,
        kid: None,
    })
}

fn from_spki(spki: &SubjectPublicKeyInfoRef<'_>) -> Result<PublicKey, Invalid> {
    let bits = spki.subject_public_key.as_bytes().ok_or_else(broken)?;
    let curve = || {
        spki.algorithm
            .parameters
            .and_then(|parameters| parameters.decode_as::<ObjectIdentifier>().ok())
    };
    match (spki.algorithm.oid, bits) {
        (RSA, _) => from_pkcs1(bits),
        (EC, [4, point @ ..]) if curve() == Some(P256) && point.len() == 64 => Ok(PublicKey::Ec {
            crv: "P-256",
            x: URL_SAFE_NO_PAD.encode(&point[..32]),
            y: URL_SAFE_NO_PAD.encode(&point[32..]),
        }),
        (ED25519, _) if bits.len() == 32 => Ok(PublicKey::Okp {
            crv: "Ed25519",
            x: URL_SAFE_NO_PAD.encode(bits),
        }),
        _ => Err(kinds()),
    }
}

fn from_pkcs1(der: &[u8]) -> Result<PublicKey, Invalid> {
    let key = RsaPublicKeyRef::from_der(der).map_err(|_| broken())?;
    Ok(PublicKey::Rsa {
        n: URL_SAFE_NO_PAD.encode(key.modulus.as_bytes()),
        e: URL_SAFE_NO_PAD.encode(key.public_exponent.as_bytes()),
    })
}

fn from_jwk(text: &str) -> Result<Pasted, Invalid> {
    let unreadable = || invalid("The JSON can't be read. Paste one JWK, from { to }.");
    let mut jwk: Map<String, Value> = serde_json::from_str(text).map_err(|_| unreadable())?;
    if let Some(Value::Array(keys)) = jwk.get("keys") {
        let [Value::Object(only)] = keys.as_slice() else {
            return Err(invalid(format!("Paste one key at a time; there are {} in this set.", keys.len())));
        };
        jwk = only.clone();
    }
    members(&jwk)
}

/// Reads a key from the members of a JWK, as [`read`] does.
///
/// # Errors
/// As [`read`].
pub(crate) fn from_members(jwk: &Map<String, Value>) -> Result<Pasted, Invalid> {
    let pasted = members(jwk)?;
    check(&pasted.public)?;
    Ok(pasted)
}

/// Whether a JWK holds what only its owner may know.
pub(crate) fn is_private(jwk: &Map<String, Value>) -> bool {
    PRIVATE.iter().any(|name| jwk.contains_key(*name))
}

fn members(jwk: &Map<String, Value>) -> Result<Pasted, Invalid> {
    if is_private(jwk) {
        return Err(private());
    }
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let number = |name: &str| {
        let bytes = text(name).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        bytes.map(|bytes| URL_SAFE_NO_PAD.encode(bytes)).ok_or_else(broken)
    };
    if text("use").is_some_and(|usage| usage != "sig") {
        return Err(invalid("This key is not for signing: its use is not sig."));
    }
    let public = match (text("kty"), text("crv")) {
        (Some("RSA"), _) => PublicKey::Rsa {
            n: number("n")?,
            e: number("e")?,
        },
        (Some("EC"), Some("P-256")) => PublicKey::Ec {
            crv: "P-256",
            x: number("x")?,
            y: number("y")?,
        },
        (Some("OKP"), Some("Ed25519")) => PublicKey::Okp {
            crv: "Ed25519",
            x: number("x")?,
        },
        _ => return Err(kinds()),
    };
    let alg = match text("alg") {
        Some(name) => Some(KeyAlg::of_others(name).ok_or_else(kinds)?),
        None => None,
    };
    Ok(Pasted {
        public,
        alg,
        kid: text("kid").map(str::to_owned),
    })
}

/// Refuses keys that are too weak or no keys at all.
fn check(public: &PublicKey) -> Result<(), Invalid> {
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
    match public {
        PublicKey::Rsa { n, .. } => {
            let modulus = decode(n);
            let first = modulus.iter().position(|byte| *byte != 0).unwrap_or(modulus.len());
            let bits = (modulus.len() - first) * 8 - modulus.get(first).map_or(0, |byte| byte.leading_zeros() as usize);
            if (RSA_BITS.0..=RSA_BITS.1).contains(&bits) {
                return Ok(());
            }
            Err(invalid(format!(
                "Use an RSA key of {} to {} bits; this one has {bits}.",
                RSA_BITS.0, RSA_BITS.1
            )))
        }
        PublicKey::Ec { x, y, .. } => {
            let point = [&[4], decode(x).as_slice(), decode(y).as_slice()].concat();
            ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map(|_| ()).map_err(|_| broken())
        }
        PublicKey::Okp { x, .. } if decode(x).len() == 32 => Ok(()),
        PublicKey::Okp { .. } => Err(broken()),
    }
}

fn invalid(message: impl Into<String>) -> Invalid {
    Invalid::new("key", message)
}

fn broken() -> Invalid {
    invalid("The key can't be read: something of it is missing or was changed.")
}

fn private() -> Invalid {
    invalid("This is a private key: only the client may have it. Paste the public half, and make a new pair, since this one has been shown here.")
}

fn kinds() -> Invalid {
    invalid("Use an RSA key (RS256 or PS256), one on the curve P-256 (ES256), or Ed25519 (EdDSA).")
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::keypair::KeyPair;

    fn pem(label: &str, der: &[u8]) -> String {
        let lines: Vec<String> = STANDARD
            .encode(der)
            .as_bytes()
            .chunks(64)
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect();
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
    }

    #[test]
    fn a_jwk_of_each_kind_is_read_as_it_is() {
        for alg in KeyAlg::ALL {
            let jwk = KeyPair::generate(alg).unwrap().jwk(alg).unwrap();
            let text = serde_json::to_string(&jwk).unwrap();
            for text in [text.clone(), format!("{{\"keys\":[{text}]}}")] {
                let pasted = read(&text).unwrap();
                assert_eq!((pasted.alg, pasted.kid.as_deref()), (Some(alg), Some(jwk.kid.as_str())));
                assert_eq!(pasted.public.thumbprint(), jwk.kid);
                assert!(fits(&pasted.public, alg));
            }
        }
    }

    #[test]
    fn private_halves_are_not_taken() {
        let private = KeyPair::generate(KeyAlg::EdDSA).unwrap().to_pkcs8().unwrap();
        for text in [
            pem("PRIVATE KEY", &private),
            pem("EC PRIVATE KEY", &private),
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}"#
                .to_owned(),
            r#"{"kty":"oct","k":"c2VjcmV0"}"#.to_owned(),
        ] {
            assert!(read(&text).unwrap_err().message.contains("private key"), "{text}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_with_words() {
        for (text, words) in [
            ("hello", "neither PEM nor a JWK"),
            ("{", "The JSON can't be read"),
            (r#"{"keys":[]}"#, "there are 0"),
            (r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#, "2048 to 4096 bits; this one has 17"),
            (r#"{"kty":"RSA"}"#, "can't be read"),
            (r#"{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}"#, "P-256"),
            (r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#, "can't be read"),
            (r#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#, "can't be read"),
            (r#"{"kty":"OKP","crv":"Ed25519","x":"AA","use":"enc"}"#, "not for signing"),
            (&pem("PUBLIC KEY", b"nothing"), "neither PEM nor a JWK"),
            (&pem("PUBLIC KEY", &[0x30, 0]), "can't be read"),
            (&pem("X509 CRL", &[0x30, 0]), "this is a X509 CRL"),
        ] {
            let message = read(text).unwrap_err().message;
            assert!(message.contains(words), "{text}: {message}");
        }
    }
}
