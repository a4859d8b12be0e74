//! `POST /oauth/token` (RFC 6749 §4.4): reads the request, asks the engine, says what it answered.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use engine::{Caller, Engine};
use http::header::{CACHE_CONTROL, PRAGMA, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use http_body_util::BodyExt;
use model::refusal::Refusal;
use model::token::{TokenRequest, TokenResponse};
use tokio::time::timeout;

use super::client_auth;
use super::error::{ErrorProfile, TokenError};
use super::request;
use crate::telemetry::{RequestId, client_address};

/// The most bytes of a body.
const BODY_MAX: usize = 64 * 1024;
/// The most bytes of a longer body that are read and thrown away, so that its sender gets to read why it is refused.
const DRAIN_MAX: usize = 4 * 1024 * 1024;
/// The most seconds in which a body must arrive.
const BODY_SECONDS: u64 = 10;
/// The most characters kept of a `User-Agent`.
const USER_AGENT_MAX: usize = 300;

/// Answers a token request.
pub(crate) async fn token(State(engine): State<Engine>, State(profile): State<ErrorProfile>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let caller = caller(&parts);
    let answer = match read_body(body).await {
        Ok(body) => issue(&engine, &parts, &body, &caller).await,
        Err(error) => {
            engine.refuse(&error.as_refusal(profile, engine.issuer()), None, None, &caller);
            Err(error)
        }
    };
    never_stored(match answer {
        Ok(token) => Json(token).into_response(),
        Err(error) => error.respond(profile, engine.issuer()),
    })
}

/// Answers any other method than `POST`.
pub(crate) async fn other_method(State(engine): State<Engine>, State(profile): State<ErrorProfile>) -> Response {
    never_stored(TokenError::Method.respond(profile, engine.issuer()))
}

async fn issue(engine: &Engine, parts: &Parts, body: &[u8], caller: &Caller) -> Result<TokenResponse, TokenError> {
    // What the engine finds it logs itself; what is found before it is asked is logged here.
    let refuse = |refusal: Refusal, client_id: Option<&str>, audience: Option<&str>, by_header| {
        engine.refuse(&refusal, client_id, audience, caller);
        TokenError::Refused { refusal, by_header }
    };
    let header = client_auth::from_header(&parts.headers).map_err(|refusal| refuse(refusal, None, None, true))?;
    let by_header = header.is_some();
    let named = header.as_ref().map(|credentials| credentials.client_id.clone());
    let parameters = request::read(&parts.headers, body).map_err(|refusal| refuse(refusal, named.as_deref(), None, by_header))?;
    let named = named.or_else(|| parameters.client_id.clone());
    let credentials =
        client_auth::credentials(header, &parameters).map_err(|refusal| refuse(refusal, named.as_deref(), parameters.audience(), by_header))?;
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

async fn read_body(body: Body) -> Result<Vec<u8>, TokenError> {
    timeout(Duration::from_secs(BODY_SECONDS), collect(body))
        .await
        .unwrap_or(Err(TokenError::TooSlow { limit: BODY_SECONDS }))
}

async fn collect(mut body: Body) -> Result<Vec<u8>, TokenError> {
    let mut collected = Vec::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        // A connection that breaks off is no longer there to read the answer; the body is then as good as incomplete.
        let Ok(frame) = frame else {
            return Err(TokenError::BrokenOff);
        };
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        if length <= BODY_MAX {
            collected.extend_from_slice(&data);
        } else if length > DRAIN_MAX {
            break;
        }
    }
    if length > BODY_MAX {
        return Err(TokenError::TooLarge { limit: BODY_MAX });
    }
    Ok(collected)
}

fn caller(parts: &Parts) -> Caller {
    Caller {
        ip: client_address(&parts.extensions),
        user_agent: user_agent(&parts.headers),
    }
}

fn user_agent(headers: &HeaderMap) -> String {
    let value = headers.get(USER_AGENT).map(HeaderValue::as_bytes).unwrap_or_default();
    String::from_utf8_lossy(value)
        .chars()
        .filter(|c| !c.is_control())
        .take(USER_AGENT_MAX)
        .collect()
}

/// RFC 6749 §5.1: no cache may keep a token, nor a refusal.
fn never_stored(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
