//! DPoP (RFC 9449) on the wire: the header of a request, what its answer says, nonces, and what the dashboard tells of it.

use std::collections::BTreeMap;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use axum::body::Body;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request};
use insta::assert_json_snapshot;
use model::api::ApiChanges;
use model::client::ClientChanges;
use model::dpop::{Flaw, NONCE_STEP};
use model::log::{Actor, LogQuery, LogType};
use serde_json::{Value, json};
use server::{ErrorProfile, Options};

use crate::house::{Answer, ClientPersona, FORM, House, NOW, ORDERS, Way, form};

/// The key of a client.
struct Key(Ed25519KeyPair);

impl Key {
    fn new() -> Self {
        Self(Ed25519KeyPair::generate().unwrap())
    }

    fn jwk(&self) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "x": BASE64_URL_SAFE_NO_PAD.encode(self.0.public_key()) })
    }

    /// A proof with `changes` to its header (under `header`) and to its claims.
    fn proof(&self, changes: Value) -> String {
        let mut header = json!({ "typ": "dpop+jwt", "alg": "EdDSA", "jwk": self.jwk() });
        let mut claims = json!({ "htm": "POST", "htu": "http://localhost:3000/oauth/token", "iat": NOW, "jti": "1" });
        for (name, value) in changes.as_object().unwrap() {
            match value.as_object().filter(|_| name == "header") {
                Some(members) => header.as_object_mut().unwrap().extend(members.clone()),
                None => claims[name] = value.clone(),
            }
        }
        let part = |json: &Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
        let input = format!("{}.{}", part(&header), part(&claims));
        let signature = BASE64_URL_SAFE_NO_PAD.encode(self.0.sign(input.as_bytes()));
        format!("{input}.{signature}")
    }
}

/// A token request with these proofs, one a header.
async fn ask(house: &House, client: &ClientPersona, proofs: &[&str]) -> Answer {
    let proofs: Vec<HeaderValue> = proofs.iter().map(|proof| HeaderValue::from_bytes(proof.as_bytes()).unwrap()).collect();
    ask_as(house, &client.id, client.secret.reveal(), &proofs).await
}

async fn ask_as(house: &House, id: &str, secret: &str, proofs: &[HeaderValue]) -> Answer {
    let body = form(&[
        ("grant_type", "client_credentials"),
        ("client_id", id),
        ("client_secret", secret),
        ("audience", ORDERS),
    ]);
    let mut request = Request::post("/oauth/token").header(CONTENT_TYPE, FORM);
    for proof in proofs {
        request = request.header("DPoP", proof);
    }
    house.send(request.body(Body::from(body)).unwrap()).await
}

async fn require(house: &House, client: &ClientPersona, by_api: bool, by_client: bool) {
    let actor = Actor::command();
    let api = house.engine.api_by_identifier(ORDERS).await.unwrap();
    let changes = ApiChanges {
        dpop_required: Some(by_api),
        ..ApiChanges::default()
    };
    house.engine.update_api(&actor, &api.id, changes).await.unwrap();
    let changes = ClientChanges {
        dpop_required: Some(by_client),
        ..ClientChanges::default()
    };
    house.engine.update_client(&actor, &client.id, changes).await.unwrap();
}

async fn refusals(house: &House) -> Vec<String> {
    let query = LogQuery {
        kind: Some(LogType::TokenRefused),
        ..LogQuery::default()
    };
    house
        .engine
        .list_logs(&query)
        .await
        .unwrap()
        .items
        .into_iter()
        .map(|entry| entry.reason)
        .collect()
}

fn claims(answer: &Answer) -> Value {
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let payload = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&payload).unwrap()
}

#[tokio::test]
async fn rfc9449_section_5_success() {
    let (house, client) = House::with_orders().await;
    let answer = ask(&house, &client, &[&Key::new().proof(json!({}))]).await;
    assert_json_snapshot!("success", answer.wire(), { ".body.access_token" => "[token]" });
    assert_eq!(claims(&answer)["cnf"]["jkt"].as_str().unwrap().len(), 43);
    assert!(!answer.headers.contains_key("dpop-nonce"), "no nonces are wanted");
    assert_eq!(ask(&house, &client, &[]).await.json()["token_type"], "Bearer");
}

