//! Wire calls of the clients pages. Each starts at the gate: without a signed-in admin there is no engine.

#![expect(missing_docs, reason = "the server macro makes fields of arguments, which can carry no docstring")]

use leptos::prelude::*;
use model::client::{Client, ClientSummary};
use model::grant::{ApiAccess, Grant};
use model::page::{ListQuery, Page};
use model::quickstart::{Quickstart, QuickstartView};
use model::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::gate::Admin;

/// A client with every API that it could be authorized for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClientDetail {
    /// The client.
    pub client: Client,
    /// HTML of the server above its secrets: errors, and the rotation under way.
    pub secrets_head: String,
    /// Its secrets, oldest first.
    pub secrets: Vec<SecretCard>,
    /// HTML below them: the form that adds one.
    pub secrets_foot: String,
    /// Each API, with the client's grant where it has one; the system API last.
    pub apis: Vec<ApiAccess>,
    /// When this was read: what relative times on the page are seen from.
    pub as_of: Timestamp,
}

/// A secret of a client on its Settings tab: its id to show it by, and HTML of the server above and below it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecretCard(pub String, pub String, pub String);

impl ClientDetail {
    /// The APIs that the client is authorized for, with the grants.
    pub fn authorized(&self) -> impl Iterator<Item = (&model::api::Api, &Grant)> {
        self.apis
            .iter()
            .filter_map(|access| access.grant.as_ref().map(|grant| (&access.api, grant)))
    }
}

/// A page of the list of clients.
///
/// # Errors
/// [`AppError::SignedOut`] without a session.
#[server]
pub async fn list_clients(query: ListQuery) -> Result<Page<ClientSummary>, AppError> {
    let session = Admin::required().await?;
    Ok(session.engine.list_clients(&query).await?)
}

/// A client, the APIs it may call, and its secrets; `unused` is after how many days without use one is called safe to remove, and `saved`
/// what was just done with them.
///
/// # Errors
/// [`AppError::NotFound`] if no client has this id.
#[server]
pub async fn get_client(client_id: String, #[server(default)] unused: String, #[server(default)] saved: String) -> Result<ClientDetail, AppError> {
    let session = Admin::required().await?;
    let secrets = session.engine.client_secrets(&client_id).await?;
    let (secrets_head, secrets, secrets_foot) = super::secrets::render(&client_id, &secrets, (&unused, &saved), session.engine.now());
    Ok(ClientDetail {
        client: session.engine.client(&client_id).await?,
        secrets_head,
        secrets,
        secrets_foot,
        apis: session.engine.apis_of_client(&client_id).await?,
        as_of: session.engine.now(),
    })
}

/// Creates a client and opens its Quickstart tab, which names the next step.
///
/// # Errors
/// [`AppError::Invalid`] on `name` or `description`.
#[server]
pub async fn create_client(name: String, description: String, app_type: model::client::AppType) -> Result<(), AppError> {
    let session = Admin::required().await?;
    let new = model::client::NewClient {
        name,
        description,
        app_type,
        ..Default::default()
    };
    let client = session.engine.create_client(&session.actor, new.trimmed()).await?;
    leptos_axum::redirect(&format!("/clients/{}/quickstart", client.client_id));
    Ok(())
}

/// Changes name, description and metadata (one `key=value` a line).
///
/// # Errors
/// [`AppError::Invalid`] on the field that breaks a rule.
#[server]
pub async fn update_client(client_id: String, name: String, description: String, client_metadata: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    let changes = model::client::ClientChanges {
        name: Some(name.trim().to_owned()),
        description: Some(description.trim().to_owned()),
        client_metadata: Some(model::client::metadata_from_lines(&client_metadata)?),
        ..Default::default()
    };
    session.engine.update_client(&session.actor, &client_id, changes).await?;
    leptos_axum::redirect(&format!("/clients/{client_id}/settings?saved=details"));
    Ok(())
}

