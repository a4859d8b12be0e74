//! `POST /oauth/revoke` (RFC 7009) and `POST /oauth/introspect` (RFC 7662) on the wire.

use std::collections::BTreeMap;

use axum::body::Body;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use insta::assert_json_snapshot;
use model::api::SigningAlg;
use model::log::Actor;
use serde_json::{Value, json};
use server::{ErrorProfile, Options};

use crate::house::{Answer, ClientPersona, FORM, House, JSON, ORDERS, form};

const REVOKE: &str = "/oauth/revoke";
const INTROSPECT: &str = "/oauth/introspect";
const BOTH: [&str; 2] = [REVOKE, INTROSPECT];

/// An API, a client that asks for its tokens, and the client that the API introspects them with.
struct Shop {
    house: House,
    worker: ClientPersona,
    gateway: ClientPersona,
}

impl Shop {
    async fn open(error_profile: ErrorProfile) -> Self {
        let options = Options {
            error_profile,
            ..Options::default()
        };
        let house = House::with("https://auth.example.com/", options).await;
        let worker = house.orders().await;
        let gateway = house.client("Orders gateway").await;
        let api = house.engine.api_by_identifier(ORDERS).await.unwrap();
        house.engine.add_introspector(&Actor::command(), &api.id, &gateway.id).await.unwrap();
        Self { house, worker, gateway }
    }

    async fn token(&self) -> String {
        let answer = self.house.ask_with(&self.worker, json!({})).await.json();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// A call as JSON, with fields of `changes` in place of the usual ones; `null` counts as left out.
    async fn call(&self, path: &str, client: &ClientPersona, changes: Value) -> Answer {
        let mut fields = json!({ "client_id": client.id, "client_secret": client.secret });
        for (name, value) in changes.as_object().unwrap() {
            fields[name] = value.clone();
        }
        self.house.post(path, JSON, fields.to_string()).await
    }

    async fn introspect(&self, token: &str) -> Answer {
        self.call(INTROSPECT, &self.gateway, json!({ "token": token })).await
    }

    async fn revoke(&self, client: &ClientPersona, token: &str) -> Answer {
        self.call(REVOKE, client, json!({ "token": token })).await
    }

    async fn by_header(&self, path: &str, authorization: &str, body: &str) -> Answer {
        let request = Request::post(path).header(CONTENT_TYPE, FORM).header(AUTHORIZATION, authorization);
        self.house.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }
}

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{id}:{secret}")))
}

fn says_nothing(answer: &Answer) -> bool {
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body == r#"{"active":false}"#
}

/// An answer as a snapshot keeps it, without the headers that are the same for all, which are asserted here.
fn kept(case: &str, answer: &Answer) -> Value {
    assert_eq!(answer.header("cache-control"), "no-store", "{case}");
    assert_eq!(answer.header("pragma"), "no-cache", "{case}");
    let mut kept = json!({ "status": answer.status.as_u16(), "body": answer.json() });
    for header in ["www-authenticate", "allow", "retry-after"] {
        if answer.headers.contains_key(header) {
            kept[header] = answer.header(header).into();
        }
    }
    kept
}

#[tokio::test]
async fn rfc7662_section_2_2_active_and_not() {
    let shop = Shop::open(ErrorProfile::Auth0).await;
    let token = shop.token().await;
    let answer = shop.introspect(&token).await;
    assert_eq!(answer.json()["client_id"], shop.worker.id);
    assert_json_snapshot!("active", answer.wire(), { ".body.sub" => "[client_id]@clients", ".body.client_id" => "[client_id]" });
    assert_json_snapshot!("inactive", shop.introspect("garbage").await.wire());
}

#[tokio::test]
async fn rfc7009_section_2_2_revoked_once_and_for_all() {
    let shop = Shop::open(ErrorProfile::Auth0).await;
    let token = shop.token().await;
    for time in ["first", "second"] {
        let answer = shop.revoke(&shop.worker, &token).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""), "{time}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(says_nothing(&shop.introspect(&token).await), "{time}");
    }
    shop.house.clock.advance(1);
    let next = shop.token().await;
    assert_eq!(shop.introspect(&next).await.json()["active"], true);
}

