//! Token requests that nobody should send: each gets a clear OAuth error, never a failure of ours, never a hang.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::stream;
use http::Request;
use http::header::CONTENT_TYPE;
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::house::{Answer, FORM, House, JSON};

fn kept(case: &str, answer: &Answer) -> Value {
    assert!(answer.status.is_client_error(), "{case}: {} {}", answer.status, answer.body);
    assert_eq!(answer.header("cache-control"), "no-store", "{case}");
    json!({ "status": answer.status.as_u16(), "body": answer.json() })
}

#[tokio::test]
async fn every_malformed_body_gets_an_oauth_error() {
    let house = House::new().await;
    let deep = format!("{{\"scope\":{}", "[".repeat(50_000));
    let many: String = (0..200).map(|n| format!("p{n}=1&")).collect();
    let long = format!("client_id={}", "x".repeat(60_000));
    let cases: [(&str, &str, &[u8]); 27] = [
        ("broken JSON", JSON, b"{\"grant_type\":"),
        ("JSON array", JSON, b"[]"),
        ("JSON text", JSON, b"\"client_credentials\""),
        ("JSON number", JSON, b"1e999"),
        ("JSON null", JSON, b"null"),
        ("two JSON objects", JSON, b"{}{}"),
        ("empty JSON object", JSON, b"{}"),
        ("JSON that is not UTF-8", JSON, b"{\"scope\":\"\xff\"}"),
        ("JSON with half a surrogate", JSON, b"{\"scope\":\"\\ud800\"}"),
        (
            "JSON with NUL",
            JSON,
            b"{\"grant_type\":\"client_credentials\",\"client_id\":\"\\u0000\"}",
        ),
        ("JSON with a repeated parameter", JSON, b"{\"scope\":\"a\",\"scope\":\"b\"}"),
        ("JSON with a number", JSON, b"{\"client_id\":1}"),
        ("JSON with a list", JSON, b"{\"audience\":[\"https://orders.example.com/\"]}"),
        ("JSON with an object", JSON, b"{\"client_secret\":{}}"),
        ("JSON with a boolean", JSON, b"{\"grant_type\":true}"),
        ("deeply nested JSON", JSON, deep.as_bytes()),
        ("form sent as JSON", JSON, b"grant_type=client_credentials"),
        ("JSON sent as form", FORM, b"{\"grant_type\":\"client_credentials\"}"),
        ("form with a repeated parameter", FORM, b"scope=a&scope=b"),
        ("form with a repeated unknown parameter", FORM, b"x=1&x=2"),
        ("form that is not UTF-8", FORM, b"scope=\xff"),
        ("form with encoded bytes that are not UTF-8", FORM, b"scope=%FF"),
        ("form with a line break", FORM, b"grant_type=client_credentials&client_id=a%0D%0Ab"),
        ("many parameters", FORM, many.as_bytes()),
        ("a long parameter", FORM, long.as_bytes()),
        ("empty body", FORM, b""),
        ("another content type", "text/xml", b"<grant_type/>"),
    ];
    let mut answers = BTreeMap::new();
    for (case, content_type, body) in cases {
        let answer = house.ask(content_type, body.to_vec()).await;
        answers.insert(case, kept(case, &answer));
    }
    let no_type = Request::post("/oauth/token").body(Body::from("grant_type=client_credentials")).unwrap();
    answers.insert("no content type", kept("no content type", &house.send(no_type).await));
    let in_query = Request::post("/oauth/token?grant_type=client_credentials").header(CONTENT_TYPE, FORM);
    let answer = house.send(in_query.body(Body::empty()).unwrap()).await;
    answers.insert("parameters in the address", kept("parameters in the address", &answer));
    assert_json_snapshot!("malformed", answers);
}

#[tokio::test]
async fn bodies_have_a_limit() {
    let house = House::new().await;
    let body = |length: usize| format!("x={}", "y".repeat(length - 2));
    let answer = house.ask(FORM, body(64 * 1024)).await;
    assert_eq!(answer.status, 400, "64 KiB are read: {}", answer.body);
    let answer = house.ask(FORM, body(64 * 1024 + 1)).await;
    assert_eq!(answer.status, 413);
    assert_eq!(
        answer.json(),
        json!({
            "error": "invalid_request",
            "error_description": "The body is too large: send at most 64 KiB.",
            "error_uri": "http://localhost:3000/docs/errors/malformed_request",
            "error_id": "[error_id]"
        })
    );
    let endless = stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from(vec![b'x'; 64 * 1024])));
    let answer = house.ask(FORM, Body::from_stream(endless)).await;
    assert_eq!(answer.status, 413, "a body without end");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_not_waited_for() {
    let house = {
        tokio::time::resume();
        let house = House::new().await;
        tokio::time::pause();
        house
    };
    let stuck = stream::pending::<Result<Bytes, Infallible>>();
    let asked = house.ask(FORM, Body::from_stream(stuck));
    let answer = tokio::time::timeout(Duration::from_secs(60), asked).await.expect("no hang");
    assert_eq!(answer.status, 408);
    assert_eq!(answer.json()["error"], "invalid_request");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let house = House::new().await;
    let broken = stream::iter([Ok(Bytes::from("grant_type=")), Err(std::io::Error::other("gone"))]);
    let answer = house.ask(FORM, Body::from_stream(broken)).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["error"], "invalid_request");
}
