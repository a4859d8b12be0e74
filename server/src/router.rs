//! Every route, by surface.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRef, Request};
use axum::middleware::{Next, from_fn};
use axum::routing::{MethodRouter, any, get, post};
use axum::{Json, Router};
use engine::Engine;
use http::StatusCode;
use serde_json::json;
use tower_http::timeout::TimeoutLayer;

use crate::oauth::error::ErrorProfile;
use crate::oauth::{about_token, discovery, jwks, protected_resource, token};
use crate::proxies::TrustedProxies;
use crate::telemetry::{self, RequestIds};
use crate::{health, management, web};

/// The longest time that a request may take, its body included.
pub const REQUEST_MAX: Duration = Duration::from_secs(30);

/// What belongs to programs: what is not there is said to them in JSON and not with a page.
const FOR_PROGRAMS: [&str; 12] = [
    "/oauth",
    "/oauth/",
    "/oauth/{*rest}",
    "/.well-known",
    "/.well-known/",
    "/.well-known/{*rest}",
    "/health",
    "/health/",
    "/health/{*rest}",
    "/api",
    "/api/",
    "/api/{*rest}",
];

/// How the house answers.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// In whose words clients are refused.
    pub error_profile: ErrorProfile,
    /// Who is believed on where requests came from.
    pub trusted_proxies: TrustedProxies,
    /// The bundle may change while we run (`cargo leptos watch`), so nothing of it is remembered.
    pub live_reload: bool,
}

/// What the routes of programs are answered from.
#[derive(Clone)]
struct Wire {
    engine: Engine,
    error_profile: ErrorProfile,
}

impl FromRef<Wire> for Engine {
    fn from_ref(wire: &Wire) -> Self {
        wire.engine.clone()
    }
}

impl FromRef<Wire> for ErrorProfile {
    fn from_ref(wire: &Wire) -> Self {
        wire.error_profile
    }
}

/// The whole house without a socket.
pub fn router(engine: Engine, options: Options) -> Router {
    let ids = Arc::new(RequestIds::new(engine.now()));
    let https = engine.issuer().is_https();
    let wire = wire()
        .into_iter()
        .fold(Router::new(), |router, (path, methods)| router.route(&path, methods));
    let state = Wire {
        engine: engine.clone(),
        error_profile: options.error_profile,
    };
    wire.with_state(state)
        .merge(web::router(engine, options.live_reload))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_MAX))
        .layer(from_fn(move |mut request: Request, next: Next| {
            telemetry::find_address(&options.trusted_proxies, &mut request);
            let ids = ids.clone();
            async move { telemetry::observe(&ids, request, next).await }
        }))
        // Outermost, so that also the answer to a panic carries them.
        .layer(from_fn(move |request: Request, next: Next| web::headers::secure(https, request, next)))
}

/// What programs ask for. The pages that people see are in the `App` of the floor below, see [`page_paths`].
fn wire() -> Vec<(String, MethodRouter<Wire>)> {
    let answered = [
        // OAuth
        ("/oauth/token", post(token::token).fallback(token::other_method)),
        ("/oauth/revoke", post(about_token::revoke).fallback(about_token::other_method)),
        ("/oauth/introspect", post(about_token::introspect).fallback(about_token::other_method)),
        // Well-known documents
        ("/.well-known/jwks.json", get(jwks::jwks)),
        ("/.well-known/openid-configuration", get(discovery::discovery)),
        ("/.well-known/oauth-authorization-server", get(discovery::discovery)),
        ("/.well-known/oauth-protected-resource", get(protected_resource::protected_resource)),
        // Health
        ("/health/live", get(health::live)),
        ("/health/ready", get(health::ready)),
    ];
    let not_there = FOR_PROGRAMS.map(|path| (path, any(not_found)));
    let fixed = answered.into_iter().chain(not_there).map(|(path, methods)| (path.to_owned(), methods));
    fixed.chain(management::routes()).collect()
}

/// The paths of [`wire`], for the test that walks all of them.
pub fn wire_paths() -> Vec<String> {
    wire().into_iter().map(|(path, _)| path).collect()
}

/// The paths of all pages, for the test that walks all of them.
pub fn page_paths() -> Vec<String> {
    web::page_paths()
}

/// Says to a program that there is nothing.
pub(crate) async fn not_found() -> (StatusCode, Json<serde_json::Value>) {
    let body = json!({ "error": "not_found", "error_description": "There is nothing at this address." });
    (StatusCode::NOT_FOUND, Json(body))
}
