//! Tokens that are bound to a key of the client's (DPoP, RFC 9449): proofs of every algorithm, everything that is wrong with one, that each
//! is used once, nonces over time, and who requires what.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use engine::{Caller, Engine, Error, IssueError};
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use model::api::{Api, ApiChanges, NewApi};
use model::client::{AuthMethod, Client, ClientChanges};
use model::client_key::NewClientKey;
use model::dpop::{JTI_MAX, NONCE_STEP, PROOF_MAX, WINDOW};
use model::grant::{NewGrant, ScopeChoice};
use model::introspection::Introspection;
use model::log::{LogQuery, LogType};
use model::page::ListQuery;
use model::secret::Secret;
use model::token::{Credentials, TokenRequest, TokenResponse};
use serde_json::{Value, json};
use support::{House, NOW, admin, new_api};

const ISSUER: &str = "https://auth.example.com/";
const ENDPOINT: &str = "https://auth.example.com/oauth/token";
const AUDIENCE: &str = "https://orders.example.com/";

/// A key of a client's.
enum Key {
    Rsa(rsa::KeyPair, &'static dyn RsaEncoding),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Key {
    fn new(alg: &str) -> Self {
        match alg {
            "RS256" => Self::Rsa(rsa::KeyPair::generate(KeySize::Rsa2048).unwrap(), &RSA_PKCS1_SHA256),
            "PS256" => Self::Rsa(rsa::KeyPair::generate(KeySize::Rsa2048).unwrap(), &RSA_PSS_SHA256),
            "ES256" => Self::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()),
            _ => Self::Ed(Ed25519KeyPair::generate().unwrap()),
        }
    }

    fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Rsa(pair, _) => {
                let public = pair.public_key();
                let (n, e) = (public.modulus(), public.exponent());
                json!({ "kty": "RSA", "n": text(n.big_endian_without_leading_zero()), "e": text(e.big_endian_without_leading_zero()) })
            }
            Self::Ec(pair) => {
                let point = &pair.public_key().as_ref()[1..];
                json!({ "kty": "EC", "crv": "P-256", "x": text(&point[..32]), "y": text(&point[32..]) })
            }
            Self::Ed(pair) => json!({ "kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key().as_ref()) }),
        }
    }

    /// By another library than the engine's own lines.
    fn thumbprint(&self) -> String {
        let jwk: Jwk = serde_json::from_value(self.jwk()).unwrap();
        jwk.thumbprint(ThumbprintHash::SHA256).unwrap()
    }

    fn sign(&self, input: &[u8]) -> Vec<u8> {
        match self {
            Self::Rsa(pair, padding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*padding, &SystemRandom::new(), input, &mut signature).unwrap();
                signature
            }
            Self::Ec(pair) => pair.sign(&SystemRandom::new(), input).unwrap().as_ref().to_vec(),
            Self::Ed(pair) => pair.sign(input).as_ref().to_vec(),
        }
    }

    fn jwt(&self, header: &Value, claims: &Value) -> String {
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let input = format!("{}.{}", part(header), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.sign(input.as_bytes()));
        format!("{input}.{signature}")
    }

    fn header(&self, alg: &str) -> Value {
        json!({ "typ": "dpop+jwt", "alg": alg, "jwk": self.jwk() })
    }

    /// A proof by an Ed25519 key that was made at `now`.
    fn proof(&self, jti: &str, now: i64) -> String {
        self.jwt(&self.header("EdDSA"), &claims(jti, now))
    }

    fn proof_with_nonce(&self, jti: &str, now: i64, nonce: &str) -> String {
        let mut claims = claims(jti, now);
        claims["nonce"] = nonce.into();
        self.jwt(&self.header("EdDSA"), &claims)
    }
}

fn claims(jti: &str, now: i64) -> Value {
    json!({ "htm": "POST", "htu": ENDPOINT, "iat": now, "jti": jti })
}

/// A client that is authorized for an API.
struct Shop {
    engine: Engine,
    api: Api,
    client: Client,
    credentials: Credentials,
    key: Key,
}

