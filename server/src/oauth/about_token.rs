//! Calls about a token that was issued: `POST /oauth/revoke` (RFC 7009) and `POST /oauth/introspect` (RFC 7662). The client proves itself as
//! at the token endpoint.
//!
//! `token_type_hint` is ignored like any unknown parameter: there is one type of token, and both RFCs leave the hint to the server.

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use engine::{Caller, Engine, IssueError};
use http::StatusCode;
use http::request::Parts;

use super::asked::{Asked, caller, never_stored};
use super::body;
use super::error::{ErrorProfile, TokenError};
use crate::telemetry::RequestId;

/// Takes a token of the caller's own back. What is no such token gets the same answer (RFC 7009 §2.2).
pub(crate) async fn revoke(State(engine): State<Engine>, State(profile): State<ErrorProfile>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let caller = caller(&engine, &parts);
    let answer = match Call::read(&engine, profile, &parts, body, &caller).await {
        Ok(call) => engine
            .revoke(call.asked.credentials.as_ref(), call.token(), &caller)
            .await
            .map_err(|error| call.failed(error)),
        Err(error) => Err(error),
    };
    respond(&engine, profile, &caller.log_id, answer.map(|()| StatusCode::OK))
}

/// Says what a token is worth, to a client that its API chose.
pub(crate) async fn introspect(State(engine): State<Engine>, State(profile): State<ErrorProfile>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let caller = caller(&engine, &parts);
    let answer = match Call::read(&engine, profile, &parts, body, &caller).await {
        Ok(call) => engine
            .introspect(call.asked.credentials.as_ref(), call.token(), &caller)
            .await
            .map_err(|error| call.failed(error)),
        Err(error) => Err(error),
    };
    respond(&engine, profile, &caller.log_id, answer.map(Json))
}

/// Answers any other method than `POST`.
pub(crate) async fn other_method(State(engine): State<Engine>, State(profile): State<ErrorProfile>) -> Response {
    respond(
        &engine,
        profile,
        "",
        Err::<StatusCode, _>(TokenError::Method("RFC 7009 section 2.1, RFC 7662 section 2.1")),
    )
}

fn respond(engine: &Engine, profile: ErrorProfile, log_id: &str, answer: Result<impl IntoResponse, TokenError>) -> Response {
    never_stored(match answer {
        Ok(answer) => answer.into_response(),
        Err(error) => error.respond(profile, engine.issuer(), log_id),
    })
}

/// A call that could be read.
struct Call {
    asked: Asked,
    /// Under which the log has what goes wrong.
    id: String,
}

impl Call {
    /// Reads a call; what is wrong with it is logged here, what the engine finds by the engine.
    async fn read(engine: &Engine, profile: ErrorProfile, parts: &Parts, body: Body, caller: &Caller) -> Result<Self, TokenError> {
        let body = body::read(body).await.inspect_err(|error| {
            engine.refuse_call(&error.as_refusal(profile, engine.issuer()), None, caller);
        })?;
        let asked = Asked::read(&parts.headers, &body).map_err(|unread| {
            engine.refuse_call(&unread.refusal, unread.client_id.as_deref(), caller);
            TokenError::Refused {
                refusal: unread.refusal,
                by_header: unread.by_header,
            }
        })?;
        let id = RequestId::of(&parts.extensions).to_owned();
        Ok(Self { asked, id })
    }

    fn token(&self) -> Option<&str> {
        self.asked.parameters.token.as_deref()
    }

    fn failed(&self, error: IssueError) -> TokenError {
        TokenError::from_engine(error, self.asked.by_header, &self.id)
    }
}
