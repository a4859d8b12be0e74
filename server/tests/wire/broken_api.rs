//! An API that checks tokens by hand, right or with one mistake, for the guard tester to find out.
//!
//! It is written without a library for tokens and without anything of ours, so that nothing which is wrong there is wrong here too.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA512,
    RsaParameters, UnparsedPublicKey,
};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::header::{AUTHORIZATION, LOCATION, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The mistake that an API makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    None,
    SkipsExp,
    SkipsNbf,
    SkipsAud,
    AudBegins,
    AnyAudInList,
    SkipsIss,
    IssBegins,
    IgnoresSignature,
    SkipsUnknownKid,
    SkipsMissingKid,
    TakesNone,
    TakesNoneInAnyCase,
    TakesEmptySignature,
    TakesTwoParts,
    TakesAlgFromToken,
    TrustsPublicPem,
    TrustsPublicPkcs1,
    TrustsPublicDer,
    TrustsPublicNumber,
    RunsWithoutSecret,
    LooksInObject,
    TakesListForKid,
    FollowsJwk,
    FollowsJku,
    IgnoresCrit,
    SkipsScope,
    ComparesScopeByPart,
    OpenWithoutToken,
    TakesWhatLooksLikeToken,
    TakesAnything,
    BelievesLongTokens,
    RefusesAll,
    FailsOnGarbage,
    FailsAlways,
    Redirects,
    Hangs,
    HangsOnBad,
    AnswersWithoutEnd,
    ClosesOnBad,
    NoChallenge,
    Forbids,
    NotFoundAlways,
    HidesItself,
    LimitsRate,
    SaysNothingToMissingScope,
}

/// A running API.
pub struct Api {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<HeaderMap>>>,
}

/// What it knows.
#[derive(Clone)]
pub struct Knowledge {
    pub issuer: String,
    pub audience: String,
    pub alg: &'static str,
    /// Public keys as the issuer lists them.
    pub jwks: Value,
    /// The signing secret of an HS256 API with its key ID.
    pub secret: Option<(String, String)>,
    /// The scope that it asks for.
    pub scope: Option<&'static str>,
    pub now: i64,
    pub mistake: Mistake,
}

struct Running {
    known: Knowledge,
    seen: Arc<Mutex<Vec<HeaderMap>>>,
}

impl Api {
    /// Starts it on a free port.
    pub async fn start(known: Knowledge) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let running = Arc::new(Running { known, seen: seen.clone() });
        let router = Router::new().fallback(answer).with_state(running);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, seen }
    }

    /// Its address with a path.
    pub fn url(&self) -> String {
        format!("http://{}/orders?page=1", self.address)
    }

    /// The headers of the requests that came in.
    pub fn seen(&self) -> Vec<HeaderMap> {
        self.seen.lock().unwrap().clone()
    }
}

async fn answer(State(running): State<Arc<Running>>, headers: HeaderMap) -> Response {
    running.seen.lock().unwrap().push(headers.clone());
    let known = &running.known;
    let verdict = known.check(&headers);
    match known.mistake {
        Mistake::TakesAnything => return StatusCode::OK.into_response(),
        Mistake::FailsAlways => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Mistake::Redirects => return (StatusCode::FOUND, [(LOCATION, "/sign-in")]).into_response(),
        Mistake::NotFoundAlways => return StatusCode::NOT_FOUND.into_response(),
        Mistake::LimitsRate => return StatusCode::TOO_MANY_REQUESTS.into_response(),
        Mistake::Hangs => pending().await,
        Mistake::HangsOnBad if verdict.is_err() => pending().await,
        Mistake::AnswersWithoutEnd => {
            let chunks = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 8192])));
            let status = verdict.err().unwrap_or(StatusCode::OK);
            return (status, [(WWW_AUTHENTICATE, "Bearer")], Body::from_stream(chunks)).into_response();
        }
        // Tears the connection down: hyper drops it when the service panics.
        Mistake::ClosesOnBad if verdict.is_err() => panic!("on purpose"),
        _ => {}
    }
    match verdict {
        Ok(()) if known.mistake == Mistake::RefusesAll => challenge(StatusCode::UNAUTHORIZED),
        Ok(()) => (StatusCode::OK, "orders").into_response(),
        Err(status) if known.mistake == Mistake::NoChallenge => status.into_response(),
        Err(StatusCode::FORBIDDEN) if known.mistake == Mistake::SaysNothingToMissingScope => challenge(StatusCode::UNAUTHORIZED),
        Err(_) if known.mistake == Mistake::Forbids => StatusCode::FORBIDDEN.into_response(),
        Err(_) if known.mistake == Mistake::HidesItself => StatusCode::NOT_FOUND.into_response(),
        Err(status) => challenge(status),
    }
}

