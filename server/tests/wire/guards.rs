//! What guards the web surface whatever is asked of it: headers, the policy of pages, same origin, limits of bodies.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use axum::body::{Body, Bytes};
use futures_util::stream;
use http::header::{CONTENT_TYPE, COOKIE, IF_NONE_MATCH, ORIGIN};
use http::{Method, Request, StatusCode};
use insta::assert_json_snapshot;
use model::page::ListQuery;
use serde_json::{Value, json};

use crate::house::{Answer, FORM, House, Way, form, request};

/// Headers that are the same on every answer.
const ALWAYS: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("x-frame-options", "DENY"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];
/// What the policy of a page says of scripts before its nonce.
const NONCE: &str = "'nonce-";

/// The nonce in the policy of a page.
fn nonce_of(page: &Answer) -> &str {
    let policy = page.header("content-security-policy");
    let (_, rest) = policy.split_once(NONCE).unwrap_or_else(|| panic!("no nonce in {policy:?}"));
    rest.split('\'').next().unwrap()
}

/// Headers that differ between kinds of answers, as a snapshot keeps them.
fn kept(answer: &Answer) -> Value {
    let mut kept = json!({ "status": answer.status.as_u16() });
    for name in [
        "content-security-policy",
        "cache-control",
        "access-control-allow-origin",
        "strict-transport-security",
    ] {
        if answer.headers.contains_key(name) {
            let mut value = answer.header(name).to_owned();
            if value.contains(NONCE) {
                value = value.replace(nonce_of(answer), "[nonce]");
            }
            kept[name] = value.into();
        }
    }
    kept
}

/// A body that breaks whoever reads it.
fn panics(message: &'static str) -> Body {
    Body::from_stream(stream::repeat_with(move || -> Result<Bytes, Infallible> { panic!("{message}") }))
}

/// One answer of each kind.
async fn kinds(house: &House) -> BTreeMap<&'static str, Answer> {
    let cookie = house.admin().await;
    let jwks = house.get("/.well-known/jwks.json").await;
    let unchanged = Request::get("/.well-known/jwks.json").header(IF_NONE_MATCH, jwks.header("etag"));
    let foreign = Request::post("/_fn/rotate_keys")
        .header(ORIGIN, "https://evil.example")
        .header(COOKIE, &cookie);
    BTreeMap::from([
        ("page", house.get_as(&cookie, "/").await),
        ("page for strangers", house.get("/sign-in").await),
        ("page of something unknown", house.get_as(&cookie, "/clients/nothing").await),
        ("page of nothing", house.get_as(&cookie, "/nothing").await),
        ("redirect", house.get("/").await),
        ("function", house.call(Way::Fetch, Some(&cookie), "/_fn/list_keys", "").await),
        ("function without a session", house.call(Way::Fetch, None, "/_fn/list_keys", "").await),
        (
            "function that does not exist",
            house.call(Way::Fetch, Some(&cookie), "/_fn/nothing", "").await,
        ),
        ("form of another site", house.send(foreign.body(Body::empty()).unwrap()).await),
        (
            "body that is too large",
            house.call(Way::Fetch, Some(&cookie), "/_fn/create_client", "x".repeat(300_000)).await,
        ),
        (
            "failure of ours",
            house
                .call(Way::Fetch, Some(&cookie), "/_fn/list_keys", panics("as it was asked to"))
                .await,
        ),
        ("file that does not exist", house.get("/pkg/nothing.js").await),
        ("token", house.ask(FORM, "grant_type=client_credentials").await),
        ("other method", house.get("/oauth/token").await),
        ("document", jwks),
        ("document that has not changed", house.send(unchanged.body(Body::empty()).unwrap()).await),
        ("health", house.get("/health/live").await),
        ("nothing for programs", house.get("/api/nothing").await),
    ])
}

#[tokio::test]
async fn every_kind_of_answer_carries_its_headers() {
    let mut snapshot = BTreeMap::new();
    for (kind, answer) in kinds(&House::new().await).await {
        for (name, value) in ALWAYS {
            assert_eq!(answer.header(name), value, "{kind}: {name}");
        }
        assert!(!answer.header("x-request-id").is_empty(), "{kind}");
        snapshot.insert(kind, kept(&answer));
    }
    assert_json_snapshot!("headers", snapshot);
}

#[tokio::test]
async fn browsers_stay_with_tls_where_they_came_over_it() {
    for (kind, answer) in kinds(&House::at("https://auth.example.com/").await).await {
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000", "{kind}");
    }
}