#[tokio::test]
async fn every_way_to_prove_oneself_and_every_form() {
    let shop = Shop::open(ErrorProfile::Auth0).await;
    let token = shop.token().await;
    let (id, secret) = (shop.gateway.id.as_str(), shop.gateway.secret.reveal());
    let expect = shop.introspect(&token).await;
    assert_eq!(expect.json()["active"], true);
    let in_body = form(&[
        ("client_id", id),
        ("client_secret", secret),
        ("token", &token),
        ("token_type_hint", "access_token"),
    ]);
    let answers = [
        ("form", shop.house.post(INTROSPECT, FORM, in_body).await),
        ("Basic", shop.by_header(INTROSPECT, &basic(id, secret), &form(&[("token", &token)])).await),
        (
            "another hint",
            shop.call(INTROSPECT, &shop.gateway, json!({ "token": token, "token_type_hint": "refresh_token" }))
                .await,
        ),
        (
            "parameters that are unknown",
            shop.call(INTROSPECT, &shop.gateway, json!({ "token": token, "scope": null, "x": [1] }))
                .await,
        ),
    ];
    for (way, answer) in answers {
        assert_eq!(answer.wire(), expect.wire(), "{way}");
    }
    let by_basic = shop
        .by_header(REVOKE, &basic(&shop.worker.id, shop.worker.secret.reveal()), &form(&[("token", &token)]))
        .await;
    assert_eq!(by_basic.status, 200);
    assert!(says_nothing(&shop.introspect(&token).await));
}

/// What is not active for a caller looks the same, whatever the reason.
#[tokio::test]
async fn nothing_leaks_to_who_may_not_know() {
    let shop = Shop::open(ErrorProfile::Auth0).await;
    let stranger = shop.house.client("Somebody else").await;
    let token = shop.token().await;
    let (signed, _) = token.rsplit_once('.').unwrap();
    let altered = format!("{signed}.{}", "A".repeat(342));
    for presented in [token.as_str(), &altered, "garbage", "a.b.c", "line\nbreak", "\u{0}", "ü"] {
        for client in [&stranger, &shop.worker] {
            let answer = shop.call(INTROSPECT, client, json!({ "token": presented })).await;
            assert!(says_nothing(&answer), "{presented}: {}", answer.body);
        }
        let answer = shop.revoke(&stranger, presented).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""), "{presented}");
    }
    assert_eq!(shop.introspect(&token).await.json()["active"], true, "a stranger revoked nothing");
}

#[tokio::test]
async fn another_api_learns_nothing() {
    let shop = Shop::open(ErrorProfile::Auth0).await;
    let stock = shop.house.api("https://stock.example.com/", SigningAlg::RS256, &[]).await;
    let stock_gateway = shop.house.client("Stock gateway").await;
    let by = Actor::command();
    shop.house.engine.add_introspector(&by, &stock.id, &stock_gateway.id).await.unwrap();
    let token = shop.token().await;
    assert!(says_nothing(&shop.call(INTROSPECT, &stock_gateway, json!({ "token": token })).await));
}

#[tokio::test]
async fn every_refusal_in_both_profiles() {
    assert_json_snapshot!("refusals", every_refusal(ErrorProfile::Auth0).await);
    assert_json_snapshot!("refusals_rfc", every_refusal(ErrorProfile::Rfc).await);
}

/// Every rule that can say no; both endpoints say it alike.
async fn every_refusal(error_profile: ErrorProfile) -> BTreeMap<&'static str, Value> {
    let shop = Shop::open(error_profile).await;
    let token = shop.token().await;
    let unlucky = shop.house.client("Unlucky").await;
    shop.house.lock_out(&unlucky.id).await;
    let mut refusals = BTreeMap::new();
    for path in BOTH {
        let call = |changes: Value| shop.call(path, &shop.gateway, changes);
        let (id, secret) = (shop.gateway.id.as_str(), shop.gateway.secret.reveal());
        let token_alone = form(&[("token", &token)]);
        let header = |authorization: String, body: String| {
            let shop = &shop;
            async move { shop.by_header(path, &authorization, &body).await }
        };
        let answers = [
            ("nobody", call(json!({ "token": token, "client_id": null, "client_secret": null })).await),
            ("unknown client", call(json!({ "token": token, "client_id": "nobody" })).await),
            ("no secret", call(json!({ "token": token, "client_secret": null })).await),
            ("wrong secret", call(json!({ "token": token, "client_secret": "wrong" })).await),
            ("wrong secret and no token", call(json!({ "client_secret": "wrong" })).await),
            ("wrong secret by header", header(basic(id, "wrong"), token_alone.clone()).await),
            ("a bearer token", header("Bearer abc".to_owned(), token_alone.clone()).await),
            ("malformed header", header("Basic !!".to_owned(), token_alone.clone()).await),
            (
                "two methods",
                header(basic(id, secret), form(&[("token", &token), ("client_secret", secret)])).await,
            ),
            (
                "two clients",
                header(basic(id, secret), form(&[("token", &token), ("client_id", "other")])).await,
            ),
            ("locked out", shop.call(path, &unlucky, json!({ "token": token })).await),
            ("no token", call(json!({})).await),
            ("empty token", call(json!({ "token": "" })).await),
            ("a token that is no text", call(json!({ "token": [token] })).await),
            ("two tokens", header(basic(id, secret), "token=a&token=b".to_owned()).await),
            ("empty body", shop.house.post(path, FORM, "").await),
            ("another content type", shop.house.post(path, "text/plain", token.clone()).await),
        ];
        for (case, answer) in answers {
            assert_ne!(answer.status, 200, "{path} {case}");
            let kept = kept(case, &answer);
            if let Some(same) = refusals.insert(case, kept.clone()) {
                assert_eq!(same, kept, "{case}: both endpoints say the same");
            }
        }
    }
    assert_eq!(shop.introspect(&token).await.json()["active"], true, "nobody revoked it");
    refusals
}

