//! `POST /oauth/token` on the wire: answers, tokens, and every refusal.

use std::collections::BTreeMap;

use axum::body::Body;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use insta::assert_json_snapshot;
use model::api::SigningAlg;
use model::assertion::ASSERTION_TYPE;
use model::client::{AuthMethod, ClientChanges};
use model::log::Actor;
use serde_json::{Value, json};
use server::{ErrorProfile, Options};

use crate::house::{Answer, ClientPersona, FORM, House, JSON, NOW, ORDERS};

/// Header and claims of the token in an answer.
pub fn token_of(answer: &Answer) -> Value {
    let body = answer.json();
    let token = body["access_token"].as_str().unwrap_or_else(|| panic!("no token: {body}"));
    let parts: Vec<Value> = token
        .split('.')
        .take(2)
        .map(|part| serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
        .collect();
    json!({ "header": parts[0], "claims": parts[1] })
}

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{id}:{secret}")))
}

async fn ask_by_header(house: &House, authorization: &str, body: &str) -> Answer {
    let request = Request::post("/oauth/token")
        .header(CONTENT_TYPE, FORM)
        .header(AUTHORIZATION, authorization);
    house.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

#[tokio::test]
async fn rfc6749_section_5_1_success() {
    let (house, client) = House::with_orders().await;
    let answer = house.ask_with(&client, json!({})).await;
    assert_json_snapshot!("success", answer.wire(), { ".body.access_token" => "[token]" });
    assert_json_snapshot!("success_token", token_of(&answer), {
        ".header.kid" => "[kid]", ".claims.sub" => "[client_id]@clients", ".claims.azp" => "[client_id]",
    });
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    house.engine.verify(&token).await.expect("an independent library accepts the token");
    let claims = &token_of(&answer)["claims"];
    assert_eq!(claims["sub"], format!("{}@clients", client.id));
    assert_eq!(claims["azp"], client.id);
}

#[tokio::test]
async fn hs256_tokens_name_the_secret_that_signed_them() {
    let house = House::new().await;
    let client = house.client("Billing worker").await;
    let audience = "urn:example:hs256";
    let api = house.api(audience, SigningAlg::HS256, &[]).await;
    house.grant(&client, audience, &[]).await;
    let answer = house.ask_with(&client, json!({ "audience": audience })).await;
    assert_json_snapshot!("success_without_scopes", answer.wire(), { ".body.access_token" => "[token]" });
    let kid = &house.engine.signing_secrets(&api.id).await.unwrap()[0].kid;
    assert_eq!(token_of(&answer)["header"], json!({ "alg": "HS256", "typ": "JWT", "kid": kid }));
    house
        .engine
        .verify(answer.json()["access_token"].as_str().unwrap())
        .await
        .expect("an independent library accepts the token");
}

#[tokio::test]
async fn every_way_to_ask_gives_the_same_claims() {
    let (house, client) = House::with_orders().await;
    let expect = token_of(&house.ask_with(&client, json!({})).await)["claims"].clone();
    let (id, secret) = (client.id.as_str(), client.secret.reveal());
    let audience = "https%3A%2F%2Forders.example.com%2F";
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}&audience={audience}");
    let rest = format!("grant_type=client_credentials&audience={audience}");
    let answers = [
        ("form", house.ask(FORM, form.clone()).await),
        (
            "form with charset",
            house.ask("Application/X-WWW-Form-Urlencoded; charset=UTF-8", form.clone()).await,
        ),
        (
            "unknown and empty parameters",
            house.ask(FORM, format!("{form}&foo=bar&scope=&organization=")).await,
        ),
        (
            "JSON with charset, null and unknown parameters",
            house
                .ask(
                    "application/json; charset=utf-8",
                    json!({
                        "grant_type": "client_credentials", "client_id": id, "client_secret": secret, "audience": ORDERS,
                        "scope": null, "resource": null, "nested": { "a": [1, 2] },
                    })
                    .to_string(),
                )
                .await,
        ),
        (
            "resource in place of audience",
            house.ask(FORM, form.replace("audience=", "resource=")).await,
        ),
        ("audience before resource", house.ask(FORM, format!("{form}&resource=urn%3Aother")).await),
        ("Basic", ask_by_header(&house, &basic(id, secret), &rest).await),
        (
            "Basic, with percent-encoding",
            ask_by_header(&house, &basic(&format!("%{:02X}{}", id.as_bytes()[0], &id[1..]), secret), &rest).await,
        ),
        (
            "Basic and the client_id again",
            ask_by_header(&house, &basic(id, secret), &format!("{rest}&client_id={id}")).await,
        ),
        ("scope that is granted", house.ask_with(&client, json!({ "scope": "read:orders" })).await),
    ];
    for (way, answer) in answers {
        assert_eq!(answer.status, 200, "{way}: {}", answer.body);
        assert_eq!(token_of(&answer)["claims"], expect, "{way}");
    }
}

