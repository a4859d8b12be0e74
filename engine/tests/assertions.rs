//! Clients that prove themselves by private_key_jwt: their keys, their assertions, and that each assertion gets one token only.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use engine::{Caller, Engine, Error, IssueError, claimed_client};
use model::client::{AuthMethod, Client, ClientChanges};
use model::client_key::{KEYS_MAX, NewClientKey};
use model::grant::{NewGrant, ScopeChoice};
use model::key::KeyAlg;
use model::log::{ActorKind, LogQuery};
use model::secret::Secret;
use model::token::{Credentials, TokenRequest};
use serde_json::{Value, json};
use support::{House, NOW, admin};

const ISSUER: &str = "https://auth.example.com/";
const AUDIENCE: &str = "https://orders.example.com/";

/// A client that is authorized for an API and has a key.
struct Shop {
    engine: Engine,
    client: Client,
    pair: Ed25519KeyPair,
}

fn pem(pair: &Ed25519KeyPair) -> String {
    // SubjectPublicKeyInfo of Ed25519 is these bytes and the point (RFC 8410 §4).
    let der = [
        &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00],
        pair.public_key().as_ref(),
    ]
    .concat();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
}

fn new_key(pair: &Ed25519KeyPair) -> NewClientKey {
    NewClientKey {
        name: "Laptop".to_owned(),
        key: pem(pair),
        ..NewClientKey::default()
    }
}

fn jwt(header: &Value, claims: &Value, pair: &Ed25519KeyPair) -> String {
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let input = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(pair.sign(input.as_bytes()));
    format!("{input}.{signature}")
}

impl Shop {
    async fn open(house: &House) -> Self {
        let (client, api) = (house.client("Billing").await, house.api("Orders", &[]).await);
        let engine = house.engine.clone();
        let new = NewGrant {
            client_id: client.client_id.clone(),
            audience: api.identifier,
            scope: ScopeChoice::All,
            ..NewGrant::default()
        };
        engine.create_grant(&admin(), new).await.unwrap();
        let shop = Self {
            engine,
            client,
            pair: Ed25519KeyPair::generate().unwrap(),
        };
        shop.may_use(vec![AuthMethod::PrivateKeyJwt]).await;
        shop.add(new_key(&shop.pair)).await;
        shop
    }

    async fn may_use(&self, methods: Vec<AuthMethod>) {
        let changes = ClientChanges {
            auth_methods: Some(methods),
            ..ClientChanges::default()
        };
        self.engine.update_client(&admin(), &self.client.client_id, changes).await.unwrap();
    }

    async fn add(&self, new: NewClientKey) -> String {
        self.engine.add_client_key(&admin(), &self.client.client_id, new).await.unwrap().id
    }

    fn claims(&self, jti: &str) -> Value {
        let (id, now) = (&self.client.client_id, self.engine.now());
        json!({ "iss": id, "sub": id, "aud": ISSUER, "iat": now, "exp": now + 60, "jti": jti })
    }

    fn assertion(&self, jti: &str) -> String {
        jwt(&json!({ "alg": "EdDSA" }), &self.claims(jti), &self.pair)
    }

    async fn ask(&self, assertion: &str) -> &'static str {
        self.ask_at(&self.engine, assertion).await
    }

    /// How a request with this assertion ends: `issued`, or the code of its refusal.
    async fn ask_at(&self, engine: &Engine, assertion: &str) -> &'static str {
        let credentials = Credentials {
            client_id: claimed_client(assertion).unwrap_or_default(),
            client_assertion: Some(Secret::new(assertion)),
            ..Credentials::default()
        };
        ask(engine, credentials, AUDIENCE).await
    }

    async fn ask_by_secret(&self, in_header: bool) -> &'static str {
        let secret = self.engine.reveal_client_secret(&admin(), &self.client.client_id).await.unwrap();
        let credentials = Credentials {
            client_id: self.client.client_id.clone(),
            client_secret: Some(secret),
            in_header,
            ..Credentials::default()
        };
        ask(&self.engine, credentials, AUDIENCE).await
    }
}

