//! Signing in and out on the wire: the cookie, the limits on attempts, the end of sessions, and where one is sent.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use http::StatusCode;
use http::header::SET_COOKIE;
use serde_json::{Value, json};

use crate::house::{Answer, EMAIL, House, PASSWORD, Way, call, form};

const HTTPS: &str = "https://auth.example.com/";
const DAY: i64 = 24 * 60 * 60;

async fn sign_in(house: &House, way: Way, email: &str, password: &str, next: &str) -> Answer {
    let fields = form(&[("email", email), ("password", password), ("next", next)]);
    house.call(way, None, "/_fn/sign_in", fields).await
}

/// The same from this address.
async fn sign_in_from(house: &House, address: &str, email: &str, password: &str) -> Answer {
    let fields = form(&[("email", email), ("password", password), ("next", "")]);
    attempt_from(house, address, "/_fn/sign_in", fields).await
}

async fn attempt_from(house: &House, address: &str, function: &str, fields: String) -> Answer {
    let mut request = call(Way::Fetch, None, function, fields);
    let address: SocketAddr = format!("{address}:40000").parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(address));
    house.send(request).await
}

/// The cookies that an answer sets.
fn set_cookies(answer: &Answer) -> Vec<&str> {
    answer.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect()
}

/// The session in `Set-Cookie`, as the browser sends it back.
fn session_of(answer: &Answer) -> String {
    set_cookies(answer)[0].split(';').next().unwrap().to_owned()
}

/// Whether this cookie opens the dashboard.
async fn opens(house: &House, cookie: &str) -> bool {
    house.get_as(cookie, "/").await.status == StatusCode::OK
}

#[tokio::test]
async fn the_cookie_is_for_this_server_and_for_no_script() {
    for (issuer, expect) in [
        (
            "http://localhost:3000/",
            "tessera_session=[token]; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax",
        ),
        (
            HTTPS,
            "__Host-tessera_session=[token]; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax; Secure",
        ),
    ] {
        let house = House::at(issuer).await;
        house.create_admin().await;
        let answer = sign_in(&house, Way::Fetch, EMAIL, PASSWORD, "").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let cookie = session_of(&answer);
        let token = cookie.split('=').nth(1).unwrap();
        assert_eq!(token.len(), 43, "256 bits in base64url: {token}");
        let [set] = set_cookies(&answer).try_into().unwrap();
        assert_eq!(set.replace(token, "[token]"), expect);
        assert!(!answer.body.contains(token));
        assert!(opens(&house, &cookie).await);
        let again = session_of(&sign_in(&house, Way::Fetch, EMAIL, PASSWORD, "").await);
        assert_ne!(again, cookie, "a session of its own each time");
    }
}

