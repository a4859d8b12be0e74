//! Every address and every server function as a stranger: nothing opens, and nothing happens.
//!
//! A new route or function is found here by itself.

use axum::response::IntoResponse;
use http::{Method, StatusCode};
use leptos::prelude::provide_context;
use model::log::LogQuery;
use model::page::ListQuery;
use serde_json::{Value, json};
use server::router::{page_paths, wire_paths};

use crate::house::{Answer, FORM, House, ORDERS, Way, call, form, request};
use crate::tour::Tour;

/// What is for everyone, by design. This list may only shrink.
const OPEN: [&str; 9] = [
    // Public documents.
    "/.well-known/jwks.json",
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    // Supervisors ask without a secret and learn none.
    "/health/live",
    "/health/ready",
    // How strangers become admins.
    "/sign-in",
    "/setup",
    "/_fn/sign_in",
    "/_fn/set_up",
];
/// Closed like everything else, but by other means than a session: clients prove who they are in the request itself.
const FOR_CLIENTS: [&str; 3] = ["/oauth/token", "/oauth/revoke", "/oauth/introspect"];
/// Public by the choice of an admin, for one API at a time, and off until then. So it is no exception of ours: for whoever did not choose it,
/// it must be answered like any address where nothing is.
const BY_CHOICE: [&str; 1] = ["/.well-known/oauth-protected-resource"];
/// The Management API has a test of its own, `management.rs`: each operation with every bad token.
const MANAGEMENT: &str = "/api/v2";
/// Folders of static files, the same for everyone.
const FILES: [&str; 3] = ["/pkg/", "/fonts/", "/docs/errors/"];

/// The path of every server function.
fn functions() -> Vec<&'static str> {
    let mut paths: Vec<&str> = server_fn::axum::server_fn_paths().map(|(path, _)| path).collect();
    // The order of the registry is that of the linker. Signing out comes last, as the admin can't go on after it.
    paths.sort_by_key(|path| (*path == "/_fn/sign_out", *path));
    paths
}

/// Those that are closed to strangers.
fn closed_functions() -> impl Iterator<Item = &'static str> {
    functions().into_iter().filter(|path| !OPEN.contains(path))
}

/// An address of this route; what its parameters hold makes no difference to strangers.
fn address_of(route: &str) -> String {
    route.replace("{*rest}", "nothing/here").replace(['{', '}'], "")
}

/// Arguments that every closed function understands but for `scope`, naming things that are there.
async fn arguments(tour: &Tour) -> String {
    let previous = tour.house.engine.keys().await.unwrap().pop().unwrap().kid;
    let secret = tour.house.engine.client_secrets(&tour.client.id).await.unwrap().remove(0).id;
    let entry = tour.log().await.pop().unwrap().log_id;
    form(&[
        ("id", &tour.orders.id),
        ("client_id", &tour.client.id),
        ("secret_id", &secret),
        ("secret", tour.client.secret.reveal()),
        ("expires_at", ""),
        ("result", ""),
        ("replace", "true"),
        ("kid", &previous),
        ("log_id", &entry),
        ("name", "Changed"),
        ("description", "Changed"),
        ("identifier", "https://new.example.com/"),
        ("audience", ORDERS),
        ("signing_alg", "HS256"),
        ("app_type", "non_interactive"),
        ("token_lifetime", "60"),
        ("dpop_required", "true"),
        ("client_metadata", ""),
        ("custom_claims", ""),
        ("client_secret_post", "true"),
        (
            "key",
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        ),
        ("key_id", &tour.key),
        ("per_hour", "10"),
        ("per_day", "100"),
        ("mode", "enforce"),
        ("address", "192.0.2.1"),
        ("token_dialect", "access_token"),
        ("alg", "RS256"),
        ("period", "30"),
        ("announce", "60"),
        ("retire", "2"),
        ("confirm", &previous[..8]),
        ("value", "read:orders"),
        ("choice", "none"),
        ("search", ""),
        ("sort", "name"),
        ("page", "0"),
        ("pinned", ""),
        ("slug", ""),
        ("language", ""),
        ("theme", "dark"),
        ("fixed", ""),
        ("fix", "\"allow_introspection\""),
        ("pasted", "hello"),
        // Nothing listens there.
        ("url", "http://127.0.0.1:1/"),
    ]) + "&query[search]=&query[sort]=name&query[client_id]=&query[audience]=&query[page][page]=0&query[page][per_page]=25"
}

