//! Wire calls of the Usage tab. Each starts at the gate: without a signed-in admin there is no engine.

#![expect(missing_docs, reason = "the server macro makes fields of arguments, which can carry no docstring")]

use leptos::prelude::*;

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::gate::Admin;

/// HTML of the tab; `saved` is what was just done. Empty if no client has this id, which the frame says.
///
/// # Errors
/// [`AppError::SignedOut`] without a session.
#[server]
pub async fn get_client_usage(client_id: String, #[server(default)] saved: String) -> Result<String, AppError> {
    let session = Admin::required().await?;
    let usage = match session.engine.client_usage(&client_id).await {
        Err(engine::Error::NotFound(_)) => return Ok(String::new()),
        usage => usage?,
    };
    let client = session.engine.client(&client_id).await?;
    let lockouts = session.engine.lockouts(&client_id);
    Ok(super::usage_view::render(&client, &usage, lockouts, &saved))
}

/// Sets the quota of a client: numbers, an empty one sets no limit; `mode` is `observe` or `enforce`.
///
/// # Errors
/// [`AppError::Invalid`] on `per_hour`, `per_day` or `mode`; [`AppError::NotFound`] if no client has this id.
#[server]
pub async fn set_token_quota(client_id: String, per_hour: String, per_day: String, #[server(default)] mode: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    let enforce = match mode.as_str() {
        "enforce" => true,
        "observe" => false,
        _ => return Err(model::Invalid::new("mode", "Choose whether the quota is observed or enforced.").into()),
    };
    let quota = model::quota::TokenQuota::parse(&per_hour, &per_day, enforce)?;
    session.engine.set_token_quota(&session.actor, &client_id, quota).await?;
    back(&client_id, if quota.is_none() { "no-quota" } else { "quota" });
    Ok(())
}

/// Lifts the lock-out of a client from an address, or with `whole` that of the address. One that has ended meanwhile is as good as lifted.
///
/// # Errors
/// [`AppError::NotFound`] if no client has this id.
#[server]
pub async fn lift_lockout(client_id: String, address: String, #[server(default)] whole: bool) -> Result<(), AppError> {
    let session = Admin::required().await?;
    let of = (!whole).then_some(client_id.as_str());
    match session.engine.lift_lockout(&session.actor, of, &address).await {
        Err(engine::Error::NotFound("lock-out")) => {}
        lifted => lifted?,
    }
    back(&client_id, "lifted");
    Ok(())
}

#[cfg(feature = "ssr")]
fn back(client_id: &str, saved: &str) {
    leptos_axum::redirect(&format!("/clients/{client_id}/usage?saved={saved}"));
}
