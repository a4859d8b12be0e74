//! Proofs by which a client shows that it holds the key that its token is bound to (DPoP, RFC 9449): what a proof must say, and which
//! tokens must be bound. No IO: the signature is checked elsewhere.

use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::api::Api;
use crate::client::Client;
use crate::refusal::Refusal;
use crate::time::{MINUTE, Timestamp};
use crate::token::Claims;

/// The `typ` of a proof (RFC 9449 §4.2).
pub const PROOF_TYPE: &str = "dpop+jwt";
/// The `token_type` of tokens that are bound to a key (RFC 9449 §5).
pub const TOKEN_TYPE: &str = "DPoP";
/// The most bytes of a proof; one with an RSA key of 4096 bits has some 2,300.
pub const PROOF_MAX: usize = 4_096;
/// The most characters of `jti`.
pub const JTI_MAX: usize = 255;
/// Seconds by which `iat` may differ from our clock, into the past and into the future: for the way of the request and for clocks that are
/// not quite right (RFC 9449 §11.1).
pub const WINDOW: i64 = MINUTE;
/// Seconds after which a new nonce is given out; each is taken until the next but one comes.
pub const NONCE_STEP: i64 = 2 * MINUTE;

/// What a proof says (RFC 9449 §4.2); unknown claims are left alone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Proof {
    /// Method of the request.
    pub htm: Option<String>,
    /// Address of the request.
    pub htu: Option<String>,
    /// Issued at; a fraction is allowed (RFC 7519 §2 NumericDate).
    pub iat: Option<Number>,
    /// Its id, which may be used once.
    pub jti: Option<String>,
    /// What the server gave out last (RFC 9449 §8).
    pub nonce: Option<String>,
}

/// Whose token it is beside the client's: the member `cnf` (RFC 7800 §3.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// Thumbprint of the public key that the token is bound to (RFC 9449 §6.1, RFC 7638).
    pub jkt: String,
}

/// Why a request with a proof, or without one, gets no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Flaw {
    /// The header is there more than once.
    Repeated,
    /// It is no JWT in compact form, is longer than [`PROOF_MAX`], or demands an extension.
    Malformed,
    /// `typ` is not [`PROOF_TYPE`].
    Type,
    /// `alg` is none of those that we take.
    Algorithm,
    /// `jwk` is no public key for `alg`, or one that is too weak or too large.
    Key,
    /// `jwk` holds a private key.
    PrivateKey,
    /// The signature is not of that key.
    Signature,
    /// `htm` is not `POST`.
    Method,
    /// `htu` is not the token endpoint.
    Address,
    /// `iat` is missing, or further from now than [`WINDOW`].
    Time,
    /// `jti` is missing, empty or longer than [`JTI_MAX`].
    Id,
    /// It has been used before.
    Replayed,
    /// There is no proof, and the API requires one.
    RequiredByApi,
    /// There is no proof, and the client must send one for every API.
    RequiredByClient,
}

impl Flaw {
    /// Every flaw.
    pub const ALL: [Self; 14] = [
        Self::Repeated,
        Self::Malformed,
        Self::Type,
        Self::Algorithm,
        Self::Key,
        Self::PrivateKey,
        Self::Signature,
        Self::Method,
        Self::Address,
        Self::Time,
        Self::Id,
        Self::Replayed,
        Self::RequiredByApi,
        Self::RequiredByClient,
    ];

