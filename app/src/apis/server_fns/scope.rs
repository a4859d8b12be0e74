//! Scopes of an API.

#![expect(missing_docs, reason = "the server macro makes fields of arguments, which can carry no docstring")]

use leptos::prelude::*;

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{clients::flash, gate::Admin};

/// Defines a scope.
///
/// # Errors
/// [`AppError::Invalid`] or [`AppError::Conflict`] on `value` or `description`.
#[server]
pub async fn add_scope(id: String, value: String, description: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    let scope = model::scope::Scope { value, description }.trimmed();
    session.engine.add_scope(&session.actor, &id, scope).await?;
    back_to_scopes(&id);
    Ok(())
}

/// Changes what a scope says it is for.
///
/// # Errors
/// [`AppError::Invalid`] on `description`.
#[server]
pub async fn describe_scope(id: String, value: String, description: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    session.engine.describe_scope(&session.actor, &id, &value, description.trim()).await?;
    back_to_scopes(&id);
    Ok(())
}

/// Takes a scope away, also out of every grant that holds it.
///
/// # Errors
/// [`AppError::NotFound`] if the API has no such scope.
#[server]
pub async fn remove_scope(id: String, value: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    session.engine.remove_scope(&session.actor, &id, &value).await?;
    back_to_scopes(&id);
    Ok(())
}

/// Names of the clients whose grants hold a scope, by name, at most 100.
///
/// # Errors
/// [`AppError::NotFound`] if no API has this id.
#[server]
pub async fn list_scope_holders(id: String, value: String) -> Result<Vec<String>, AppError> {
    let session = Admin::required().await?;
    Ok(session.engine.scope_holders(&id, &value).await?)
}

/// Sends a form posted without script back to the list; with script the page stays where it is and loads the list anew.
#[cfg(feature = "ssr")]
fn back_to_scopes(id: &str) {
    if flash::is_plain_form() {
        leptos_axum::redirect(&format!("/apis/{id}/scopes"));
    }
}