#[tokio::test]
async fn a_narrower_scope_gives_a_narrower_token() {
    let house = House::new().await;
    let client = house.client("Billing worker").await;
    house.api(ORDERS, SigningAlg::RS256, &["a", "b", "c"]).await;
    house.grant(&client, ORDERS, &["a", "b"]).await;
    for (asked, expect) in [(Value::Null, "a b"), (json!("b"), "b"), (json!("b a"), "b a")] {
        let answer = house.ask_with(&client, json!({ "scope": asked })).await;
        assert_eq!(answer.json()["scope"], expect);
        assert_eq!(token_of(&answer)["claims"]["scope"], expect);
    }
}

#[tokio::test]
async fn either_of_two_secrets_gives_a_token() {
    let (house, client) = House::with_orders().await;
    let second = house.add_secret(&client, Some(NOW + 60)).await;
    let expect = token_of(&house.ask_with(&client, json!({})).await)["claims"].clone();
    let rest = "grant_type=client_credentials&audience=https%3A%2F%2Forders.example.com%2F";
    for answer in [
        house.ask_with(&client, json!({ "client_secret": second })).await,
        ask_by_header(&house, &basic(&client.id, second.reveal()), rest).await,
    ] {
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(token_of(&answer)["claims"], expect);
    }
    // To a stranger, an expired secret is like a wrong one.
    let wrong = house.ask_with(&client, json!({ "client_secret": "wrong" })).await;
    house.clock.set(NOW + 60);
    let expired = house.ask_with(&client, json!({ "client_secret": second })).await;
    assert_eq!(expired.wire(), wrong.wire());
    assert_eq!(house.ask_with(&client, json!({})).await.status, 200);
    let log = house.engine.list_logs(&Default::default()).await.unwrap().items;
    assert_eq!(log[1].reason, "secret_expired");
    assert_eq!(log[1].description, "The client secret \"Secret 2\" expired on 2027-01-15T08:01:00Z");
}

/// Refusals as a snapshot keeps them: without the parts that are the same for all, which are asserted here.
fn refusals(answers: BTreeMap<&str, Answer>) -> BTreeMap<&str, Value> {
    answers
        .into_iter()
        .map(|(case, answer)| {
            assert_eq!(answer.header("cache-control"), "no-store", "{case}");
            assert_eq!(answer.header("pragma"), "no-cache", "{case}");
            assert_eq!(answer.header("content-type"), "application/json", "{case}");
            assert!(answer.json().get("access_token").is_none(), "{case}");
            let mut kept = json!({ "status": answer.status.as_u16(), "body": answer.json() });
            for header in ["www-authenticate", "allow", "retry-after", "auth0-client-quota-limit"] {
                if answer.headers.contains_key(header) {
                    kept[header] = answer.header(header).into();
                }
            }
            (case, kept)
        })
        .collect()
}

/// What each refusal says of itself leads on: to a page that is there, and to its own entry in the log.
#[tokio::test]
async fn error_id_and_error_uri_lead_to_the_entry_and_the_page() {
    let (house, client) = House::with_orders().await;
    for (changes, reason, page) in [
        (json!({ "client_secret": "wrong" }), "secret_wrong", "client_authentication"),
        (json!({ "audience": "urn:none" }), "audience_unknown", "audience_unknown"),
        (json!({ "scope": "no:scope" }), "scope_not_granted", "scope_not_granted"),
        (json!({ "scope": ["a"] }), "malformed_request", "malformed_request"),
    ] {
        let answer = house.ask_with(&client, changes).await;
        let entry = house.engine.log(&answer.error_id()).await.unwrap();
        assert_eq!(entry.reason, reason);
        let uri = answer.json()["error_uri"].as_str().unwrap().to_owned();
        assert_eq!(uri, format!("http://localhost:3000/docs/errors/{page}"));
        let page = house.get(uri.trim_start_matches("http://localhost:3000")).await;
        assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
    }
    let answer = house.post("/oauth/introspect", JSON, json!({ "token": "x" }).to_string()).await;
    assert_eq!(house.engine.log(&answer.error_id()).await.unwrap().reason, "client_missing");
}

