//! Quickstarts of an API.

#![expect(missing_docs, reason = "the server macro makes fields of arguments, which can carry no docstring")]

use leptos::prelude::*;
use model::quickstart::{Quickstart, QuickstartView};
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::gate::Admin;

/// The quickstarts that there are, and the chosen one with the reader's values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuickstartPage {
    /// Every quickstart, in order.
    pub all: Vec<Quickstart>,
    /// The one that is read.
    pub chosen: QuickstartView,
    /// What the program lacks where tokens must be bound to a key; empty where they need not.
    pub dpop: String,
}

/// A quickstart for an API; an empty `slug` is the first one.
///
/// # Errors
/// [`AppError::NotFound`] if no API has this id, or no quickstart this slug.
#[server]
pub async fn get_quickstart(id: String, slug: String) -> Result<QuickstartPage, AppError> {
    use model::signing_secret::{SigningSecret, SigningSecretState};
    let session = Admin::required().await?;
    let api = session.engine.api(&id).await?;
    let all = quickstarts::all().map_err(|broken| AppError::internal(&broken))?;
    let slug = match all.first() {
        Some(first) if slug.is_empty() => first.slug.clone(),
        _ => slug,
    };
    let authorized = model::grant::AccessQuery {
        authorized_only: true,
        page: model::page::PageRequest::new(0, 1),
        ..Default::default()
    };
    let dpop = api.dpop_required;
    let clients = session.engine.clients_of_api(&id, &authorized).await?;
    let secrets = session.engine.signing_secrets(&id).await?;
    let kid = |state| SigningSecret::in_state(&secrets, state).map(|secret| secret.kid.clone());
    let values = quickstarts::Values {
        issuer: session.engine.issuer().as_str().to_owned(),
        identifier: api.identifier,
        scope: api.scopes.into_iter().next().map(|scope| scope.value),
        client_id: clients.items.into_iter().next().map(|access| access.client_id),
        kid: kid(SigningSecretState::Current),
        // Before the rotation is completed the one that takes over, and afterwards the former one.
        second_kid: kid(SigningSecretState::Next).or_else(|| kid(SigningSecretState::Previous)),
    };
    let rendered = quickstarts::render(&slug, api.signing_alg, &values).map_err(|broken| AppError::internal(&broken))?;
    let chosen = rendered.ok_or_else(|| AppError::NotFound {
        what: "quickstart".to_owned(),
    })?;
    let dpop = match chosen.view.kind {
        _ if !dpop => "",
        model::quickstart::Kind::Protect => crate::apis::dpop::PROTECT,
        model::quickstart::Kind::Ask => crate::apis::dpop::ASK,
    };
    Ok(QuickstartPage {
        all,
        chosen: chosen.view,
        dpop: dpop.to_owned(),
    })
}
