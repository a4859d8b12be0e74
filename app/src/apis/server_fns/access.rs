//! Which clients may ask for tokens of an API.

#![expect(missing_docs, reason = "the server macro makes fields of arguments, which can carry no docstring")]

use leptos::prelude::*;
use model::grant::ClientAccess;
use model::page::Page;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{clients::flash, gate::Admin};

/// Which scopes a form grants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// All that the API defines.
    All,
    /// None of them.
    None,
    /// Those that are ticked.
    #[default]
    Ticked,
}

/// A grant that was removed, with what is needed to create it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedGrant {
    /// The client.
    pub client_id: String,
    /// Its name.
    pub client_name: String,
    /// The scopes that the grant held.
    pub scope: Vec<String>,
}

/// A page of all clients, each with its grant for the API if it has one. The client `pinned` is on the page wherever it belongs
/// in the list, so that the row that somebody has just changed does not leave the screen.
///
/// # Errors
/// [`AppError::NotFound`] if no API has this id.
#[server]
pub async fn list_api_clients(id: String, search: String, page: i64, pinned: String) -> Result<Page<ClientAccess>, AppError> {
    let session = Admin::required().await?;
    let query = model::grant::AccessQuery {
        search,
        authorized_only: false,
        page: model::page::PageRequest::new(page, model::page::PER_PAGE),
    };
    let mut clients = session.engine.clients_of_api(&id, &query).await?;
    let missing = !pinned.is_empty() && clients.items.iter().all(|access| access.client_id != pinned);
    if missing && let Some(access) = access_of(&session.engine, &id, &pinned).await? {
        clients.items.insert(0, access);
    }
    Ok(clients)
}

/// Authorizes a client.
///
/// # Errors
/// [`AppError::Conflict`] if it is authorized already.
#[server]
pub async fn create_grant(
    id: String,
    client_id: String,
    #[server(default)] choice: Choice,
    #[server(default)] scope: Vec<String>,
) -> Result<String, AppError> {
    let session = Admin::required().await?;
    let new = model::grant::NewGrant {
        client_id,
        audience: session.engine.api(&id).await?.identifier,
        scope: match choice {
            Choice::All => model::grant::ScopeChoice::All,
            Choice::None => model::grant::ScopeChoice::Some(Vec::new()),
            Choice::Ticked => model::grant::ScopeChoice::Some(scope),
        },
        ..model::grant::NewGrant::default()
    };
    let grant = session.engine.create_grant(&session.actor, new).await?;
    back_to_row(&id, &grant.client_id);
    Ok(grant.client_id)
}

/// Changes which scopes a client is granted.
///
/// # Errors
/// [`AppError::NotFound`] if it is not authorized; [`AppError::Invalid`] on `scope` if the API does not define one.
#[server]
pub async fn update_grant(
    id: String,
    client_id: String,
    #[server(default)] choice: Choice,
    #[server(default)] scope: Vec<String>,
) -> Result<String, AppError> {
    let session = Admin::required().await?;
    let api = session.engine.api(&id).await?;
    let scope = match choice {
        Choice::All => api.scopes.into_iter().map(|scope| scope.value).collect(),
        Choice::None => Vec::new(),
        Choice::Ticked => scope,
    };
    let grant = session.engine.update_grant(&session.actor, &client_id, &api.identifier, scope).await?;
    back_to_row(&id, &grant.client_id);
    Ok(grant.client_id)
}

/// Takes the authorization away from a client: it gets no new tokens.
///
/// # Errors
/// [`AppError::NotFound`] if it is not authorized.
#[server]
pub async fn delete_grant(id: String, client_id: String) -> Result<RemovedGrant, AppError> {
    let session = Admin::required().await?;
    let audience = session.engine.api(&id).await?.identifier;
    let client = session.engine.client(&client_id).await?;
    let grant = session.engine.grant(&client_id, &audience).await?;
    session.engine.delete_grant(&session.actor, &client_id, &audience).await?;
    let scope = grant.map(|grant| grant.scope).unwrap_or_default();
    if flash::is_plain_form() {
        let page = clients_page(&id);
        let left = [&client.client_id].into_iter().chain(&scope).map(String::as_str).collect::<Vec<_>>();
        flash::leave_at(session.engine.issuer(), &page, &left.join(" "));
        leptos_axum::redirect(&page);
    }
    Ok(RemovedGrant {
        client_id: client.client_id,
        client_name: client.name,
        scope,
    })
}

/// What [`delete_grant`] has just taken away by a form posted without script; otherwise nothing.
///
/// # Errors
/// [`AppError::NotFound`] if no API has this id.
#[server]
pub async fn take_removed_grant(id: String) -> Result<Option<RemovedGrant>, AppError> {
    let session = Admin::required().await?;
    let Some(left) = flash::take_at(session.engine.issuer(), &clients_page(&id)) else {
        return Ok(None);
    };
    let mut words = left.split(' ').map(str::to_owned);
    let access = access_of(&session.engine, &id, &words.next().unwrap_or_default()).await?;
    Ok(access.filter(|access| access.grant.is_none()).map(|access| RemovedGrant {
        client_id: access.client_id,
        client_name: access.client_name,
        scope: words.collect(),
    }))
}

/// The tab that lists the clients of an API.
#[cfg(feature = "ssr")]
fn clients_page(id: &str) -> String {
    format!("/apis/{id}/clients")
}

/// The first clients that are authorized for an API, at most `most`, with how many there are in all.
#[cfg(feature = "ssr")]
pub(crate) async fn authorized_clients(engine: &engine::Engine, api_id: &str, most: i64) -> Result<Page<ClientAccess>, engine::Error> {
    let authorized = model::grant::AccessQuery {
        authorized_only: true,
        page: model::page::PageRequest::new(0, most),
        ..Default::default()
    };
    engine.clients_of_api(api_id, &authorized).await
}

/// A client as an API sees it; `None` if there is no such client.
#[cfg(feature = "ssr")]
pub(super) async fn access_of(engine: &engine::Engine, api_id: &str, client_id: &str) -> Result<Option<ClientAccess>, engine::Error> {
    let client = match engine.client(client_id).await {
        Ok(client) => client,
        Err(engine::Error::NotFound(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let audience = engine.api(api_id).await?.identifier;
    Ok(Some(ClientAccess {
        grant: engine.grant(client_id, &audience).await?,
        client_id: client.client_id,
        client_name: client.name,
    }))
}

/// Opens the client's row for a form posted without script; with script the page does that itself.
#[cfg(feature = "ssr")]
fn back_to_row(id: &str, client_id: &str) {
    if flash::is_plain_form() {
        leptos_axum::redirect(&format!("{}?open={client_id}", clients_page(id)));
    }
}