#[tokio::test]
async fn every_refusal_in_auth0s_profile() {
    assert_json_snapshot!("refusals", every_refusal(ErrorProfile::Auth0).await);
}

#[tokio::test]
async fn rfc6749_section_5_2_and_rfc8707_section_2_every_refusal() {
    let refusals = every_refusal(ErrorProfile::Rfc).await;
    for (case, refusal) in &refusals {
        let description = refusal["body"]["error_description"].as_str().unwrap();
        assert!(!description.contains(['"', '\\']), "{case}: {description}");
    }
    assert_json_snapshot!("refusals_rfc", refusals);
}

/// Every rule that can say no, asked in this profile.
async fn every_refusal(error_profile: ErrorProfile) -> BTreeMap<&'static str, Value> {
    let options = Options {
        error_profile,
        ..Options::default()
    };
    let house = House::with("http://localhost:3000/", options).await;
    let client = house.orders().await;
    let stranger = ClientPersona {
        id: "nobody".to_owned(),
        secret: client.secret.clone(),
    };
    let expired = house.add_secret(&client, Some(NOW + 1)).await;
    house.clock.set(NOW + 1);
    house.api("https://other.example.com/", SigningAlg::RS256, &[]).await;
    let only_jwt = house.client("Only by assertion").await;
    let changes = ClientChanges {
        auth_methods: Some(vec![AuthMethod::PrivateKeyJwt]),
        ..ClientChanges::default()
    };
    house.engine.update_client(&Actor::command(), &only_jwt.id, changes).await.unwrap();
    let asserted = |client_id: &str| {
        let part = |json: Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
        let claims = json!({ "iss": client_id, "sub": client_id, "aud": "http://localhost:3000/", "exp": NOW + 60 });
        let assertion = format!("{}.{}.c2ln", part(json!({ "alg": "ES256" })), part(claims));
        json!({ "client_id": null, "client_secret": null, "client_assertion": assertion, "client_assertion_type": ASSERTION_TYPE })
    };
    let rest = "grant_type=client_credentials&audience=https%3A%2F%2Forders.example.com%2F";
    let ask = |changes: Value| house.ask_with(&client, changes);
    let limited = house.with_quota(1, true).await;
    house.ask_with(&limited, json!({})).await;
    let unlucky = house.client("Unlucky").await;
    house.lock_out(&unlucky.id).await;
    refusals(BTreeMap::from([
        ("quota exceeded", house.ask_with(&limited, json!({})).await),
        ("locked out", house.ask_with(&unlucky, json!({})).await),
        ("unknown client", house.ask_with(&stranger, json!({})).await),
        ("wrong secret", ask(json!({ "client_secret": "wrong" })).await),
        ("expired secret", ask(json!({ "client_secret": expired })).await),
        ("no secret", ask(json!({ "client_secret": null })).await),
        ("empty secret", ask(json!({ "client_secret": "" })).await),
        ("no client", ask(json!({ "client_id": null, "client_secret": null })).await),
        ("a secret without a client", ask(json!({ "client_id": null })).await),
        (
            "expired secret by header",
            ask_by_header(&house, &basic(&client.id, expired.reveal()), rest).await,
        ),
        ("wrong secret by header", ask_by_header(&house, &basic(&client.id, "wrong"), rest).await),
        ("no secret by header", ask_by_header(&house, &basic(&client.id, ""), rest).await),
        ("unknown client by header", ask_by_header(&house, &basic("nobody", "x"), rest).await),
        ("another scheme than Basic", ask_by_header(&house, "Bearer abc", rest).await),
        ("malformed header", ask_by_header(&house, "Basic !!", rest).await),
        (
            "two methods",
            ask_by_header(
                &house,
                &basic(&client.id, client.secret.reveal()),
                &format!("{rest}&client_secret={}", client.secret.reveal()),
            )
            .await,
        ),
        (
            "two clients",
            ask_by_header(&house, &basic(&client.id, client.secret.reveal()), &format!("{rest}&client_id=other")).await,
        ),
        ("a method that is not allowed", house.ask_with(&only_jwt, json!({})).await),
        ("an assertion of a client that may send none", ask(asserted(&client.id)).await),
        ("an assertion without a key", ask(asserted(&only_jwt.id)).await),
        ("an assertion of nobody", ask(asserted("nobody")).await),
        (
            "no assertion at all",
            ask(json!({ "client_secret": null, "client_assertion": "x", "client_assertion_type": ASSERTION_TYPE })).await,
        ),
        (
            "an assertion of another type",
            ask(json!({ "client_secret": null, "client_assertion": "x" })).await,
        ),
        ("no grant type", ask(json!({ "grant_type": null })).await),
        ("unknown grant type", ask(json!({ "grant_type": "password" })).await),
        ("no audience", ask(json!({ "audience": null })).await),
        ("empty audience", ask(json!({ "audience": "" })).await),
        ("unknown audience", ask(json!({ "audience": "https://orders.example.com" })).await),
        (
            "audience with characters of a terminal",
            ask(json!({ "audience": "h\u{e9}llo \u{202e}" })).await,
        ),
        ("audience with a quote", ask(json!({ "audience": "\"\\" })).await),
        (
            "no grant for the audience",
            ask(json!({ "audience": "https://other.example.com/" })).await,
        ),
        ("a scope that is not granted", ask(json!({ "scope": "read:orders write:orders" })).await),
        ("scopes that do not exist", ask(json!({ "scope": "x y" })).await),
    ]))
}

