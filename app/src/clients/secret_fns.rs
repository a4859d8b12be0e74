//! Wire calls about the secrets of clients. Each starts at the gate: without a signed-in admin there is no engine.

#![expect(missing_docs, reason = "the server macro makes fields of arguments, which can carry no docstring")]

use leptos::prelude::*;
use model::secret::Secret;

#[cfg(feature = "ssr")]
use super::{flash, found};
use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::gate::Admin;

/// A secret of a client for the page that asked; without `secret_id`, its newest. A browser without scripts is sent to a page that
/// shows it once instead.
///
/// # Errors
/// [`AppError::NotFound`] if there is no such client or secret.
#[server]
pub async fn reveal_client_secret(client_id: String, #[server(default)] secret_id: String) -> Result<Option<Secret>, AppError> {
    let session = Admin::required().await?;
    if flash::is_plain_form() {
        let secrets = session.engine.client_secrets(&client_id).await?;
        // Only what is there is promised; and the cookie holds no text from outside.
        let known = secrets.into_iter().map(|secret| secret.id).find(|id| *id == secret_id);
        let promised = if secret_id.is_empty() { Some(client_id.clone()) } else { known };
        let page = secret_page(&client_id);
        flash::promise_at(session.engine.issuer(), &page, &promised.ok_or(engine::Error::NotFound("secret"))?);
        leptos_axum::redirect(&page);
        return Ok(None);
    }
    reveal(&session, &client_id, &secret_id).await.map(Some)
}

/// HTML with the secret that [`reveal_client_secret`] has just promised to show on this page; otherwise it says that it is hidden.
///
/// # Errors
/// [`AppError::NotFound`] if no client has this id.
#[server]
pub async fn take_client_secret(client_id: String) -> Result<String, AppError> {
    let session = Admin::required().await?;
    let redeem = |id: &str| flash::redeem_at(session.engine.issuer(), &secret_page(&client_id), id);
    let secrets = session.engine.client_secrets(&client_id).await?;
    let promised = if redeem(&client_id) {
        Some("")
    } else {
        secrets.iter().map(|secret| secret.id.as_str()).find(|id| redeem(id))
    };
    let secret = match promised {
        Some(id) => Some(reveal(&session, &client_id, id).await?),
        None => None,
    };
    Ok(super::secrets::shown_once(&client_id, secret))
}

#[cfg(feature = "ssr")]
async fn reveal(session: &crate::gate::Session, client_id: &str, secret_id: &str) -> Result<Secret, AppError> {
    Ok(if secret_id.is_empty() {
        session.engine.reveal_client_secret(&session.actor, client_id).await?
    } else {
        session.engine.reveal_one_client_secret(&session.actor, client_id, secret_id).await?
    })
}

/// Where a browser without scripts sees the secret.
#[cfg(feature = "ssr")]
fn secret_page(client_id: &str) -> String {
    format!("/clients/{client_id}/secret")
}

/// Opens the Settings tab with a word about what was done.
#[cfg(feature = "ssr")]
fn back(client_id: &str, saved: &str) {
    leptos_axum::redirect(&format!("/clients/{client_id}/settings?saved={saved}"));
}

/// Adds a secret beside those that the client has; `expires_at` is a day or a moment in UTC, or empty for never.
///
/// # Errors
/// [`AppError::Invalid`] on the field that breaks a rule.
#[server]
pub async fn add_client_secret(client_id: String, name: String, expires_at: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    let expires_at = model::client_secret::parse_expiry(&expires_at)?;
    let fields = model::client_secret::SecretFields { name, expires_at };
    session.engine.add_client_secret(&session.actor, &client_id, fields).await?;
    back(&client_id, "secret-added");
    Ok(())
}

/// Changes name and expiry of a secret.
///
/// # Errors
/// [`AppError::Invalid`] on the field that breaks a rule.
#[server]
pub async fn update_client_secret(client_id: String, secret_id: String, name: String, expires_at: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    let mut expires_at = model::client_secret::parse_expiry(&expires_at)?;
    let secrets = session.engine.client_secrets(&client_id).await?;
    let before = secrets.iter().find(|secret| secret.id == secret_id).and_then(|secret| secret.expires_at);
    // The form knows days only: one that it left alone keeps its hour.
    if before.map(model::time::day) == expires_at.map(model::time::day) {
        expires_at = before;
    }
    let fields = model::client_secret::SecretFields { name, expires_at };
    session
        .engine
        .update_client_secret(&session.actor, &client_id, &secret_id, fields)
        .await?;
    back(&client_id, "secret-changed");
    Ok(())
}

