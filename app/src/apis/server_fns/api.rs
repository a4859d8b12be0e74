//! APIs themselves: list, create, read, change, delete.

#![expect(missing_docs, reason = "the server macro makes fields of arguments, which can carry no docstring")]

use std::collections::BTreeMap;

use leptos::prelude::*;
use model::api::{Api, ApiSummary, SigningAlg};
use model::page::{ListQuery, Page};
use model::token::TokenDialect;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::gate::Admin;

/// An API as the head of its pages shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiHead {
    /// The API.
    pub api: Api,
    /// Clients that are authorized for it.
    pub clients: i64,
    /// Names of the clients that may introspect its tokens, by their ids.
    pub introspectors: BTreeMap<String, String>,
    /// What publishing its metadata means: said here, so that the bundle need not carry the words.
    pub metadata_hint: String,
}

/// A page of the list of APIs.
///
/// # Errors
/// [`AppError::SignedOut`] without a session.
#[server]
pub async fn list_apis(query: ListQuery) -> Result<Page<ApiSummary>, AppError> {
    let session = Admin::required().await?;
    Ok(session.engine.list_apis(&query).await?)
}

/// An API and how many clients are authorized for it.
///
/// # Errors
/// [`AppError::NotFound`] if no API has this id.
#[server]
pub async fn get_api(id: String) -> Result<ApiHead, AppError> {
    let session = Admin::required().await?;
    let api = session.engine.api(&id).await?;
    let authorized = model::grant::AccessQuery {
        authorized_only: true,
        page: model::page::PageRequest::new(0, 1),
        ..Default::default()
    };
    let clients = session.engine.clients_of_api(&id, &authorized).await?.total;
    let introspectors = session.engine.introspectors(&id).await?;
    let introspectors = introspectors.into_iter().map(|client| (client.client_id, client.client_name)).collect();
    let metadata_hint = match model::api::metadata_address(&api.identifier) {
        Ok(place) => format!(
            "Anybody may then read its name, identifier and scopes. Clients look for them at {place}: serve or proxy the document of this server there."
        ),
        Err(_) => "Not for this API: its identifier names no host where clients could look.".to_owned(),
    };
    Ok(ApiHead {
        api,
        clients,
        introspectors,
        metadata_hint,
    })
}

/// Creates an API, with a test client if asked for, and opens its Quickstart tab.
///
/// # Errors
/// [`AppError::Invalid`] or [`AppError::Conflict`] on the field that is in the way.
#[server]
pub async fn create_api(name: String, identifier: String, signing_alg: SigningAlg, #[server(default)] test_client: bool) -> Result<(), AppError> {
    let session = Admin::required().await?;
    let new = model::api::NewApi {
        name,
        identifier,
        signing_alg,
        test_client,
        ..Default::default()
    };
    let created = session.engine.create_api(&session.actor, new.trimmed()).await?;
    leptos_axum::redirect(&format!("/apis/{}/quickstart", created.api.id));
    Ok(())
}

/// Changes the name, where one is given, the lifetime of tokens in seconds, whether metadata is published, and whether tokens must be bound
/// to a key of the client's.
///
/// # Errors
/// [`AppError::Invalid`] on `name`, `token_lifetime` or `metadata_published`.
#[server]
pub async fn update_api(
    id: String,
    #[server(default)] name: Option<String>,
    token_lifetime: String,
    #[server(default)] metadata_published: bool,
    #[server(default)] dpop_required: bool,
) -> Result<(), AppError> {
    let session = Admin::required().await?;
    let changes = model::api::ApiChanges {
        name: name.map(|name| name.trim().to_owned()),
        token_lifetime: Some(super::super::settings::parse_lifetime(&token_lifetime)?),
        metadata_published: Some(metadata_published),
        dpop_required: Some(dpop_required),
        ..Default::default()
    };
    session.engine.update_api(&session.actor, &id, changes).await?;
    leptos_axum::redirect(&format!("/apis/{id}/settings?saved=details"));
    Ok(())
}

/// Changes how new tokens are signed.
///
/// # Errors
/// [`AppError::NotFound`] if no API has this id; [`AppError::Forbidden`] for the system API.
#[server]
pub async fn change_signing_alg(id: String, signing_alg: SigningAlg) -> Result<(), AppError> {
    let session = Admin::required().await?;
    let changes = model::api::ApiChanges {
        signing_alg: Some(signing_alg),
        ..Default::default()
    };
    session.engine.update_api(&session.actor, &id, changes).await?;
    leptos_axum::redirect(&format!("/apis/{id}/settings?saved=algorithm"));
    Ok(())
}

/// What a token would say beside what every token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenPreview {
    /// Name of the client that it would be for.
    pub client: String,
    /// The header as indented JSON.
    pub header_json: String,
    /// The claims as indented JSON.
    pub claims_json: String,
}

/// Changes the dialect of new tokens, and the claims that they carry besides (one `name = value` a line).
///
/// # Errors
/// [`AppError::Invalid`] on `custom_claims`; [`AppError::Forbidden`] for the system API.
#[server]
pub async fn change_token_shape(id: String, token_dialect: TokenDialect, custom_claims: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    let changes = shape(token_dialect, &custom_claims)?;
    session.engine.update_api(&session.actor, &id, changes).await?;
    leptos_axum::redirect(&format!("/apis/{id}/settings?saved=shape"));
    Ok(())
}

/// The token that would be issued after [`change_token_shape`] with the same arguments.
///
/// # Errors
/// As [`change_token_shape`].
#[server]
pub async fn preview_token(id: String, token_dialect: TokenDialect, custom_claims: String) -> Result<TokenPreview, AppError> {
    let session = Admin::required().await?;
    let preview = session.engine.preview_token(&id, shape(token_dialect, &custom_claims)?).await?;
    Ok(TokenPreview {
        client: preview.client.name,
        header_json: preview.header_json,
        claims_json: preview.claims_json,
    })
}

#[cfg(feature = "ssr")]
fn shape(token_dialect: TokenDialect, custom_claims: &str) -> Result<model::api::ApiChanges, AppError> {
    Ok(model::api::ApiChanges {
        token_dialect: Some(token_dialect),
        custom_claims: Some(model::claims::CustomClaims::from_lines(custom_claims)?),
        ..Default::default()
    })
}

/// Deletes an API and its grants; `confirm` is its name, typed by the admin.
///
/// # Errors
/// [`AppError::Invalid`] on `confirm` if it is another text; [`AppError::Forbidden`] for the system API.
#[server]
pub async fn delete_api(id: String, confirm: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    let api = session.engine.api(&id).await?;
    if confirm.trim() != api.name {
        return Err(model::Invalid::new("confirm", format!("Type the name as it stands above: {}", api.name)).into());
    }
    session.engine.delete_api(&session.actor, &id).await?;
    leptos_axum::redirect("/apis");
    Ok(())
}
