//! Wire calls of the keys page. Each starts at the gate: without a signed-in admin there is no engine.

#![expect(missing_docs, reason = "the server macro makes fields of arguments, which can carry no docstring")]

use leptos::prelude::*;
use model::key::{Key, KeyAlg};
use model::rotation::RotationSchedule;
use model::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::gate::Admin;

/// The signing keys and where they are published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyList {
    /// By algorithm; of each current, next, previous (newest first), retired and revoked (newest first).
    pub keys: Vec<Key>,
    /// When they are rotated without anybody doing it.
    pub schedule: Option<RotationSchedule>,
    /// Address of the JWKS (RFC 7517 §5).
    pub jwks_uri: String,
    /// When this was read: what relative times on the page are seen from.
    pub as_of: Timestamp,
}

/// Every signing key.
///
/// # Errors
/// [`AppError::SignedOut`] without a session.
#[server]
pub async fn list_keys() -> Result<KeyList, AppError> {
    let session = Admin::required().await?;
    Ok(KeyList {
        keys: session.engine.keys().await?,
        schedule: session.engine.rotation_schedule().await?,
        jwks_uri: session.engine.issuer().join(".well-known/jwks.json"),
        as_of: session.engine.now(),
    })
}

/// Lets the next key of an algorithm sign and makes a new next one. The current one goes on verifying, unless it is to be revoked.
///
/// # Errors
/// [`AppError::SignedOut`] without a session; [`AppError::NotFound`] if no API has used the algorithm.
#[server]
pub async fn rotate_keys(alg: KeyAlg, #[server(default)] revoke: bool) -> Result<(), AppError> {
    let session = Admin::required().await?;
    session.engine.rotate_keys(&session.actor, alg, revoke).await?;
    leptos_axum::redirect(if revoke { "/keys?done=rotated-revoked" } else { "/keys?done=rotated" });
    Ok(())
}

/// Sets or switches off the schedule; period in days, announcement in minutes, the rest in hours.
///
/// # Errors
/// [`AppError::Invalid`] on the field that breaks a rule.
#[server]
pub async fn set_rotation_schedule(#[server(default)] enabled: bool, period: String, announce: String, retire: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    let schedule = super::schedule::parse(enabled, &period, &announce, &retire)?;
    session.engine.set_rotation_schedule(&session.actor, schedule).await?;
    leptos_axum::redirect("/keys?done=schedule");
    Ok(())
}

/// Takes a previous key out of the JWKS for good; `confirm` is the beginning of its id, typed by the admin.
///
/// # Errors
/// [`AppError::Invalid`] on `confirm-<kid>` if it is another text, or on the key if it is not a previous one.
#[server]
pub async fn revoke_key(kid: String, confirm: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    let start = super::page::beginning(&kid);
    if confirm.trim() != start {
        let field = super::page::confirm_field(&kid);
        return Err(model::Invalid::new(&field, format!("Type the first characters of the key ID: {start}")).into());
    }
    session.engine.revoke_key(&session.actor, &kid).await?;
    leptos_axum::redirect("/keys?done=revoked");
    Ok(())
}