/// Removes a secret; it is refused at once.
///
/// # Errors
/// [`AppError::Invalid`] if it is the only live one.
#[server]
pub async fn remove_client_secret(client_id: String, secret_id: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    session.engine.remove_client_secret(&session.actor, &client_id, &secret_id).await?;
    back(&client_id, "secret-removed");
    Ok(())
}

/// Gives a client a new secret in place of all that it has; those are refused at once.
///
/// # Errors
/// [`AppError::NotFound`] if no client has this id.
#[server]
pub async fn rotate_client_secret(client_id: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    session.engine.rotate_client_secret(&session.actor, &client_id).await?;
    back(&client_id, "secret");
    Ok(())
}

/// Begins to replace a secret: makes a new one, and both are accepted.
///
/// # Errors
/// [`AppError::Invalid`] if a rotation is under way, or the client has as many secrets as it can.
#[server]
pub async fn start_secret_rotation(client_id: String, secret_id: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    session.engine.start_secret_rotation(&session.actor, &client_id, &secret_id).await?;
    back(&client_id, "rotation-started");
    Ok(())
}

/// Ends the rotation under way: the old secret is refused at once.
///
/// # Errors
/// [`AppError::Invalid`] if none is under way.
#[server]
pub async fn complete_secret_rotation(client_id: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    session.engine.complete_secret_rotation(&session.actor, &client_id).await?;
    back(&client_id, "rotation-completed");
    Ok(())
}

/// Gives up the rotation under way: the new secret is refused at once.
///
/// # Errors
/// [`AppError::Invalid`] if none is under way.
#[server]
pub async fn cancel_secret_rotation(client_id: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    session.engine.cancel_secret_rotation(&session.actor, &client_id).await?;
    back(&client_id, "rotation-cancelled");
    Ok(())
}

/// Finds out whose a secret is, and opens the page that says so: its address names the secret by its id.
///
/// # Errors
/// [`AppError::Invalid`] on `secret` if nothing or too much was pasted.
#[server]
pub async fn find_client_secret(secret: Secret) -> Result<(), AppError> {
    use model::client_secret::Finding;
    let session = Admin::required().await?;
    let query = match session.engine.find_client_secret(&secret).await? {
        Finding::NotOurs => "result=foreign".to_owned(),
        Finding::Mistyped => "result=mistyped".to_owned(),
        Finding::Unknown => "result=unknown".to_owned(),
        Finding::Of(owner) => format!("client={}&secret={}", owner.client.client_id, owner.secret.id),
    };
    leptos_axum::redirect(&format!("/clients/leaked?{query}"));
    Ok(())
}

/// What is known of a found secret, as HTML: whose it is and a form that takes it away, or why it is nobody's; and the form to find one.
///
/// # Errors
/// [`AppError::NotFound`] if there is no such client or secret.
#[server]
pub async fn get_found_secret(client_id: String, secret_id: String, result: String) -> Result<String, AppError> {
    let session = Admin::required().await?;
    let told = if client_id.is_empty() {
        found::nobodys(&result)
    } else {
        found::owned(session.engine.client_secret_owner(&client_id, &secret_id).await?)
    };
    Ok(told + &found::form())
}

/// Removes a secret that has leaked; with `replace` another one takes its place.
///
/// # Errors
/// [`AppError::Invalid`] if it is the only live one and is not to be replaced.
#[server]
pub async fn revoke_client_secret(client_id: String, secret_id: String, replace: bool) -> Result<(), AppError> {
    let session = Admin::required().await?;
    session
        .engine
        .revoke_client_secret(&session.actor, &client_id, &secret_id, replace)
        .await?;
    back(&client_id, if replace { "secret-replaced" } else { "secret-revoked" });
    Ok(())
}