    /// A stable code for logs and filters.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Repeated => "dpop_repeated",
            Self::Malformed => "dpop_malformed",
            Self::Type => "dpop_type",
            Self::Algorithm => "dpop_algorithm",
            Self::Key => "dpop_key",
            Self::PrivateKey => "dpop_private_key",
            Self::Signature => "dpop_signature",
            Self::Method => "dpop_method",
            Self::Address => "dpop_address",
            Self::Time => "dpop_time",
            Self::Id => "dpop_id",
            Self::Replayed => "dpop_replayed",
            Self::RequiredByApi => "dpop_required_by_api",
            Self::RequiredByClient => "dpop_required_by_client",
        }
    }

    /// What happened, for an admin who reads the log and for whoever writes the client.
    #[must_use]
    pub fn for_log(self) -> &'static str {
        match self {
            Self::Repeated => "The request carried more than one DPoP header",
            Self::Malformed => "The DPoP proof is not a signed JWT of at most 4 KiB",
            Self::Type => "The typ of the DPoP proof is not dpop+jwt",
            Self::Algorithm => "The DPoP proof is signed with an algorithm that is not taken",
            Self::Key => "The DPoP proof carries no public key that fits its algorithm",
            Self::PrivateKey => "The DPoP proof carries a private key",
            Self::Signature => "The DPoP proof is not signed by the key that it carries",
            Self::Method => "The htm of the DPoP proof is not POST",
            Self::Address => "The htu of the DPoP proof is not the token endpoint",
            Self::Time => "The iat of the DPoP proof is more than a minute away from the clock of this server",
            Self::Id => "The jti of the DPoP proof is missing or longer than 255 characters",
            Self::Replayed => "The DPoP proof was used before",
            Self::RequiredByApi => "The API requires DPoP, and the request carried no proof",
            Self::RequiredByClient => "The client must use DPoP, and the request carried no proof",
        }
    }

    /// What would make the request succeed.
    #[must_use]
    pub fn fix(self) -> &'static str {
        match self {
            Self::Repeated => "Send one DPoP header with one proof.",
            Self::Malformed => "Make the proof with a library that knows DPoP (RFC 9449 section 4.2).",
            Self::Type => "Set typ in the header of the proof to dpop+jwt.",
            Self::Algorithm => "Sign proofs with RS256, PS256, ES256 or EdDSA.",
            Self::Key => "Put the public key into the header of the proof as jwk: RSA of 2048 to 4096 bits, P-256 or Ed25519, as its alg says.",
            Self::PrivateKey => "Make a new key pair, since this one has been sent, and put only its public half into proofs.",
            Self::Signature => "Sign the proof with the private half of the key in its header.",
            Self::Method => "Set htm of the proof to POST.",
            Self::Address => "Set htu of the proof to the token endpoint as the discovery document names it.",
            Self::Time => "Make a new proof for each request, and set the clock of the client's machine.",
            Self::Id => "Give each proof a jti of its own, of 1 to 255 characters.",
            Self::Replayed => "Make a new proof with a new jti for each request.",
            Self::RequiredByApi => "Send a DPoP proof with the request, or let the API's Settings tab require none.",
            Self::RequiredByClient => "Send a DPoP proof with the request, or let the client's Authentication tab require none.",
        }
    }

    /// The flaw with this [`Flaw::code`].
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flaw| flaw.code() == code)
    }
}

impl Proof {
    /// Every rule that needs no key and no memory (RFC 9449 §4.3); gives the id. `endpoint` is where the request came to.
    ///
    /// # Errors
    /// The first [`Flaw`].
    pub fn check(&self, endpoint: &str, now: Timestamp) -> Result<&str, Flaw> {
        if self.htm.as_deref() != Some("POST") {
            return Err(Flaw::Method);
        }
        let address = self.htu.as_deref().and_then(normalised).ok_or(Flaw::Address)?;
        if Some(address) != normalised(endpoint) {
            return Err(Flaw::Address);
        }
        let made = self.made_at().ok_or(Flaw::Time)?;
        if made.saturating_sub(now).unsigned_abs() > WINDOW.unsigned_abs() {
            return Err(Flaw::Time);
        }
        let id = self.jti.as_deref().filter(|id| !id.is_empty() && id.chars().count() <= JTI_MAX);
        id.ok_or(Flaw::Id)
    }

    /// The second in which it was made.
    #[must_use]
    pub fn made_at(&self) -> Option<Timestamp> {
        let iat = self.iat.as_ref()?;
        // Out of the range of seconds it becomes the nearest of them, which is far outside the window.
        let whole = |seconds: f64| seconds.floor() as Timestamp;
        iat.as_i64().or_else(|| iat.as_f64().map(whole))
    }
}

