//! The documents that programs read: content, how long it may be kept, and what is said where there is none.

use axum::body::Body;
use http::header::IF_NONE_MATCH;
use http::{Method, Request, StatusCode};
use insta::assert_json_snapshot;
use model::key::KeyAlg;
use model::log::Actor;
use serde_json::json;

use crate::house::{Answer, House, request};

const JWKS: &str = "/.well-known/jwks.json";
const DOCUMENTS: [&str; 3] = [JWKS, "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"];

async fn get_unless(house: &House, path: &str, etag: &str) -> Answer {
    let request = Request::get(path).header(IF_NONE_MATCH, etag);
    house.send(request.body(Body::empty()).unwrap()).await
}

fn kids(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let keys = body["keys"].as_array().unwrap();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn rfc7517_section_5_jwks() {
    let house = House::new().await;
    let answer = house.get(JWKS).await;
    assert_json_snapshot!("jwks", answer.wire(), { ".body.keys[].kid" => "[kid]", ".body.keys[].n" => "[n]" });
}

#[tokio::test]
async fn rfc8414_section_3_2_discovery() {
    let house = House::at("https://auth.example.com/").await;
    let answer = house.get("/.well-known/oauth-authorization-server").await;
    assert_json_snapshot!("discovery", answer.wire());
    let same = house.get("/.well-known/openid-configuration").await;
    assert_eq!(same.wire(), answer.wire(), "one document under both names");
    let elsewhere = House::at("http://localhost:3000/").await.get("/.well-known/openid-configuration").await;
    assert_eq!(elsewhere.json()["issuer"], "http://localhost:3000/");
}

#[tokio::test]
async fn rfc9110_section_13_1_2_unchanged_documents_are_not_sent_again() {
    let house = House::new().await;
    for path in DOCUMENTS {
        let whole = house.get(path).await;
        let etag = whole.header("etag").to_owned();
        assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() > 10, "{path}: {etag}");
        for known in [etag.clone(), format!("W/{etag}"), format!("\"other\", {etag}"), "*".to_owned()] {
            let answer = get_unless(&house, path, &known).await;
            assert_eq!(answer.status, StatusCode::NOT_MODIFIED, "{path} {known}");
            assert_eq!(answer.body, "", "{path}");
            for header in ["etag", "cache-control", "access-control-allow-origin"] {
                assert_eq!(answer.header(header), whole.header(header), "{path} {header}");
            }
        }
        let answer = get_unless(&house, path, "\"other\"").await;
        assert_eq!((answer.status, &answer.body), (StatusCode::OK, &whole.body), "{path}");
    }
}

#[tokio::test]
async fn rotation_and_revocation_change_the_jwks() {
    let house = House::new().await;
    let actor = Actor::command();
    let first = house.get(JWKS).await;
    let [current, next] = kids(&first).try_into().unwrap();

    house.engine.rotate_keys(&actor, KeyAlg::RS256, false).await.unwrap();
    let rotated = get_unless(&house, JWKS, first.header("etag")).await;
    assert_eq!(rotated.status, StatusCode::OK, "the former ETag no longer stands for it");
    let kids_now = kids(&rotated);
    assert_eq!(kids_now.len(), 3);
    assert_eq!((&kids_now[0], &kids_now[2]), (&next, &current), "current, next, previous");

    house.engine.revoke_key(&actor, &current).await.unwrap();
    let revoked = get_unless(&house, JWKS, rotated.header("etag")).await;
    assert_eq!(kids(&revoked), kids_now[..2]);
}

#[tokio::test]
async fn documents_are_only_read() {
    let house = House::new().await;
    for path in DOCUMENTS {
        let answer = house.send(request(Method::POST, path)).await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (StatusCode::METHOD_NOT_ALLOWED, "GET,HEAD"),
            "{path}"
        );
        let answer = house.send(request(Method::HEAD, path)).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""), "{path}");
    }
}

#[tokio::test]
async fn health() {
    let house = House::new().await;
    for path in ["/health/live", "/health/ready"] {
        let answer = house.get(path).await;
        assert_eq!((answer.status, answer.json()), (StatusCode::OK, json!({ "status": "ok" })), "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
    house.engine.close().await;
    assert_eq!(house.get("/health/live").await.status, StatusCode::OK, "the process lives");
    let answer = house.get("/health/ready").await;
    assert_eq!(
        (answer.status, answer.json()),
        (StatusCode::SERVICE_UNAVAILABLE, json!({ "status": "unavailable" }))
    );
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn programs_are_told_in_json_that_there_is_nothing() {
    let house = House::new().await;
    house.create_admin().await;
    for path in [
        "/oauth",
        "/oauth/",
        "/oauth/authorize",
        "/oauth/token/",
        "/.well-known",
        "/.well-known/",
        "/.well-known/webfinger",
        "/.well-known/jwks.json/x",
        "/health",
        "/health/",
        "/health/dead",
        "/api",
        "/api/",
        "/api/v3/clients",
    ] {
        for method in [Method::GET, Method::POST, Method::OPTIONS] {
            let answer = house.send(request(method.clone(), path)).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}: {}", answer.body);
            assert_eq!(
                answer.json(),
                json!({ "error": "not_found", "error_description": "There is nothing at this address." }),
                "{method} {path}"
            );
        }
    }
}