#[tokio::test]
async fn a_cookie_without_the_prefix_opens_nothing_over_tls() {
    let house = House::at(HTTPS).await;
    let cookie = house.admin().await;
    assert!(opens(&house, &cookie).await);
    assert!(!opens(&house, cookie.trim_start_matches("__Host-")).await);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_admin_are_told_apart_by_nothing() {
    let house = House::new().await;
    house.create_admin().await;
    let refused = async |email: &str| {
        let answer = sign_in(&house, Way::Fetch, email, "another password", "").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(set_cookies(&answer).is_empty());
        answer.json()["SignIn"].clone()
    };
    let (mut known, mut unknown) = (refused(EMAIL).await, refused("eve@example.com").await);
    // Each brings back what was entered.
    assert_eq!((known["email"].take(), unknown["email"].take()), (json!(EMAIL), json!("eve@example.com")));
    assert_eq!(known, unknown);
    assert_ne!(known["message"], Value::Null);
}

#[tokio::test]
async fn a_refused_form_brings_back_no_password() {
    let house = House::new().await;
    house.create_admin().await;
    let answer = sign_in(&house, Way::Form, EMAIL, "another password", "").await;
    assert_eq!(answer.status, StatusCode::FOUND);
    assert!(set_cookies(&answer).is_empty());
    let location = answer.header("location");
    assert!(location.contains("__err="), "{location}");
    for part in ["another", "password", "YW5vdGhlc"] {
        assert!(!location.contains(part), "{part} in {location}");
    }
}

#[tokio::test]
async fn attempts_for_one_account_are_limited() {
    let house = House::new().await;
    house.create_admin().await;
    for attempt in 1..=5 {
        let answer = sign_in_from(&house, &format!("192.0.2.{attempt}"), EMAIL, "another password").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "attempt {attempt}");
    }
    let answer = sign_in_from(&house, "192.0.2.6", EMAIL, PASSWORD).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "the right password is not looked at either");
    assert_eq!(answer.json(), json!({ "TooMany": { "retry_after": 30 } }));
    assert!(set_cookies(&answer).is_empty());
    let answer = sign_in_from(&house, "192.0.2.6", "eve@example.com", "another password").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "other accounts are not held up");
    house.clock.advance(30);
    assert_eq!(sign_in_from(&house, "192.0.2.6", EMAIL, PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn attempts_from_one_address_are_limited() {
    let house = House::new().await;
    house.create_admin().await;
    for attempt in 0..20 {
        let answer = sign_in_from(&house, "192.0.2.1", &format!("eve{attempt}@example.com"), "another password").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "attempt {attempt}");
    }
    let answer = sign_in_from(&house, "192.0.2.1", EMAIL, PASSWORD).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.json(), json!({ "TooMany": { "retry_after": 6 } }));
    assert_eq!(
        sign_in_from(&house, "192.0.2.2", EMAIL, PASSWORD).await.status,
        StatusCode::OK,
        "other addresses are not held up"
    );
    house.clock.advance(6);
    assert_eq!(sign_in_from(&house, "192.0.2.1", EMAIL, PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_set_up_code_is_not_guessed() {
    let house = House::new().await;
    let code = house.engine.setup_code().await.unwrap().unwrap();
    let set_up = async |code: &str| {
        let fields = form(&[("code", code), ("email", EMAIL), ("password", PASSWORD)]);
        attempt_from(&house, "192.0.2.1", "/_fn/set_up", fields).await
    };
    for attempt in 0..20 {
        assert_eq!(set_up("guess").await.status, StatusCode::UNPROCESSABLE_ENTITY, "attempt {attempt}");
    }
    assert_eq!(set_up(code.reveal()).await.status, StatusCode::TOO_MANY_REQUESTS);
    house.clock.advance(6);
    let answer = set_up(code.reveal()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(opens(&house, &session_of(&answer)).await);
    house.clock.advance(60);
    assert_eq!(set_up(code.reveal()).await.status, StatusCode::UNPROCESSABLE_ENTITY, "it works once");
}

#[tokio::test]
async fn signing_out_ends_this_session_and_no_other() {
    let house = House::new().await;
    let cookie = house.admin().await;
    let other = house.session().await;
    let answer = house.call(Way::Form, Some(&cookie), "/_fn/sign_out", "").await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::FOUND, "/sign-in"));
    assert_eq!(set_cookies(&answer), ["tessera_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"]);
    assert!(!opens(&house, &cookie).await, "also for whoever kept the cookie");
    assert!(opens(&house, &other).await);
}

#[tokio::test]
async fn sessions_end_after_a_day_without_use() {
    let house = House::new().await;
    let cookie = house.admin().await;
    house.clock.advance(DAY - 1);
    assert!(opens(&house, &cookie).await);
    house.clock.advance(DAY - 1);
    assert!(opens(&house, &cookie).await, "it was used in between");
    house.clock.advance(DAY);
    assert!(!opens(&house, &cookie).await);
    let answer = house.call(Way::Fetch, Some(&cookie), "/_fn/list_keys", "").await;
    assert_eq!((answer.status, answer.json()), (StatusCode::UNAUTHORIZED, json!("SignedOut")));
}

#[tokio::test]
async fn sessions_end_after_a_week_of_use() {
    let house = House::new().await;
    let cookie = house.admin().await;
    for half_day in 1..14 {
        house.clock.advance(DAY / 2);
        assert!(opens(&house, &cookie).await, "{half_day} half days");
    }
    house.clock.advance(DAY / 2);
    assert!(!opens(&house, &cookie).await);
}

#[tokio::test]
async fn signing_in_leads_to_pages_of_ours_only() {
    for (next, expect) in [
        ("/apis?sort=newest", "/apis?sort=newest"),
        ("", "/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("/\t/evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/apis\r\nSet-Cookie: a=b", "/"),
    ] {
        let house = House::new().await;
        house.create_admin().await;
        for (way, status) in [(Way::Form, StatusCode::FOUND), (Way::Fetch, StatusCode::OK)] {
            let answer = sign_in(&house, way, EMAIL, PASSWORD, next).await;
            assert_eq!(answer.status, status, "{next:?} {way:?}");
            assert_eq!(answer.header("location"), expect, "{next:?} {way:?}");
            assert_eq!(set_cookies(&answer).len(), 1, "{next:?} {way:?}");
        }
    }
}

#[tokio::test]
async fn the_sign_in_page_repeats_next_as_text() {
    let house = House::new().await;
    house.create_admin().await;
    let page = house.get("/sign-in?next=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert!(page.body.contains("alert(1)"), "it is repeated");
    assert!(!page.body.contains("<script>alert(1)"), "{}", page.body);
}
