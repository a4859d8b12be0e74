//! Lock-outs and quotas on the wire: 429 with the time to wait, in both profiles.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use model::lockout::OF_CLIENT;
use model::log::Actor;
use model::quota::TokenQuota;
use serde_json::{Value, json};
use server::{ErrorProfile, Options};

use crate::house::{FORM, House, NOW, ORDERS, Way, form};

const HEADER: &str = "auth0-client-quota-limit";
const PROFILES: [ErrorProfile; 2] = [ErrorProfile::Auth0, ErrorProfile::Rfc];

async fn house(error_profile: ErrorProfile) -> House {
    let options = Options {
        error_profile,
        ..Options::default()
    };
    House::with("http://localhost:3000/", options).await
}

/// Seconds of the hour that are left at [`NOW`].
fn left_of_the_hour() -> i64 {
    3_600 - NOW % 3_600
}

#[tokio::test]
async fn an_enforced_quota_is_told_with_each_token_and_ends_in_429() {
    for profile in PROFILES {
        let house = house(profile).await;
        house.orders().await;
        let client = house.with_quota(2, true).await;
        let t = left_of_the_hour();
        for remaining in [1, 0] {
            let answer = house.ask_with(&client, json!({})).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
            assert_eq!(answer.header(HEADER), format!("b=per_hour;q=2;r={remaining};t={t}"));
            assert!(answer.json().get("quota").is_none(), "the header has it: {}", answer.body);
        }
        let answer = house.ask_with(&client, json!({})).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(answer.json()["error"], "too_many_requests");
        assert_eq!(answer.header("retry-after"), t.to_string());
        assert_eq!(answer.header(HEADER), format!("b=per_hour;q=2;r=0;t={t}"));
        assert_eq!(answer.header("cache-control"), "no-store");
        // It waits as it was told to.
        house.clock.advance(t);
        assert_eq!(house.ask_with(&client, json!({})).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn auth0s_text() {
    let house = house(ErrorProfile::Auth0).await;
    house.orders().await;
    let client = house.with_quota(1, true).await;
    house.ask_with(&client, json!({})).await;
    assert_eq!(
        house.ask_with(&client, json!({})).await.json(),
        json!({
            "error": "too_many_requests",
            "error_description": "Client quota exceeded",
            "error_uri": "http://localhost:3000/docs/errors/quota_exceeded"
        })
    );
}

#[tokio::test]
async fn an_observed_quota_is_told_and_refuses_nothing() {
    let house = house(ErrorProfile::Auth0).await;
    house.orders().await;
    let client = house.with_quota(1, false).await;
    for _ in 0..3 {
        let answer = house.ask_with(&client, json!({})).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header(HEADER), format!("b=per_hour;q=1;r=0;t={}", left_of_the_hour()));
    }
    house
        .engine
        .set_token_quota(&Actor::command(), &client.id, TokenQuota::default())
        .await
        .unwrap();
    assert_eq!(house.ask_with(&client, json!({})).await.header(HEADER), "");
}

/// Who does not prove to be the client learns nothing of its quota.
#[tokio::test]
async fn strangers_learn_nothing_of_a_quota() {
    let house = house(ErrorProfile::Auth0).await;
    house.orders().await;
    let client = house.with_quota(1, true).await;
    house.ask_with(&client, json!({})).await;
    let answer = house.ask_with(&client, json!({ "client_secret": "wrong" })).await;
    assert_eq!((answer.status, answer.header(HEADER)), (StatusCode::UNAUTHORIZED, ""));
}

#[tokio::test]
async fn a_lock_out_says_how_long_at_every_endpoint_and_of_every_client() {
    for profile in PROFILES {
        let house = house(profile).await;
        let client = house.orders().await;
        house.lock_out(&client.id).await;
        house.lock_out("nobody").await;
        let fields = |id: &str, secret: &str| {
            let grant = [("grant_type", "client_credentials"), ("audience", ORDERS), ("token", "x")];
            form(&[&grant[..], &[("client_id", id), ("client_secret", secret)]].concat())
        };
        let mut answers: Vec<Value> = Vec::new();
        for path in ["/oauth/token", "/oauth/revoke", "/oauth/introspect"] {
            for body in [
                fields(&client.id, client.secret.reveal()),
                fields(&client.id, "wrong"),
                fields("nobody", "wrong"),
            ] {
                answers.push(house.post(path, FORM, body).await.wire());
            }
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
        assert_eq!(
            (&answers[0]["status"], &answers[0]["headers"]["retry-after"]),
            (&json!(429), &json!("60"))
        );
        assert_eq!(answers[0]["body"]["error"], "too_many_requests");
        house.clock.advance(OF_CLIENT.first);
        assert_eq!(house.ask_with(&client, json!({})).await.status, StatusCode::OK);
    }
}

/// Behind a proxy that is trusted, an attacker locks out itself; what others say of their address is not believed.
#[tokio::test]
async fn lock_outs_are_by_the_address_that_a_trusted_proxy_names() {
    let options = Options {
        trusted_proxies: "10.0.0.0/8".parse().unwrap(),
        ..Options::default()
    };
    let house = House::with("http://localhost:3000/", options).await;
    let client = house.orders().await;
    let ask = async |peer: &str, forwarded: &str, secret: &str| {
        let fields = [
            ("grant_type", "client_credentials"),
            ("audience", ORDERS),
            ("client_id", &client.id),
            ("client_secret", secret),
        ];
        let mut request = Request::post("/oauth/token")
            .header(CONTENT_TYPE, FORM)
            .header("x-forwarded-for", forwarded)
            .body(Body::from(form(&fields)))
            .unwrap();
        let peer: SocketAddr = format!("{peer}:40000").parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        house.send(request).await.status
    };
    for _ in 0..OF_CLIENT.failures {
        assert_eq!(ask("10.0.0.1", "198.51.100.7", "wrong").await, StatusCode::UNAUTHORIZED);
    }
    let secret = client.secret.reveal();
    assert_eq!(ask("10.0.0.1", "198.51.100.7", secret).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        ask("10.0.0.1", "203.0.113.9, 198.51.100.7", secret).await,
        StatusCode::TOO_MANY_REQUESTS,
        "what it says itself"
    );
    assert_eq!(ask("10.0.0.1", "203.0.113.9", secret).await, StatusCode::OK);
    assert_eq!(ask("192.0.2.1", "198.51.100.7", secret).await, StatusCode::OK, "no proxy of ours");
}

/// Whoever mistypes a secret some times and then has it right waits for nothing.
#[tokio::test]
async fn a_developer_who_mistypes_is_not_locked_out() {
    let (house, client) = House::with_orders().await;
    for _ in 1..OF_CLIENT.failures {
        house.ask_with(&client, json!({ "client_secret": "wrong" })).await;
    }
    assert_eq!(house.ask_with(&client, json!({})).await.status, StatusCode::OK);
}

/// The Usage tab: what it shows, and that its forms work without script.
#[tokio::test]
async fn an_admin_sees_and_changes_all_of_it_on_the_usage_tab() {
    let (house, client) = House::with_orders().await;
    let cookie = house.admin().await;
    let path = format!("/clients/{}/usage", client.id);
    let tab = async || {
        let answer = house.get_as(&cookie, &path).await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.body
    };
    let empty = tab().await;
    assert!(empty.contains("No tokens yet") && empty.contains("Save quota") && !empty.contains("Lock-outs"));

    for _ in 0..120 {
        assert_eq!(house.ask_with(&client, json!({})).await.status, StatusCode::OK);
    }
    house.lock_out(&client.id).await;
    house.ask_with(&client, json!({})).await;
    let full = tab().await;
    for text in [
        "119 of 120 tokens in the last 24 hours were asked for while it held a live one.",
        "this client is locked out from there until ",
        "2027-01-15T08:01:00Z (in 1 min)",
        "One attempt was refused since.",
        "119 of them while it held a live token with more than half of its life left",
        "Last 30 days",
    ] {
        assert!(full.contains(text), "{text}");
    }
    assert!(!full.contains("style="), "the Content-Security-Policy refuses it");
    assert!(house.get_as(&cookie, "/clients").await.body.contains("Keeps no tokens"));

    let post = async |function: &str, fields: &[(&str, &str)]| {
        let fields = [&[("client_id", client.id.as_str())], fields].concat();
        let answer = house.call(Way::Form, Some(&cookie), function, form(&fields)).await;
        assert!(answer.status.is_redirection(), "{}", answer.body);
        answer.header("location").to_owned()
    };
    assert_eq!(post("/_fn/lift_lockout", &[("address", "")]).await, format!("{path}?saved=lifted"));
    assert!(!tab().await.contains("Lock-outs"));
    assert_eq!(house.ask_with(&client, json!({})).await.status, StatusCode::OK);

    let quota = [("per_hour", "121"), ("per_day", ""), ("mode", "enforce")];
    assert_eq!(post("/_fn/set_token_quota", &quota).await, format!("{path}?saved=quota"));
    assert_eq!(house.ask_with(&client, json!({})).await.status, StatusCode::TOO_MANY_REQUESTS);
    let used = tab().await;
    assert!(used.contains("121 of 121") && used.contains("Requests that its quota refused: 1"));
    let refused = post("/_fn/set_token_quota", &[("per_hour", "0"), ("per_day", ""), ("mode", "enforce")]).await;
    let page = house
        .get_as(&cookie, refused.strip_prefix("http://localhost:3000").unwrap_or(&refused))
        .await;
    assert!(refused.contains("__err="), "{refused} {}", page.status);
    assert_eq!(
        house.engine.client(&client.id).await.unwrap().token_quota.per_hour,
        Some(121),
        "nothing changed"
    );
}
