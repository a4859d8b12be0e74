//! The signing secrets of HS256.

#![expect(missing_docs, reason = "the server macro makes fields of arguments, which can carry no docstring")]

use leptos::prelude::*;
use model::secret::Secret;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{clients::flash, gate::Admin};

/// The signing secrets of an API, in HTML of the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SigningSecrets {
    /// Above them: what was just done, errors, the rotation under way.
    pub head: String,
    /// Each secret: its `kid` to show it by, and what stands above and below it.
    pub cards: Vec<(String, String, String)>,
    /// Below them: the rotation at once.
    pub foot: String,
}

/// The signing secrets of an API, or nothing if it does not sign with HS256; `saved` is what was just done with them. To a browser without
/// scripts it also shows the one that [`reveal_signing_secret`] has just promised to show on this page.
///
/// # Errors
/// [`AppError::NotFound`] if no API has this id.
#[server]
pub async fn get_signing_secrets(id: String, #[server(default)] saved: String) -> Result<Option<SigningSecrets>, AppError> {
    let session = Admin::required().await?;
    let promised = flash::redeem_any_at(session.engine.issuer(), &settings(&id));
    let api = session.engine.api(&id).await?;
    if api.signing_alg.key_alg().is_some() {
        return Ok(None);
    }
    let secrets = session.engine.signing_secrets(&id).await?;
    let shown = match promised.filter(|kid| secrets.iter().any(|secret| secret.kid == *kid)) {
        Some(kid) => {
            let secret = session.engine.reveal_one_signing_secret(&session.actor, &id, &kid).await?;
            Some((kid, secret))
        }
        None => None,
    };
    Ok(Some(super::super::signing_secrets::render(
        &api,
        &secrets,
        shown,
        &saved,
        session.engine.now(),
    )))
}

/// A signing secret for the page that asked; without `kid`, the one that signs. A browser without scripts is sent back to a page that
/// shows it once instead.
///
/// # Errors
/// [`AppError::NotFound`] if there is no such API or secret; [`AppError::Invalid`] if the API does not sign with HS256.
#[server]
pub async fn reveal_signing_secret(id: String, #[server(default)] kid: String) -> Result<Option<Secret>, AppError> {
    use model::signing_secret::SigningSecretState;
    let session = Admin::required().await?;
    if flash::is_plain_form() {
        let secrets = session.engine.signing_secrets(&id).await?;
        let asked = |secret: &model::signing_secret::SigningSecret| {
            if kid.is_empty() {
                secret.state == SigningSecretState::Current
            } else {
                secret.kid == kid
            }
        };
        // Only what is there is promised; and the cookie holds no text from outside.
        let known = secrets.into_iter().find(asked).ok_or(engine::Error::NotFound("signing secret"))?;
        flash::promise_at(session.engine.issuer(), &settings(&id), &known.kid);
        leptos_axum::redirect(&settings(&id));
        return Ok(None);
    }
    Ok(Some(if kid.is_empty() {
        session.engine.reveal_signing_secret(&session.actor, &id).await?
    } else {
        session.engine.reveal_one_signing_secret(&session.actor, &id, &kid).await?
    }))
}

/// Begins to replace the signing secret: makes the next one, which signs nothing yet.
///
/// # Errors
/// [`AppError::Invalid`] if a rotation is under way, or the API has as many secrets as it can.
#[server]
pub async fn start_signing_secret_rotation(id: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    session.engine.start_signing_secret_rotation(&session.actor, &id).await?;
    back(&id, "rotation-started");
    Ok(())
}

/// Ends the rotation under way: the next secret signs from now on.
///
/// # Errors
/// [`AppError::Invalid`] if none is under way.
#[server]
pub async fn complete_signing_secret_rotation(id: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    session.engine.complete_signing_secret_rotation(&session.actor, &id).await?;
    back(&id, "rotation-completed");
    Ok(())
}

/// Gives up the rotation under way: the next secret is erased.
///
/// # Errors
/// [`AppError::Invalid`] if none is under way.
#[server]
pub async fn cancel_signing_secret_rotation(id: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    session.engine.cancel_signing_secret_rotation(&session.actor, &id).await?;
    back(&id, "rotation-cancelled");
    Ok(())
}

/// Erases a previous secret: its tokens are refused at once.
///
/// # Errors
/// [`AppError::Invalid`] if it is no previous one.
#[server]
pub async fn remove_signing_secret(id: String, kid: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    session.engine.remove_signing_secret(&session.actor, &id, &kid).await?;
    back(&id, "secret-removed");
    Ok(())
}

/// Gives an API a new signing secret in place of all that it has; tokens signed with those no longer verify.
///
/// # Errors
/// [`AppError::NotFound`] if no API has this id.
#[server]
pub async fn rotate_signing_secret(id: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    session.engine.rotate_signing_secret(&session.actor, &id).await?;
    back(&id, "secret");
    Ok(())
}

/// The page that shows the secrets of an API.
#[cfg(feature = "ssr")]
fn settings(id: &str) -> String {
    format!("/apis/{id}/settings")
}

/// Opens the Settings tab with a word about what was done.
#[cfg(feature = "ssr")]
fn back(id: &str, saved: &str) {
    leptos_axum::redirect(&format!("{}?saved={saved}", settings(id)));
}