#[tokio::test]
async fn bodies_have_the_limit_of_the_token_endpoint() {
    let shop = Shop::open(ErrorProfile::Auth0).await;
    let rest = form(&[("client_id", &shop.gateway.id), ("client_secret", shop.gateway.secret.reveal())]);
    for path in BOTH {
        let body = |length: usize| format!("{rest}&token={}", "x".repeat(length - rest.len() - 7));
        assert_eq!(shop.house.post(path, FORM, body(64 * 1024)).await.status, 200, "{path}");
        let answer = shop.house.post(path, FORM, body(64 * 1024 + 1)).await;
        assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (413, "no-store"), "{path}");
        assert_eq!(answer.json()["error_description"], "The body is too large: send at most 64 KiB.");
    }
}

#[tokio::test]
async fn other_methods_are_told_to_post() {
    let house = House::new().await;
    let mut answers = BTreeMap::new();
    for path in BOTH {
        for method in ["GET", "PUT", "DELETE", "OPTIONS"] {
            // RFC 7662 §4: a token in an address would stand in the logs of every proxy.
            let request = Request::builder().method(method).uri(format!("{path}?token=x"));
            let answer = house.send(request.body(Body::empty()).unwrap()).await;
            answers.insert(format!("{method} {path}"), kept(method, &answer));
        }
    }
    assert_json_snapshot!("other_methods", answers);
}

#[tokio::test]
async fn refusals_are_logged_without_token_and_secret() {
    use model::log::{LogQuery, LogType};
    let shop = Shop::open(ErrorProfile::Auth0).await;
    let token = shop.token().await;
    shop.call(INTROSPECT, &shop.gateway, json!({ "token": token, "client_secret": "s3cret" }))
        .await;
    shop.call(REVOKE, &shop.worker, json!({ "token": token, "client_secret": "s3cret" }))
        .await;
    shop.call(INTROSPECT, &shop.worker, json!({ "token": token })).await;
    shop.house.post(REVOKE, JSON, "{").await;
    shop.house.post(INTROSPECT, FORM, "x".repeat(100_000)).await;
    shop.revoke(&shop.worker, &token).await;
    let of = |kind| LogQuery {
        kind: Some(kind),
        ..LogQuery::default()
    };
    let refused = shop.house.engine.list_logs(&of(LogType::CallRefused)).await.unwrap().items;
    let mut reasons: Vec<&str> = refused.iter().map(|entry| entry.reason.as_str()).collect();
    reasons.sort_unstable();
    assert_eq!(
        reasons,
        [
            "malformed_request",
            "malformed_request",
            "not_introspector",
            "secret_wrong",
            "secret_wrong"
        ]
    );
    let revoked = shop.house.engine.list_logs(&of(LogType::TokenRevoked)).await.unwrap().items;
    assert_eq!(revoked.len(), 1);
    let written = format!("{refused:?}{revoked:?}");
    assert!(!written.contains(&token) && !written.contains("s3cret"));
}

#[tokio::test]
async fn a_client_that_was_cut_off_goes_on_with_new_tokens() {
    let shop = Shop::open(ErrorProfile::Auth0).await;
    let old = shop.token().await;
    shop.house.engine.revoke_client_tokens(&Actor::command(), &shop.worker.id).await.unwrap();
    assert!(says_nothing(&shop.introspect(&old).await));
    let new = shop.token().await;
    assert_eq!(shop.introspect(&new).await.json()["active"], true, "in the same second");
    shop.house.engine.verify(&new).await.expect("an independent library accepts the token");
}

#[tokio::test]
async fn without_the_database_nothing_is_said() {
    let shop = Shop::open(ErrorProfile::Auth0).await;
    let token = shop.token().await;
    shop.introspect(&token).await;
    shop.revoke(&shop.worker, "garbage").await;
    shop.house.engine.close().await;
    for answer in [shop.introspect(&token).await, shop.revoke(&shop.worker, &token).await] {
        assert_eq!(
            (answer.status.as_u16(), answer.json()["error"].as_str()),
            (500, Some("server_error")),
            "{}",
            answer.body
        );
    }
}
