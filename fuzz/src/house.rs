//! A server without a socket, and what must hold of its answers whatever it is sent. `make fuzz` looks for inputs that break it; the
//! tests of the server send it every input that has been kept.
#![allow(dead_code, reason = "each target uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a broken promise stops the run by panicking")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use engine::chance::Chance;
use engine::clock::ManualClock;
use engine::{Config, Database, Engine, MasterKey};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use model::api::NewApi;
use model::assertion::{ASSERTION_TYPE, LIFETIME_MAX, SKEW};
use model::client::{AuthMethod, ClientChanges};
use model::client_key::NewClientKey;
use model::grant::{NewGrant, ScopeChoice};
use model::issuer::Issuer;
use model::log::Actor;
use model::scope::Scope;
use serde_json::Value;
use server::Options;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://auth.example.com/";
const AUDIENCE: &str = "https://orders.example.com/";
/// The endpoints of clients, by the two lowest bits of a request's first byte.
const PATHS: [&str; 4] = ["/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/token"];
/// Content types, by the next two bits.
const TYPES: [Option<&str>; 4] = [
    Some("application/x-www-form-urlencoded"),
    Some("application/json"),
    Some("application/json; charset=utf-8"),
    None,
];
/// What stands before a secret in a form, and in JSON.
const IN_FORM: [&str; 1] = ["&client_secret="];
const IN_JSON: [&str; 2] = [",\"client_secret\":\"", "{\"client_secret\":\""];
/// Headers that come before the body, each with its length in the byte before it, where this bit is set.
const HEADERS: [(u8, &str); 2] = [(16, "authorization"), (32, "dpop")];

/// A server with an API and a client that is authorized for it.
pub struct House {
    runtime: Runtime,
    router: Router,
    client_id: String,
    client_secret: String,
    key: Ed25519KeyPair,
    /// Each request comes from another address, so that none is turned away for what others did.
    address: AtomicU32,
    _data_dir: TempDir,
}

impl House {
    /// Opens it; the same each time, but for its ids and secrets.
    pub fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let data_dir = TempDir::new().unwrap();
        let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let (router, client_id, client_secret) = runtime.block_on(furnish(&data_dir, &key));
        Self {
            runtime,
            router,
            client_id,
            client_secret,
            key,
            address: AtomicU32::new(1),
            _data_dir: data_dir,
        }
    }

    /// The status of a request made of bytes: the first says where to and how, see [`PATHS`], [`TYPES`] and [`HEADERS`]; the rest is the body. In it
    /// `@id` stands for the client's, and where its secret belongs `@secret` for that: elsewhere it would be repeated as anything else is.
    pub fn request(&self, data: &[u8]) -> Option<StatusCode> {
        let (how, mut rest) = data.split_first()?;
        let mut request = Request::builder().method(Method::POST).uri(PATHS[usize::from(how & 3)]);
        if let Some(content_type) = TYPES[usize::from(how >> 2 & 3)] {
            request = request.header("content-type", content_type);
        }
        for (bit, name) in HEADERS {
            if how & bit != 0 {
                let (length, after) = rest.split_first()?;
                let (header, after) = after.split_at(usize::from(*length).min(after.len()));
                request = request.header(name, header);
                rest = after;
            }
        }
        let body = self.filled(rest, if how >> 2 & 3 == 0 { &IN_FORM } else { &IN_JSON });
        // What is no header can't be sent.
        let request = request.body(Body::from(body)).ok()?;
        Some(self.send(request))
    }

    /// The status for an assertion made of two lines, header and claims, and signed with the client's key. In them `@id`, `@iss`, `@now` and `@exp` stand
    /// for what would be right. Gets a token only if it is one that RFC 7523 §3 and our limits let pass.
    pub fn assertion(&self, data: &[u8]) -> Option<StatusCode> {
        let data = self.filled(data, &[]);
        let end = data.iter().position(|byte| *byte == b'\n')?;
        let (header, claims) = (&data[..end], &data[end + 1..]);
        let part = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let input = format!("{}.{}", part(header), part(claims));
        let assertion = format!("{input}.{}", part(self.key.sign(input.as_bytes()).as_ref()));
        let body = serde_json::json!({
            "grant_type": "client_credentials",
            "audience": AUDIENCE,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
        });
        let request = Request::builder()
            .method(Method::POST)
            .uri(PATHS[0])
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let status = self.send(request);
        if status == StatusCode::OK {
            self.expect_right(&serde_json::from_slice(header).unwrap(), &serde_json::from_slice(claims).unwrap());
        }
        Some(status)
    }

    /// The rules once more, read from the JSON as it was sent.
    fn expect_right(&self, header: &Value, claims: &Value) {
        assert!(matches!(header["alg"].as_str(), Some("EdDSA" | "Ed25519")), "{header}");
        assert!(header.get("crit").is_none_or(Value::is_null), "{header}");
        assert_eq!(claims["iss"], self.client_id.as_str(), "{claims}");
        assert_eq!(claims["sub"], self.client_id.as_str(), "{claims}");
        let aud = match &claims["aud"] {
            Value::Array(one) if one.len() == 1 => &one[0],
            other => other,
        };
        assert!([ISSUER, ISSUER.trim_end_matches('/')].contains(&aud.as_str().unwrap()), "{claims}");
        let exp = claims["exp"].as_i64().unwrap();
        assert!(exp > NOW - SKEW, "{claims}");
        assert!(exp <= NOW + SKEW + LIFETIME_MAX, "{claims}");
    }

    fn filled(&self, text: &[u8], before_secret: &[&str]) -> Vec<u8> {
        let (now, exp) = (NOW.to_string(), (NOW + 60).to_string());
        let marks = [
            ("@id", self.client_id.as_str()),
            ("@secret", self.client_secret.as_str()),
            ("@iss", ISSUER),
            ("@now", &now),
            ("@exp", &exp),
        ];
        let mut filled = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.first() {
            let belongs = |mark: &str| mark != "@secret" || before_secret.iter().any(|before| filled.ends_with(before.as_bytes()));
            match marks.iter().find(|(mark, _)| rest.starts_with(mark.as_bytes()) && belongs(mark)) {
                Some((mark, value)) => {
                    filled.extend_from_slice(value.as_bytes());
                    rest = &rest[mark.len()..];
                }
                None => {
                    filled.push(*first);
                    rest = &rest[1..];
                }
            }
        }
        filled
    }

    /// Sends a request and looks at the answer: never our failure, and an error as RFC 6749 §5.2 writes it.
    fn send(&self, mut request: Request<Body>) -> StatusCode {
        let address = SocketAddr::from((self.address.fetch_add(1, Ordering::Relaxed).to_be_bytes(), 443));
        request.extensions_mut().insert(ConnectInfo(address));
        let (status, body) = self.runtime.block_on(async {
            let answer = self.router.clone().oneshot(request).await.unwrap();
            let status = answer.status();
            (status, answer.into_body().collect().await.unwrap().to_bytes())
        });
        assert!(status == StatusCode::OK || status.is_client_error(), "{status} {body:?}");
        if status.is_client_error() {
            let answer: Value = serde_json::from_slice(&body).unwrap();
            let text = |name: &str| answer[name].as_str().unwrap().to_owned();
            assert!(text("error").bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{answer}");
            assert!(
                text("error_description").bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()),
                "{answer}"
            );
            assert!(!answer.to_string().contains(&self.client_secret), "a secret is repeated");
        }
        status
    }
}

