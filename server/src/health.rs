//! For load balancers and supervisors: is the process alive, and can it answer?

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use engine::Engine;
use http::header::CACHE_CONTROL;
use http::{HeaderName, StatusCode};
use serde::Serialize;

/// A load balancer must ask anew each time.
const NOT_STORED: [(HeaderName, &str); 1] = [(CACHE_CONTROL, "no-store")];

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

/// `GET /health/live`: the process answers.
pub(crate) async fn live() -> Response {
    (NOT_STORED, Json(Health { status: "ok" })).into_response()
}

/// `GET /health/ready`: the database answers and there is a key to sign with. Why not is for the log only.
pub(crate) async fn ready(State(engine): State<Engine>) -> Response {
    match engine.ready().await {
        Ok(()) => (NOT_STORED, Json(Health { status: "ok" })).into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, NOT_STORED, Json(Health { status: "unavailable" })).into_response()
        }
    }
}