async fn ask(engine: &Engine, credentials: Credentials, audience: &str) -> &'static str {
    let request = TokenRequest {
        grant_type: Some("client_credentials".to_owned()),
        audience: Some(audience.to_owned()),
        scope: None,
    };
    match engine.issue(Some(credentials), request, &Caller::default()).await {
        Ok(_) => "issued",
        Err(IssueError::Refused(refusal)) => refusal.code(),
        Err(error) => panic!("{error}"),
    }
}

on_both! {
    async fn only_keys_that_are_in_use_prove_a_client(house: House) {
        let shop = Shop::open(&house).await;
        let first = house.engine.client_keys(&shop.client.client_id).await.unwrap().remove(0).id;
        let second = Ed25519KeyPair::generate().unwrap();
        let id = shop.add(NewClientKey { unused: true, ..new_key(&second) }).await;
        let by_second = |jti: &str| jwt(&json!({ "alg": "EdDSA" }), &shop.claims(jti), &second);
        assert_eq!(shop.ask(&shop.assertion("1")).await, "issued");
        assert_ne!(shop.ask(&by_second("2")).await, "issued", "nobody has named it");
        let use_only = async |ids: &[&String]| {
            let keys = Some(ids.iter().map(|id| (*id).clone()).collect());
            house.engine.update_client(&admin(), &shop.client.client_id, ClientChanges { keys, ..ClientChanges::default() }).await
        };
        use_only(&[&id]).await.unwrap();
        assert_eq!(shop.ask(&by_second("3")).await, "issued");
        assert_ne!(shop.ask(&shop.assertion("4")).await, "issued", "it is named no more");
        use_only(&[&first, &id]).await.unwrap();
        assert_eq!((shop.ask(&by_second("5")).await, shop.ask(&shop.assertion("6")).await), ("issued", "issued"));
        assert!(matches!(use_only(&[&"cred_x".to_owned()]).await, Err(Error::Invalid(_))));
        assert_eq!(house.engine.client_keys(&shop.client.client_id).await.unwrap().iter().filter(|key| key.unused).count(), 0);
    }

    async fn an_assertion_gets_one_token_in_all_processes(house: House) {
        let shop = Shop::open(&house).await;
        let other = house.another().await;
        let assertion = shop.assertion("1");
        assert_eq!(shop.ask(&assertion).await, "issued");
        assert_eq!(shop.ask(&assertion).await, "assertion_replayed");
        assert_eq!(shop.ask_at(&other, &assertion).await, "assertion_replayed");
        assert_eq!(shop.ask(&shop.assertion("2")).await, "issued");
        // Without an id it is known by all of itself.
        let mut claims = shop.claims("");
        claims.as_object_mut().unwrap().remove("jti");
        let nameless = jwt(&json!({ "alg": "EdDSA", "typ": "client-authentication+jwt" }), &claims, &shop.pair);
        assert_eq!((shop.ask(&nameless).await, shop.ask(&nameless).await), ("issued", "assertion_replayed"));
        let entry = shop.engine.list_logs(&LogQuery { search: "Access token issued".to_owned(), ..LogQuery::default() }).await.unwrap().items.remove(0);
        assert_eq!((entry.actor.kind, entry.actor.id), (ActorKind::Client, shop.client.client_id.clone()));
        other.close().await;
    }

    async fn of_two_at_once_one_is_served(house: House) {
        let shop = Shop::open(&house).await;
        let other = house.another().await;
        for n in 0..5 {
            let assertion = shop.assertion(&n.to_string());
            let mut answers = <[_; 2]>::from(tokio::join!(shop.ask(&assertion), shop.ask_at(&other, &assertion)));
            answers.sort_unstable();
            assert_eq!(answers, ["assertion_replayed", "issued"]);
        }
        other.close().await;
    }

    async fn a_refused_request_leaves_the_assertion_unused(house: House) {
        let shop = Shop::open(&house).await;
        let assertion = shop.assertion("1");
        let credentials = Credentials {
            client_id: shop.client.client_id.clone(),
            client_assertion: Some(Secret::new(&assertion)),
            ..Credentials::default()
        };
        assert_eq!(ask(&shop.engine, credentials, "urn:none").await, "audience_unknown");
        assert_eq!(shop.ask(&assertion).await, "issued");
    }

    async fn what_an_assertion_says_and_who_signed_it_counts(house: House) {
        let shop = Shop::open(&house).await;
        let stranger = Ed25519KeyPair::generate().unwrap();
        let header = json!({ "alg": "EdDSA" });
        let with = |name: &str, value: Value| {
            let mut claims = shop.claims("1");
            claims[name] = value;
            jwt(&header, &claims, &shop.pair)
        };
        let whole = shop.assertion("1");
        for (assertion, code) in [
            (with("sub", json!("nobody")), "assertion_client_unknown"),
            (with("iss", json!("nobody")), "assertion_client"),
            (with("aud", json!("https://other.example/")), "assertion_audience"),
            (with("exp", json!(NOW - 10)), "assertion_expired"),
            (with("exp", json!(NOW + 301)), "assertion_too_long"),
            (with("iat", json!(NOW + 11)), "assertion_not_yet"),
            (jwt(&header, &shop.claims("1"), &stranger), "assertion_signature"),
            (jwt(&json!({ "alg": "EdDSA", "kid": "other" }), &shop.claims("1"), &shop.pair), "assertion_key"),
            (jwt(&json!({ "alg": "none" }), &shop.claims("1"), &shop.pair), "assertion_key"),
            (jwt(&json!({ "alg": "HS256" }), &shop.claims("1"), &shop.pair), "assertion_key"),
            (jwt(&json!({ "alg": "EdDSA", "crit": ["x"] }), &shop.claims("1"), &shop.pair), "malformed_request"),
            (jwt(&json!({ "alg": "EdDSA", "typ": "at+jwt" }), &shop.claims("1"), &shop.pair), "malformed_request"),
            (with("jti", json!("x".repeat(256))), "client_missing"),
            (with("other", json!("x".repeat(5_000))), "client_missing"),
            (whole[..whole.len() - 4].to_owned(), "assertion_signature"),
        ] {
            assert_eq!(shop.ask(&assertion).await, code, "{assertion}");
        }
        assert_eq!(shop.ask(&whole).await, "issued", "nothing of all this used it up");
    }

    async fn the_strict_audience_is_a_choice_of_the_client(house: House) {
        let shop = Shop::open(&house).await;
        let listed = |jti: &str| {
            let mut claims = shop.claims(jti);
            claims["aud"] = json!([ISSUER]);
            jwt(&json!({ "alg": "EdDSA" }), &claims, &shop.pair)
        };
        assert_eq!(shop.ask(&listed("1")).await, "issued");
        let changes = ClientChanges { strict_assertions: Some(true), ..ClientChanges::default() };
        shop.engine.update_client(&admin(), &shop.client.client_id, changes).await.unwrap();
        assert_eq!(shop.ask(&listed("2")).await, "assertion_audience");
        assert_eq!(shop.ask(&shop.assertion("3")).await, "issued");
    }

    async fn a_method_that_the_client_does_not_have_is_refused(house: House) {
        let shop = Shop::open(&house).await;
        for (methods, expect) in [
            (vec![AuthMethod::PrivateKeyJwt], ["auth_method_not_allowed", "auth_method_not_allowed", "issued"]),
            (vec![AuthMethod::ClientSecretBasic], ["issued", "auth_method_not_allowed", "auth_method_not_allowed"]),
            (vec![AuthMethod::ClientSecretPost, AuthMethod::ClientSecretPost], ["auth_method_not_allowed", "issued", "auth_method_not_allowed"]),
            (AuthMethod::ALL.to_vec(), ["issued", "issued", "issued"]),
        ] {
            shop.may_use(methods.clone()).await;
            house.clock.advance(1);
            let assertion = shop.assertion(&shop.engine.now().to_string());
            assert_eq!([shop.ask_by_secret(true).await, shop.ask_by_secret(false).await, shop.ask(&assertion).await], expect, "{methods:?}");
        }
        let none = ClientChanges { auth_methods: Some(vec![]), ..ClientChanges::default() };
        assert!(matches!(shop.engine.update_client(&admin(), &shop.client.client_id, none).await, Err(Error::Invalid(_))));
    }

    async fn what_another_process_has_just_allowed_is_honoured_for_calls_about_tokens_too(house: House) {
        let shop = Shop::open(&house).await;
        let other = house.another().await;
        let secret = shop.engine.reveal_client_secret(&admin(), &shop.client.client_id).await.unwrap();
        let credentials = Credentials {
            client_id: shop.client.client_id.clone(),
            client_secret: Some(secret),
            ..Credentials::default()
        };
        let caller = Caller::default();
        let ask = || other.introspect(Some(&credentials), Some("x"), &caller);
        assert!(matches!(ask().await, Err(IssueError::Refused(refusal)) if refusal.code() == "auth_method_not_allowed"));
        shop.may_use(AuthMethod::ALL.to_vec()).await;
        assert!(ask().await.is_ok());
        other.close().await;
    }

    async fn used_assertions_are_forgotten_once_they_have_expired(house: House) {
        let shop = Shop::open(&house).await;
        for jti in ["1", "2"] {
            assert_eq!(shop.ask(&shop.assertion(jti)).await, "issued");
        }
        house.clock.advance(100);
        assert_eq!(shop.ask(&shop.assertion("3")).await, "issued");
        let kept: i64 = raw!(house, db => sqlx::query_scalar("SELECT COUNT(*) FROM used_once").fetch_one(db).await).unwrap();
        assert_eq!(kept, 1);
    }

    async fn keys_overlap_expire_and_are_removed(house: House) {
        let shop = Shop::open(&house).await;
        let old = shop.engine.client_keys(&shop.client.client_id).await.unwrap().remove(0);
        assert_eq!((old.alg, old.name.as_str(), old.kid.len()), (KeyAlg::EdDSA, "Laptop", 43));
        let next = Ed25519KeyPair::generate().unwrap();
        let new = NewClientKey { name: "Server".to_owned(), kid: Some("k2".to_owned()), expires_at: Some(NOW + 100), ..new_key(&next) };
        shop.add(new).await;
        let by_next = |jti: &str| jwt(&json!({ "alg": "EdDSA", "kid": "k2" }), &shop.claims(jti), &next);
        assert_eq!((shop.ask(&shop.assertion("1")).await, shop.ask(&by_next("2")).await), ("issued", "issued"));
        shop.engine.remove_client_key(&admin(), &shop.client.client_id, &old.id).await.unwrap();
        assert_eq!(shop.ask(&shop.assertion("3")).await, "assertion_signature", "the other key is tried, and is not it");
        house.clock.advance(99);
        assert_eq!(shop.ask(&by_next("4")).await, "issued");
        house.clock.advance(1);
        assert_eq!(shop.ask(&by_next("5")).await, "assertion_key");
        assert!(matches!(shop.engine.remove_client_key(&admin(), &shop.client.client_id, &old.id).await, Err(Error::NotFound("key"))));
    }

    async fn keys_are_checked_counted_and_named_once(house: House) {
        let shop = Shop::open(&house).await;
        let (engine, id) = (&shop.engine, &shop.client.client_id);
        let same = engine.add_client_key(&admin(), id, new_key(&shop.pair)).await;
        assert!(matches!(same, Err(Error::Conflict(invalid)) if invalid.field == "kid"));
        for (field, new) in [
            ("key", NewClientKey { key: "nothing".to_owned(), ..new_key(&shop.pair) }),
            ("alg", NewClientKey { alg: Some(KeyAlg::RS256), ..new_key(&shop.pair) }),
            ("name", NewClientKey { name: String::new(), ..new_key(&shop.pair) }),
            ("expires_at", NewClientKey { expires_at: Some(NOW), ..new_key(&shop.pair) }),
        ] {
            let refused = engine.add_client_key(&admin(), id, new).await;
            assert!(matches!(&refused, Err(Error::Invalid(invalid)) if invalid.field == field), "{field}: {refused:?}");
        }
        for _ in 1..KEYS_MAX {
            shop.add(new_key(&Ed25519KeyPair::generate().unwrap())).await;
        }
        let one_more = engine.add_client_key(&admin(), id, new_key(&Ed25519KeyPair::generate().unwrap())).await;
        assert!(matches!(one_more, Err(Error::Invalid(invalid)) if invalid.message.contains("at most 10")));
        assert!(matches!(engine.add_client_key(&admin(), "nobody", new_key(&shop.pair)).await, Err(Error::NotFound("client"))));
    }
}