/// A request for each flaw.
async fn every_flaw(error_profile: ErrorProfile) -> BTreeMap<&'static str, Value> {
    let options = Options {
        error_profile,
        ..Options::default()
    };
    let house = House::with("http://localhost:3000/", options).await;
    let client = house.orders().await;
    let key = Key::new();
    let good = key.proof(json!({}));
    assert_eq!(ask(&house, &client, &[&good]).await.status, 200);
    let mut answers = BTreeMap::new();
    for (flaw, proofs) in [
        (Flaw::Repeated, vec![good.clone(), good.clone()]),
        (Flaw::Malformed, vec!["x".repeat(60_000)]),
        (Flaw::Type, vec![key.proof(json!({ "header": { "typ": "JWT" } }))]),
        (Flaw::Algorithm, vec![key.proof(json!({ "header": { "alg": "none" } }))]),
        (Flaw::Key, vec![key.proof(json!({ "header": { "jwk": {} } }))]),
        (
            Flaw::PrivateKey,
            vec![key.proof(json!({ "header": { "jwk": { "kty": "oct", "k": "x" } } }))],
        ),
        (Flaw::Signature, vec![key.proof(json!({ "header": { "jwk": Key::new().jwk() } }))]),
        (Flaw::Method, vec![key.proof(json!({ "htm": "GET" }))]),
        (Flaw::Address, vec![key.proof(json!({ "htu": "http://127.0.0.1:3000/oauth/token" }))]),
        (Flaw::Time, vec![key.proof(json!({ "iat": NOW - 61 }))]),
        (Flaw::Id, vec![key.proof(json!({ "jti": "" }))]),
        (Flaw::Replayed, vec![good.clone()]),
        (Flaw::RequiredByApi, vec![]),
        (Flaw::RequiredByClient, vec![]),
    ] {
        require(&house, &client, flaw == Flaw::RequiredByApi, flaw == Flaw::RequiredByClient).await;
        let proofs: Vec<&str> = proofs.iter().map(String::as_str).collect();
        let answer = ask(&house, &client, &proofs).await;
        assert_eq!(refusals(&house).await.first().map(String::as_str), Some(flaw.code()));
        answers.insert(flaw.code(), answer.wire());
    }
    assert_eq!(answers.len(), Flaw::ALL.len());
    answers
}

#[tokio::test]
async fn rfc9449_section_5_every_flaw_is_an_invalid_proof_in_both_profiles() {
    let answers = every_flaw(ErrorProfile::Rfc).await;
    for (code, answer) in &answers {
        assert_eq!(
            (&answer["status"], &answer["body"]["error"]),
            (&json!(400), &json!("invalid_dpop_proof")),
            "{code}"
        );
        let description = answer["body"]["error_description"].as_str().unwrap();
        assert!(!description.contains(['"', '\\', '?']), "{code}: {description}");
    }
    assert_json_snapshot!("flaws", answers);
    assert_eq!(every_flaw(ErrorProfile::Auth0).await, answers, "Auth0 has the same code");
}

#[tokio::test]
async fn a_header_that_is_no_text_is_no_proof() {
    let (house, client) = House::with_orders().await;
    for header in [&b""[..], b"\xff\xfe", b"a,b"] {
        let header = HeaderValue::from_bytes(header).unwrap();
        let answer = ask_as(&house, &client.id, client.secret.reveal(), &[header]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["error"].as_str()),
            (400, Some("invalid_dpop_proof"))
        );
    }
    assert_eq!(refusals(&house).await, ["dpop_malformed"; 3]);
}

#[tokio::test]
async fn a_client_can_not_be_probed_by_proofs() {
    let (house, client) = House::with_orders().await;
    let proof = [HeaderValue::from_static("x")];
    let known = ask_as(&house, &client.id, "wrong", &proof).await;
    let unknown = ask_as(&house, "nobody", "wrong", &proof).await;
    assert_eq!((known.status.as_u16(), known.wire()), (401, unknown.wire()));
}

