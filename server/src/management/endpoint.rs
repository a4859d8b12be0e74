//! One operation of the Management API: from one table come its route, what is checked before it runs, and its part of the OpenAPI document.

use std::pin::Pin;

use http::{Method, StatusCode};
use serde_json::Value;

use super::call::Call;
use super::error::Failure;
use super::shape::Shape;

/// What an operation answers.
pub(super) struct Reply {
    /// Its status.
    pub(super) status: StatusCode,
    /// Its body, if it has one.
    pub(super) body: Option<Value>,
}

impl Reply {
    /// 200 with a body.
    pub(super) fn ok(body: Value) -> Self {
        Self {
            status: StatusCode::OK,
            body: Some(body),
        }
    }

    /// 201 with what was made.
    pub(super) fn created(body: Value) -> Self {
        Self {
            status: StatusCode::CREATED,
            body: Some(body),
        }
    }

    /// 204.
    pub(super) fn nothing() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            body: None,
        }
    }
}

/// 204 for what is gone: that it was not there before counts too, so that a deletion can be repeated (RFC 9110 §9.2.2).
///
/// # Errors
/// Any other [`Failure`].
pub(super) fn gone<E: Into<Failure>>(ended: Result<(), E>) -> Result<Reply, Failure> {
    match ended.map_err(Into::into) {
        Ok(()) | Err(Failure::NotThere(..)) => Ok(Reply::nothing()),
        Err(failure) => Err(failure),
    }
}

/// The answer of an operation, to come.
pub(super) type Answer = Pin<Box<dyn Future<Output = Result<Reply, Failure>> + Send>>;

/// An operation.
#[derive(Clone)]
pub(super) struct Endpoint {
    /// Its method.
    pub(super) method: Method,
    /// Its path below `/api/v2`, with parameters as `{id}`.
    pub(super) path: &'static str,
    /// Its name in the OpenAPI document (Auth0's).
    pub(super) id: &'static str,
    /// What it does, in a sentence.
    pub(super) summary: &'static str,
    /// One of these the token must hold.
    pub(super) scopes: &'static [&'static str],
    /// Its query parameters.
    pub(super) query: Vec<Param>,
    /// The form of its body, if it reads one.
    pub(super) body: Option<Shape>,
    /// Status and form of the body when all goes well.
    pub(super) answer: (StatusCode, Option<Shape>),
    /// What can go wrong, apart from what can with every operation.
    pub(super) failures: &'static [StatusCode],
    /// Carries it out.
    pub(super) run: fn(Call) -> Answer,
}

/// A query parameter.
#[derive(Clone, Debug)]
pub(super) struct Param {
    /// Its name.
    pub(super) name: &'static str,
    /// The form of its value: a text, a choice, a whole number or a truth value.
    pub(super) shape: Shape,
    /// Whether it may be there more than once.
    pub(super) repeats: bool,
    /// What it does.
    pub(super) summary: &'static str,
}

/// A query parameter that is there at most once.
pub(super) fn param(name: &'static str, shape: Shape, summary: &'static str) -> Param {
    Param {
        name,
        shape,
        repeats: false,
        summary,
    }
}

impl Endpoint {
    /// Its whole path.
    pub(super) fn address(&self) -> String {
        format!("/api/v2{}", self.path)
    }

    /// The names of the parameters in its path.
    pub(super) fn path_params(&self) -> Vec<&'static str> {
        let path = self.path;
        path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect()
    }
}
