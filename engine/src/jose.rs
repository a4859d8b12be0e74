//! JOSE by hand: compact signatures over keys that are parsed once (RFC 7515), public keys as JWK (RFC 7517), and
//! their thumbprints (RFC 7638).
//!
//! The signing half of `jsonwebtoken` parses the private key at each call, which nearly doubles the price of an RS256
//! token; so these few lines do it instead, and `jsonwebtoken` stays the independent verifier.

use aws_lc_rs::digest;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, PublicKey};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

/// What precedes a signature: header and payload, encoded and joined by a dot (RFC 7515 §5.1).
///
/// `header` is encoded already: see [`rs256_header`] and [`hs256_header`].
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

/// The header of RS256 tokens, encoded: it names the key.
pub(crate) fn rs256_header(kid: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"RS256","typ":"JWT","kid":"{kid}"}}"#))
}

/// The header of HS256 tokens, encoded: `{"alg":"HS256","typ":"JWT"}`. It names no key, since an API has one secret.
pub(crate) fn hs256_header() -> &'static str {
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
}

/// The public half of an RSA key as the JWKS lists it (RFC 7517 §4, RFC 7518 §6.3.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Jwk {
    alg: &'static str,
    kty: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
    n: String,
    e: String,
    /// The thumbprint of this key.
    pub(crate) kid: String,
}

impl Jwk {
    /// Describes the public half of `pair`; its `kid` is the thumbprint.
    pub(crate) fn of(pair: &RsaKeyPair) -> Self {
        let public: &PublicKey = pair.public_key();
        // "Positive" numbers come without leading zero octets, as RFC 7518 §2 wants them.
        let n = URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero());
        let e = URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero());
        let kid = thumbprint(&n, &e);
        Self {
            alg: "RS256",
            kty: "RSA",
            usage: "sig",
            n,
            e,
            kid,
        }
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

/// SHA-256 over the required members in lexical order, without spaces (RFC 7638 §3).
fn thumbprint(n: &str, e: &str) -> String {
    let members = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, members.as_bytes()))
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hmac;
    use aws_lc_rs::rsa::KeySize;
    use jsonwebtoken::jwk::{JwkSet, ThumbprintHash};

    use super::*;

    #[test]
    fn rfc7638_section_3_1_thumbprint() {
        let n = concat!(
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W",
            "-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08q",
            "NLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
        );
        assert_eq!(thumbprint(n, "AQAB"), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
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
        let decoded = |header: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
        assert_eq!(decoded(&rs256_header("k1")), r#"{"alg":"RS256","typ":"JWT","kid":"k1"}"#);
        assert_eq!(decoded(hs256_header()), r#"{"alg":"HS256","typ":"JWT"}"#);
    }

    #[test]
    fn another_library_reads_the_document_and_agrees_on_the_thumbprint() {
        let jwk = Jwk::of(&RsaKeyPair::generate(KeySize::Rsa2048).unwrap());
        let document = jwks(&[&jwk]).unwrap();
        assert!(document.starts_with(br#"{"keys":[{"alg":"RS256","kty":"RSA","use":"sig","n":""#));
        let read: JwkSet = serde_json::from_slice(&document).unwrap();
        assert_eq!(read.keys[0].common.key_id.as_deref(), Some(jwk.kid.as_str()));
        assert_eq!(read.keys[0].thumbprint(ThumbprintHash::SHA256).unwrap(), jwk.kid);
    }
}
