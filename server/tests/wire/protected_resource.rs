//! Metadata of APIs (RFC 9728): for whom the admin chose it.

use axum::body::Body;
use http::header::IF_NONE_MATCH;
use http::{Method, Request, StatusCode};
use insta::assert_json_snapshot;
use model::api::{ApiChanges, SigningAlg};
use model::log::Actor;

use crate::house::{Answer, House, ORDERS, form, request};

const METADATA: &str = "/.well-known/oauth-protected-resource";

fn address(identifier: &str) -> String {
    format!("{METADATA}?{}", form(&[("resource", identifier)]))
}

async fn publish(house: &House, identifier: &str, on: bool) {
    let api = house.engine.api_by_identifier(identifier).await.unwrap();
    let changes = ApiChanges {
        metadata_published: Some(on),
        ..ApiChanges::default()
    };
    house.engine.update_api(&Actor::command(), &api.id, changes).await.unwrap();
}

async fn published(house: &House) -> Answer {
    house.orders().await;
    publish(house, ORDERS, true).await;
    house.get(&address(ORDERS)).await
}

#[tokio::test]
async fn rfc9728_section_3_2_metadata() {
    let house = House::at("https://auth.example.com/").await;
    let answer = published(&house).await;
    assert_json_snapshot!("metadata", answer.wire());
    let plain = house.get(&format!("{METADATA}?resource={ORDERS}")).await;
    assert_eq!(plain.wire(), answer.wire(), "a URL needs no encoding where it has no & and no +");

    let bare = "http://localhost:8080";
    house.api(bare, SigningAlg::HS256, &[]).await;
    publish(&house, bare, true).await;
    assert_json_snapshot!("metadata_without_scopes", house.get(&address(bare)).await.wire());

    let api = house.engine.api_by_identifier(ORDERS).await.unwrap();
    let changes = ApiChanges {
        dpop_required: Some(true),
        ..ApiChanges::default()
    };
    house.engine.update_api(&Actor::command(), &api.id, changes).await.unwrap();
    let bound = house.get(&address(ORDERS)).await.json();
    assert_eq!(bound["dpop_bound_access_tokens_required"], true);
    assert_eq!(
        bound["dpop_signing_alg_values_supported"],
        serde_json::json!(["RS256", "PS256", "ES256", "EdDSA", "Ed25519"])
    );
}

#[tokio::test]
async fn what_is_taken_back_is_gone() {
    let house = House::new().await;
    assert_eq!(published(&house).await.status, StatusCode::OK);
    publish(&house, ORDERS, false).await;
    let answer = house.get(&address(ORDERS)).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let unknown = house.get(&address("https://unknown.example.com/")).await;
    assert_eq!(answer.wire(), unknown.wire());
}

#[tokio::test]
async fn rfc9110_section_13_1_2_unchanged_documents_are_not_sent_again() {
    let house = House::new().await;
    let whole = published(&house).await;
    let unless = async |etag: &str| {
        let request = Request::get(address(ORDERS)).header(IF_NONE_MATCH, etag);
        house.send(request.body(Body::empty()).unwrap()).await
    };
    let etag = whole.header("etag").to_owned();
    let same = unless(&etag).await;
    assert_eq!((same.status, same.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    let api = house.engine.api_by_identifier(ORDERS).await.unwrap();
    house.engine.remove_scope(&Actor::command(), &api.id, "write:orders").await.unwrap();
    let changed = unless(&etag).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_ne!(changed.header("etag"), etag);
}

#[tokio::test]
async fn it_is_only_read() {
    let house = House::new().await;
    published(&house).await;
    let answer = house.send(request(Method::POST, &address(ORDERS))).await;
    assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET,HEAD"));
    let answer = house.send(request(Method::HEAD, &address(ORDERS))).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""));
}