/// Changes the longest life of the client's tokens (seconds; empty leaves it to each API) and the claims that they carry besides (one
/// `name = value` a line).
///
/// # Errors
/// [`AppError::Invalid`] on `token_lifetime` or `custom_claims`.
#[server]
pub async fn change_client_tokens(client_id: String, token_lifetime: String, custom_claims: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    let token_lifetime = match token_lifetime.trim() {
        "" => None,
        text => Some(crate::apis::parse_lifetime(text)?),
    };
    let changes = model::client::ClientChanges {
        token_lifetime: Some(token_lifetime),
        custom_claims: Some(model::claims::CustomClaims::from_lines(&custom_claims)?),
        ..Default::default()
    };
    session.engine.update_client(&session.actor, &client_id, changes).await?;
    leptos_axum::redirect(&format!("/clients/{client_id}/settings?saved=shape"));
    Ok(())
}

/// Revokes all tokens that a client has now.
///
/// # Errors
/// [`AppError::NotFound`] if no client has this id.
#[server]
pub async fn revoke_client_tokens(client_id: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    session.engine.revoke_client_tokens(&session.actor, &client_id).await?;
    leptos_axum::redirect(&format!("/clients/{client_id}/settings?saved=tokens"));
    Ok(())
}

/// Deletes a client and its grants; `confirm` is its name, typed by the admin.
///
/// # Errors
/// [`AppError::Invalid`] on `confirm` if it is another text.
#[server]
pub async fn delete_client(client_id: String, confirm: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    let client = session.engine.client(&client_id).await?;
    if confirm.trim() != client.name {
        return Err(model::Invalid::new("confirm", format!("Type the name as it stands above: {}", client.name)).into());
    }
    session.engine.delete_client(&session.actor, &client_id).await?;
    leptos_axum::redirect("/clients");
    Ok(())
}

/// Authorizes a client for an API, with all scopes that the API defines.
///
/// # Errors
/// [`AppError::Conflict`] if it is authorized already.
#[server]
pub async fn authorize_api(client_id: String, audience: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    let new = model::grant::NewGrant {
        client_id,
        audience,
        scope: model::grant::ScopeChoice::All,
        ..model::grant::NewGrant::default()
    };
    session.engine.create_grant(&session.actor, new).await?;
    Ok(())
}

/// Takes the authorization for an API away from a client.
///
/// # Errors
/// [`AppError::NotFound`] if there was none.
#[server]
pub async fn withdraw_api(client_id: String, audience: String) -> Result<(), AppError> {
    let session = Admin::required().await?;
    Ok(session.engine.delete_grant(&session.actor, &client_id, &audience).await?)
}

/// A program that asks for a token in the name of a client, and which others there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientQuickstart {
    /// Programs that prove the client in a way that it may use.
    pub all: Vec<Quickstart>,
    /// The one that is read.
    pub chosen: QuickstartView,
}

/// How this client asks for a token for an API that it is authorized for; the secret is not in it. An empty `slug` is the first program.
///
/// # Errors
/// [`AppError::NotFound`] if there is no such client, API or program, or no grant that joins them.
#[server]
pub async fn get_client_quickstart(client_id: String, audience: String, slug: String) -> Result<ClientQuickstart, AppError> {
    use crate::apis::rendered;
    use model::client::AuthMethod;
    let session = Admin::required().await?;
    let client = session.engine.client(&client_id).await?;
    let api = session.engine.api_by_identifier(&audience).await?;
    let grant = session.engine.grant(&client.client_id, &api.identifier).await?;
    let grant = grant.ok_or(engine::Error::NotFound("grant"))?;
    let may = |private_key| {
        let by_key = |method: &AuthMethod| *method == AuthMethod::PrivateKeyJwt;
        client.auth_methods.iter().any(|method| by_key(method) == private_key)
    };
    let mut all = quickstarts::all().map_err(|broken| AppError::internal(&broken))?;
    all.retain(|quickstart| quickstart.kind == model::quickstart::Kind::Ask && may(quickstart.private_key));
    let chosen = all.iter().find(|quickstart| slug.is_empty() || quickstart.slug == slug);
    // What is none of these is not there for this client, whatever else it may be.
    let slug = chosen.map_or("", |chosen| chosen.slug.as_str());
    let scope = grant.scope.into_iter().next();
    let chosen = rendered::for_client(&session.engine, &api, &client.client_id, scope, slug)?;
    Ok(ClientQuickstart { all, chosen })
}