fn challenge(status: StatusCode) -> Response {
    (status, [(WWW_AUTHENTICATE, "Bearer")]).into_response()
}

fn decoded(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

impl Knowledge {
    fn is(&self, mistake: Mistake) -> bool {
        self.mistake == mistake
    }

    /// Whether the request may go on, or the status that it gets.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), StatusCode> {
        let Some(token) = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer ")) else {
            return if self.is(Mistake::OpenWithoutToken) {
                Ok(())
            } else {
                Err(StatusCode::UNAUTHORIZED)
            };
        };
        if self.is(Mistake::TakesWhatLooksLikeToken) && token.split('.').count() == 3 {
            return Ok(());
        }
        let Some(claims) = self.verified(token) else {
            let garbled = decoded(token.split('.').nth(1).unwrap_or_default()).is_none();
            return Err(if self.is(Mistake::FailsOnGarbage) && garbled {
                StatusCode::INTERNAL_SERVER_ERROR
            } else {
                StatusCode::UNAUTHORIZED
            });
        };
        if !self.are_right(&claims) {
            return Err(StatusCode::UNAUTHORIZED);
        }
        let scope = claims["scope"].as_str().unwrap_or_default();
        let may = match self.scope {
            Some(needed) if self.is(Mistake::ComparesScopeByPart) => scope.contains(needed),
            Some(needed) if !self.is(Mistake::SkipsScope) => scope.split(' ').any(|part| part == needed),
            _ => true,
        };
        may.then_some(()).ok_or(StatusCode::FORBIDDEN)
    }

    fn are_right(&self, claims: &Value) -> bool {
        let exp = claims["exp"].as_i64().is_some_and(|exp| exp > self.now) || self.is(Mistake::SkipsExp);
        let nbf = claims["nbf"].as_i64().is_none_or(|nbf| nbf <= self.now) || self.is(Mistake::SkipsNbf);
        let iss = match claims["iss"].as_str() {
            Some(iss) if self.is(Mistake::IssBegins) => iss.starts_with(self.issuer.trim_end_matches('/')),
            iss => iss == Some(self.issuer.as_str()) || self.is(Mistake::SkipsIss),
        };
        let aud = match &claims["aud"] {
            _ if self.is(Mistake::SkipsAud) => true,
            Value::String(aud) if self.is(Mistake::AudBegins) => aud.starts_with(&self.audience),
            Value::Array(list) => self.is(Mistake::AnyAudInList) || list.contains(&self.audience.clone().into()),
            aud => *aud == self.audience,
        };
        exp && nbf && iss && aud
    }

    /// The claims of a token whose signature holds, as far as that is looked at.
    fn verified(&self, token: &str) -> Option<Value> {
        let mut parts = token.split('.');
        let (head, body, mark) = (parts.next()?, parts.next()?, parts.next());
        let (header, claims) = (decoded(head)?, decoded(body)?);
        if parts.next().is_some() || !(header["crit"].is_null() || self.is(Mistake::IgnoresCrit)) {
            return None;
        }
        let Some(mark) = mark else {
            return self.is(Mistake::TakesTwoParts).then_some(claims);
        };
        let alg = header["alg"].as_str()?;
        let holds = match self.mistake {
            Mistake::IgnoresSignature => true,
            Mistake::BelievesLongTokens if token.len() > 50_000 => true,
            Mistake::TakesNone if alg == "none" => true,
            Mistake::TakesNoneInAnyCase if alg.eq_ignore_ascii_case("none") => true,
            Mistake::TakesEmptySignature if mark.is_empty() && alg == self.alg => true,
            _ => self.holds(&header, alg, &format!("{head}.{body}"), &URL_SAFE_NO_PAD.decode(mark).ok()?)?,
        };
        holds.then_some(claims)
    }

    fn holds(&self, header: &Value, alg: &str, input: &str, signature: &[u8]) -> Option<bool> {
        if let Some(secret) = self.public_key_as_secret().filter(|_| alg == "HS256") {
            return Some(is_mac(&secret, input, signature));
        }
        if alg != self.alg && !self.is(Mistake::TakesAlgFromToken) {
            return None;
        }
        let jwk = match self.mistake {
            Mistake::FollowsJwk if !header["jwk"].is_null() => header["jwk"].clone(),
            Mistake::FollowsJku if !header["jku"].is_null() => {
                let (_, content) = header["jku"].as_str()?.split_once(";base64,")?;
                serde_json::from_slice::<Value>(&STANDARD.decode(content).ok()?).ok()?["keys"][0].clone()
            }
            Mistake::SkipsMissingKid if header["kid"].is_null() => return Some(true),
            Mistake::TakesListForKid if header["kid"].is_array() => return Some(true),
            Mistake::RunsWithoutSecret if is_mac(b"", input, signature) => return Some(true),
            Mistake::LooksInObject if header["kid"] == "constructor" => {
                return Some(is_mac(b"function Object() { [native code] }", input, signature));
            }
            _ => match self.key(header["kid"].as_str()?) {
                Some(jwk) => jwk,
                None => return Some(self.is(Mistake::SkipsUnknownKid)),
            },
        };
        is_signed(&jwk, alg, input.as_bytes(), signature)
    }

    fn key(&self, kid: &str) -> Option<Value> {
        if let Some((known, secret)) = &self.secret {
            return (known == kid).then(|| json!({ "kty": "oct", "k": URL_SAFE_NO_PAD.encode(secret) }));
        }
        self.jwks["keys"].as_array()?.iter().find(|jwk| jwk["kid"] == kid).cloned()
    }

    /// What everybody can read, taken for a secret.
    fn public_key_as_secret(&self) -> Option<Vec<u8>> {
        let of_alg = |jwk: &&Value| jwk["alg"] == self.alg;
        let keys: Vec<&Value> = self.jwks["keys"].as_array()?.iter().filter(of_alg).collect();
        // The first of an algorithm is the one that signs.
        let key = keys.first()?;
        let number = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap_or_default()).unwrap();
        let der = match key["kty"].as_str()? {
            "RSA" => [&RSA_SPKI[..], &RSA_PKCS1, &number("n"), &RSA_EXPONENT].concat(),
            "EC" => [&P256_SPKI[..], &number("x"), &number("y")].concat(),
            _ => [&ED25519_SPKI[..], &number("x")].concat(),
        };
        match self.mistake {
            Mistake::TrustsPublicPem => Some(pem("PUBLIC KEY", &der)),
            Mistake::TrustsPublicPkcs1 => Some(pem("RSA PUBLIC KEY", &[&RSA_PKCS1[..], &number("n"), &RSA_EXPONENT].concat())),
            Mistake::TrustsPublicDer => Some(der),
            Mistake::TrustsPublicNumber => Some(number(if key["n"].is_null() { "x" } else { "n" })),
            _ => None,
        }
    }
}