/// The same with `scope`, which is a list for some functions and a text for others.
fn arguments_of(function: &str, arguments: &str) -> String {
    match function {
        "/_fn/create_grant" | "/_fn/update_grant" => format!("{arguments}&scope[]=read:orders"),
        _ => format!("{arguments}&scope=read:orders"),
    }
}

/// All that a stranger could have changed; a secret that was read leaves a log entry.
async fn state(house: &House) -> Value {
    json!({
        "clients": house.engine.list_clients(&ListQuery::default()).await.unwrap(),
        "apis": house.engine.list_apis(&ListQuery::default()).await.unwrap(),
        "keys": house.engine.keys().await.unwrap(),
        "logs": house.engine.list_logs(&LogQuery::default()).await.unwrap(),
    })
}

/// Cookies that open nothing.
async fn cookies(tour: &Tour) -> [(&'static str, Option<String>); 5] {
    let signed_out = tour.house.session().await;
    tour.house.engine.sign_out(signed_out.split('=').nth(1).unwrap(), "").await.unwrap();
    let expired = tour.cookie.clone();
    tour.house.clock.advance(8 * 24 * 60 * 60);
    [
        ("no cookie", None),
        ("empty cookie", Some("tessera_session=".to_owned())),
        ("wrong cookie", Some(format!("tessera_session={}", "A".repeat(43)))),
        ("signed out", Some(signed_out)),
        ("expired", Some(expired)),
    ]
}

/// Cookies of a house that has no admin yet.
fn cookies_before_set_up() -> [(&'static str, Option<String>); 2] {
    [("no cookie", None), ("wrong cookie", Some(format!("tessera_session={}", "A".repeat(43))))]
}

async fn get(house: &House, cookie: Option<&str>, path: &str) -> Answer {
    match cookie {
        Some(cookie) => house.get_as(cookie, path).await,
        None => house.get(path).await,
    }
}

async fn expect_pages_closed(house: &House, cookies: &[(&str, Option<String>)], leads_to: &str) {
    for path in page_paths().iter().filter(|path| !OPEN.contains(&path.as_str())) {
        let address = address_of(path);
        for (who, cookie) in cookies {
            let answer = get(house, cookie.as_deref(), &address).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{who} at {address}");
            assert_eq!(answer.body, "", "{who} at {address}");
            let location = answer.header("location");
            let (page, next) = location.split_once("?next=").unwrap_or((location, "/"));
            assert_eq!(page, leads_to, "{who} at {address}");
            if leads_to == "/sign-in" {
                assert_eq!(next, address, "{who} comes back to {address}");
            }
        }
    }
}

async fn expect_functions_closed(house: &House, cookies: &[(&str, Option<String>)], arguments: &str) {
    let before = state(house).await;
    for path in closed_functions() {
        let arguments = arguments_of(path, arguments);
        for (who, cookie) in cookies {
            let answer = house.call(Way::Fetch, cookie.as_deref(), path, arguments.clone()).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{who} at {path}: {}", answer.body);
            assert_eq!(answer.json(), json!("SignedOut"), "{who} at {path}");
            let answer = house.call(Way::Form, cookie.as_deref(), path, arguments.clone()).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{who} at {path}: {}", answer.body);
            assert_eq!(answer.header("location"), "/sign-in", "{who} at {path}");
            assert_eq!(answer.body, "", "{who} at {path}");
            let answer = get(house, cookie.as_deref(), path).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{who} reads {path}: {}", answer.body);
        }
    }
    assert_eq!(state(house).await, before, "something happened");
}

#[test]
fn every_exception_exists() {
    let pages = page_paths();
    let wire = wire_paths();
    let all: Vec<&str> = wire.iter().chain(&pages).map(String::as_str).chain(functions()).collect();
    for open in OPEN.iter().chain(&FOR_CLIENTS).chain(&BY_CHOICE) {
        assert!(all.contains(open), "{open} is gone: take it out of the list");
    }
    assert!(
        pages.len() > 15 && functions().len() > 30,
        "the lists are whole: {pages:?}, {:?}",
        functions()
    );
}

#[tokio::test]
async fn what_programs_ask_for_is_open_or_not_there() {
    let house = House::new().await;
    let elsewhere = |path: &str| path.starts_with(MANAGEMENT) || [&OPEN[..], &FOR_CLIENTS, &BY_CHOICE].iter().any(|list| list.contains(&path));
    for path in wire_paths().iter().filter(|path| !elsewhere(path)) {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = house.send(request(method.clone(), &address_of(path))).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}: {}", answer.body);
            assert_eq!(answer.json()["error"], "not_found", "{method} {path}");
        }
    }
}