impl Shop {
    async fn open(house: &House) -> Self {
        let engine = house.engine.clone();
        let (client, api) = (house.client("Billing").await, house.api("Orders", &[]).await);
        let new = NewGrant {
            client_id: client.client_id.clone(),
            audience: AUDIENCE.to_owned(),
            scope: ScopeChoice::All,
            ..NewGrant::default()
        };
        engine.create_grant(&admin(), new).await.unwrap();
        let credentials = Credentials {
            client_id: client.client_id.clone(),
            client_secret: Some(engine.reveal_client_secret(&admin(), &client.client_id).await.unwrap()),
            ..Credentials::default()
        };
        Self {
            engine,
            api,
            client,
            credentials,
            key: Key::new("EdDSA"),
        }
    }

    fn with(&self, proof: Option<&str>) -> Credentials {
        Credentials {
            dpop_proof: proof.map(Secret::new),
            ..self.credentials.clone()
        }
    }

    async fn issue(&self, proof: Option<&str>) -> Result<TokenResponse, IssueError> {
        issue(&self.engine, self.with(proof), AUDIENCE).await
    }

    /// How a request with this proof ends: the type of the token, or the code of the refusal.
    async fn ask(&self, proof: Option<&str>) -> String {
        ended(self.issue(proof).await)
    }

    async fn ask_at(&self, engine: &Engine, proof: &str) -> String {
        ended(issue(engine, self.with(Some(proof)), AUDIENCE).await)
    }

    async fn require(&self, by_api: bool, by_client: bool) {
        let changes = ApiChanges {
            dpop_required: Some(by_api),
            ..ApiChanges::default()
        };
        self.engine.update_api(&admin(), &self.api.id, changes).await.unwrap();
        let changes = ClientChanges {
            dpop_required: Some(by_client),
            ..ClientChanges::default()
        };
        self.engine.update_client(&admin(), &self.client.client_id, changes).await.unwrap();
    }

    async fn introspect(&self, token: &TokenResponse) -> Introspection {
        let caller = Caller::default();
        let asked = self
            .engine
            .introspect(Some(&self.credentials), Some(token.access_token.reveal()), &caller);
        asked.await.unwrap()
    }

    /// Lets the client prove itself by assertions too; the key is that of its proofs.
    async fn by_assertion(&self) {
        let changes = ClientChanges {
            auth_methods: Some(AuthMethod::ALL.to_vec()),
            ..ClientChanges::default()
        };
        self.engine.update_client(&admin(), &self.client.client_id, changes).await.unwrap();
        let new = NewClientKey {
            name: "Laptop".to_owned(),
            key: self.key.jwk().to_string(),
            ..NewClientKey::default()
        };
        self.engine.add_client_key(&admin(), &self.client.client_id, new).await.unwrap();
    }

    fn asserted(&self, jti: &str, proof: &str) -> Credentials {
        let (id, now) = (&self.client.client_id, self.engine.now());
        let claims = json!({ "iss": id, "sub": id, "aud": ISSUER, "exp": now + 60, "jti": jti });
        Credentials {
            client_secret: None,
            client_assertion: Some(Secret::new(self.key.jwt(&json!({ "alg": "EdDSA" }), &claims))),
            ..self.with(Some(proof))
        }
    }

    /// The reasons of all refusals in the log, the newest first.
    async fn refusals(&self) -> Vec<String> {
        let query = LogQuery {
            kind: Some(LogType::TokenRefused),
            ..LogQuery::default()
        };
        self.engine
            .list_logs(&query)
            .await
            .unwrap()
            .items
            .into_iter()
            .map(|entry| entry.reason)
            .collect()
    }
}

async fn issue(engine: &Engine, credentials: Credentials, audience: &str) -> Result<TokenResponse, IssueError> {
    engine.issue(Some(credentials), request(audience), &Caller::default()).await
}

fn request(audience: &str) -> TokenRequest {
    TokenRequest {
        grant_type: Some("client_credentials".to_owned()),
        audience: Some(audience.to_owned()),
        scope: None,
    }
}