async fn furnish(data_dir: &TempDir, key: &Ed25519KeyPair) -> (Router, String, String) {
    let config = Config {
        database: Database::SqliteInDataDir,
        data_dir: data_dir.path().to_owned(),
        master_key: MasterKey::InDataDir,
        issuer: Issuer::parse(ISSUER).unwrap(),
        clock: Arc::new(ManualClock::at(NOW)),
        chance: Chance::system(),
        dpop_nonce: false,
        guard_any_address: false,
        management_rate: Default::default(),
    };
    let engine = Engine::open(config).await.unwrap();
    let by = Actor::command();
    let api = NewApi {
        name: "Orders".to_owned(),
        identifier: AUDIENCE.to_owned(),
        test_client: true,
        scopes: vec![Scope {
            value: "read:orders".to_owned(),
            description: String::new(),
        }],
        ..NewApi::default()
    };
    let client = engine.create_api(&by, api).await.unwrap().test_client.unwrap();
    if engine.grant(&client.client_id, AUDIENCE).await.unwrap().is_none() {
        let grant = NewGrant {
            client_id: client.client_id.clone(),
            audience: AUDIENCE.to_owned(),
            scope: ScopeChoice::All,
            ..NewGrant::default()
        };
        engine.create_grant(&by, grant).await.unwrap();
    }
    let x = BASE64_URL_SAFE_NO_PAD.encode(key.public_key());
    let jwk = NewClientKey {
        name: "Key".to_owned(),
        key: serde_json::json!({ "kty": "OKP", "crv": "Ed25519", "x": x }).to_string(),
        ..NewClientKey::default()
    };
    engine.add_client_key(&by, &client.client_id, jwk).await.unwrap();
    let changes = ClientChanges {
        auth_methods: Some(AuthMethod::ALL.to_vec()),
        ..ClientChanges::default()
    };
    engine.update_client(&by, &client.client_id, changes).await.unwrap();
    let secret = engine.reveal_client_secret(&by, &client.client_id).await.unwrap().reveal().to_owned();
    (server::router(engine, Options::default()), client.client_id, secret)
}