#[tokio::test]
async fn rfc9449_section_8_a_nonce_is_asked_for_and_renewed() {
    let house = House::with_nonces().await;
    let client = house.orders().await;
    let key = Key::new();
    let first = ask(&house, &client, &[&key.proof(json!({}))]).await;
    assert_json_snapshot!("nonce_wanted", first.wire());
    let nonce = first.header("dpop-nonce").to_owned();
    assert_eq!(Some(&nonce), house.engine.dpop_nonce().as_ref());
    // The same jti: the first request has used nothing up.
    let answer = ask(&house, &client, &[&key.proof(json!({ "nonce": nonce }))]).await;
    assert_eq!((answer.status.as_u16(), answer.json()["token_type"].as_str()), (200, Some("DPoP")));
    assert_eq!(answer.header("dpop-nonce"), nonce);

    house.clock.advance(NONCE_STEP);
    let later = key.proof(json!({ "nonce": nonce, "jti": "2", "iat": NOW + NONCE_STEP }));
    let answer = ask(&house, &client, &[&later]).await;
    assert_eq!(answer.status, 200, "the previous nonce is still taken, and the answer has the next one");
    assert!(!answer.header("dpop-nonce").is_empty() && answer.header("dpop-nonce") != nonce);
    assert!(refusals(&house).await.is_empty(), "all this is the protocol and no refusal");

    // Whatever the answer, it has the nonce for the next proof, and only if there was one in the request.
    let proof = [HeaderValue::from_static("x")];
    for (secret, proofs, has_nonce) in [("wrong", &proof[..], true), ("wrong", &[], false), (client.secret.reveal(), &[], false)] {
        let answer = ask_as(&house, &client.id, secret, proofs).await;
        assert_eq!(answer.headers.contains_key("dpop-nonce"), has_nonce, "{}", answer.body);
    }
}

#[tokio::test]
async fn calls_about_tokens_take_no_proofs() {
    let (house, client) = House::with_orders().await;
    let fields = form(&[("client_id", &client.id), ("client_secret", client.secret.reveal()), ("token", "x")]);
    for path in ["/oauth/introspect", "/oauth/revoke"] {
        let request = Request::post(path).header(CONTENT_TYPE, FORM).header("DPoP", "x");
        let answer = house.send(request.body(Body::from(fields.clone())).unwrap()).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn the_dashboard_sets_it_and_says_what_it_means() {
    let (house, client) = House::with_orders().await;
    let cookie = house.admin().await;
    let id = house.engine.api_by_identifier(ORDERS).await.unwrap().id;
    let says = async |path: &str, words: &str| house.get_as(&cookie, path).await.body.contains(words);
    let pages = [
        (format!("/apis/{id}/quickstart?stack=node-express"), "This API requires DPoP"),
        (format!("/apis/{id}/quickstart?stack=curl"), "Tokens here must be bound to a key"),
        (format!("/apis/{id}/test?client={}", client.id), "Tokens here must be bound to a key"),
        (format!("/clients/{}/quickstart", client.id), "Tokens here must be bound to a key"),
    ];
    for (page, words) in &pages {
        assert!(!says(page, words).await, "{page}");
    }
    let api = [("id", id.as_str()), ("name", "Orders"), ("token_lifetime", "60")];
    let auth = [("client_id", client.id.as_str()), ("client_secret_post", "true")];
    let required = ("dpop_required", "true");
    for (by_api, by_client) in [(true, false), (false, true), (false, false)] {
        let with = |fields: &[(&str, &str)], on: bool| {
            let fields: Vec<_> = fields.iter().copied().chain(on.then_some(required)).collect();
            form(&fields)
        };
        for (path, fields) in [
            ("/_fn/update_api", with(&api, by_api)),
            ("/_fn/change_client_auth", with(&auth, by_client)),
        ] {
            let answer = house.call(Way::Form, Some(&cookie), path, fields).await;
            assert!(answer.header("location").contains("?saved="), "{path}: {}", answer.body);
        }
        assert_eq!(house.engine.api(&id).await.unwrap().dpop_required, by_api);
        assert_eq!(house.engine.client(&client.id).await.unwrap().dpop_required, by_client);
        let shown = [by_api, by_api, by_api || by_client, by_api || by_client];
        for ((page, words), shown) in pages.iter().zip(shown) {
            assert_eq!(says(page, words).await, shown, "{page} {by_api} {by_client}");
        }
        let run = form(&[("id", &id), ("client_id", &client.id)]);
        let answer = house.call(Way::Fetch, Some(&cookie), "/_fn/run_test", run).await;
        assert_eq!(answer.body.contains("for looking at only"), by_api || by_client, "{}", answer.body);
        assert_eq!(answer.body.contains("Which key it is bound to"), by_api || by_client);
    }
}
