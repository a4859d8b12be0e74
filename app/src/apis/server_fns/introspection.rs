//! Which clients may introspect the tokens of an API.

#![expect(missing_docs, reason = "the server macro makes fields of arguments, which can carry no docstring")]

use leptos::prelude::*;

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::gate::Admin;

/// Lets a client introspect the tokens of an API.
///
/// # Errors
/// [`AppError::Invalid`] or [`AppError::Conflict`] on `client_id`; [`AppError::Forbidden`] for the system API.
#[server]
pub async fn add_introspector(id: String, client_id: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    session.engine.add_introspector(&session.actor, &id, &client_id).await?;
    Ok(())
}

/// No longer lets a client introspect the tokens of an API.
///
/// # Errors
/// [`AppError::NotFound`] if it may not.
#[server]
pub async fn remove_introspector(id: String, client_id: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    Ok(session.engine.remove_introspector(&session.actor, &id, &client_id).await?)
}