/// Binds a token to the key with the thumbprint `jkt` (RFC 9449 §6.1). Without one it stays a bearer token, where that will do.
///
/// # Errors
/// [`Refusal::DpopFlawed`] if there is no key, and the API or the client requires one.
pub fn bind(claims: Claims, jkt: Option<String>, api: &Api, client: &Client) -> Result<Claims, Refusal> {
    if jkt.is_none() && api.dpop_required {
        return Err(Refusal::DpopFlawed(Flaw::RequiredByApi));
    }
    if jkt.is_none() && client.dpop_required {
        return Err(Refusal::DpopFlawed(Flaw::RequiredByClient));
    }
    let cnf = jkt.map(|jkt| Confirmation { jkt });
    Ok(Claims { cnf, ..claims })
}

/// The number of the step that `now` is in: nonces are made of it.
#[must_use]
pub fn nonce_step(now: Timestamp) -> i64 {
    now.div_euclid(NONCE_STEP)
}

/// An address in the one form that all its spellings have (RFC 3986 §6.2.2, §6.2.3), without query and fragment, which do not count (RFC
/// 9449 §4.3); `None` if it is no address of the web.
fn normalised(address: &str) -> Option<String> {
    if !address.chars().all(|c| c.is_ascii_graphic()) {
        return None;
    }
    let address = address.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = address.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let usual_port = match scheme.as_str() {
        "https" => "443",
        "http" => "80",
        _ => return None,
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = match authority.rfind(':') {
        Some(at) if !authority[at..].contains(']') => (&authority[..at], &authority[at + 1..]),
        _ => (authority, ""),
    };
    // A colon stands in an IPv6 address only, and that in brackets (RFC 3986 §3.2.2).
    let is_literal = host.starts_with('[') && host.ends_with(']');
    if host.is_empty() || host.contains('@') || (!is_literal && host.contains([':', '['])) || !port.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let host = unescaped(host)?.to_ascii_lowercase();
    let port = if port.is_empty() || port == usual_port {
        String::new()
    } else {
        format!(":{port}")
    };
    Some(format!("{scheme}://{host}{port}{}", without_dots(&unescaped(path)?)))
}

/// Characters that need no escape are written without, and other escapes in capitals (RFC 3986 §6.2.2.1, §6.2.2.2); `None` for half of one.
fn unescaped(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        plain.push_str(&rest[..at]);
        let digits = rest.get(at + 1..at + 3).filter(|digits| digits.chars().all(|c| c.is_ascii_hexdigit()))?;
        match u8::from_str_radix(digits, 16).map(char::from) {
            Ok(c) if c.is_ascii_alphanumeric() || "-._~".contains(c) => plain.push(c),
            _ => plain.extend(["%", &digits.to_ascii_uppercase()]),
        }
        rest = &rest[at + 3..];
    }
    plain.push_str(rest);
    Some(plain)
}