#[tokio::test]
async fn a_client_can_not_be_probed() {
    let (house, client) = House::with_orders().await;
    let known = house.ask_with(&client, json!({ "client_secret": "wrong" })).await;
    let stranger = ClientPersona {
        id: "nobody".to_owned(),
        secret: client.secret,
    };
    let unknown = house.ask_with(&stranger, json!({})).await;
    assert_eq!(known.wire(), unknown.wire());
}

#[tokio::test]
async fn changes_are_honoured_at_once() {
    let (house, client) = House::with_orders().await;
    let actor = Actor::command();
    assert_eq!(house.ask_with(&client, json!({})).await.status, 200);
    let rotated = house.engine.rotate_client_secret(&actor, &client.id).await.unwrap();
    assert_eq!(house.ask_with(&client, json!({})).await.status, 401, "the old secret is refused");
    let client = ClientPersona { secret: rotated, ..client };
    let api = house.engine.api_by_identifier(ORDERS).await.unwrap();
    house.engine.remove_scope(&actor, &api.id, "read:orders").await.unwrap();
    let answer = house.ask_with(&client, json!({})).await;
    assert!(answer.json().get("scope").is_none(), "{}", answer.body);
    house.engine.delete_grant(&actor, &client.id, ORDERS).await.unwrap();
    assert_eq!(house.ask_with(&client, json!({})).await.status, 403);
    house.engine.delete_client(&actor, &client.id).await.unwrap();
    assert_eq!(house.ask_with(&client, json!({})).await.status, 401);
}

#[tokio::test]
async fn other_methods_are_told_to_post() {
    let house = House::new().await;
    let mut answers = BTreeMap::new();
    for method in ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let request = Request::builder().method(method).uri("/oauth/token").header(CONTENT_TYPE, JSON);
        answers.insert(method, house.send(request.body(Body::empty()).unwrap()).await);
    }
    assert_json_snapshot!("other_methods", refusals(answers));
}

#[tokio::test]
async fn every_answer_is_logged_with_its_reason() {
    use model::log::{LogQuery, LogType};
    let (house, client) = House::with_orders().await;
    house.ask_with(&client, json!({})).await;
    house.ask_with(&client, json!({ "client_secret": "wrong" })).await;
    house.ask(JSON, "{").await;
    let query = LogQuery {
        kind: Some(LogType::TokenRefused),
        ..LogQuery::default()
    };
    let refused = house.engine.list_logs(&query).await.unwrap();
    let mut reasons: Vec<String> = refused.items.into_iter().map(|entry| entry.reason).collect();
    reasons.sort();
    assert_eq!(reasons, ["malformed_request", "secret_wrong"]);
}