#[tokio::test]
async fn pages_run_only_what_carries_their_own_nonce() {
    let house = House::new().await;
    let cookie = house.admin().await;
    let mut nonces = BTreeSet::new();
    for path in ["/", "/", "/sign-in", "/clients", "/keys", "/nothing"] {
        let page = house.get_as(&cookie, path).await;
        let policy = page.header("content-security-policy");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{path}: {policy}");
        let nonce = nonce_of(&page);
        assert!(nonce.len() >= 22, "{path}: 128 bits or more, not {nonce}");
        assert!(nonces.insert(nonce.to_owned()), "{path}: a nonce came twice");

        let scripts: Vec<&str> = page.body.split("<script").skip(1).map(|rest| rest.split('>').next().unwrap()).collect();
        assert!(!scripts.is_empty(), "{path}");
        for script in scripts {
            assert!(script.contains(&format!("nonce=\"{nonce}\"")), "{path}: <script{script}>");
        }
        for inline in [" style=", "<style", " onclick=", " onload=", "javascript:"] {
            assert!(!page.body.contains(inline), "{path}: the policy refuses {inline}");
        }
    }
}

#[tokio::test]
async fn writes_from_elsewhere_are_refused() {
    let house = House::at("https://auth.example.com/").await;
    let cookie = house.admin().await;
    for (refused, headers) in [
        (true, &[][..]),
        (true, &[("sec-fetch-site", "cross-site")]),
        (true, &[("sec-fetch-site", "same-site")]),
        (true, &[("sec-fetch-site", "cross-site"), ("origin", "https://auth.example.com")]),
        (true, &[("origin", "https://evil.example")]),
        (true, &[("origin", "http://auth.example.com")]),
        (true, &[("origin", "null")]),
        (false, &[("origin", "https://auth.example.com")]),
        (false, &[("sec-fetch-site", "same-origin"), ("origin", "https://auth.example.com")]),
    ] {
        for (who, function) in [(Some(&cookie), "/_fn/create_client"), (None, "/_fn/sign_in")] {
            let before = house.engine.list_clients(&ListQuery::default()).await.unwrap().total;
            let mut request = Request::post(function).header(CONTENT_TYPE, FORM);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            if let Some(cookie) = who {
                request = request.header(COOKIE, cookie);
            }
            let answer = house
                .send(request.body(Body::from("name=x&description=&app_type=non_interactive")).unwrap())
                .await;
            assert_eq!(
                answer.status == StatusCode::FORBIDDEN,
                refused,
                "{function} {headers:?}: {}",
                answer.status
            );
            assert!(!answer.headers.contains_key("access-control-allow-origin"), "{function} {headers:?}");
            let created = house.engine.list_clients(&ListQuery::default()).await.unwrap().total - before;
            assert_eq!(created == 1, !refused && who.is_some(), "{function} {headers:?}");
        }
    }
}

#[tokio::test]
async fn pages_are_read_from_anywhere_and_written_from_nowhere() {
    let house = House::new().await;
    let cookie = house.admin().await;
    let link = Request::get("/clients").header("sec-fetch-site", "cross-site").header(COOKIE, &cookie);
    assert_eq!(
        house.send(link.body(Body::empty()).unwrap()).await.status,
        StatusCode::OK,
        "a link from elsewhere"
    );
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
        let answer = house.send(request(method.clone(), "/clients")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method}");
    }
}

#[tokio::test]
async fn bodies_of_functions_have_a_limit() {
    let house = House::new().await;
    let cookie = house.admin().await;
    let fields = form(&[("name", "x"), ("app_type", "non_interactive"), ("description", "")]);
    let body = |length: usize| fields.clone() + &"y".repeat(length - fields.len());
    let create = async |body: Body| house.call(Way::Fetch, Some(&cookie), "/_fn/create_client", body).await;

    assert_eq!(
        create(Body::from(body(256 * 1024))).await.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "read, and too long a description"
    );
    assert_eq!(create(Body::from(body(256 * 1024 + 1))).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let endless = stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from(vec![b'x'; 64 * 1024])));
    assert_eq!(
        create(Body::from_stream(endless)).await.status,
        StatusCode::PAYLOAD_TOO_LARGE,
        "a body without end"
    );
    let broken = stream::iter([Ok(Bytes::from(fields.clone())), Err(std::io::Error::other("gone"))]);
    assert_eq!(
        create(Body::from_stream(broken)).await.status,
        StatusCode::BAD_REQUEST,
        "a body that breaks off"
    );
    assert_eq!(house.engine.list_clients(&ListQuery::default()).await.unwrap().total, 0);
    assert_eq!(create(Body::from(fields)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn bodies_of_strangers_are_not_read() {
    let house = House::new().await;
    house.create_admin().await;
    let answer = house.call(Way::Fetch, None, "/_fn/create_client", panics("it was read")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}
