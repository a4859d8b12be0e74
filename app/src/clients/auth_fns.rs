//! Wire calls of the Authentication tab. Each starts at the gate: without a signed-in admin there is no engine.

#![expect(missing_docs, reason = "the server macro makes fields of arguments, which can carry no docstring")]

use leptos::prelude::*;
use model::client_key::ClientKey;
use model::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::gate::Admin;

/// The public keys of a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientKeys {
    /// Oldest first.
    pub keys: Vec<ClientKey>,
    /// When this was read: what relative times on the page are seen from.
    pub as_of: Timestamp,
}

/// The public keys of a client.
///
/// # Errors
/// [`AppError::NotFound`] if no client has this id.
#[server]
pub async fn list_client_keys(client_id: String) -> Result<ClientKeys, AppError> {
    let session = Admin::required().await?;
    Ok(ClientKeys {
        keys: session.engine.client_keys(&client_id).await?,
        as_of: session.engine.now(),
    })
}

/// Sets in which ways a client may prove itself, and whether its tokens must be bound to a key of its own.
///
/// # Errors
/// [`AppError::Invalid`] if there is none; [`AppError::NotFound`] if no client has this id.
#[server]
pub async fn change_client_auth(
    client_id: String,
    #[server(default)] client_secret_basic: bool,
    #[server(default)] client_secret_post: bool,
    #[server(default)] private_key_jwt: bool,
    #[server(default)] strict: bool,
    #[server(default)] dpop_required: bool,
) -> Result<(), AppError> {
    use model::client::AuthMethod;
    let session = Admin::required().await?;
    let chosen = [client_secret_basic, client_secret_post, private_key_jwt];
    let methods = AuthMethod::ALL.into_iter().zip(chosen).filter(|(_, chosen)| *chosen);
    let changes = model::client::ClientChanges {
        auth_methods: Some(methods.map(|(method, _)| method).collect()),
        strict_assertions: Some(strict),
        dpop_required: Some(dpop_required),
        ..Default::default()
    };
    session.engine.update_client(&session.actor, &client_id, changes).await?;
    back(&client_id, "methods");
    Ok(())
}

/// Adds a public key (PEM or JWK); `alg` and `kid` may be empty, `expires_at` is a day or a moment in UTC, or empty for never.
///
/// # Errors
/// [`AppError::Invalid`] or [`AppError::Conflict`] on the field that is in the way.
#[server]
pub async fn add_client_key(
    client_id: String,
    name: String,
    key: String,
    #[server(default)] alg: String,
    #[server(default)] kid: String,
    #[server(default)] expires_at: String,
) -> Result<(), AppError> {
    let session = Admin::required().await?;
    let new = model::client_key::NewClientKey {
        name,
        key,
        alg: model::key::KeyAlg::parse(&alg),
        kid: Some(kid),
        expires_at: model::client_secret::parse_expiry(&expires_at)?,
        ..model::client_key::NewClientKey::default()
    };
    session.engine.add_client_key(&session.actor, &client_id, new).await?;
    back(&client_id, "key");
    Ok(())
}

/// Removes a public key.
///
/// # Errors
/// [`AppError::NotFound`] if the client has no such key.
#[server]
pub async fn remove_client_key(client_id: String, key_id: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    session.engine.remove_client_key(&session.actor, &client_id, &key_id).await?;
    back(&client_id, "removed");
    Ok(())
}

#[cfg(feature = "ssr")]
fn back(client_id: &str, saved: &str) {
    leptos_axum::redirect(&format!("/clients/{client_id}/authentication?saved={saved}"));
}
