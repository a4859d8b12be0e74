//! A call that is really made: a token for it alone, the request as curl would send it, and what came back.

use std::collections::BTreeMap;

use axum::body::{Body, to_bytes};
use engine::IssueError;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Request};
use model::secret::Secret;
use model::time::Timestamp;
use model::token::{CLIENT_CREDENTIALS, TokenRequest, TokenResponse};
use serde::{Deserialize, Serialize};

use super::document::Operation;
use super::management::ManagementApi;
use super::trying::bound;
use crate::error::AppError;
use crate::gate::Session;
use crate::ui::{address, encoded};

/// The most seconds that the token of a call lives.
pub const CALL_LIFETIME: i64 = 60;
/// The most seconds that a token for the shell lives.
pub const SHELL_LIFETIME: i64 = 3_600;
/// The most bytes of a body that is sent from the page: as a form it becomes up to three times as long.
pub const BODY_MAX: usize = 64 * 1024;
/// The most bytes of an answer that are shown.
pub const ANSWER_MAX: usize = 1024 * 1024;
/// What of the path can be sent on: RFC 9110 §4.1 recommends at least 8000.
const ADDRESS_MAX: usize = 16_000;
/// The headers of an answer that say how many calls there are.
const TOLD: [&str; 4] = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after"];

/// What a form asks for. It may hold a secret, so it has no `Debug`.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Asked {
    /// The operation.
    pub(super) op: String,
    /// Who calls.
    pub(super) client_id: String,
    /// Parameters of path and query by their names; those that repeat, one a line.
    pub(super) params: BTreeMap<String, String>,
    /// The body.
    pub(super) body: String,
}

/// What became of it. It may hold a secret, so it has no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
pub(super) enum Outcome {
    /// The API has answered.
    Answered {
        status: u16,
        /// Those of [`TOLD`] that came.
        headers: Vec<(String, String)>,
        /// The body, indented; `None` if it is too long to be shown.
        body: Option<String>,
    },
    /// There is a token to take along.
    Token {
        token: Secret,
        scope: Option<String>,
        expires_at: Timestamp,
    },
    /// There is no token, so nothing was called.
    Refused { code: String, reason: String, fix: String },
}

/// Calls the operation with a token of its own.
///
/// # Errors
/// [`AppError::Invalid`] if that can't be sent.
pub(super) async fn send(session: &Session, api: &ManagementApi, operation: &Operation, asked: &Asked) -> Result<Outcome, AppError> {
    // Before a token is made, so that what can't be sent leaves no entry.
    let request = request(operation, asked)?;
    let issued = match token(session, operation, &asked.client_id, CALL_LIFETIME).await? {
        Ok(issued) => issued,
        Err(refused) => return Ok(refused),
    };
    let request = request
        .header(AUTHORIZATION, format!("Bearer {}", issued.access_token.reveal()))
        .body(if operation.body.is_some() {
            Body::from(asked.body.clone())
        } else {
            Body::empty()
        })
        .map_err(|_| too_long())?;
    let (head, body) = (api.call)(request).await.into_parts();
    let body = to_bytes(body, ANSWER_MAX).await.ok().map(|bytes| indented(&bytes));
    Ok(Outcome::Answered {
        status: head.status.as_u16(),
        headers: told(&head.headers),
        body,
    })
}

/// A token to take along to a shell, with what the operation needs.
///
/// # Errors
/// [`AppError::Invalid`] if the client can't call the Management API.
pub(super) async fn take_along(session: &Session, operation: &Operation, client_id: &str) -> Result<Outcome, AppError> {
    Ok(match token(session, operation, client_id, SHELL_LIFETIME).await? {
        Ok(issued) => Outcome::Token {
            expires_at: session.engine.now() + issued.expires_in,
            token: issued.access_token,
            scope: issued.scope,
        },
        Err(refused) => refused,
    })
}

/// A token that carries what of the operation's scopes the client is granted, and nothing else.
async fn token(session: &Session, operation: &Operation, client_id: &str, lifetime: i64) -> Result<Result<TokenResponse, Outcome>, AppError> {
    let engine = &session.engine;
    let audience = model::api::system_identifier(engine.issuer());
    let api = engine.api_by_identifier(&audience).await?;
    if client_id.is_empty() {
        return Err(model::Invalid::new("client_id", "Choose the client that calls.").into());
    }
    if let Some(why) = bound(&engine.client(client_id).await?, &api) {
        return Err(model::Invalid::new("client_id", why).into());
    }
    let grant = engine.grant(client_id, &audience).await?.unwrap_or_default();
    let held: Vec<&str> = operation
        .scopes
        .iter()
        .map(String::as_str)
        .filter(|scope| grant.scope.iter().any(|held| held == scope))
        .collect();
    // Without any of them all are asked for: the refusal then names what is missing, here and in the log.
    let scopes = if held.is_empty() { operation.scopes.join(" ") } else { held.join(" ") };
    let request = TokenRequest {
        grant_type: Some(CLIENT_CREDENTIALS.to_owned()),
        audience: Some(audience),
        scope: Some(scopes).filter(|scopes| !scopes.is_empty()),
    };
    match engine.issue_briefly(&session.actor, client_id, request, lifetime).await {
        Ok(issued) => Ok(Ok(issued)),
        Err(IssueError::Refused(refusal)) => Ok(Err(Outcome::Refused {
            code: refusal.code().to_owned(),
            reason: refusal.for_log(),
            fix: refusal.fix().to_owned(),
        })),
        // Only the wire takes proofs.
        Err(IssueError::NonceWanted | IssueError::Busy) => Err(AppError::TooMany { retry_after: 1 }),
        Err(IssueError::Failed(error)) => Err(error.into()),
    }
}

