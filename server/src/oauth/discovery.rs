//! What libraries read to find the rest: `/.well-known/openid-configuration` (OpenID Connect Discovery §3) and
//! `/.well-known/oauth-authorization-server` (RFC 8414 §2), one document under both names.

use axum::extract::State;
use axum::response::Response;
use engine::Engine;
use http::HeaderMap;
use model::api::SigningAlg;
use model::client::AuthMethod;
use model::key::KeyAlg;
use model::token::CLIENT_CREDENTIALS;
use serde::Serialize;

use crate::document;

/// How clients prove who they are, the same at every endpoint.
const AUTH_METHODS: [&str; 3] = [
    AuthMethod::ClientSecretBasic.as_str(),
    AuthMethod::ClientSecretPost.as_str(),
    AuthMethod::PrivateKeyJwt.as_str(),
];

/// Answers with the document. It is small and read rarely, so it is written anew each time; it lists the algorithms that are in use.
pub(crate) async fn discovery(State(engine): State<Engine>, headers: HeaderMap) -> Response {
    let body = serde_json::to_vec(&Discovery::of(&engine)).unwrap_or_default();
    document::respond(&headers, &document::etag(&body), body)
}

/// Scopes are left out: each API has its own, and strangers need not know them (RFC 8414 §2 allows it).
#[derive(Serialize)]
struct Discovery {
    issuer: String,
    token_endpoint: String,
    revocation_endpoint: String,
    introspection_endpoint: String,
    jwks_uri: String,
    grant_types_supported: [&'static str; 1],
    /// Required by RFC 8414; empty as there is no authorization endpoint.
    response_types_supported: [&'static str; 0],
    token_endpoint_auth_methods_supported: [&'static str; 3],
    token_endpoint_auth_signing_alg_values_supported: [&'static str; 5],
    revocation_endpoint_auth_methods_supported: [&'static str; 3],
    revocation_endpoint_auth_signing_alg_values_supported: [&'static str; 5],
    introspection_endpoint_auth_methods_supported: [&'static str; 3],
    introspection_endpoint_auth_signing_alg_values_supported: [&'static str; 5],
    /// RFC 9449 §5.1.
    dpop_signing_alg_values_supported: [&'static str; 5],
    /// Required by OpenID Connect Discovery, whose libraries check for it although no ID tokens are issued.
    subject_types_supported: [&'static str; 1],
    /// As above; express-oauth2-jwt-bearer takes it for the algorithms of access tokens.
    id_token_signing_alg_values_supported: Vec<&'static str>,
}

/// The algorithms that clients may sign with: assertions and DPoP proofs.
pub(super) fn algs_of_clients() -> [&'static str; 5] {
    let [rs256, ps256, es256, eddsa] = KeyAlg::ALL.map(KeyAlg::as_str);
    // RFC 9864 §2.2 has a name of its own for EdDSA with this curve.
    [rs256, ps256, es256, eddsa, "Ed25519"]
}

impl Discovery {
    fn of(engine: &Engine) -> Self {
        let issuer = engine.issuer();
        let assertions = algs_of_clients();
        Self {
            issuer: issuer.as_str().to_owned(),
            token_endpoint: issuer.join("oauth/token"),
            revocation_endpoint: issuer.join("oauth/revoke"),
            introspection_endpoint: issuer.join("oauth/introspect"),
            jwks_uri: issuer.join(".well-known/jwks.json"),
            grant_types_supported: [CLIENT_CREDENTIALS],
            response_types_supported: [],
            token_endpoint_auth_methods_supported: AUTH_METHODS,
            token_endpoint_auth_signing_alg_values_supported: assertions,
            revocation_endpoint_auth_methods_supported: AUTH_METHODS,
            revocation_endpoint_auth_signing_alg_values_supported: assertions,
            introspection_endpoint_auth_methods_supported: AUTH_METHODS,
            introspection_endpoint_auth_signing_alg_values_supported: assertions,
            dpop_signing_alg_values_supported: algs_of_clients(),
            subject_types_supported: ["public"],
            id_token_signing_alg_values_supported: engine.signing_algs().into_iter().map(SigningAlg::as_str).collect(),
        }
    }
}
