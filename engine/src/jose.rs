//! JOSE by hand: compact signatures over keys that are parsed once (RFC 7515), public keys as JWK (RFC 7517), and
//! their thumbprints (RFC 7638).
//!
//! The signing half of `jsonwebtoken` parses the private key at each call, which nearly doubles the price of an RS256
//! token; so these few lines do it instead, and `jsonwebtoken` stays the independent verifier.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::api::SigningAlg;
use model::key::KeyAlg;
use serde::Serialize;

/// What precedes a signature: header and payload, encoded and joined by a dot (RFC 7515 §5.1).
///
/// `header` is encoded already: see [`header`].
pub(crate) fn signing_input(header: &str, payload: &[u8]) -> String {
    let mut input = String::with_capacity(header.len() + 1 + payload.len().div_ceil(3) * 4 + 350);
    input.push_str(header);
    input.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut input);
    input
}

/// The compact serialisation (RFC 7515 §7.1): the signing input and its signature.
pub(crate) fn compact(mut input: String, signature: &[u8]) -> String {
    input.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut input);
    input
}

/// The header of a token, encoded: how it is signed, what kind of token it is, and with which key if there are several.
pub(crate) fn header(alg: SigningAlg, typ: &str, kid: Option<&str>) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_string(&Header::new(alg, typ, kid)).unwrap_or_default())
}

/// The same as JSON.
#[derive(Serialize)]
pub(crate) struct Header<'a> {
    alg: &'static str,
    typ: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

impl<'a> Header<'a> {
    /// See [`header`].
    pub(crate) fn new(alg: SigningAlg, typ: &'a str, kid: Option<&'a str>) -> Self {
        Self { alg: alg.as_str(), typ, kid }
    }
}

/// A public key as the JWKS lists it (RFC 7517 §4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Jwk {
    alg: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
    #[serde(flatten)]
    public: PublicKey,
    /// The thumbprint of this key.
    pub(crate) kid: String,
}

/// The numbers of a public key in base64url, by `kty`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kty")]
pub(crate) enum PublicKey {
    /// RFC 7518 §6.3.1.
    #[serde(rename = "RSA")]
    Rsa {
        /// Modulus.
        n: String,
        /// Exponent.
        e: String,
    },
    /// RFC 7518 §6.2.1.
    #[serde(rename = "EC")]
    Ec {
        /// Curve.
        crv: &'static str,
        /// First coordinate.
        x: String,
        /// Second coordinate.
        y: String,
    },
    /// RFC 8037 §2.
    #[serde(rename = "OKP")]
    Okp {
        /// Curve.
        crv: &'static str,
        /// The point.
        x: String,
    },
}

impl Jwk {
    /// Describes a public key; its `kid` is the thumbprint.
    pub(crate) fn new(alg: KeyAlg, public: PublicKey) -> Self {
        Self {
            alg: alg.as_str(),
            usage: "sig",
            kid: public.thumbprint(),
            public,
        }
    }
}

impl PublicKey {
    /// SHA-256 over the required members in lexical order, without spaces (RFC 7638 §3, RFC 8037 §2).
    pub(crate) fn thumbprint(&self) -> String {
        let members = match self {
            Self::Rsa { n, e } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
            Self::Ec { crv, x, y } => format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#),
            Self::Okp { crv, x } => format!(r#"{{"crv":"{crv}","kty":"OKP","x":"{x}"}}"#),
        };
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, members.as_bytes()))
    }
}

/// The JWKS document (RFC 7517 §5) of these keys, in this order.
///
/// # Errors
/// Only if serialising texts could fail.
pub(crate) fn jwks(keys: &[&Jwk]) -> Result<Vec<u8>, serde_json::Error> {
    #[derive(Serialize)]
    struct Document<'a> {
        keys: &'a [&'a Jwk],
    }
    serde_json::to_vec(&Document { keys })
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hmac;
    use jsonwebtoken::jwk::{JwkSet, ThumbprintHash};

    use super::*;
    use crate::keypair::KeyPair;

    #[test]
    fn rfc7638_section_3_1_thumbprint() {
        let n = concat!(
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W",
            "-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08q",
            "NLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
        );
        let key = PublicKey::Rsa {
            n: n.to_owned(),
            e: "AQAB".to_owned(),
        };
        assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn rfc8037_appendix_a_3_thumbprint() {
        let key = PublicKey::Okp {
            crv: "Ed25519",
            x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".to_owned(),
        };
        assert_eq!(key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn rfc7515_appendix_a_1_compact() {
        let secret = URL_SAFE_NO_PAD
            .decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
            .unwrap();
        let header = URL_SAFE_NO_PAD.encode("{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}");
        let payload = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
        let input = signing_input(&header, payload.as_bytes());
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), input.as_bytes());
        assert_eq!(
            compact(input, mac.as_ref()),
            concat!(
                "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.",
                "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.",
                "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
            )
        );
    }

    #[test]
    fn headers_are_json_in_the_usual_order() {
        let decoded = |header: String| String::from_utf8(URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
        assert_eq!(
            decoded(header(SigningAlg::ES256, "at+jwt", Some("k1"))),
            r#"{"alg":"ES256","typ":"at+jwt","kid":"k1"}"#
        );
        assert_eq!(decoded(header(SigningAlg::HS256, "JWT", None)), r#"{"alg":"HS256","typ":"JWT"}"#);
    }

    #[test]
    fn another_library_reads_the_document_and_agrees_on_the_thumbprints() {
        let keys = KeyAlg::ALL.map(|alg| KeyPair::generate(alg).unwrap().jwk(alg).unwrap());
        let document = jwks(&keys.iter().collect::<Vec<_>>()).unwrap();
        assert!(document.starts_with(br#"{"keys":[{"alg":"RS256","use":"sig","kty":"RSA","n":""#));
        let read: JwkSet = serde_json::from_slice(&document).unwrap();
        for (read, jwk) in read.keys.iter().zip(&keys) {
            assert_eq!(read.common.key_id.as_deref(), Some(jwk.kid.as_str()));
            assert_eq!(read.common.key_algorithm.unwrap().to_string(), jwk.alg);
            assert_eq!(read.thumbprint(ThumbprintHash::SHA256).unwrap(), jwk.kid);
        }
    }
}