fn ended(answer: Result<TokenResponse, IssueError>) -> String {
    match answer {
        Ok(response) => response.token_type,
        Err(IssueError::Refused(refusal)) => refusal.code().to_owned(),
        Err(IssueError::NonceWanted) => "nonce".to_owned(),
        Err(error) => panic!("{error}"),
    }
}

/// The claims of a token.
fn said(response: &TokenResponse) -> Value {
    let payload = response.access_token.reveal().split('.').nth(1).unwrap().to_owned();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

on_both! {
    async fn rfc9449_section_6_a_proof_binds_the_token_to_its_key(house: House) {
        let shop = Shop::open(&house).await;
        shop.engine.add_introspector(&admin(), &shop.api.id, &shop.client.client_id).await.unwrap();
        for alg in ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"] {
            let key = Key::new(alg);
            let proof = key.jwt(&key.header(alg), &claims("1", NOW));
            let response = shop.issue(Some(&proof)).await.unwrap();
            assert_eq!(response.token_type, "DPoP", "{alg}");
            assert_eq!(said(&response)["cnf"], json!({ "jkt": key.thumbprint() }), "{alg}");
            shop.engine.verify(response.access_token.reveal()).await.expect("any library takes it");
            let found = serde_json::to_value(shop.introspect(&response).await).unwrap();
            assert_eq!((&found["active"], &found["token_type"]), (&json!(true), &json!("DPoP")), "{alg}");
            assert_eq!(found["cnf"], json!({ "jkt": key.thumbprint() }), "{alg}");
        }
        let bearer = shop.issue(None).await.unwrap();
        assert_eq!((bearer.token_type.as_str(), said(&bearer).get("cnf")), ("Bearer", None));
        let found = serde_json::to_value(shop.introspect(&bearer).await).unwrap();
        assert_eq!((&found["token_type"], found.get("cnf")), (&json!("Bearer"), None));
    }

    async fn rfc9449_section_4_3_everything_that_is_wrong_with_a_proof(house: House) {
        let shop = Shop::open(&house).await;
        let (key, stranger) = (&shop.key, Key::new("EdDSA"));
        let (rsa, ec) = (Key::new("RS256"), Key::new("ES256"));
        let whole = key.proof("1", NOW);
        let header = |name: &str, value: Value| {
            let mut header = key.header("EdDSA");
            header[name] = value;
            key.jwt(&header, &claims("1", NOW))
        };
        let claim = |name: &str, value: Value| {
            let mut claims = claims("1", NOW);
            claims[name] = value;
            key.jwt(&key.header("EdDSA"), &claims)
        };
        let jwk = |name: &str, value: Value| {
            let mut jwk = key.jwk();
            jwk[name] = value;
            header("jwk", jwk)
        };
        let rsa_of = |bytes: usize| {
            let n = URL_SAFE_NO_PAD.encode(vec![0xff; bytes]);
            rsa.jwt(&json!({ "typ": "dpop+jwt", "alg": "RS256", "jwk": { "kty": "RSA", "e": "AQAB", "n": n } }), &claims("1", NOW))
        };
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let signature = whole.rsplit('.').next().unwrap();
        let twice = part(&key.header("EdDSA").to_string().replace("\"typ\"", "\"alg\":\"none\",\"typ\""));
        for (proof, code) in [
            (String::new(), "dpop_malformed"),
            ("a.b".to_owned(), "dpop_malformed"),
            (format!("{whole}.x"), "dpop_malformed"),
            (format!("{whole}, {whole}"), "dpop_malformed"),
            (format!("{}.{}.{signature}", part("[]"), part("{}")), "dpop_malformed"),
            (format!("{}.{}.{signature}", part(&key.header("EdDSA").to_string()), part("7")), "dpop_malformed"),
            (format!("{twice}.{}.{signature}", part("{}")), "dpop_malformed"),
            (claim("more", json!("x".repeat(PROOF_MAX))), "dpop_malformed"),
            (header("crit", json!(["exp"])), "dpop_malformed"),
            (header("jwk", json!("x")), "dpop_malformed"),
            (claim("iat", json!("now")), "dpop_malformed"),
            (claim("jti", json!(7)), "dpop_malformed"),
            (header("typ", Value::Null), "dpop_type"),
            (header("typ", json!("JWT")), "dpop_type"),
            (header("typ", json!("at+jwt")), "dpop_type"),
            (header("alg", Value::Null), "dpop_algorithm"),
            (header("alg", json!("none")), "dpop_algorithm"),
            (header("alg", json!("HS256")), "dpop_algorithm"),
            (header("alg", json!("ES384")), "dpop_algorithm"),
            (header("jwk", Value::Null), "dpop_key"),
            (header("jwk", json!({})), "dpop_key"),
            (header("jwk", json!({ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" })), "dpop_key"),
            (header("alg", json!("ES256")), "dpop_key"),
            (rsa.jwt(&json!({ "typ": "dpop+jwt", "alg": "EdDSA", "jwk": rsa.jwk() }), &claims("1", NOW)), "dpop_key"),
            (jwk("alg", json!("ES256")), "dpop_key"),
            (jwk("use", json!("enc")), "dpop_key"),
            (rsa_of(128), "dpop_key"),
            (rsa_of(600), "dpop_key"),
            (jwk("d", json!("x")), "dpop_private_key"),
            (header("jwk", json!({ "kty": "oct", "k": "c2VjcmV0" })), "dpop_private_key"),
            (header("jwk", stranger.jwk()), "dpop_signature"),
            (whole[..whole.len() - 4].to_owned(), "dpop_signature"),
            (format!("{}.", whole.rsplit_once('.').unwrap().0), "dpop_signature"),
            (ec.jwt(&json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": Key::new("ES256").jwk() }), &claims("1", NOW)), "dpop_signature"),
            (rsa.jwt(&json!({ "typ": "dpop+jwt", "alg": "PS256", "jwk": rsa.jwk() }), &claims("1", NOW)), "dpop_signature"),
            (claim("htm", json!("GET")), "dpop_method"),
            (claim("htu", json!(AUDIENCE)), "dpop_address"),
            (claim("iat", json!(NOW - WINDOW - 1)), "dpop_time"),
            (claim("iat", json!(NOW + WINDOW + 1)), "dpop_time"),
            (claim("jti", Value::Null), "dpop_id"),
            (claim("jti", json!("x".repeat(JTI_MAX + 1))), "dpop_id"),
        ] {
            assert_eq!(shop.ask(Some(&proof)).await, code, "{proof}");
        }
        assert_eq!(shop.ask(Some(&whole)).await, "DPoP", "nothing of all this used it up");
        let spelt = key.jwt(&header_of(key, "DPoP+JWT"), &json!({ "htm": "POST", "htu": "HTTPS://AUTH.example.com:443/oauth/token?x", "iat": NOW, "jti": "2", "ath": "x" }));
        assert_eq!(shop.ask(Some(&spelt)).await, "DPoP", "other spellings, and claims that we do not know");
        assert_eq!(shop.refusals().await[0], "dpop_id");
    }

    async fn who_asks_comes_before_the_proof_and_what_for_behind_it(house: House) {
        let shop = Shop::open(&house).await;
        let wrong = Credentials { client_secret: Some(Secret::new("wrong")), ..shop.with(Some("x")) };
        assert_eq!(ended(issue(&shop.engine, wrong, AUDIENCE).await), "secret_wrong");
        assert_eq!(ended(issue(&shop.engine, shop.with(Some("x")), "urn:none").await), "dpop_malformed");
        shop.require(true, true).await;
        assert_eq!(ended(issue(&shop.engine, shop.with(None), "urn:none").await), "audience_unknown");
        shop.engine.delete_grant(&admin(), &shop.client.client_id, AUDIENCE).await.unwrap();
        assert_eq!(shop.ask(None).await, "client_not_authorized", "nobody else learns what the API requires");
    }

    async fn rfc9449_section_11_1_a_proof_gets_one_token_in_all_processes(house: House) {
        let shop = Shop::open(&house).await;
        let other = house.another().await;
        let proof = shop.key.proof("1", NOW);
        assert_eq!(shop.ask(Some(&proof)).await, "DPoP");
        assert_eq!(shop.ask(Some(&proof)).await, "dpop_replayed");
        assert_eq!(shop.ask_at(&other, &proof).await, "dpop_replayed");
        assert_eq!(shop.ask(Some(&Key::new("EdDSA").proof("1", NOW))).await, "DPoP", "an id is of one key");
        assert_eq!(shop.ask_at(&other, &shop.key.proof("2", NOW)).await, "DPoP");
        // For as long as it could be taken.
        let ahead = shop.key.proof("3", NOW + WINDOW);
        assert_eq!(shop.ask(Some(&ahead)).await, "DPoP");
        house.clock.advance(2 * WINDOW);
        assert_eq!(shop.ask(Some(&shop.key.proof("4", NOW + 2 * WINDOW))).await, "DPoP", "this sweeps what is old");
        assert_eq!(shop.ask_at(&other, &ahead).await, "dpop_replayed");
        house.clock.advance(1);
        assert_eq!(shop.ask(Some(&ahead)).await, "dpop_time");
        other.close().await;
    }

    async fn of_two_at_once_one_is_served(house: House) {
        let shop = Shop::open(&house).await;
        let other = house.another().await;
        for n in 0..5 {
            let proof = shop.key.proof(&n.to_string(), NOW);
            let mut answers = <[_; 2]>::from(tokio::join!(shop.ask(Some(&proof)), shop.ask_at(&other, &proof)));
            answers.sort_unstable();
            assert_eq!(answers, ["DPoP", "dpop_replayed"]);
        }
        other.close().await;
    }

    async fn used_proofs_are_forgotten_once_nobody_takes_them(house: House) {
        let shop = Shop::open(&house).await;
        for jti in ["1", "2"] {
            assert_eq!(shop.ask(Some(&shop.key.proof(jti, NOW))).await, "DPoP");
        }
        house.clock.advance(2 * WINDOW + 1);
        assert_eq!(shop.ask(Some(&shop.key.proof("3", house.engine.now()))).await, "DPoP");
        let kept: i64 = raw!(house, db => sqlx::query_scalar("SELECT COUNT(*) FROM used_once").fetch_one(db).await).unwrap();
        assert_eq!(kept, 1);
    }

    async fn a_refused_request_uses_up_neither_proof_nor_assertion(house: House) {
        let shop = Shop::open(&house).await;
        shop.by_assertion().await;
        let proof = |jti: &str| shop.key.proof(jti, NOW);
        let ask = async |assertion: &str, jti: &str, audience: &str| ended(issue(&shop.engine, shop.asserted(assertion, &proof(jti)), audience).await);
        assert_eq!(ask("a1", "p1", "urn:none").await, "audience_unknown");
        assert_eq!(ask("a1", "p1", AUDIENCE).await, "DPoP");
        // Of two that are used up together, one that was used before leaves the other as it is.
        assert_eq!(ask("a2", "p1", AUDIENCE).await, "dpop_replayed");
        assert_eq!(ask("a1", "p2", AUDIENCE).await, "assertion_replayed");
        assert_eq!(ask("a2", "p2", AUDIENCE).await, "DPoP");
    }

    async fn rfc9449_section_8_a_nonce_lives_for_two_steps_in_all_processes(house: House) {
        let shop = Shop::open(&house).await;
        assert_eq!(shop.engine.dpop_nonce(), None, "off unless it was chosen");
        let stale = shop.key.proof_with_nonce("0", NOW, "of another server");
        assert_eq!(shop.ask(Some(&stale)).await, "DPoP", "a nonce that nobody asked for does not matter");
        let strict = house.reopen(|config| config.dpop_nonce = true).await.unwrap();
        let other = house.reopen(|config| config.dpop_nonce = true).await.unwrap();
        assert_eq!(NOW % NONCE_STEP, 0, "a step begins");
        let first = strict.dpop_nonce().unwrap();
        assert_eq!(other.dpop_nonce().as_ref(), Some(&first));
        let at = |jti: &str, nonce: &str| shop.key.proof_with_nonce(jti, strict.now(), nonce);
        let ask = async |engine: &Engine, proof: &str| shop.ask_at(engine, proof).await;
        assert_eq!(ask(&strict, &shop.key.proof("1", NOW)).await, "nonce");
        assert_eq!(ask(&strict, &at("1", "")).await, "nonce");
        assert_eq!(ask(&strict, &at("1", &first[1..])).await, "nonce");
        assert_eq!(ask(&strict, &at("1", &first)).await, "DPoP", "and the jti was not used up");
        assert_eq!(ask(&strict, &at("1", &first)).await, "dpop_replayed");
        house.clock.advance(NONCE_STEP - 1);
        assert_eq!(strict.dpop_nonce().as_ref(), Some(&first));
        house.clock.advance(1);
        let second = strict.dpop_nonce().unwrap();
        assert_ne!(first, second);
        assert_eq!(ask(&other, &at("2", &first)).await, "DPoP", "the previous one");
        assert_eq!(ask(&strict, &at("3", &second)).await, "DPoP");
        house.clock.advance(NONCE_STEP - 1);
        assert_eq!(ask(&strict, &at("4", &first)).await, "DPoP");
        house.clock.advance(1);
        assert_eq!(ask(&strict, &at("5", &first)).await, "nonce");
        assert_eq!(ask(&other, &at("5", &second)).await, "DPoP");
        assert_eq!(ask(&strict, &at("6", "x.y")).await, "nonce");
        // What is wrong otherwise comes first, and a request without a proof needs no nonce.
        assert_eq!(ask(&strict, "x").await, "dpop_malformed");
        assert_eq!(ended(issue(&strict, shop.with(None), AUDIENCE).await), "Bearer");
        strict.close().await;
        assert_eq!(shop.refusals().await, ["dpop_malformed", "dpop_replayed"], "to be asked for a nonce is no refusal");
        other.close().await;
    }

    async fn a_request_that_lacks_the_nonce_uses_up_no_assertion(house: House) {
        let shop = Shop::open(&house).await;
        shop.by_assertion().await;
        let strict = house.reopen(|config| config.dpop_nonce = true).await.unwrap();
        let nonce = strict.dpop_nonce().unwrap();
        assert_eq!(ended(issue(&strict, shop.asserted("a1", &shop.key.proof("p1", NOW)), AUDIENCE).await), "nonce");
        let again = shop.asserted("a1", &shop.key.proof_with_nonce("p1", NOW, &nonce));
        assert_eq!(ended(issue(&strict, again, AUDIENCE).await), "DPoP");
        strict.close().await;
    }

    async fn an_api_or_a_client_may_require_a_proof(house: House) {
        let shop = Shop::open(&house).await;
        for (n, (by_api, by_client, without)) in [
            (false, false, "Bearer"),
            (true, false, "dpop_required_by_api"),
            (false, true, "dpop_required_by_client"),
            (true, true, "dpop_required_by_api"),
            (false, false, "Bearer"),
        ].into_iter().enumerate() {
            shop.require(by_api, by_client).await;
            assert_eq!(shop.ask(None).await, without);
            assert_eq!(shop.ask(Some(&shop.key.proof(&n.to_string(), NOW))).await, "DPoP");
            let api = shop.engine.api(&shop.api.id).await.unwrap();
            let client = shop.engine.client(&shop.client.client_id).await.unwrap();
            assert_eq!((api.dpop_required, client.dpop_required), (by_api, by_client));
            let listed = shop.engine.list_apis(&ListQuery::default()).await.unwrap().items;
            assert!(listed.iter().all(|summary| summary.api.dpop_required == (by_api && summary.api.id == api.id)));
        }
        let changed = shop.engine.list_logs(&LogQuery { search: "Orders changed".to_owned(), ..LogQuery::default() }).await.unwrap().items;
        assert!(changed.iter().any(|entry| entry.before.contains(r#""dpop_required":false"#) && entry.after.contains(r#""dpop_required":true"#)));
        let new = NewApi { dpop_required: true, test_client: true, ..new_api("Stock", &[]) };
        let created = shop.engine.create_api(&admin(), new).await.unwrap();
        assert!(created.api.dpop_required && shop.engine.api(&created.api.id).await.unwrap() == created.api);
        assert!(!created.test_client.unwrap().dpop_required);
    }

    async fn what_another_process_has_just_let_go_is_honoured_at_once(house: House) {
        let shop = Shop::open(&house).await;
        let other = house.another().await;
        shop.require(true, true).await;
        other.refresh().await.unwrap();
        let without = async || ended(issue(&other, shop.with(None), AUDIENCE).await);
        assert_eq!(without().await, "dpop_required_by_api");
        shop.require(false, true).await;
        assert_eq!(without().await, "dpop_required_by_client");
        shop.require(false, false).await;
        assert_eq!(without().await, "Bearer");
        other.close().await;
    }

    async fn a_token_without_a_client_is_bound_to_a_key_that_nobody_has(house: House) {
        let shop = Shop::open(&house).await;
        let issue_for = async || shop.engine.issue_for(&admin(), &shop.client.client_id, request(AUDIENCE)).await.unwrap();
        assert_eq!(issue_for().await.token_type, "Bearer");
        for (by_api, by_client) in [(true, false), (false, true)] {
            shop.require(by_api, by_client).await;
            let (one, two) = (issue_for().await, issue_for().await);
            assert_eq!((one.token_type.as_str(), two.token_type.as_str()), ("DPoP", "DPoP"));
            let jkt = |response: &TokenResponse| said(response)["cnf"]["jkt"].as_str().unwrap().to_owned();
            assert_eq!(jkt(&one).len(), 43);
            assert_ne!(jkt(&one), jkt(&two));
            let preview = shop.engine.preview_token(&shop.api.id, ApiChanges::default()).await.unwrap();
            assert!(preview.claims_json.contains("the thumbprint of the client's key"), "{}", preview.claims_json);
        }
        shop.require(false, false).await;
        let preview = shop.engine.preview_token(&shop.api.id, ApiChanges::default()).await.unwrap();
        assert!(!preview.claims_json.contains("cnf"), "{}", preview.claims_json);
    }

    async fn the_management_api_requires_none(house: House) {
        let apis = house.engine.list_apis(&ListQuery::default()).await.unwrap().items;
        let system = &apis.iter().find(|summary| summary.api.is_system).unwrap().api;
        let changes = ApiChanges { dpop_required: Some(true), ..ApiChanges::default() };
        assert!(matches!(house.engine.update_api(&admin(), &system.id, changes).await, Err(Error::System(_))));
    }

    /// A database as the version before left it.
    async fn what_was_there_before_requires_nothing(house: House) {
        let shop = Shop::open(&house).await;
        house.engine.close().await;
        for statement in [
            "ALTER TABLE clients DROP COLUMN dpop_required",
            "ALTER TABLE apis DROP COLUMN dpop_required",
            "DELETE FROM _sqlx_migrations WHERE version = 8",
        ] {
            raw!(house, db => sqlx::query(statement).execute(db).await.map(drop)).unwrap();
        }
        let engine = house.another().await;
        assert_eq!(engine.api(&shop.api.id).await.unwrap(), shop.api);
        assert_eq!(engine.client(&shop.client.client_id).await.unwrap(), shop.client);
        assert_eq!(ended(issue(&engine, shop.with(None), AUDIENCE).await), "Bearer");
        engine.close().await;
    }
}

fn header_of(key: &Key, typ: &str) -> Value {
    let mut header = key.header("EdDSA");
    header["typ"] = typ.into();
    header
}
