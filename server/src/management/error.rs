//! Why a call of the Management API is not carried out: the one place where it gets a status (Auth0's bodies and texts).

use axum::Json;
use axum::response::{IntoResponse, Response};
use engine::{Allowance, Error, ManageError, Unverified};
use http::header::{ALLOW, CONNECTION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::shape::Problem;

/// What went wrong.
#[derive(Debug)]
pub(super) enum Failure {
    /// The body breaks a rule.
    Body(Problem),
    /// A query parameter breaks one.
    Query(Problem),
    /// A part of the path does.
    Path(&'static str),
    /// What is asked for is understood, and can't be done here.
    Unsupported(String),
    /// No token came.
    NoToken,
    /// The `Authorization` header is none that carries a token.
    MalformedHeader,
    /// The token opens nothing.
    Token(&'static str),
    /// The token lacks all of these scopes.
    Scope(&'static [&'static str]),
    /// There is no such thing: its code, and the sentence about it.
    NotThere(&'static str, &'static str),
    /// The address knows other methods.
    Method(String),
    /// Something is in the way.
    Conflict(String),
    /// The client has made too many calls.
    TooMany(Allowance),
    /// The body is too long, in bytes.
    TooLarge(usize),
    /// The body took too long, in seconds.
    TooSlow(u64),
    /// The database does not answer.
    Unavailable(Error),
    /// Our fault.
    Failed(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound("client") => Self::NotThere("inexistent_client", "The client does not exist"),
            Error::NotFound("API") => Self::NotThere("inexistent_resource_server", "The resource server does not exist"),
            Error::NotFound("grant") => Self::NotThere("inexistent_client_grant", "The grant does not exist."),
            Error::NotFound("key") => Self::NotThere("inexistent_key", "Key not found."),
            Error::NotFound("secret") => Self::NotThere("inexistent_secret", "The secret does not exist"),
            Error::NotFound("log entry") => Self::NotThere("inexistent_log", "Log not found."),
            Error::NotFound(_) => NOTHING,
            Error::Invalid(invalid) => Self::Body(Problem {
                what: invalid.message,
                at: invalid.field,
            }),
            Error::Conflict(invalid) if invalid.field == "identifier" => {
                Self::Conflict("A resource server with the same identifier already exists.".to_owned())
            }
            Error::Conflict(invalid) => Self::Conflict(invalid.message),
            Error::System(why) => Self::Unsupported(why.to_owned()),
            error @ (Error::Storage(_) | Error::Closed) => Self::Unavailable(error),
            error => Self::Failed(error),
        }
    }
}

impl From<ManageError> for Failure {
    fn from(error: ManageError) -> Self {
        match error {
            ManageError::Unverified(Unverified::Expired) => Self::Token("Expired token received for JSON Web Token validation"),
            ManageError::Unverified(Unverified::BadSignature) => Self::Token("Invalid signature received for JSON Web Token validation"),
            ManageError::Unverified(Unverified::UnknownAudience) => Self::Token("Bad audience"),
            ManageError::Unverified(_) | ManageError::TakenBack => Self::Token("Invalid token"),
            ManageError::Bound => Self::Token("The token is bound to a key; the Management API takes bearer tokens"),
            ManageError::Failed(error) => error.into(),
        }
    }
}

/// What is at an address where nothing is.
pub(super) const NOTHING: Failure = Failure::NotThere("not_found", "There is nothing at this address.");

impl Failure {
    /// A problem with one member of the body.
    pub(super) fn body(at: &str, what: impl Into<String>) -> Self {
        Self::Body(Problem {
            what: what.into(),
            at: at.to_owned(),
        })
    }

    /// Why something was refused of which no member of a body is the cause: the thing itself is in another state.
    pub(super) fn of_state(error: Error) -> Self {
        match error {
            Error::Invalid(invalid) => Self::Unsupported(invalid.message),
            error => error.into(),
        }
    }

    /// A problem with one query parameter.
    pub(super) fn query(at: &str, what: impl Into<String>) -> Self {
        Self::Query(Problem {
            what: what.into(),
            at: at.to_owned(),
        })
    }

    /// The answer. `id` finds what went wrong in our log, where it is our fault.
    pub(super) fn respond(&self, id: &str) -> Response {
        let (status, code, message) = self.say(id);
        let mut body = json!({
            "statusCode": status.as_u16(),
            "error": status.canonical_reason().unwrap_or_default(),
            "message": message,
        });
        if let Some(code) = code {
            body["errorCode"] = code.into();
        }
        if let Self::Token(_) = self {
            body["attributes"] = json!({ "error": "Invalid token" });
        }
        let mut response = (status, Json(body)).into_response();
        self.add_headers(&mut response);
        response
    }

    fn say(&self, id: &str) -> (StatusCode, Option<&'static str>, String) {
        let bad = StatusCode::BAD_REQUEST;
        match self {
            Self::Body(problem) => (bad, Some("invalid_body"), format!("Payload validation error: {}", words(problem))),
            Self::Query(problem) => (bad, Some("invalid_query_string"), format!("Query validation error: {}", words(problem))),
            Self::Path(name) => (bad, Some("invalid_uri"), format!("Path validation error: '{name}' is not valid.")),
            Self::Unsupported(why) => (bad, Some("operation_not_supported"), why.clone()),
            Self::MalformedHeader => (bad, None, "Bad HTTP authentication header format".to_owned()),
            Self::NoToken => (StatusCode::UNAUTHORIZED, None, "Missing authentication".to_owned()),
            Self::Token(why) => (StatusCode::UNAUTHORIZED, None, (*why).to_owned()),
            Self::Scope(scopes) => (
                StatusCode::FORBIDDEN,
                Some("insufficient_scope"),
                format!("Insufficient scope, expected any of: {}", scopes.join(",")),
            ),
            Self::NotThere(code, message) => (StatusCode::NOT_FOUND, Some(code), (*message).to_owned()),
            Self::Method(allowed) => (
                StatusCode::METHOD_NOT_ALLOWED,
                Some("method_not_allowed"),
                format!("This address knows {allowed} only."),
            ),
            Self::Conflict(why) => (StatusCode::CONFLICT, Some("conflict"), why.clone()),
            Self::TooMany(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                Some("too_many_requests"),
                "Global limit has been reached".to_owned(),
            ),
            Self::TooLarge(most) => (
                StatusCode::PAYLOAD_TOO_LARGE,
                Some("payload_too_large"),
                format!("The body is longer than {most} bytes."),
            ),
            Self::TooSlow(most) => (
                StatusCode::REQUEST_TIMEOUT,
                Some("request_timeout"),
                format!("The body did not arrive within {most} seconds."),
            ),
            Self::Unavailable(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                Some("service_unavailable"),
                format!("The database does not answer. The log of the server has the details under {id}."),
            ),
            Self::Failed(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                Some("internal_error"),
                format!("Something went wrong here. The log of the server has the details under {id}."),
            ),
        }
    }

    /// RFC 6750 §3 for what a token lacks, RFC 9110 for the rest.
    fn add_headers(&self, response: &mut Response) {
        let challenge = match self {
            Self::NoToken => Some("Bearer".to_owned()),
            Self::MalformedHeader => Some("Bearer error=\"invalid_request\"".to_owned()),
            Self::Token(_) => Some("Bearer error=\"invalid_token\"".to_owned()),
            Self::Scope(scopes) => Some(format!("Bearer error=\"insufficient_scope\", scope=\"{}\"", scopes.join(" "))),
            _ => None,
        };
        let mut set = |name, value: String| {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        };
        if let Some(challenge) = challenge {
            set(WWW_AUTHENTICATE, challenge);
        }
        match self {
            Self::Method(allowed) => set(ALLOW, allowed.clone()),
            Self::TooMany(allowance) => set(RETRY_AFTER, allowance.retry_after.to_string()),
            Self::Unavailable(_) => set(RETRY_AFTER, "1".to_owned()),
            // The rest of the body is not read.
            Self::TooLarge(_) | Self::TooSlow(_) => set(CONNECTION, "close".to_owned()),
            _ => {}
        }
    }
}

fn words(problem: &Problem) -> String {
    if problem.at.is_empty() {
        format!("'{}'.", problem.what)
    } else {
        format!("'{}' on property {}.", problem.what, problem.at)
    }
}

/// The form of every such answer, for the OpenAPI document.
pub(super) fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "statusCode": { "type": "integer" },
            "error": { "type": "string", "description": "The reason phrase of the status." },
            "message": { "type": "string" },
            "errorCode": { "type": "string", "description": "A code that stays the same; left out where a token is missing or does not hold." },
            "attributes": { "type": "object" },
        },
        "required": ["statusCode", "error", "message"],
    })
}