/// The request without token and body.
fn request(operation: &Operation, asked: &Asked) -> Result<http::request::Builder, AppError> {
    if asked.body.len() > BODY_MAX {
        return Err(model::Invalid::new("body", format!("Send at most {} KiB from here; curl sends more.", BODY_MAX / 1024)).into());
    }
    let mut path = format!("/api/v2{}", operation.path);
    let mut query = Vec::new();
    for param in &operation.params {
        let value = asked.params.get(&param.name).map(|value| value.trim()).unwrap_or_default();
        if param.in_path {
            if value.is_empty() {
                return Err(model::Invalid::new(&param.name, format!("Enter {}: it is a part of the address.", param.name)).into());
            }
            path = path.replace(&format!("{{{}}}", param.name), &encoded(value));
        } else if param.repeats() {
            query.extend(value.lines().map(|line| (param.name.as_str(), line.trim())));
        } else {
            query.push((param.name.as_str(), value));
        }
    }
    let uri = address(&path, &query);
    if uri.len() > ADDRESS_MAX {
        return Err(too_long());
    }
    let request = Request::builder().method(operation.method.as_str()).uri(uri);
    Ok(if operation.body.is_some() {
        request.header(CONTENT_TYPE, "application/json")
    } else {
        request
    })
}

fn too_long() -> AppError {
    model::Invalid::new("params", "This is too long for an address.").into()
}

fn told(headers: &HeaderMap) -> Vec<(String, String)> {
    let told = TOLD
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), headers.get(name)?.to_str().ok()?.to_owned())));
    told.collect()
}

/// JSON as people read it; anything else as it is.
fn indented(bytes: &[u8]) -> String {
    let json = serde_json::from_slice::<serde_json::Value>(bytes);
    json.and_then(|json| serde_json::to_string_pretty(&json))
        .unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::reference::document::operations;

    fn operation() -> Operation {
        let document = json!({ "paths": { "/keys/{kid}": { "post": {
            "operationId": "x",
            "parameters": [
                { "name": "kid", "in": "path", "schema": { "type": "string" } },
                { "name": "page", "in": "query", "schema": { "type": "integer" } },
                { "name": "identifiers", "in": "query", "schema": { "type": "array", "items": { "type": "string" } } },
            ],
        } } } });
        operations(&document).remove(0)
    }

    fn uri(params: &[(&str, &str)]) -> Result<String, AppError> {
        let asked = Asked {
            params: params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            ..Asked::default()
        };
        let request = request(&operation(), &asked)?.body(()).unwrap();
        Ok(request.uri().to_string())
    }

    #[test]
    fn what_is_typed_stays_in_its_place() {
        for (params, expect) in [
            (&[("kid", "a")][..], "/api/v2/keys/a"),
            (&[("kid", " ../b?c#d%2F "), ("page", "")], "/api/v2/keys/..%2Fb%3Fc%23d%252F"),
            (
                &[("kid", "{page}"), ("page", "2&x=1"), ("other", "3")],
                "/api/v2/keys/%7Bpage%7D?page=2%26x%3D1",
            ),
            (
                &[("kid", "a"), ("identifiers", "urn:a\r\n\r\n urn:b ")],
                "/api/v2/keys/a?identifiers=urn%3Aa&identifiers=urn%3Ab",
            ),
        ] {
            assert_eq!(uri(params).unwrap(), expect);
        }
        for params in [&[][..], &[("kid", "  ")]] {
            assert_eq!(uri(params).unwrap_err().field(), Some("kid"));
        }
        assert_eq!(uri(&[("kid", &"x".repeat(ADDRESS_MAX))]).unwrap_err().field(), Some("params"));
    }

    #[test]
    fn answers_are_indented_where_they_are_json() {
        assert_eq!(indented(b"{\"a\":1}"), "{\n  \"a\": 1\n}");
        assert_eq!(indented(b"<html>"), "<html>");
        assert_eq!(indented(b""), "");
    }
}
