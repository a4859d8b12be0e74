//! `GET /.well-known/jwks.json` (RFC 7517 §5): bytes that the engine prepared, without database or lock.

use axum::extract::State;
use axum::response::Response;
use engine::Engine;
use http::HeaderMap;

use crate::document;

/// Answers with the public keys.
pub(crate) async fn jwks(State(engine): State<Engine>, headers: HeaderMap) -> Response {
    let published = engine.jwks();
    document::respond(&headers, &published.etag, published.body.clone())
}