/// Whatever a stranger sends to an endpoint of clients, in whichever way: it is refused, and leaves nothing but the refusal.
#[tokio::test]
async fn endpoints_of_clients_are_closed_to_strangers() {
    let tour = Tour::new().await;
    let (_, token) = tour.secrets.iter().find(|(name, _)| *name == "access token").unwrap();
    let asked = form(&[("grant_type", "client_credentials"), ("audience", ORDERS), ("token", token)]);
    let as_client = |id: &str, secret: &str| format!("{asked}&{}", form(&[("client_id", id), ("client_secret", secret)]));
    for path in FOR_CLIENTS {
        for body in [
            asked.clone(),
            as_client("", ""),
            as_client("nobody", "x"),
            as_client(&tour.client.id, ""),
            as_client(&tour.client.id, "wrong"),
            form(&[("token", token), ("client_id", &tour.client.id)]) + "&grant_type=client_credentials",
        ] {
            let answer = tour.house.post(path, FORM, body.clone()).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path} {body}: {}", answer.body);
            assert_eq!(
                answer.json(),
                json!({
                    "error": "access_denied",
                    "error_description": "Unauthorized",
                    "error_uri": "http://localhost:3000/docs/errors/client_authentication",
                    "error_id": "[error_id]"
                }),
                "{path}"
            );
        }
        // Not even the admin's session opens it.
        let mut request = call(Way::Fetch, Some(&tour.cookie), path, asked.clone());
        request.headers_mut().remove("referer");
        assert_eq!(tour.house.send(request).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    tour.house.engine.verify(token).await.expect("the token of the client is as it was");
}

/// What admins may make public is not there for any API until they do, for none that they did not choose, and never for the system's own.
#[tokio::test]
async fn nothing_is_public_that_no_admin_chose() {
    let tour = Tour::new().await;
    let nothing = tour.house.get("/.well-known/nothing").await;
    let identifiers: Vec<String> = {
        let apis = tour.house.engine.list_apis(&ListQuery::default()).await.unwrap();
        apis.items.into_iter().map(|summary| summary.api.identifier).collect()
    };
    assert_eq!(identifiers.len(), 3);
    let address = |path: &str, identifier: &str| format!("{path}?{}", form(&[("resource", identifier)]));
    let expect_nothing = async |address: &str| {
        let answer = tour.house.get(address).await;
        assert_eq!((answer.status, answer.wire()), (StatusCode::NOT_FOUND, nothing.wire()), "{address}");
    };
    for path in BY_CHOICE {
        expect_nothing(path).await;
        expect_nothing(&address(path, "https://unknown.example.com/")).await;
        for identifier in &identifiers {
            expect_nothing(&address(path, identifier)).await;
        }
    }
    let changes = model::api::ApiChanges {
        metadata_published: Some(true),
        ..Default::default()
    };
    let actor = model::log::Actor::command();
    tour.house.engine.update_api(&actor, &tour.orders.id, changes).await.unwrap();
    for path in BY_CHOICE {
        assert_eq!(
            tour.house.get(&address(path, ORDERS)).await.status,
            StatusCode::OK,
            "the choice is honoured"
        );
        for identifier in identifiers.iter().filter(|identifier| *identifier != ORDERS) {
            expect_nothing(&address(path, identifier)).await;
        }
    }
}

#[tokio::test]
async fn static_files_ask_for_no_session() {
    let house = House::new().await;
    for folder in FILES {
        let answer = house.get(&format!("{folder}nothing")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{folder}: no redirect");
    }
}

#[tokio::test]
async fn no_page_opens_for_strangers() {
    let tour = Tour::new().await;
    let cookies = cookies(&tour).await;
    expect_pages_closed(&tour.house, &cookies, "/sign-in").await;
    assert_eq!(tour.house.get("/nothing/here").await.header("location"), "/sign-in?next=/nothing/here");
    assert_eq!(tour.house.get("/sign-in").await.status, StatusCode::OK);
    assert_eq!(tour.house.get("/setup").await.header("location"), "/sign-in");
}

#[tokio::test]
async fn every_page_leads_to_set_up_while_there_is_no_admin() {
    let house = House::new().await;
    expect_pages_closed(&house, &cookies_before_set_up(), "/setup").await;
    assert_eq!(house.get("/nothing/here").await.header("location"), "/setup");
    assert_eq!(house.get("/setup").await.status, StatusCode::OK);
    assert_eq!(house.get("/sign-in").await.header("location"), "/setup");
}

#[tokio::test]
async fn no_function_works_for_strangers() {
    let tour = Tour::new().await;
    let arguments = arguments(&tour).await;
    let cookies = cookies(&tour).await;
    expect_functions_closed(&tour.house, &cookies, &arguments).await;
}

#[tokio::test]
async fn no_function_works_before_set_up() {
    let arguments = arguments(&Tour::new().await).await;
    let house = House::new().await;
    expect_functions_closed(&house, &cookies_before_set_up(), &arguments).await;
}

/// Nothing relies on the layer that turns strangers away: each function gets the engine from the gate only.
#[tokio::test]
async fn every_function_asks_for_the_session_itself() {
    let tour = Tour::new().await;
    let arguments = arguments(&tour).await;
    let before = state(&tour.house).await;
    for path in closed_functions() {
        let engine = tour.house.engine.clone();
        let past_the_door = leptos_axum::handle_server_fns_with_context(
            move || provide_context(engine.clone()),
            call(Way::Fetch, Some("tessera_session=wrong"), path, arguments_of(path, &arguments)),
        );
        let answer = past_the_door.await.into_response();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path} asks Admin::required() first");
    }
    assert_eq!(state(&tour.house).await, before, "something happened");
}

/// That strangers are refused proves little unless the same call works for an admin.
#[tokio::test]
async fn every_function_works_for_an_admin() {
    let tour = Tour::new().await;
    let arguments = arguments(&tour).await;
    let before = state(&tour.house).await;
    for path in closed_functions() {
        let answer = tour
            .house
            .call(Way::Fetch, Some(&tour.cookie), path, arguments_of(path, &arguments))
            .await;
        assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(!answer.status.is_server_error(), "{path}: {}", answer.body);
        assert!(!answer.body.contains("The form was incomplete"), "{path}: give arguments() what it needs");
    }
    assert_ne!(state(&tour.house).await, before);
}

#[tokio::test]
async fn every_page_opens_for_an_admin() {
    let tour = Tour::new().await;
    for address in tour.addresses().await {
        tour.open(&address).await.is_page(&address);
    }
}

#[tokio::test]
async fn unknown_ids_are_not_found() {
    let tour = Tour::new().await;
    let with_id: Vec<String> = page_paths().into_iter().filter(|path| path.contains('{')).collect();
    for path in with_id.iter().map(String::as_str).chain(["/nothing/here"]) {
        let answer = tour.open(&address_of(path)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        // Where a file would be, a line says so.
        let kind = if path.ends_with("{file}") { "text/plain" } else { "text/html" };
        assert_eq!(answer.header("content-type"), format!("{kind}; charset=utf-8"), "{path}");
    }
}