/// A path without its `.` and `..` (RFC 3986 §5.2.4); an empty one is the root (§6.2.3).
fn without_dots(path: &str) -> String {
    let mut kept = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_dots = matches!(segment, "." | "..");
        if segment == ".." {
            kept.pop();
        }
        if !is_dots {
            kept.push(segment);
        } else if segments.peek().is_none() {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = 1_800_000_000;
    const ENDPOINT: &str = "https://auth.example.com/oauth/token";

    fn good() -> Proof {
        Proof {
            htm: Some("POST".to_owned()),
            htu: Some(ENDPOINT.to_owned()),
            iat: Some(NOW.into()),
            jti: Some("1".to_owned()),
            nonce: None,
        }
    }

    fn check(proof: Proof) -> Result<(), Flaw> {
        proof.check(ENDPOINT, NOW).map(drop)
    }

    fn at(iat: &str) -> Proof {
        let iat = Some(serde_json::from_str(iat).unwrap());
        Proof { iat, ..good() }
    }

    #[test]
    fn rfc9449_section_4_3_rules() {
        assert_eq!(good().check(ENDPOINT, NOW), Ok("1"));
        let text = |text: &str| Some(text.to_owned());
        for (proof, flaw) in [
            (Proof { htm: None, ..good() }, Flaw::Method),
            (Proof { htm: text("GET"), ..good() }, Flaw::Method),
            (Proof { htm: text("post"), ..good() }, Flaw::Method),
            (Proof { htu: None, ..good() }, Flaw::Address),
            (
                Proof {
                    htu: text("https://auth.example.com/oauth/introspect"),
                    ..good()
                },
                Flaw::Address,
            ),
            (Proof { iat: None, ..good() }, Flaw::Time),
            (Proof { jti: None, ..good() }, Flaw::Id),
            (Proof { jti: text(""), ..good() }, Flaw::Id),
            (
                Proof {
                    jti: Some("x".repeat(JTI_MAX + 1)),
                    ..good()
                },
                Flaw::Id,
            ),
        ] {
            assert_eq!(check(proof.clone()), Err(flaw), "{proof:?}");
        }
        let longest = Proof {
            jti: Some("x".repeat(JTI_MAX)),
            ..good()
        };
        assert_eq!(check(longest), Ok(()));
    }

    #[test]
    fn rfc9449_section_11_1_a_proof_lives_for_a_minute_either_way() {
        for (iat, expect) in [
            ("1800000060", Ok(())),
            ("1799999940", Ok(())),
            ("1800000060.9", Ok(())),
            ("1.8e9", Ok(())),
            ("1800000061", Err(Flaw::Time)),
            ("1799999939", Err(Flaw::Time)),
            ("1799999939.9", Err(Flaw::Time)),
            ("0", Err(Flaw::Time)),
            ("1800000000000", Err(Flaw::Time)),
            ("-9223372036854775808", Err(Flaw::Time)),
            ("9223372036854775807", Err(Flaw::Time)),
            ("18446744073709551615", Err(Flaw::Time)),
            ("-1e300", Err(Flaw::Time)),
        ] {
            assert_eq!(check(at(iat)), expect, "{iat}");
        }
    }

    #[test]
    fn rfc3986_section_6_2_spellings_of_one_address() {
        for htu in [
            ENDPOINT,
            "HTTPS://Auth.Example.COM/oauth/token",
            "https://auth.example.com:443/oauth/token",
            "https://auth.example.com:/oauth/token",
            "https://auth.example.com/oauth/token?a=b",
            "https://auth.example.com/oauth/token#a?b",
            "https://auth.example.com/%6Fauth/%74oken",
            "https://auth%2Eexample.com/oauth/token",
            "https://auth.example.com/./oauth/x/../token",
            "https://auth.example.com/../oauth/%2E/token",
        ] {
            let proof = Proof {
                htu: Some(htu.to_owned()),
                ..good()
            };
            assert_eq!(check(proof), Ok(()), "{htu}");
        }
        for htu in [
            "",
            "/oauth/token",
            "auth.example.com/oauth/token",
            "http://auth.example.com/oauth/token",
            "https://auth.example.com:80/oauth/token",
            "https://auth.example.com:8443/oauth/token",
            "https://auth.example.com:x/oauth/token",
            "https://u@auth.example.com/oauth/token",
            "https://auth.example.com.evil.example/oauth/token",
            "https://auth.example.com",
            "https:///oauth/token",
            "https://auth.example.com::443/oauth/token",
            "https://auth.example.com/oauth/token/",
            "https://auth.example.com/oauth/token/.",
            "https://auth.example.com//oauth/token",
            "https://auth.example.com/OAuth/token",
            "https://auth.example.com/oauth%2Ftoken",
            "https://auth.example.com/oauth/token%",
            "https://auth.example.com/oauth/token%4",
            "https://auth.example.com/oauth/token%+1",
            "https://auth.example.com/oauth/tok\u{e9}n",
            " https://auth.example.com/oauth/token",
            "https://auth.example.com/oauth\\token",
        ] {
            let proof = Proof {
                htu: Some(htu.to_owned()),
                ..good()
            };
            assert_eq!(check(proof), Err(Flaw::Address), "{htu}");
        }
        let local = |htu: &str| {
            let htu = Some(htu.to_owned());
            Proof { htu, ..good() }.check("http://[::1]:3000/oauth/token", NOW).is_ok()
        };
        assert!(local("http://[::1]:3000/oauth/token") && !local("http://[::1]/oauth/token"));
        assert_eq!(normalised("http://[::1]:80").as_deref(), Some("http://[::1]/"));
        assert_eq!(normalised("http://a/b/..").as_deref(), Some("http://a/"));
        assert_eq!(normalised("http://a/b/../%c3%9f%2f").as_deref(), Some("http://a/%C3%9F%2F"));
    }

    proptest! {
        #[test]
        fn an_address_in_its_one_form_stays_as_it_is(host in "[a-zA-Z.%0-9:\\[\\]@]{0,12}", path in "(/[a-z.%/0-9A-F]{0,12})?", rest in "([?#].{0,5})?", any in ".*") {
            for address in [format!("http://{host}{path}{rest}"), any] {
                if let Some(normal) = normalised(&address) {
                    prop_assert_eq!(normalised(&normal), Some(normal));
                }
            }
        }
    }

    #[test]
    fn every_flaw_has_a_code_of_its_own_and_a_fix() {
        for flaw in Flaw::ALL {
            assert_eq!(Flaw::parse(flaw.code()), Some(flaw));
            assert!(flaw.fix().ends_with('.') && !flaw.for_log().ends_with('.'), "{flaw:?}");
            // Clients are told both, and RFC 6749 §5.2 keeps these out.
            assert!(!format!("{}{}", flaw.for_log(), flaw.fix()).contains(['"', '\\']), "{flaw:?}");
        }
        assert_eq!(Flaw::parse("no_such_code"), None);
    }

    #[test]
    fn rfc9449_section_5_who_requires_a_proof_and_what_it_makes_of_the_token() {
        let claims: Claims = serde_json::from_str(r#"{"iss":"i","sub":"s","aud":"a","iat":0,"exp":1}"#).unwrap();
        let api = |dpop_required| -> Api {
            let api = serde_json::json!({
                "id": "a1", "name": "A", "identifier": "a", "signing_alg": "RS256", "token_lifetime": 1, "token_dialect": "access_token",
                "custom_claims": {}, "scopes": [], "is_system": false, "created_at": 0, "updated_at": 0, "dpop_required": dpop_required,
            });
            serde_json::from_value(api).unwrap()
        };
        let client = |dpop_required| Client {
            dpop_required,
            ..Client::default()
        };
        for (by_api, by_client, without) in [
            (false, false, Ok(claims.clone())),
            (true, false, Err(Refusal::DpopFlawed(Flaw::RequiredByApi))),
            (false, true, Err(Refusal::DpopFlawed(Flaw::RequiredByClient))),
            (true, true, Err(Refusal::DpopFlawed(Flaw::RequiredByApi))),
        ] {
            let (api, client) = (api(by_api), client(by_client));
            assert_eq!(bind(claims.clone(), None, &api, &client), without);
            let bound = bind(claims.clone(), Some("k".to_owned()), &api, &client).unwrap();
            assert_eq!(
                serde_json::to_string(&bound).unwrap(),
                r#"{"iss":"i","sub":"s","aud":"a","iat":0,"exp":1,"cnf":{"jkt":"k"}}"#
            );
        }
    }

    #[test]
    fn a_step_of_nonces_begins_every_two_minutes() {
        assert_eq!([-1, 0, 119, 120, 240].map(nonce_step), [-1, 0, 0, 1, 2]);
    }
}
