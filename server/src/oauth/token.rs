//! `POST /oauth/token` (RFC 6749 §4.4): reads the request, asks the engine, says what it answered.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use engine::{Caller, Engine};
use http::request::Parts;
use model::token::{TokenRequest, TokenResponse};

use super::asked::{Asked, caller, never_stored};
use super::body;
use super::dpop;
use super::error::{ErrorProfile, TokenError};
use super::quota;
use crate::telemetry::RequestId;

/// Answers a token request.
pub(crate) async fn token(State(engine): State<Engine>, State(profile): State<ErrorProfile>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let caller = caller(&engine, &parts);
    let answer = match body::read(body).await {
        Ok(body) => issue(&engine, &parts, &body, &caller).await,
        Err(error) => {
            engine.refuse(&error.as_refusal(profile, engine.issuer()), None, None, &caller);
            Err(error)
        }
    };
    let response = never_stored(match answer {
        Ok(token) => {
            let quota = token.quota;
            let mut response = Json(token).into_response();
            if let Some(standing) = &quota {
                quota::tell(&mut response, standing);
            }
            response
        }
        Err(error) => error.respond(profile, engine.issuer(), &caller.log_id),
    });
    dpop::with_nonce(&engine, &parts.headers, response)
}

/// Answers any other method than `POST`.
pub(crate) async fn other_method(State(engine): State<Engine>, State(profile): State<ErrorProfile>) -> Response {
    never_stored(TokenError::Method("RFC 6749 section 3.2").respond(profile, engine.issuer(), ""))
}

async fn issue(engine: &Engine, parts: &Parts, body: &[u8], caller: &Caller) -> Result<TokenResponse, TokenError> {
    // What the engine finds it logs itself; what is found before it is asked is logged here.
    let Asked {
        mut credentials,
        parameters,
        by_header,
    } = Asked::read(&parts.headers, body).map_err(|unread| {
        engine.refuse(&unread.refusal, unread.client_id.as_deref(), unread.audience.as_deref(), caller);
        TokenError::Refused {
            refusal: unread.refusal,
            by_header: unread.by_header,
        }
    })?;
    let proof = dpop::proof(&parts.headers).map_err(|refusal| {
        let client_id = credentials.as_ref().map(|credentials| credentials.client_id.as_str());
        engine.refuse(&refusal, client_id, parameters.audience(), caller);
        TokenError::Refused { refusal, by_header }
    })?;
    if let Some(credentials) = &mut credentials {
        credentials.dpop_proof = proof;
    }
    let request = TokenRequest {
        audience: parameters.audience().map(str::to_owned),
        grant_type: parameters.grant_type,
        scope: parameters.scope,
    };
    engine
        .issue(credentials, request, caller)
        .await
        .map_err(|error| TokenError::from_engine(error, by_header, RequestId::of(&parts.extensions)))
}
