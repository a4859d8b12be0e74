//! What the floor above hands in: this floor neither knows the table of operations nor carries one out.

use std::pin::Pin;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use http::Request;
use leptos::prelude::use_context;
use serde_json::Value;

use crate::error::AppError;

/// An answer to come.
type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// The Management API of this server; provided as context for every page and server function.
#[derive(Clone)]
pub struct ManagementApi {
    /// Its OpenAPI document.
    pub document: Arc<Value>,
    /// Calls it as a client would, with the same checks, but without the network.
    pub call: Arc<dyn Fn(Request<Body>) -> Answering + Send + Sync>,
}

impl ManagementApi {
    /// That of this request.
    ///
    /// # Errors
    /// [`AppError::Internal`] if the server provided none.
    pub(super) fn provided() -> Result<Self, AppError> {
        use_context::<Self>().ok_or_else(|| AppError::internal(&MissingContext))
    }
}

/// The server provided no Management API.
#[derive(Debug, thiserror::Error)]
#[error("the server provided no Management API as context")]
struct MissingContext;