/// SubjectPublicKeyInfo up to the numbers, of a key of 2048 bits, of P-256 and of Ed25519.
const RSA_SPKI: [u8; 24] = [
    0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00,
];
const RSA_PKCS1: [u8; 9] = [0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00];
const RSA_EXPONENT: [u8; 5] = [0x02, 0x03, 0x01, 0x00, 0x01];
const P256_SPKI: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03,
    0x42, 0x00, 0x04,
];
const ED25519_SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// As `openssl pkey -pubout` writes it.
fn pem(label: &str, der: &[u8]) -> Vec<u8> {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n")).into_bytes()
}

fn is_mac(secret: &[u8], input: &str, signature: &[u8]) -> bool {
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, secret), input.as_bytes(), signature).is_ok()
}

/// Whether the key made the signature with this algorithm; `None` if it is no key for it.
fn is_signed(jwk: &Value, alg: &str, input: &[u8], signature: &[u8]) -> Option<bool> {
    let number = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str()?).ok();
    let rsa = |parameters: &RsaParameters| {
        let (n, e) = (number("n")?, number("e")?);
        Some(PublicKeyComponents { n: &n, e: &e }.verify(parameters, input, signature).is_ok())
    };
    match alg {
        "RS256" => rsa(&RSA_PKCS1_2048_8192_SHA256),
        "RS512" => rsa(&RSA_PKCS1_2048_8192_SHA512),
        "PS256" => rsa(&RSA_PSS_2048_8192_SHA256),
        "PS512" => rsa(&RSA_PSS_2048_8192_SHA512),
        "ES256" => {
            let point = [&[4][..], &number("x")?, &number("y")?].concat();
            Some(UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(input, signature).is_ok())
        }
        "EdDSA" => Some(UnparsedPublicKey::new(&ED25519, number("x")?).verify(input, signature).is_ok()),
        "HS256" => Some(is_mac(&number("k")?, std::str::from_utf8(input).ok()?, signature)),
        _ => None,
    }
}
